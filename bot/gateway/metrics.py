"""What is counted, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Histogram

from bot.core.conversations import Message

registry = CollectorRegistry()
_TURNS = Counter(
    "helpdesk_turns", "Visitor messages, by kind of answer.", ["kind"], registry=registry
)
_TURN_S = Histogram(
    "helpdesk_turn_seconds",
    "Time from a visitor's message to its answer.",
    buckets=(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24),
    registry=registry,
)
_DELIVERIES = Counter(
    "helpdesk_deliveries",
    "Attempts to deliver a ticket, by outcome.",
    ["outcome"],
    registry=registry,
)


@contextmanager
def time_turn() -> Iterator[None]:
    """Measures one turn."""
    with _TURN_S.time():
        yield


def count_turn(answers: Sequence[Message]) -> None:
    """Counts a turn by the kind of its first answer; "none" if a person has the conversation."""
    _TURNS.labels(answers[0].kind if answers else "none").inc()


def count_delivery(outcome: str) -> None:
    """Counts an attempt to deliver."""
    _DELIVERIES.labels(outcome).inc()
