"""`make privacy`: what masking finds and what it takes for something that it is not.

Over the labelled messages of privacy.jsonl, where ⟦kind|text⟧ stands around what must go; a
health card's kind names its province. Ends with a failure if a valid card number stays, or if more
than one clean message in a hundred is touched.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.core.folded import Span
from bot.core.health_cards import CARD, CARD_PART
from bot.core.privacy import mask

MESSAGES = Path(__file__).with_name("privacy.jsonl")
MOST_FALSE_ALARMS = 0.01
_LABEL = re.compile(r"⟦([\w-]+)\|([^⟧]*)⟧")
Finder = Callable[[str, str], Sequence[Span]]
console = Console()


@dataclass(frozen=True, slots=True)
class Labelled:
    """A message, and where in it stands what must not be kept."""

    text: str
    language: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found of what should be, by kind; and which clean messages were touched."""

    wanted: Counter[str]
    found: Counter[str]
    claimed: Counter[str]
    right: Counter[str]
    clean: int
    alarms: tuple[str, ...]
    missed: tuple[tuple[str, str], ...]

    @property
    def false_alarm_rate(self) -> float:
        """Share of the clean messages that were touched."""
        return len(self.alarms) / self.clean


def messages() -> Iterator[Labelled]:
    """The labelled messages."""
    for line in MESSAGES.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield parse(row["text"], row["language"])


def parse(marked: str, language: str) -> Labelled:
    """The message without its marks, and where they stood."""
    text, spans, at = "", [], 0
    for match in _LABEL.finditer(marked):
        text += marked[at : match.start()]
        spans.append(Span(len(text), len(text) + len(match[2]), match[1]))
        text += match[2]
        at = match.end()
    return Labelled(text + marked[at:], language, tuple(spans))


def measure(finder: Finder) -> Measured:
    """Counts what a finder finds. A label counts as found when no letter or digit of it is left."""
    wanted, found, claimed, right = Counter(), Counter(), Counter(), Counter()
    alarms, missed, clean = [], [], 0
    for message in messages():
        spans = finder(message.text, message.language)
        covered = {place for span in spans for place in range(span.start, span.end)}
        for span in message.spans:
            wanted[span.kind] += 1
            left = [
                i
                for i in range(span.start, span.end)
                if message.text[i].isalnum() and i not in covered
            ]
            found[span.kind] += not left
            if left:
                missed.append((span.kind, message.text))
        for span in spans:
            kind = CARD if span.kind == CARD_PART else span.kind
            claimed[kind] += 1
            right[kind] += any(span.start < s.end and s.start < span.end for s in message.spans)
        if not message.spans:
            clean += 1
            if spans:
                alarms.append(message.text)
    return Measured(wanted, found, claimed, right, clean, tuple(alarms), tuple(missed))


def ours(text: str, _language: str) -> Sequence[Span]:
    """Our own masking."""
    return mask(text).spans


def report(name: str, measured: Measured) -> None:
    """Prints the figures."""
    table = Table("kind", "labels", "recall", "found", "precision", title=name)
    for kind in sorted({*measured.wanted, *measured.claimed}):
        wanted, claimed = measured.wanted[kind], measured.claimed[kind]
        table.add_row(
            kind,
            str(wanted or ""),
            f"{measured.found[kind] / wanted:.1%}" if wanted else "",
            str(claimed or ""),
            f"{measured.right[kind] / claimed:.1%}" if claimed else "",
        )
    console.print(table)
    console.print(
        f"Clean messages touched: {len(measured.alarms)} of {measured.clean} "
        f"({measured.false_alarm_rate:.1%})"
    )


def cards_missed(measured: Measured) -> list[tuple[str, str]]:
    """The valid card numbers that stayed."""
    return [miss for miss in measured.missed if miss[0].startswith(CARD)]


def main() -> None:
    """Measures, prints, and fails where the promise is not kept."""
    measured = measure(ours)
    report("Masking", measured)
    for kind, text in measured.missed:
        console.print(f"missed {kind}: {text!r}", markup=False)
    for text in measured.alarms:
        console.print(f"false alarm: {text!r} -> {mask(text).text!r}", markup=False)
    if cards_missed(measured) or measured.false_alarm_rate > MOST_FALSE_ALARMS:
        sys.exit(1)


if __name__ == "__main__":
    main()
