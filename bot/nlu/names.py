"""Finds the name that people give as their own: "je m'appelle …", "it's … from the clinic".

spaCy's French model knows names of people, which no list holds; a handful of patterns say where
the speaker speaks of herself. What each adds was measured (docs/decisions/0002).
"""

from __future__ import annotations

import re
from functools import cached_property

from bot.nlu.imports import left_out

# spaCy takes PyTorch along where there is one: seconds and 200 MB that its model never uses.
with left_out("torch"):
    import spacy
    from spacy.language import Language

MODEL = "fr_core_news_md"
# All that the names do not need: without them a message takes a few milliseconds less.
UNUSED = [
    "strings",  # the words that the vectors are of: 110 MB, which only people read
    "tok2vec",  # which the others share; the names have their own
    "morphologizer",
    "parser",
    "senter",
    "attribute_ruler",
    "lemmatizer",
]

# "Dre Marie-Ève St-Pierre Gagnon" and a word of courtesy.
MOST_WORDS_OF_NAME = 6

_PART = r"(?:[A-ZÀ-ÖØ-Þ][\w'\u2019-]*|[a-zà-ÿ][\w'\u2019-]+)"
_NAME = rf"({_PART}(?:[ -]{_PART}){{0,3}})"
_INTRODUCTION = re.compile(
    r"(?:\bje m['\u2019]appel+e|\bmon nom(?: complet)?(?: est|,? c['\u2019]est| :)?"
    r"|\bmy (?:full )?name(?: is|['\u2019]s)|\bi am|\bi['\u2019]m|\bici|\bje suis"
    r"|\bmoi c['\u2019]est|\bc['\u2019]est|\bthis is|\bname ?:|\bnom ?:)\s+" + _NAME,
    re.IGNORECASE,
)
_PART_OF_MESSAGE = re.compile(r"[^,;:.!?\n]+")
# Words that end a name, or show that what follows "je suis" is no name.
_STOP = frozenset(
    "de du des la le les et a au aux un une dans avec pour pas admin administratrice "
    "administrateur secretaire secrétaire infirmiere infirmière medecin médecin gestionnaire from "
    "at the and with an for of my mon ma courriel email site chez not in it on tanné tannée "
    "tannee sûr sur sure correct bon ok bien c'est que qui votre notre our your quoi ça ca "
    "parce pis je svp merci please thanks clinique clinic".split()
)


class NameFinder:
    """Finds the speaker's own name; loads the model with the first message."""

    @cached_property
    def _nlp(self) -> Language:
        return spacy.load(MODEL, exclude=UNUSED)

    def warm(self) -> None:
        """Loads the model now."""
        self._nlp("Bonjour")

    def find(self, text: str) -> tuple[str, int, int] | None:
        """(name, start, end) of the speaker's name, or None.

        A name after an introduction counts when the model sees a person there or every word of it
        is capitalised; without an introduction only a message that is little else than a
        capitalised name: the model sees a person in "Thank you" as well.
        """
        stated = introduced(text)
        # The model costs more than all else in understanding: it is asked only where a name can be.
        is_short = 2 <= len(text.split()) <= MOST_WORDS_OF_NAME
        # "…, Tom Baker, tom@clinic.ca": whoever writes an address may have signed beside it.
        signatures = [] if is_short or "@" not in text else _signatures(text)
        if stated is None and not is_short and not signatures:
            return None
        people = [
            (entity.text, entity.start_char, entity.end_char)
            for entity in self._nlp(text).ents
            if entity.label_ == "PER" and _looks_like_name(entity.text)
        ]
        if stated:
            name, start, end = stated
            for person in people:
                if person[1] < end and start < person[2]:
                    return stated
            return stated if _is_capitalised(name) else None
        for person in people:
            if person in signatures:
                return person
        for person in people:
            name, start = _without_courtesy(person[0]), person[1]
            is_most = len(person[0]) >= 0.6 * len(text.strip(" .,;!?"))
            if is_most and " " in name and _is_capitalised(name):
                return name, start, start + len(name)
        return None


def _signatures(text: str) -> list[tuple[str, int, int]]:
    """Capitalised parts of two to four words between commas, full stops or line breaks."""
    found = []
    for match in _PART_OF_MESSAGE.finditer(text):
        part = match.group().strip()
        words = part.split()
        is_stop = any(word.lower() in _STOP for word in words)
        if 2 <= len(words) <= 4 and _is_capitalised(part) and not is_stop:
            start = text.index(part, match.start())
            found.append((part, start, start + len(part)))
    return found


def _without_courtesy(name: str) -> str:
    words = name.split()
    while words and words[-1].lower().strip(".,;") in _STOP:
        words.pop()
    return " ".join(words)


def introduced(text: str) -> tuple[str, int, int] | None:
    """(name, start, end) of what follows "je m'appelle" and the like, whether a name or not."""
    match = _INTRODUCTION.search(text)
    if match is None:
        return None
    words = []
    for word in match[1].split():
        if word.lower().strip(".,;") in _STOP:
            break
        words.append(word)
    name = " ".join(words).rstrip(".,;")
    return (name, match.start(1), match.start(1) + len(name)) if name else None


def _looks_like_name(text: str) -> bool:
    return 1 <= len(text.split()) <= 4 and not re.search(r"[\d@]", text)


def _is_capitalised(name: str) -> bool:
    return all(part[:1].isupper() for part in name.split())
