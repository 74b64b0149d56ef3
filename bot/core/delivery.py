"""Brings tickets from the outbox to the helpdesk, each exactly once.

Called by the gateway's worker and by `python -m bot deliver`. One row at a time: its lease must
outlast its attempt. An attempt whose outcome is unknown is looked up before anything is sent again.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, assert_never

from bot.core.errors import HelpdeskError, NotFound
from bot.core.helpdesk import (
    Absent,
    Comment,
    Created,
    Found,
    Later,
    LookedUp,
    Rejected,
    Sent,
    Unknown,
)
from bot.core.helpdesk_text import private_comment

if TYPE_CHECKING:
    from bot.core.conversations import Message
    from bot.core.ports.clock import Clock
    from bot.core.ports.conversations import Conversations
    from bot.core.ports.dialogue import Phrases
    from bot.core.ports.helpdesk import Helpdesk
    from bot.core.ports.tickets import TicketStore
    from bot.core.tickets import Delivery, Ticket

# An attempt is a look-up and a request, at most some forty seconds; see the adapters' time-outs.
LEASE = timedelta(seconds=120)
# One pass ends here, so that the worker's other duties do not wait for a slow helpdesk.
BATCH = 50
PASS = timedelta(seconds=5)
FIRST_RETRY_S = 2.0
LONGEST_RETRY_S = 600.0
# About a day at the longest delay; after that a person decides. Asked to retry: as many again.
MAX_ATTEMPTS = 150
# A helpdesk that asks for more patience than this is asked sooner all the same.
LONGEST_WAIT_S = 3600.0

# Builds the private comment of a ticket, with the conversation as it is stored.
Transcribe = Callable[[str, "Ticket"], Comment]


@dataclass(frozen=True, slots=True)
class Backlog:
    """The outbox at a glance: rows by state, and since when the oldest that is due waits."""

    counts: dict[str, int]
    waiting_since: datetime | None


@dataclass(frozen=True, slots=True)
class Settled:
    """What one pass has come to: each row with its outcome, oldest first.

    `pause_until` is when to knock again, if the helpdesk wanted to be left alone.
    """

    rows: list[Delivery]
    pause_until: datetime | None = None


def deliver_due(
    store: TicketStore,
    helpdesk: Helpdesk,
    clock: Clock,
    *,
    owner: str = "worker",
    transcribe: Transcribe | None = None,
) -> Settled:
    """Attempts what is due, oldest first.

    Ends early when the helpdesk wants to be left alone.
    """
    settled: list[Delivery] = []
    ends_at = clock.now() + PASS
    while len(settled) < BATCH and clock.now() <= ends_at:
        leased = store.lease_due(clock.now(), LEASE, 1, owner)
        if not leased:
            break
        (row,) = leased
        until = clock.now() + LEASE / 2
        row, outcome = _attempt(row, store, helpdesk, clock, until, transcribe)
        done = _settled(row, outcome, helpdesk, clock)
        # What the team needs besides goes with the ticket's own success, in one transaction.
        follows = (
            row.kind == "ticket"
            and done.state == "delivered"
            and helpdesk.capabilities.takes_transcripts
            and transcribe is not None
        )
        store.settle(done, then="transcript" if follows else None)
        settled.append(done)
        if isinstance(outcome, Later):
            return Settled(settled, pause_until=done.next_at)
    return Settled(settled)


def retry_delay_s(attempts: int) -> float:
    """Seconds before the next attempt: doubling, capped, between half and all of the step."""
    step = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(max(attempts - 1, 0), 20))
    return step * random.uniform(0.5, 1.0)


def _attempt(
    row: Delivery,
    store: TicketStore,
    helpdesk: Helpdesk,
    clock: Clock,
    until: datetime,
    transcribe: Transcribe | None,
) -> tuple[Delivery, Sent]:
    """The row as it was sent, and what came of it."""
    try:
        if row.maybe_arrived:
            looked_up = _look_up(row, helpdesk)
            if not isinstance(looked_up, Absent):
                return row, looked_up
            if clock.now() > until:
                # The lease may end while this is under way, and somebody else send it as well.
                return row, Unknown("The look-up took too long to send after it.")
        if row.kind == "ticket" and row.payload is None:
            row = replace(row, payload=helpdesk.prepare(row.body))
            store.keep_payload(row)
        return row, _send(row, store, helpdesk, transcribe)
    except HelpdeskError as error:
        return row, Unknown(str(error))
    except Exception as error:
        # One row at fault must not hold up the others; it ends as a dead letter.
        return row, Unknown(f"Delivery failed by itself: {type(error).__name__}.")


def _look_up(row: Delivery, helpdesk: Helpdesk) -> LookedUp:
    if row.kind == "ticket":
        return helpdesk.find(row.reference)
    if row.kind == "redaction":
        return Absent()  # Safe to repeat.
    return helpdesk.find_comment(row.ticket_id or "", comment_key(row))


def _send(
    row: Delivery, store: TicketStore, helpdesk: Helpdesk, transcribe: Transcribe | None
) -> Sent:
    if row.kind == "ticket":
        return helpdesk.create(row.reference, row.payload or "")
    ticket_id, key = row.ticket_id or "", comment_key(row)
    if row.kind == "redaction":
        return helpdesk.redact(ticket_id, row.body)
    if row.kind == "comment":
        return helpdesk.comment(ticket_id, Comment(key, f"{row.body}\n\n[{key}]", is_public=True))
    if transcribe is None:
        return Later("This process has no access to conversations.")
    return helpdesk.comment(ticket_id, transcribe(key, store.get(row.reference)))


def transcriber(conversations: Conversations, phrases: Phrases) -> Transcribe:
    """Builds private comments from what is stored; of an erased conversation nothing is left."""

    def transcribe(key: str, ticket: Ticket) -> Comment:
        said: list[Message] = []
        if ticket.conversation_id is not None:
            with suppress(NotFound):
                said = conversations.messages(ticket.conversation_id)
        return private_comment(key, ticket, said, phrases)

    return transcribe


def comment_key(row: Delivery) -> str:
    """What a comment is found by in the helpdesk, such as "OCN-7K3M-9QXT/12"."""
    return f"{row.reference}/{row.id}"


def _settled(row: Delivery, outcome: Sent, helpdesk: Helpdesk, clock: Clock) -> Delivery:
    """The row after this outcome; the rules of delivery in one place."""
    match outcome:
        # Of what the helpdesk has, nothing is kept that only a further attempt would need.
        case Created(id):
            return replace(row, state="delivered", payload=None, external_id=id, last_error=None)
        case Found(id, others):
            note = f"The helpdesk has further tickets of it: {', '.join(others)}."
            row = replace(row, state="delivered", payload=None, external_id=id)
            return replace(row, last_error=note if others else None)
        case Rejected(why):
            # Nothing is there, so a retry may send something else, made anew.
            return replace(row, state="rejected", payload=None, last_error=why)
        case Unknown(why, seconds):
            row = replace(row, state="unknown", maybe_arrived=True)
            settles = helpdesk.capabilities.trusts_look_up_after(of_ticket=row.kind == "ticket")
            seconds = max(seconds, settles.total_seconds())
        case Later(why, seconds):
            row = replace(row, state="unknown" if row.maybe_arrived else "pending")
        case _:
            assert_never(outcome)
    if row.attempts % MAX_ATTEMPTS == 0:
        return replace(row, state="dead", last_error=why)
    wait = timedelta(seconds=retry_delay_s(_tries(row)) + min(seconds, LONGEST_WAIT_S))
    return replace(row, last_error=why, next_at=clock.now() + wait)


def _tries(row: Delivery) -> int:
    """Attempts since the row was new or a person asked to try it again."""
    return row.attempts % MAX_ATTEMPTS
