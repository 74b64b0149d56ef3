"""The knowledge base: articles in French and English, and the search over them.

`article` reads the files, `sections` is what is published, `index` and `search` find, `check`
keeps the files honest. Nothing here knows of conversations, tickets or a dialogue engine.
"""
