"""Tickets: what one is, and the gate through which every ticket is opened.

A cancellation ticket comes only from a draft whose recap the visitor confirmed: the confirmation
carries the draft's digest, and every field is validated once more here, whatever came before.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from bot.core.errors import BadInput, NotFound

if TYPE_CHECKING:
    from bot.core.cancellation import Draft
    from bot.core.conversations import Conversation, Identity
    from bot.core.ports import Clock, TicketStore

TicketKind = Literal["cancellation", "billing_review", "support_request"]
TicketState = Literal["open", "in_progress", "done", "rejected"]
STATES: tuple[TicketState, ...] = ("open", "in_progress", "done", "rejected")
# While a request is in one of these, the same request again is not a new one.
OPEN_STATES: tuple[TicketState, ...] = ("open", "in_progress")
CHECKLIST = ("account_reviewed", "products_confirmed", "emr_vendor_told", "processed")

DeliveryState = Literal["pending", "in_flight", "delivered", "unknown", "rejected", "dead"]
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
    delivery: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What an agent changes of a ticket."""

    state: TicketState | None = None
    checklist: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of a ticket's history."""

    at: datetime
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """An outbox row: a ticket, or what belongs to one, on its way to the helpdesk.

    `attempts` counts those begun, the present one included. `payload` is what the helpdesk is sent
    of a ticket, made from `body` once and kept, byte for byte. `maybe_arrived`: an attempt before
    the present one may have had its effect. `ticket_id` is the helpdesk's own id of the ticket
    that the row belongs to, once it is there.
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


@dataclass(frozen=True, slots=True)
class TicketOpened:
    """The request was filed just now."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class AlreadyOpen:
    """The same request had been filed before and is still open."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Refused:
    """No ticket: `why` is "not_confirmed", "changed" or "incomplete"."""

    why: Literal["not_confirmed", "changed", "incomplete"]


def new_reference() -> str:
    """A reference such as OCN-7K3M-9QXT, drawn from a cryptographic source."""
    letters = [secrets.choice(_ALPHABET) for _ in range(8)]
    return f"OCN-{''.join(letters[:4])}-{''.join(letters[4:])}"


def open_cancellation(
    draft: Draft | None, conversation: Conversation, store: TicketStore, clock: Clock
) -> TicketOpened | AlreadyOpen | Refused:
    """Files the confirmed request, exactly once however often this is called.

    Nothing is filed unless the visitor confirmed the recap of this very draft and every field of
    it is valid now.
    """
    if draft is None or draft.confirmed is None:
        return Refused("not_confirmed")
    if draft.confirmed != draft.digest:
        return Refused("changed")
    if draft.faults():
        return Refused("incomplete")
    identity = conversation.identity
    now = clock.now()
    ticket = Ticket(
        reference=new_reference(),
        kind="cancellation",
        state="open",
        request_key=request_key("cancellation", draft.site_number or "", *draft.products),
        requester_name=draft.requester_name or "",
        requester_email=draft.requester_email or "",
        site_number=draft.site_number or "",
        language=conversation.language,
        fields={
            "products": list(draft.products),
            "requester_name": draft.requester_name,
            "requester_email": draft.requester_email,
            "site_number": draft.site_number,
            "emr_vendor": draft.emr_vendor,
            "reason": draft.reason,
            "language": conversation.language,
            "duties": list(draft.duties()),
            "identity": _identity_line(identity, draft),
        },
        checklist=dict.fromkeys(CHECKLIST, False),
        to_confirm=not _administers(identity, draft),
        requester_id=identity.external_id if identity else None,
        conversation_id=conversation.id,
        created_at=now,
        updated_at=now,
    )
    stored = store.open(ticket, helpdesk_body(ticket), who="assistant")
    return TicketOpened(stored) if stored.reference == ticket.reference else AlreadyOpen(stored)


def is_requester(ticket: Ticket, draft: Draft, conversation: Conversation) -> bool:
    """Whether whoever asks again is who asked first: by identity, or by the email given.

    Site and products are no secret, so they alone open nobody's reference.
    """
    identity = conversation.identity
    if identity is not None and ticket.requester_id == identity.external_id:
        return True
    return (draft.requester_email or "").lower() == ticket.requester_email.lower()


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


def find_for_visitor(
    reference: str, email: str | None, identity: Identity | None, store: TicketStore
) -> Ticket | None:
    """The ticket if this visitor may see it: it is theirs, or they know its requester's email.

    A wrong reference and a wrong email are not told apart.
    """
    try:
        ticket = store.get(reference.upper())
    except NotFound:
        return None
    if identity and ticket.requester_id == identity.external_id:
        return ticket
    if email and secrets.compare_digest(
        email.strip().lower().encode(), ticket.requester_email.lower().encode()
    ):
        return ticket
    return None


def parse_change(state: str | None, checklist: Mapping[str, bool] | None) -> Change:
    """A change as an agent asks for it.

    Raises:
        BadInput: An unknown state or check-list item.
    """
    known = next((allowed for allowed in STATES if allowed == state), None)
    if state is not None and known is None:
        raise BadInput(f"Unknown state {state!r}; allowed: {', '.join(STATES)}.")
    unknown = sorted(set(checklist or {}) - set(CHECKLIST))
    if unknown:
        raise BadInput(f"Unknown check-list item {unknown[0]!r}; allowed: {', '.join(CHECKLIST)}.")
    return Change(known, dict(checklist or {}))


def _administers(identity: Identity | None, draft: Draft) -> bool:
    """Whether the visitor is known to be an admin of the very site that the request is for."""
    return bool(identity and identity.is_site_admin and identity.site_number == draft.site_number)


def _identity_line(identity: Identity | None, draft: Draft) -> str:
    if identity is None:
        return "anonymous"
    same_site = identity.site_number == draft.site_number
    role = "site_admin" if identity.is_site_admin else "user"
    return f"signed_in:{role}:{'same_site' if same_site else 'other_site'}"
