"""Finds products, emails, site numbers, EMR vendors and ticket references in a message.

Written rules and lookup lists (data/lookups), forgiving of typing mistakes: such values are looked
up, not guessed, so nothing here is trained. `components.py` puts it into Rasa's pipeline.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from rapidfuzz import fuzz, process

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}", re.IGNORECASE)
REFERENCE = re.compile(r"\bOCN[ -]?([0-9A-Z]{4})[ -]?([0-9A-Z]{4})\b", re.IGNORECASE)
# Three to six digits that are not part of a longer number, a date, an amount or a telephone.
SITE_NUMBER = re.compile(r"(?<![\d$@.,/:-])(?<!\d )\d{3,6}(?![\d@$%/]|[-.,:]\d| ?\$| \d{3,4}\b)")
_SPACED_NUMBER = re.compile(r"\s*(?:no|num[ée]ro|site|#)?\s*(\d{1,3}) (\d{3})\s*", re.IGNORECASE)
_SITE_WORD = re.compile(r"(site|num[ée]ro|number|no|#|clinique|clinic)\W*$", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
MAX_WORDS = 5
# Typing mistakes: one letter in about eight, and no forgiveness for short words.
FORGIVEN_ABOVE = 86
FORGIVEN_LENGTH = 6
_PLACEHOLDERS = {
    "email": "adressecourriel",
    "site_number": "numerodesite",
    "ticket_reference": "referencedemande",
    "person_name": "nomdonne",
}
_KEEP = frozenset(
    "garde gardez garder gardons garderait conserve conserver conservez conservons keep keeping "
    "sauf except excepte".split()
)
_NOT = frozenset(["pas", "not", "dont", "ne", "n"])
_LINKS = frozenset(["mais", "et", "but", "and", "ou", "or"])
_ALONE_ALL = frozenset({"tout", "tous", "toutes", "all", "tout le monde", "le tout"})


@dataclass(frozen=True, slots=True)
class Entity:
    """A value found at characters `start` to `end` of the text."""

    name: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int


class EntityFinder:
    """Finds entities with the lookup lists of a folder."""

    def __init__(self, lookups: Path) -> None:
        self._products = _load(lookups / "products.yml")
        self._vendors = _load(lookups / "emr_vendors.yml")

    def find(self, text: str) -> list[Entity]:
        """All entities of the text, in its order."""
        found = [
            *(Entity("email", m.group().lower(), *m.span()) for m in EMAIL.finditer(text)),
            *(
                Entity("ticket_reference", f"OCN-{m[1]}-{m[2]}".upper(), *m.span())
                for m in REFERENCE.finditer(text)
            ),
            *_site_numbers(text),
        ]
        taken = [(entity.start, entity.end) for entity in found]
        words = [
            _Word(fold(m.group()), *m.span())
            for m in _WORD.finditer(text)
            if not any(start < m.end() and m.start() < end for start, end in taken)
        ]
        found += _vendors(words, self._vendors)
        found += _products(text, words, self._products)
        return sorted(found, key=lambda entity: (entity.start, entity.end))


def without_values(text: str, found: Iterable[Entity]) -> str:
    """The text with a placeholder for each value that differs from message to message.

    What a message wants does not hang on whose address stands in it; that there is one does.
    """
    for entity in sorted(found, key=lambda e: e.start, reverse=True):
        if entity.name in _PLACEHOLDERS:
            text = f"{text[: entity.start]}{_PLACEHOLDERS[entity.name]}{text[entity.end :]}"
    return text


def fold(text: str) -> str:
    """Lower case, without accents; apostrophes and dashes become spaces."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w]+", " ", plain).split())


def _load(file: Path) -> dict[str, str]:
    listed = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {fold(name): value for value, names in listed.items() for name in names}


def _site_numbers(text: str) -> Iterator[Entity]:
    spaced = _SPACED_NUMBER.fullmatch(text)
    if spaced:
        yield Entity("site_number", spaced[1] + spaced[2], 0, len(text))
        return
    hidden = [match.span() for match in (*EMAIL.finditer(text), *REFERENCE.finditer(text))]
    for match in SITE_NUMBER.finditer(text):
        if any(start <= match.start() < end for start, end in hidden):
            continue
        is_named = _SITE_WORD.search(text[: match.start()])
        is_bare = text.strip() == match.group()
        if _YEAR.fullmatch(match.group()) and not (is_named or is_bare):
            continue
        yield Entity("site_number", match.group(), *match.span())


def _vendors(words: list[_Word], names: dict[str, str]) -> Iterator[Entity]:
    for first, last, value in _lookups(words, names):
        # "well" is an English word before it is a company.
        if words[first].text == "well" and first == last and len(words) > 2:
            continue
        yield Entity("emr_vendor", value, words[first].start, words[last].end)


def _products(text: str, words: list[_Word], names: dict[str, str]) -> Iterator[Entity]:
    if fold(text) in _ALONE_ALL:
        yield Entity("product", "all", 0, len(text))
        return
    for first, last, value in _lookups(words, names):
        name = "kept_product" if _is_kept(text, words, first) else "product"
        yield Entity(name, value, words[first].start, words[last].end)


def _lookups(words: list[_Word], names: dict[str, str]) -> Iterator[tuple[int, int, str]]:
    """Non-overlapping (first word, last word, value), longest names first at each place."""
    place = 0
    while place < len(words):
        for size in range(min(MAX_WORDS, len(words) - place), 0, -1):
            value = _look_up(" ".join(w.text for w in words[place : place + size]), names)
            if value:
                yield place, place + size - 1, value
                place += size
                break
        else:
            place += 1


def _look_up(name: str, names: dict[str, str]) -> str | None:
    if name in names:
        return names[name]
    if len(name) < FORGIVEN_LENGTH:
        return None
    found = process.extractOne(name, names.keys(), scorer=fuzz.ratio, score_cutoff=FORGIVEN_ABOVE)
    # As many words in both: "les messages aux" is not a mistyped "messages aux".
    if found and found[0].count(" ") == name.count(" "):
        return names[found[0]]
    return None


def _is_kept(text: str, words: list[_Word], first: int) -> bool:
    """Whether a product is to be kept: "gardez les rappels", "pas les rappels"."""
    before = [word.text for word in words[max(0, first - 4) : first]]
    keeps = [place for place, word in enumerate(before) if word in _KEEP]
    if keeps:
        return not any(word in _NOT for word in before[: keeps[-1]])
    for place, word in enumerate(before):
        if word in _NOT and place >= len(before) - 2:
            lead = before[place - 1] if place else None
            start = words[first - len(before) + place].start
            follows_comma = text[:start].rstrip().endswith((",", ";", "("))
            return lead is None or lead in _LINKS or follows_comma
    return False
