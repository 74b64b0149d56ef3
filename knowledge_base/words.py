"""How a text becomes words to compare: folded, split, freed of words that carry no subject.

The encoder, the lexical index and the search all cut text here, so that they agree.
"""

import re
import unicodedata

WORD = re.compile(r"[a-z0-9]+")
SENTENCE_END = re.compile(r"(?<=[.!?…;])\s+|\n+")
LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "Œ": "oe", "Æ": "ae"})

# Words of grammar and courtesy. Short on purpose: a word left in costs little, since rare words weigh
# more, and a word of the business taken out by mistake ("site", "message") would be lost for good.
STOP_WORDS = frozenset(
    """
    a afin ai alors as au aucun aussi aux avec avez avoir avons bonjour bonsoir ca car ce cela ces cet cette
    ceci chez comme comment dans de des donc du elle elles en encore est et etait etes etre eu faire fais
    fait faut ici il ils j je la le les leur leurs lui ma mais me meme mes moi mon ne nos notre nous on ou
    par parce pas plait pour pourquoi pouvez pouvons puis puisje qu quand que quel quelle quelles
    quels qui quoi sa sans se ses si sont son sous sur svp ta te tes toi ton tout tous toute toutes tres tu
    un une va vais vers veux veut vos votre voudrais voulez vous merci salut allo oui non
    about all am an and any are at be been but by can could did do does doing for from get got had has
    have he hello her hers hey hi him his how i if in into is it its just like me my need no not of
    ok on or our ours out please she should so some than thank thanks that the their them then there
    these they this those to too up us want was we were what when where which who why will with would yes
    you your yours
    """.split()
)


def fold(text: str) -> str:
    """The text in lower case without accents: « Réservé à l’Œuvre » gives « reserve a l’oeuvre »."""
    lowered = text.translate(LIGATURES).lower()
    if lowered.isascii():
        return lowered
    decomposed = unicodedata.normalize("NFKD", lowered)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def words(text: str) -> list[str]:
    """All words and numbers of the text, folded, in their order."""
    return WORD.findall(fold(text))


def content_words(text: str) -> list[str]:
    """The words that can tell one subject from another: no stop words, no single letters."""
    return [
        word for word in words(text) if word not in STOP_WORDS and (len(word) > 1 or word.isdigit())
    ]


def sentences(text: str) -> list[str]:
    """The sentences and lines of a message, trimmed, none empty."""
    return [part.strip() for part in SENTENCE_END.split(text) if part.strip()]
