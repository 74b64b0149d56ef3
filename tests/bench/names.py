"""Measures what finds people's own names: introductions alone, spaCy's model alone, both together.

    python -m tests.bench.names

The messages are labelled in names.yml; half hold no name of the speaker.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import spacy
import yaml
from rich.console import Console
from rich.table import Table

from bot.nlu.names import MODEL, UNUSED, NameFinder, introduced

LABELLED = Path(__file__).with_name("names.yml")


def main() -> None:
    """Prints a table."""
    messages: dict[str, str | None] = yaml.safe_load(LABELLED.read_text(encoding="utf-8"))
    model = spacy.load(MODEL, exclude=UNUSED)
    finder = NameFinder()
    finder.warm()

    def by_introduction(text: str) -> str | None:
        found = introduced(text)
        return found[0] if found and found[0].istitle() else None

    def by_model(text: str) -> str | None:
        people = [entity.text for entity in model(text).ents if entity.label_ == "PER"]
        return people[0] if people else None

    def by_both(text: str) -> str | None:
        found = finder.find(text)
        return found[0] if found else None

    table = Table("finder", "names found", "false names", "median ms")
    ways = {"introductions": by_introduction, "spaCy": by_model, "both": by_both}
    for name, find in ways.items():
        table.add_row(name, *_measure(find, messages))
    Console().print(table)


def _measure(
    find: Callable[[str], str | None], messages: dict[str, str | None]
) -> tuple[str, str, str]:
    found = false = 0
    times_ms = []
    for text, name in messages.items():
        began = time.perf_counter()
        answer = find(text)
        times_ms.append(1000 * (time.perf_counter() - began))
        found += bool(name and answer and answer.lower() == name.lower())
        false += bool(answer and not name)
    named = sum(name is not None for name in messages.values())
    return (
        f"{found} of {named}",
        f"{false} of {len(messages) - named}",
        f"{statistics.median(times_ms):.2f}",
    )


if __name__ == "__main__":
    main()
