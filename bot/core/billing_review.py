"""The request that the billing team review what was charged; with the evidence of a fee check.

Called when a visitor asks for money back: none is promised. Filed only from what this visitor was
shown and agreed to send, and once however often it is asked for. The evidence is the visitor's own
or, for a site admin, the site's, as `fee_diagnosis.py` sifted it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bot.core.fee_record import Record
from bot.core.filing import AlreadyOpen, Refused, Request, TicketOpened, digest_of, file_agreed
from bot.core.tickets import OPEN_STATES, Ticket, TicketFilter, request_key
from bot.core.wording import EMAIL

if TYPE_CHECKING:
    from bot.core.conversations import Conversation, Identity
    from bot.core.ports.clock import Clock
    from bot.core.ports.tickets import TicketStore

_LOOKED_THROUGH = 50


def may_be_reviewed(record: Record | None, identity: Identity | None) -> bool:
    """Whether there is something to review, and somebody to answer.

    Charges that the visitor may see, and an email that the sign-in has verified.
    """
    return bool(
        record
        and record.diagnosis.lines
        and identity
        and identity.email_verified
        and EMAIL.fullmatch(identity.email)
    )


def digest(record: Record) -> str:
    """Of all that would be sent."""
    return digest_of(_evidence(record))


def open_review(
    record: Record | None,
    agreed: str,
    conversation: Conversation,
    store: TicketStore,
    clock: Clock,
) -> TicketOpened | AlreadyOpen | Refused:
    """Files the review of what the visitor agreed to send; called again, gives the same ticket.

    `agreed` is the digest of what was shown. `conversation` is as of now: without an identity, or
    with one that has ended, nothing is filed. The same person's request about the same months of
    the same site is the same request.
    """
    identity = conversation.identity
    if record is None or identity is None or not may_be_reviewed(record, identity):
        return Refused("incomplete")
    if agreed != digest(record):
        return Refused("changed")
    request = Request(
        kind="billing_review",
        requester_name=identity.name,
        requester_email=identity.email.lower(),
        site_number=record.site_number,
        fields={
            "requester_name": identity.name,
            "requester_email": identity.email.lower(),
            "site_number": record.site_number,
            "language": conversation.language,
            "headline": record.shown.get("headline", ""),
            **_evidence(record),
            "found_at": record.found_at.isoformat(),
        },
        about=_about(record),
    )
    return file_agreed(request, conversation, store, clock)


def review_filed(record: Record, store: TicketStore) -> Ticket | None:
    """The same request, if it was filed before and is still open."""
    wanted = TicketFilter(kind="billing_review", requester_id=record.user_id)
    key = request_key("billing_review", record.site_number, *_about(record))
    return next(
        (
            ticket
            for ticket in store.find(wanted, limit=_LOOKED_THROUGH)
            if ticket.request_key == key and ticket.state in OPEN_STATES
        ),
        None,
    )


def _about(record: Record) -> tuple[str, ...]:
    """What makes another review the same one: who asks, and the months."""
    return (f"user:{record.user_id}", *record.diagnosis.months)


def _evidence(record: Record) -> dict[str, Any]:
    """What the team needs: who was charged for what and why, and what that rests on."""
    found = record.diagnosis
    return {
        "finding": found.finding,
        "months": list(found.months),
        "message_count": sum(line.message_count for line in found.lines),
        "total_cents": found.total_cents,
        "currency": found.currency,
        "senders": [
            {
                "name": line.name,
                "user_id": line.user_id,
                "finding": line.finding,
                "message_count": line.message_count,
                "unexplained_count": line.unexplained_count,
                "amount_cents": line.amount_cents,
                "first_on": line.first_on.isoformat(),
                "last_on": line.last_on.isoformat(),
                "by_month": [asdict(month) for month in line.by_month],
            }
            for line in found.lines
        ],
        "evidence": [
            {
                "fact": one.fact,
                **one.params,
                "source": one.source,
                "detail": one.detail,
                "as_of": one.as_of.isoformat(),
            }
            for one in found.evidence
        ],
        "from_files": record.from_files,
    }
