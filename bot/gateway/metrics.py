"""What is counted, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from bot.core.conversations import Message
from bot.core.delivery import Backlog
from bot.core.tickets import DeliveryState

registry = CollectorRegistry()
ProcessCollector(registry=registry)  # memory, open files
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
_OUTBOX = Gauge(
    "helpdesk_outbox", "What goes to the helpdesk, by state.", ["state"], registry=registry
)
_OUTBOX_WAIT_S = Gauge(
    "helpdesk_outbox_wait_seconds",
    "How long the oldest that is due has waited; 0 if nothing is due.",
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


def show_backlog(backlog: Backlog, now: datetime) -> None:
    """Shows the outbox as it is."""
    for state in get_args(DeliveryState):
        _OUTBOX.labels(state).set(backlog.counts.get(state, 0))
    since = backlog.waiting_since
    _OUTBOX_WAIT_S.set(0 if since is None else (now - since).total_seconds())
