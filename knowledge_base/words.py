"""How a text becomes words to compare: folded, split, freed of words that carry no subject.

The encoder, the lexical index and the search all cut text here, so that they agree.
"""

import re
import unicodedata

WORD = re.compile(r"[a-z0-9]+")
SENTENCE_END = re.compile(r"(?<=[.!?…;])\s+|\n+")
LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "Œ": "oe", "Æ": "ae"})

# Words of grammar and courtesy. Few on purpose: a word left in costs little, since rare words weigh
# more, and a word of the trade taken out by mistake ("plus", "off", "voir") would be lost for good.
FRENCH = """
    a afin ai allo alors as au aucun aussi aux avec avez avoir avons bonjour bonsoir ca car ce
    ceci cela ces cet cette chez comme comment dans de des donc du elle elles en encore est et
    etait etes etre eu faire fais fait faut ici il ils j je la le les leur leurs lui ma mais me
    meme merci mes moi mon ne non nos notre nous on ou oui par parce pas plait pour pouvez
    pouvons puis puisje qu que quel quelle quelles quels quoi sa salut sans se ses si son sont
    sous sur svp ta te tes toi ton tous tout toute toutes tres tu un une va vais vers veut veux
    vos votre voudrais voulez vous
"""
ENGLISH = """
    about all am an and any are at be been but by can could did do does doing for from get got
    had has have he hello her hers hey hi him his how i if in into is it its just like me my
    need no not of ok on or our ours out please she should so some than thank thanks that the
    their them then there these they this those to too up us want was we were what where which
    will with would yes you your yours
"""
STOP_WORDS = frozenset(f"{FRENCH} {ENGLISH}".split())
# What these ask of a subject tells sections apart ("who can see…"), but alone they ask nothing.
QUESTION_WORDS = frozenset({"qui", "who", "quand", "when", "pourquoi", "why"})


def fold(text: str) -> str:
    """The text in lower case without accents: « Œuvre réservée » gives « oeuvre reservee »."""
    lowered = text.translate(LIGATURES).lower()
    if lowered.isascii():
        return lowered
    decomposed = unicodedata.normalize("NFKD", lowered)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def words(text: str) -> list[str]:
    """All words and numbers of the text, folded, in their order."""
    return WORD.findall(fold(text))


def content_words(text: str) -> list[str]:
    """The words that tell one subject from another: no stop words, no single letters.

    None at all if only words such as "who" or "why" are left.
    """
    kept = [w for w in words(text) if w not in STOP_WORDS and (len(w) > 1 or w.isdigit())]
    return [] if QUESTION_WORDS.issuperset(kept) else kept


def sentences(text: str) -> list[str]:
    """The sentences and lines of a message, trimmed, none empty."""
    return [part.strip() for part in SENTENCE_END.split(text) if part.strip()]
