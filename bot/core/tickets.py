"""Tickets: what one is, and the gate through which every ticket is opened.

A ticket comes only from what the visitor saw and confirmed: the confirmation carries the digest of
a `Request` (of a cancellation: of its draft), and every field is validated once more here, whatever
came before.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from bot.core.errors import BadInput, NotFound
from bot.core.wording import EMAIL, SITE_NUMBER

if TYPE_CHECKING:
    from bot.core.cancellation import Draft
    from bot.core.conversations import Conversation, Identity
    from bot.core.ports.clock import Clock
    from bot.core.ports.tickets import TicketStore

TicketKind = Literal["cancellation", "billing_review", "support_request"]
TicketState = Literal["open", "in_progress", "done", "rejected", "withdrawn"]
STATES: tuple[TicketState, ...] = ("open", "in_progress", "done", "rejected", "withdrawn")
# While a request is in one of these, the same request again is not a new one.
OPEN_STATES: tuple[TicketState, ...] = ("open", "in_progress")
CHECKLIST = ("account_reviewed", "products_confirmed", "emr_vendor_told", "processed")
# What agents have to do for each kind of ticket, in order.
CHECKLISTS: Mapping[TicketKind, tuple[str, ...]] = {
    "cancellation": CHECKLIST,
    "billing_review": ("account_reviewed", "processed"),
    "support_request": ("processed",),
}

DeliveryState = Literal["pending", "in_flight", "delivered", "unknown", "rejected", "dead"]
# What waits for a person: a rule has decided all the others.
TROUBLED: tuple[DeliveryState, ...] = ("rejected", "dead")
DeliveryKind = Literal["ticket", "transcript", "comment", "redaction"]

# No vowels, so no words; no 0/O, 1/I/L, 2/Z, 5/S, so that it survives a telephone. 8 of 22
# letters and digits are 5.5e10 references: nobody guesses one.
_ALPHABET = "34679BCDFGHJKMNPQRTVWX"
# Wrong pairs of reference and email within the window, after which the pair is not looked at any
# more. A requester mistypes; who guesses an email needs many more tries, in however many talks.
LOOKUP_WINDOW = timedelta(hours=1)
MAX_FAILED_IN_CONVERSATION = 5
MAX_FAILED_OF_REFERENCE = 10
# More requests than one site has open at any time.
_OF_ONE_SITE = 200
# Who a change of the visitor's own is put down to.
REQUESTER = "requester"


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
class Request:
    """What somebody asks for, before it is a ticket; `digest` ties the visitor's yes to it.

    `about` says what makes another request the same one, besides kind and site; the order does not
    matter. A support request may be about no site: its number is then "".
    """

    kind: TicketKind
    requester_name: str
    requester_email: str
    site_number: str
    fields: Mapping[str, Any]
    about: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Of all of it."""
        return digest_of(
            [
                self.kind,
                self.requester_name,
                self.requester_email,
                self.site_number,
                dict(self.fields),
                sorted(self.about),
            ]
        )

    @property
    def is_valid(self) -> bool:
        """Whether a ticket may be made of it."""
        is_siteless = self.kind == "support_request" and not self.site_number
        return (
            bool(self.requester_name.strip())
            and bool(EMAIL.fullmatch(self.requester_email))
            and (is_siteless or bool(SITE_NUMBER.fullmatch(self.site_number)))
        )


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
    """The request was filed just now; `overlapping` are open ones for some of the same products."""

    ticket: Ticket
    overlapping: tuple[Ticket, ...] = ()


@dataclass(frozen=True, slots=True)
class AlreadyOpen:
    """The same request, or one that holds all of it, had been filed before and is still open."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Refused:
    """No ticket: `why` is "not_confirmed", "changed", "incomplete" or "duties_not_shown"."""

    why: Literal["not_confirmed", "changed", "incomplete", "duties_not_shown"]


@dataclass(frozen=True, slots=True)
class TooManyAttempts:
    """The pair of reference and email was not looked at: there were too many wrong ones."""


@dataclass(frozen=True, slots=True)
class NotOpen:
    """Nothing was changed, since the ticket is not open any more."""

    ticket: Ticket


def digest_of(shown: object) -> str:
    """What a yes is tied to: 16 hexadecimal digits, others for anything else that was shown."""
    text = json.dumps(shown, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def new_reference() -> str:
    """A reference such as OCN-7K3M-9QXT, drawn from a cryptographic source."""
    letters = [secrets.choice(_ALPHABET) for _ in range(8)]
    return f"OCN-{''.join(letters[:4])}-{''.join(letters[4:])}"


def open_cancellation(
    draft: Draft | None, conversation: Conversation, store: TicketStore, clock: Clock
) -> TicketOpened | AlreadyOpen | Refused:
    """Files the confirmed request, exactly once however often this is called.

    Nothing is filed unless the visitor confirmed the recap of this very draft, was shown every duty
    that comes with it, and every field of it is valid now. An open request for the same site that
    holds all of these products is given instead; of somebody else's, its history then says who
    asked again, so that nobody's wish is lost.
    """
    if draft is None or draft.confirmed is None:
        return Refused("not_confirmed")
    if draft.confirmed != draft.digest:
        return Refused("changed")
    if draft.faults():
        return Refused("incomplete")
    if not {*draft.duties()} <= {notice.duty for notice in draft.notices}:
        return Refused("duties_not_shown")
    open_ones = _open_cancellations(draft, store)
    whole = next((one for one in open_ones if {*draft.products} <= _products(one)), None)
    result: TicketOpened | AlreadyOpen | Refused
    if whole is not None:
        result = AlreadyOpen(whole)
    else:
        overlapping = tuple(one for one in open_ones if _products(one) & {*draft.products})
        request = _cancellation_request(draft, conversation, overlapping, clock)
        result = open_ticket(request, request.digest, conversation, store, clock)
        if isinstance(result, TicketOpened):
            result = replace(result, overlapping=overlapping)
    if isinstance(result, AlreadyOpen) and not is_requester(result.ticket, draft, conversation):
        _note_asked_again(result.ticket, draft, store, clock)
    return result


def _cancellation_request(
    draft: Draft, conversation: Conversation, overlapping: Sequence[Ticket], clock: Clock
) -> Request:
    now = clock.now().isoformat()
    accepted = [
        replace(notice, accepted_at=notice.accepted_at or now)
        for notice in draft.notices
        if notice.duty in draft.duties()
    ]
    return Request(
        kind="cancellation",
        requester_name=draft.requester_name or "",
        requester_email=draft.requester_email or "",
        site_number=draft.site_number or "",
        fields={
            "products": list(draft.products),
            "requester_name": draft.requester_name,
            "requester_email": draft.requester_email,
            "site_number": draft.site_number,
            "emr_vendor": draft.emr_vendor,
            "reason": draft.reason,
            "language": conversation.language,
            "duties": list(draft.duties()),
            "scopes": {p: draft.scopes[p] for p in draft.products if p in draft.scopes},
            "duties_shown": [asdict(notice) for notice in accepted],
            "unknown_services": list(draft.unknown),
            "overlaps": [ticket.reference for ticket in overlapping],
        },
        about=draft.products,
    )


def _open_cancellations(draft: Draft, store: TicketStore) -> list[Ticket]:
    wanted = TicketFilter(kind="cancellation", site_number=draft.site_number)
    found = store.find(wanted, limit=_OF_ONE_SITE, cursor=0)
    return [ticket for ticket in found if ticket.state in OPEN_STATES]


def _products(ticket: Ticket) -> set[str]:
    return {*ticket.fields.get("products", ())}


def _note_asked_again(ticket: Ticket, draft: Draft, store: TicketStore, clock: Clock) -> None:
    note = f"also asked for by {draft.requester_name} <{draft.requester_email}>"
    if f"note: {note}" not in [entry.what for entry in store.history(ticket.reference)]:
        store.change(ticket.reference, Change(note=note), who="assistant", at=clock.now())


def open_ticket(
    request: Request,
    confirmed: str | None,
    conversation: Conversation,
    store: TicketStore,
    clock: Clock,
) -> TicketOpened | AlreadyOpen | Refused:
    """Files a confirmed request of any kind, exactly once however often this is called.

    `confirmed` is the digest that the visitor's yes carried; None if there was no yes. While an
    equal request is open, that one is given instead.
    """
    if confirmed is None:
        return Refused("not_confirmed")
    if confirmed != request.digest:
        return Refused("changed")
    if not request.is_valid:
        return Refused("incomplete")
    return file_agreed(request, conversation, store, clock)


def file_agreed(
    request: Request, conversation: Conversation, store: TicketStore, clock: Clock
) -> TicketOpened | AlreadyOpen:
    """Files what the caller knows to be agreed to and complete; an equal open one is given instead.

    Called by `open_ticket` and by `billing_review.open_review`, which ask that each in its way.
    """
    identity = conversation.identity
    now = clock.now()
    ticket = Ticket(
        reference=new_reference(),
        kind=request.kind,
        state="open",
        request_key=request_key(request.kind, request.site_number, *request.about),
        requester_name=request.requester_name,
        requester_email=request.requester_email,
        site_number=request.site_number,
        language=conversation.language,
        fields={**request.fields, "identity": _identity_line(identity, request.site_number)},
        checklist=dict.fromkeys(CHECKLISTS[request.kind], False),
        to_confirm=request.kind != "support_request"
        and not _administers(identity, request.site_number),
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
    if f"note: {note}" in mine:
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


def _administers(identity: Identity | None, site_number: str) -> bool:
    """Whether the visitor is known to be an admin of the very site that the request is for."""
    return bool(identity and identity.is_site_admin and identity.site_number == site_number)


def _identity_line(identity: Identity | None, site_number: str) -> str:
    if identity is None:
        return "anonymous"
    same_site = identity.site_number == site_number
    role = "site_admin" if identity.is_site_admin else "user"
    return f"signed_in:{role}:{'same_site' if same_site else 'other_site'}"
