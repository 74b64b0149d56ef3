"""Finds products, emails, site numbers, EMR vendors and ticket references in a message.

Written rules and lookup lists (data/lookups), forgiving of typing mistakes: such values are looked
up, not guessed, so nothing here is trained. `components.py` puts it into Rasa's pipeline.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import yaml
from rapidfuzz import fuzz, process

from bot.core.numbers_in_words import is_of_something_else
from bot.nlu.sparing import is_left, is_not_ended

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}", re.IGNORECASE)
REFERENCE = re.compile(r"\bOCN[ -]?([0-9A-Z]{4})[ -]?([0-9A-Z]{4})\b", re.IGNORECASE)
# Three to six digits that are not part of a longer number, a date, an amount or a telephone.
SITE_NUMBER = re.compile(
    r"(?<![\d$@.,/:-])(?<!\d )\d{3,6}(?![\d@$%/]|[-.,:]\d|\) ?\d| ?\$| \d{3,4}\b)", re.ASCII
)
_SPACED_NUMBER = re.compile(
    r"\s*(?:no|num[ée]ro|site|#)?\s*([0-9]{1,3}) ([0-9]{3})\s*", re.IGNORECASE
)
_SITE_WORD = re.compile(r"(site|num[ée]ro|number|no|#|clinique|clinic)\W*$", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_COUNTED = re.compile(
    r"\s*(?:patients?|messages?|m[ée]decins?|docteurs?|doctors?|providers?|utilisateurs?|users?|"
    r"dollars?|jours?|days?|mois|months?|minutes?|fois|times)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
MAX_WORDS = 5
# Typing mistakes: one letter in about eight, and no forgiveness for short words.
FORGIVEN_ABOVE = 86
FORGIVEN_LENGTH = 6
SHORT_WORD = 3
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
# "We have no reason to keep the reminders" keeps nothing.
_REASON = frozenset({"reason", "raison"})
_NO = frozenset("no any aucune pas not sans".split())
_LINKS = frozenset(["mais", "et", "but", "and", "ou", "or"])
# From these on something else is said: "n'annulez pas les rappels, seulement la messagerie".
_TURNS = frozenset("mais et but and ou or juste seulement just only donc so puis then".split())
# Between two services of one list: "gardez les rappels et les tablettes" keeps both.
_LISTING = frozenset(
    "et ou ni and or nor les la le l aux au the nos our vos mes my aussi also".split()
)
_EVERYTHING = frozenset({"tout", "tous", "toutes", "all", "everything"})
_BUT = frozenset({"sauf", "except", "excepte", "but"})
# "Everything looks good" judges, and names no service.
_JUDGING = frozenset("is s looks seems was est etait semble parait good fine correct".split())
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


@dataclass(frozen=True, slots=True)
class _Names:
    """Names to look up, each with its value; also by how many words they have."""

    values: dict[str, str]
    by_length: dict[int, list[str]]


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


def _load(file: Path) -> _Names:
    listed = yaml.safe_load(file.read_text(encoding="utf-8"))
    values = {fold(name): value for value, names in listed.items() for name in names}
    by_length: dict[int, list[str]] = {}
    for name in values:
        by_length.setdefault(len(name.split()), []).append(name)
    return _Names(values, by_length)


def _site_numbers(text: str) -> Iterator[Entity]:
    spaced = _SPACED_NUMBER.fullmatch(text)
    if spaced:
        yield Entity("site_number", spaced[1] + spaced[2], 0, len(text))
        return
    hidden = [match.span() for match in (*EMAIL.finditer(text), *REFERENCE.finditer(text))]
    for match in SITE_NUMBER.finditer(text):
        before, after = text[: match.start()], text[match.end() :]
        is_hidden = any(start <= match.start() < end for start, end in hidden)
        if is_hidden or is_of_something_else(text, *match.span()):
            continue
        is_sure = _SITE_WORD.search(before) or text.strip() == match.group()
        if not is_sure and (_YEAR.fullmatch(match.group()) or _COUNTED.match(after)):
            continue
        yield Entity("site_number", match.group(), *match.span())


def _vendors(words: list[_Word], names: _Names) -> Iterator[Entity]:
    for first, last, value in _lookups(words, names):
        # "well" is an English word before it is a company.
        if words[first].text == "well" and first == last and len(words) > 2:
            continue
        yield Entity("emr_vendor", value, words[first].start, words[last].end)


def _products(text: str, words: list[_Word], names: _Names) -> Iterator[Entity]:
    if re.sub(r"(.)\1{2,}", r"\1", fold(text)) in _ALONE_ALL:
        yield Entity("product", "all", 0, len(text))
        return
    but = _place_of_all_but(words)
    # "On garde tout sauf les rappels" is the other way round: the rappels are to go.
    keeps_all = but is not None and any(word.text in _KEEP for word in words[max(0, but - 3) : but])
    if but is not None and not keeps_all:
        yield Entity("product", "all", words[but].start, words[but].end)
    after, was_kept = 0, False
    for first, last, value in _lookups(words, names):
        if but is not None and first == but:
            continue
        if value == "all" and last + 1 < len(words) and words[last + 1].text in _JUDGING:
            continue
        continues = after and all(word.text in _LISTING for word in words[after:first])
        lead = _clause(text, words, after, first)
        is_spared = is_not_ended(lead) or is_left(
            lead, [word.text for word in words[last + 1 : last + 4]]
        )
        if value == "all" and is_spared:
            # "Don't cancel everything": what goes or stays is said beside it.
            continue
        was_kept = was_kept if continues else is_spared or _is_kept(text, words, first)
        if after and words[after].text in _NOT and after < first:
            # "Reminders not messages": what follows a service at once is said of the next.
            was_kept |= all(word.text in _LISTING for word in words[after + 1 : first])
        if value == "rest":
            # In "gardez les rappels, annulez le reste" it is the rappels alone that are kept.
            was_kept = words[max(0, first - 1)].text in _KEEP
        after = last + 1
        if but is not None and first > but:
            was_kept = not keeps_all
        name = "kept_product" if was_kept else "product"
        yield Entity(name, value, words[first].start, words[last].end)


def _place_of_all_but(words: list[_Word]) -> int | None:
    """Where "tout sauf", "everything but" begins."""
    for place, (word, following) in enumerate(pairwise(words)):
        if word.text in _EVERYTHING and following.text in _BUT:
            return place
    return None


def _lookups(words: list[_Word], names: _Names) -> Iterator[tuple[int, int, str]]:
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


def _look_up(name: str, names: _Names) -> str | None:
    if name in names.values:
        return names.values[name]
    if len(name) < FORGIVEN_LENGTH:
        return None
    # As many words in both: "les messages aux" is not a mistyped "messages aux".
    alike = names.by_length.get(len(name.split()), ())
    found = process.extractOne(name, alike, scorer=fuzz.ratio, score_cutoff=FORGIVEN_ABOVE)
    return names.values[found[0]] if found and _may_be_mistyped(name, found[0]) else None


def _may_be_mistyped(name: str, known: str) -> bool:
    """Whether one may be meant by the other: "ma référence" and "référence" are no "e-référence".

    Nobody mistypes the first letter or a word of two.
    """
    return all(
        a == b if min(len(a), len(b)) < SHORT_WORD else a[0] == b[0]
        for a, b in zip(name.split(), known.split(), strict=True)
    )


def _clause(text: str, words: list[_Word], after: int, first: int) -> list[str]:
    """The words that lead up to a product: since the one before, a mark, or a word that turns."""
    lead: list[str] = []
    place = first - 1
    while place >= after and words[place].text not in _TURNS:
        between = text[words[place].end : words[place + 1].start]
        if re.search(r"[.,;:!?()\n]", between):
            break
        lead = [*words[place].text.split(), *lead]
        place -= 1
    return lead


def _is_kept(text: str, words: list[_Word], first: int) -> bool:
    """Whether a product is to be kept: "gardez les rappels", "pas les rappels"."""
    before = [word.text for word in words[max(0, first - 4) : first]]
    keeps = [place for place, word in enumerate(before) if word in _KEEP]
    if keeps:
        keep = first - len(before) + keeps[-1]
        ahead = [word.text for word in words[max(0, keep - 5) : keep]]
        lacks_reason = ahead[-2:-1] and ahead[-2] in _REASON and bool(_NO & {*ahead[:-2]})
        return not (lacks_reason or any(word in _NOT for word in before[: keeps[-1]]))
    for place, word in enumerate(before):
        if word in _NOT and place >= len(before) - 2:
            lead = before[place - 1] if place else None
            start = words[first - len(before) + place].start
            follows_comma = text[:start].rstrip().endswith((",", ";", "("))
            return lead is None or lead in _LINKS or follows_comma
    return False
