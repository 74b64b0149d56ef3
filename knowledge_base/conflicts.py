"""Facts that two articles of one language tell differently: one of the two must be wrong.

Compared are the labels of Ocean's screens, addresses, and numbers with their unit in sentences
about the same thing. Called by `python -m knowledge_base check`, and when the articles are loaded:
a section in conflict is not published until someone has settled it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from urllib.parse import urlsplit

from rapidfuzz import fuzz
from rapidfuzz.distance import DamerauLevenshtein

from knowledge_base.article import Section
from knowledge_base.words import content_words, fold, sentences

LABEL = re.compile(r"\*\*([^*\n]+)\*\*")
# With "https://" or, as people write it, without.
ADDRESS = re.compile(
    r"https?://[^\s)>\]]*[^\s)>\].,;:!?]|(?<![\w@./-])(?:[a-z0-9-]+\.)+[a-z]{2,}(?=/)",
    re.IGNORECASE,
)
# From here on (0 to 100) two labels are one, misspelled once.
SAME_LABEL = 92
SHORTEST_LABEL = 6  # letters; "Edit" and "Exit" are two
SAME_SENTENCE = 0.6  # of the words of both
UNITS = {
    "minute": ("minute", "minutes", "min"),
    "hour": ("heure", "heures", "h", "hour", "hours"),
    "day": ("jour", "jours", "day", "days"),
    "week": ("semaine", "semaines", "week", "weeks"),
    "month": ("mois", "month", "months"),
    "year": ("an", "ans", "année", "années", "year", "years"),
    "percent": ("%", "percent"),
    "dollar": ("$", "dollar", "dollars", "CAD"),
    "person": (
        *("personne", "personnes", "membre", "membres", "employé", "employés"),
        *("person", "people", "members", "staff", "support staff"),
    ),
}
UNIT_OF = {written: unit for unit, ways in UNITS.items() for written in ways}
QUANTITY = re.compile(
    r"(?<![\w.,])(\d+(?:[.,]\d+)?)[\s\u00a0-]*("
    + "|".join(sorted(map(re.escape, UNIT_OF), key=len, reverse=True))
    + r")(?!\w)"
)

# As English writes it; French has the sign behind.
DOLLARS_FIRST = re.compile(r"\$\s?(\d+(?:[.,]\d+)?)")


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two sections that do not agree, and about what."""

    one: Section
    other: Section
    about: str


def conflicts(sections: Sequence[Section]) -> list[Conflict]:
    """All of them, each pair of sections once a fact.

    Compared are articles of one language; within an article what differs may well be meant.
    """
    found = []
    for language in sorted({section.language for section in sections}):
        alike = [section for section in sections if section.language == language]
        found += [*_labels(alike), *_addresses(alike), *_quantities(alike)]
    return [conflict for conflict in found if conflict.one.slug != conflict.other.slug]


def _labels(sections: Sequence[Section]) -> Iterator[Conflict]:
    places = _places(sections, LABEL)
    for one, other in combinations(sorted(places), 2):
        if min(len(one), len(other)) < SHORTEST_LABEL or fold(one) == fold(other):
            continue
        # "Patient Messages" and "Patient Message" are a slip; words that differ are two labels.
        if fuzz.ratio(one, other) >= SAME_LABEL and not _is_plural(one, other):
            about = f"the label is **{one}** here and **{other}** there"
            yield Conflict(places[one], places[other], about)


def _is_plural(one: str, other: str) -> bool:
    return one.removesuffix("s") == other.removesuffix("s")


def _addresses(sections: Sequence[Section]) -> Iterator[Conflict]:
    """Hosts one letter apart; the pages of one host differ in a letter with good reason."""
    places = {_host(url): section for url, section in _places(sections, ADDRESS).items()}
    for one, other in combinations(sorted(places), 2):
        if DamerauLevenshtein.distance(one, other) == 1:
            about = f"the address is {one} here and {other} there"
            yield Conflict(places[one], places[other], about)


def _host(address: str) -> str:
    return urlsplit(address).netloc or address


def _quantities(sections: Sequence[Section]) -> Iterator[Conflict]:
    """The same unit with another number, in sentences about the same thing."""
    told = defaultdict(list)
    for section in sections:
        for sentence in sentences(section.body):
            written = DOLLARS_FIRST.sub(r"\1 $", sentence)
            for number, unit in QUANTITY.findall(written):
                words = frozenset(content_words(QUANTITY.sub(" ", written)))
                told[UNIT_OF[unit]].append((number.replace(",", "."), words, section))
    for unit, all_told in told.items():
        for (one, words, here), (other, their_words, there) in combinations(all_told, 2):
            shared = len(words & their_words) / max(1, len(words | their_words))
            if one != other and shared >= SAME_SENTENCE:
                about = f"{one} here and {other} there ({unit}), of the same thing"
                yield Conflict(here, there, about)


def _places(sections: Sequence[Section], pattern: re.Pattern[str]) -> dict[str, Section]:
    """What the pattern finds, and the first section where it stands."""
    places: dict[str, Section] = {}
    for section in sections:
        for found in pattern.findall(section.body):
            places.setdefault(found, section)
    return places
