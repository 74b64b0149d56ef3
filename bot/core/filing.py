"""The gate through which every ticket is opened.

A ticket comes only from what the visitor saw and confirmed: the confirmation carries the digest of
a `Request` (of a cancellation: of its draft), and every field is validated once more here, whatever
came before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from bot.core.tickets import (
    CHECKLISTS,
    OPEN_STATES,
    Change,
    Ticket,
    TicketFilter,
    TicketKind,
    helpdesk_body,
    new_reference,
    note_line,
    request_key,
)
from bot.core.wording import EMAIL, SITE_NUMBER

if TYPE_CHECKING:
    from bot.core.cancellation import Draft
    from bot.core.conversations import Conversation, Identity
    from bot.core.ports.clock import Clock
    from bot.core.ports.tickets import TicketStore

# More requests than one site has open at any time.
_OF_ONE_SITE = 200


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


def digest_of(shown: object) -> str:
    """What a yes is tied to: 16 hexadecimal digits, others for anything else that was shown."""
    text = json.dumps(shown, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


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
    found = store.find(wanted, limit=_OF_ONE_SITE)
    return [ticket for ticket in found if ticket.state in OPEN_STATES]


def _products(ticket: Ticket) -> set[str]:
    return {*ticket.fields.get("products", ())}


def _note_asked_again(ticket: Ticket, draft: Draft, store: TicketStore, clock: Clock) -> None:
    note = f"also asked for by {draft.requester_name} <{draft.requester_email}>"
    if note_line(note) not in [entry.what for entry in store.history(ticket.reference)]:
        store.change(ticket.reference, Change(note=note), who="assistant", at=clock.now())


def _administers(identity: Identity | None, site_number: str) -> bool:
    """Whether the visitor is known to be an admin of the very site that the request is for."""
    return bool(identity and identity.is_site_admin and identity.site_number == site_number)


def _identity_line(identity: Identity | None, site_number: str) -> str:
    if identity is None:
        return "anonymous"
    same_site = identity.site_number == site_number
    role = "site_admin" if identity.is_site_admin else "user"
    return f"signed_in:{role}:{'same_site' if same_site else 'other_site'}"
