"""A text as masking reads it: one kind of space, dash, digit and apostrophe, nothing invisible.

People paste from charts and web pages, and a card number with a zero-width space in it is still a
card number. `privacy.py` searches the folded text and masks the original at the same places.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

_APOSTROPHES = "\u2019\u2018\u02bc\u00b4`"


class Span(NamedTuple):
    """A place in a text that holds something of this kind."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Folded:
    """The folded text, and for each of its characters the place that it has in the original."""

    text: str
    places: tuple[int, ...]

    @classmethod
    def of(cls, original: str) -> Folded:
        """Folds a text; line breaks stay."""
        if original.isascii():
            return cls(original, tuple(range(len(original))))
        kept = [(_fold(character), place) for place, character in enumerate(original)]
        kept = [(character, place) for character, place in kept if character]
        return cls("".join(c for c, _ in kept), tuple(place for _, place in kept))

    def original(self, span: Span) -> Span:
        """The same place in the original."""
        return Span(self.places[span.start], self.places[span.end - 1] + 1, span.kind)


def _fold(character: str) -> str:
    if character in _APOSTROPHES:
        return "'"
    match unicodedata.category(character):
        case "Cf":
            return ""
        case "Zs":
            return " "
        case "Pd":
            return "-"
        case "Nd":
            return str(unicodedata.digit(character))
    if character == "\N{MINUS SIGN}":
        return "-"
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character
