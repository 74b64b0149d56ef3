"""What its requester may see and change of a ticket that was filed before."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.errors import NotFound
from bot.core.tickets import OPEN_STATES, Change, Ticket, note_line

if TYPE_CHECKING:
    from bot.core.conversations import Conversation
    from bot.core.ports.clock import Clock
    from bot.core.ports.tickets import TicketStore

# Wrong pairs of reference and email within the window, after which the pair is not looked at any
# more. A requester mistypes; who guesses an email needs many more tries, in however many talks.
LOOKUP_WINDOW = timedelta(hours=1)
MAX_FAILED_IN_CONVERSATION = 5
MAX_FAILED_OF_REFERENCE = 10
# Who a change of the visitor's own is put down to.
REQUESTER = "requester"


@dataclass(frozen=True, slots=True)
class TooManyAttempts:
    """The pair of reference and email was not looked at: there were too many wrong ones."""


@dataclass(frozen=True, slots=True)
class NotOpen:
    """Nothing was changed, since the ticket is not open any more."""

    ticket: Ticket


def find_for_visitor(
    reference: str,
    email: str | None,
    conversation: Conversation,
    store: TicketStore,
    clock: Clock,
) -> Ticket | TooManyAttempts | None:
    """The ticket if this visitor may see it: it is theirs, or they know its requester's email.

    A wrong reference and a wrong email are not told apart. Wrong pairs are counted, by conversation
    and by reference, and after too many no pair is looked at for a while; whoever is signed in as
    the requester is not concerned.
    """
    reference = reference.upper()
    try:
        ticket = store.get(reference)
    except NotFound:
        ticket = None
    identity = conversation.identity
    if ticket and identity and ticket.requester_id == identity.external_id:
        return ticket
    if not email:
        return None
    now = clock.now()
    of_reference, in_conversation = store.failed_lookups(
        reference, conversation.id, since=now - LOOKUP_WINDOW
    )
    if of_reference >= MAX_FAILED_OF_REFERENCE or in_conversation >= MAX_FAILED_IN_CONVERSATION:
        return TooManyAttempts()
    given = email.strip().lower().encode()
    if ticket and secrets.compare_digest(given, ticket.requester_email.lower().encode()):
        return ticket
    store.add_failed_lookup(reference, conversation.id, at=now)
    return None


def add_note(
    ticket: Ticket, note: str, store: TicketStore, clock: Clock, *, told: str
) -> Ticket | NotOpen:
    """The ticket with a note of its requester in its history; `NotOpen` if it has ended.

    The same note again is not added twice. `told` is what the helpdesk is sent of it.
    """
    mine = [entry.what for entry in store.history(ticket.reference) if entry.who == REQUESTER]
    if note_line(note) in mine:
        return store.get(ticket.reference)
    return _change_open(ticket, Change(note=note, told=told), store, clock)


def withdraw(ticket: Ticket, store: TicketStore, clock: Clock, *, told: str) -> Ticket | NotOpen:
    """The ticket taken back by its requester; `NotOpen` if it has ended, withdrawn or not.

    `told` is what the helpdesk is sent of it: otherwise it would be processed there all the same.
    """
    return _change_open(ticket, Change("withdrawn", told=told), store, clock)


def _change_open(
    ticket: Ticket, change: Change, store: TicketStore, clock: Clock
) -> Ticket | NotOpen:
    now = store.get(ticket.reference)
    if now.state not in OPEN_STATES:
        return NotOpen(now)
    return store.change(ticket.reference, change, who=REQUESTER, at=clock.now())
