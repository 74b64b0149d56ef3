"""Tickets: what one is, what may be changed of it, and its rows on the way to the helpdesk."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from bot.core.errors import BadInput
from bot.core.places import Place

TicketKind = Literal["cancellation", "billing_review", "support_request"]
TicketState = Literal["open", "in_progress", "done", "rejected", "withdrawn"]
STATES: tuple[TicketState, ...] = ("open", "in_progress", "done", "rejected", "withdrawn")
# While a request is in one of these, the same request again is not a new one.
OPEN_STATES: tuple[TicketState, ...] = ("open", "in_progress")
SAME_IS_OPEN = "The same request has been made again and is open: work on that ticket, or end it."
CHECKLIST = ("account_reviewed", "products_confirmed", "emr_vendor_told", "processed")
# What agents have to do for each kind of ticket, in order.
CHECKLISTS: Mapping[TicketKind, tuple[str, ...]] = {
    "cancellation": CHECKLIST,
    "billing_review": ("account_reviewed", "processed"),
    "support_request": ("processed",),
}

DeliveryState = Literal["pending", "in_flight", "delivered", "unknown", "rejected", "dead"]
# What is attempted when its time comes.
WAITING: tuple[DeliveryState, ...] = ("pending", "unknown")
# What waits for a person: a rule has decided all the others.
TROUBLED: tuple[DeliveryState, ...] = ("rejected", "dead")
DeliveryKind = Literal["ticket", "transcript", "comment", "redaction"]

# No vowels, so no words; no 0/O, 1/I/L, 2/Z, 5/S, so that it survives a telephone. 8 of 22
# letters and digits are 5.5e10 references: nobody guesses one.
_ALPHABET = "34679BCDFGHJKMNPQRTVWX"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request that support people work on. `to_confirm`: a site admin must still agree."""

    reference: str
    kind: TicketKind
    state: TicketState
    request_key: str
    requester_name: str
    requester_email: str
    site_number: str
    language: str
    fields: Mapping[str, Any]
    checklist: Mapping[str, bool]
    to_confirm: bool
    requester_id: str | None
    conversation_id: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets are wanted; None means any. `q` is looked for in the visible fields.

    `delivery` is the state of anything of the ticket on its way to the helpdesk.
    """

    kind: str | None = None
    state: str | None = None
    q: str | None = None
    conversation_id: str | None = None
    requester_id: str | None = None
    site_number: str | None = None
    delivery: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What an agent, or the requester, changes of a ticket.

    `told` is what the helpdesk hears of it.
    """

    state: TicketState | None = None
    checklist: Mapping[str, bool] = field(default_factory=dict)
    note: str | None = None
    told: str | None = None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of a ticket's history."""

    at: datetime
    who: str
    what: str


def note_line(note: str) -> str:
    """What the history says of a note."""
    return f"note: {note}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """An outbox row: a ticket, or what belongs to one, on its way to the helpdesk.

    `attempts` counts those begun, the present one included. `payload` is what the helpdesk is sent
    of a ticket, made from `body` once and kept, byte for byte, until it is there. `maybe_arrived`:
    an attempt before the present one may have had its effect. `ticket_id` is the helpdesk's own id
    of the ticket that the row belongs to, once it is there.
    """

    id: int
    reference: str
    body: str
    state: DeliveryState
    attempts: int
    next_at: datetime
    external_id: str | None = None
    last_error: str | None = None
    kind: DeliveryKind = "ticket"
    payload: str | None = None
    maybe_arrived: bool = False
    ticket_id: str | None = None


def place_of(ticket: Ticket) -> Place:
    """Where it stands among tickets, which come newest first."""
    return Place(0, ticket.created_at, ticket.reference)


def new_reference() -> str:
    """A reference such as OCN-7K3M-9QXT, drawn from a cryptographic source."""
    letters = [secrets.choice(_ALPHABET) for _ in range(8)]
    return f"OCN-{''.join(letters[:4])}-{''.join(letters[4:])}"


def request_key(kind: str, site_number: str, *parts: str) -> str:
    """What makes two requests the same: kind, site and the set of parts, whatever their order."""
    return hashlib.sha256("|".join([kind, site_number, *sorted(parts)]).encode()).hexdigest()


def helpdesk_body(ticket: Ticket) -> str:
    """What is sent to the helpdesk, as JSON: made once and stored, so that retries are equal."""
    return json.dumps(
        {
            "external_key": ticket.reference,
            "kind": ticket.kind,
            "requester": {"name": ticket.requester_name, "email": ticket.requester_email},
            "site_number": ticket.site_number,
            "language": ticket.language,
            "fields": dict(ticket.fields),
            "to_confirm": ticket.to_confirm,
            "created_at": ticket.created_at.isoformat(),
        },
        ensure_ascii=False,
        sort_keys=True,
    )


def parse_change(
    kind: TicketKind, state: str | None, checklist: Mapping[str, bool] | None
) -> Change:
    """A change of a ticket of that kind, as an agent asks for it.

    Raises:
        BadInput: An unknown state, or an item that is not on the check-list of this kind.
    """
    known = next((allowed for allowed in STATES if allowed == state), None)
    if state is not None and known is None:
        raise BadInput(f"Unknown state {state!r}; allowed: {', '.join(STATES)}.")
    allowed = CHECKLISTS[kind]
    unknown = sorted(set(checklist or {}) - set(allowed))
    if unknown:
        raise BadInput(
            f"Unknown check-list item {unknown[0][:40]!r} of the kind {kind}; "
            f"allowed: {', '.join(allowed)}."
        )
    return Change(known, dict(checklist or {}))
