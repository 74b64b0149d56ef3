"""Masks what must not be kept: patients' data and secrets, before anything is stored or logged.

Called at the door on every text, whoever wrote it: visitor, agent, form field, page address. What
staff write of themselves stays: names, emails, telephones, site, invoice and ticket numbers.
`make privacy` measures it on labelled messages (docs/decisions/0004-masking.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit, urlunsplit

from bot.core import health_cards, patients
from bot.core.folded import Folded, Span
from bot.core.health_cards import CARD, CARD_PART
from bot.core.patients import HIDDEN
from bot.core.secrets_in_text import secrets

MASK = "█████"
# How much of what was said before can belong to the present message.
_CONTEXT_CHARS = 120


@dataclass(frozen=True, slots=True)
class Masked:
    """A text safe to keep, and the kinds of things that were taken out of it."""

    text: str
    kinds: tuple[str, ...]
    # Where they stood in the text as it was given; for measuring, never kept.
    spans: tuple[Span, ...] = field(default=(), repr=False, compare=False)


def mask(text: str, before: Masked | None = None) -> Masked:
    """Replaces what must not be kept; text without any comes back unchanged.

    `before` is what the same person wrote just before, as it was kept: "my OHIP number is" may
    stand there, or the first half of the number.
    """
    # The line break keeps sentences apart, and lets a number go on.
    context = f"{before.text[-_CONTEXT_CHARS:]}\n" if before and before.text else ""
    folded = Folded.of(context + text)
    spans = _found(folded.text)
    if before and CARD_PART in before.kinds:
        rest = health_cards.rest_of_number(Folded.of(text).text)
        if rest:
            at = len(folded.text) - len(Folded.of(text).text)
            spans.append(Span(rest.start + at, rest.end + at, CARD))
    begins = len(context)
    mine = [
        Span(max(0, span.start - begins), span.end - begins, span.kind)
        for span in map(folded.original, spans)
        if span.end > begins
    ]
    return _replace(text, mine)


def mask_address(url: str) -> str:
    """A page's address that is safe to keep: its query and fragment may hold anything, and go."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    path = parts.path if not mask(unquote(parts.path)).kinds else "/" + MASK
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, path, "", ""))


def _found(text: str) -> list[Span]:
    spans = [*health_cards.find(text), *patients.birth_dates(text), *secrets(text)]
    spans += patients.charts(text)
    hidden = _hide(text, spans)
    spans += patients.dates_beside(hidden)
    hidden = _hide(hidden, spans)
    spans += patients.names(hidden)
    # A date beside a name that was found only now.
    return [*spans, *patients.dates_beside(_hide(hidden, spans))]


def _hide(text: str, spans: Iterable[Span]) -> str:
    """The text of the same length with what was found made unreadable."""
    characters = list(text)
    for span in spans:
        characters[span.start : span.end] = HIDDEN * (span.end - span.start)
    return "".join(characters)


def _replace(text: str, spans: list[Span]) -> Masked:
    parts: list[str] = []
    kept_to = 0
    kinds: list[str] = []
    for span in sorted(spans):
        kinds.append(span.kind)
        if span.end <= kept_to:
            continue
        if span.start >= kept_to:
            parts += [text[kept_to : span.start], MASK]
        kept_to = span.end
    parts.append(text[kept_to:])
    return Masked("".join(parts), tuple(dict.fromkeys(kinds)), tuple(spans))
