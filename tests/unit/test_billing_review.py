"""A review of charges: filed once, with the evidence that was shown, for its own person alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.adapters.memory import HeldClock
from bot.adapters.memory_tickets import MemoryTickets
from bot.core.billing_review import digest, may_be_reviewed, open_review, review_filed
from bot.core.conversations import Conversation
from bot.core.fee_diagnosis import diagnose
from bot.core.fee_record import Record
from bot.core.filing import AlreadyOpen, Refused, TicketOpened
from bot.core.tickets import Change
from tests.support.builders import a_conversation, an_identity
from tests.unit.test_fee_diagnosis import NOW, SITE, TEAM, VISITOR, a_charge, a_snapshot

VISITOR_SIGNED_IN = an_identity(
    external_id=VISITOR.external_id,
    name=VISITOR.name,
    email=VISITOR.email,
    site_number=SITE.number,
    roles=(),
)
OWN = Record(diagnose(TEAM), VISITOR.external_id, SITE.number, NOW, shown={"headline": "Voici."})
ALL = replace(OWN, diagnosis=diagnose(replace(TEAM, is_site_admin=True)))


@pytest.fixture
def store() -> MemoryTickets:
    return MemoryTickets()


def conversation(*, admin: bool = False, id: str = "c1") -> Conversation:
    roles = ("site_admin",) if admin else ()
    return a_conversation(id, identity=replace(VISITOR_SIGNED_IN, roles=roles))


def test_a_review_holds_what_was_shown_and_its_evidence(
    store: MemoryTickets, clock: HeldClock
) -> None:
    filed = open_review(ALL, digest(ALL), conversation(admin=True), store, clock)
    assert isinstance(filed, TicketOpened)
    ticket = filed.ticket
    assert (ticket.kind, ticket.site_number, ticket.to_confirm) == ("billing_review", "4417", False)
    assert (ticket.requester_id, ticket.requester_email) == ("visitor", VISITOR.email)
    assert ticket.fields["total_cents"] == sum(s["amount_cents"] for s in ticket.fields["senders"])
    assert {one["fact"] for one in ticket.fields["evidence"]} >= {"charges", "licence"}
    assert ticket.fields["headline"] == "Voici."
    delivery = store.delivery(ticket.reference)
    assert delivery is not None
    assert json.loads(delivery.body)["fields"]["months"] == ["2024-10", "2024-09"]


def test_a_review_asked_for_again_is_the_same_one(store: MemoryTickets, clock: HeldClock) -> None:
    first = open_review(OWN, digest(OWN), conversation(), store, clock)
    later = replace(OWN, found_at=OWN.found_at + timedelta(days=1))
    again = open_review(later, digest(later), conversation(id="c2"), store, clock)
    assert isinstance(first, TicketOpened)
    assert again == AlreadyOpen(first.ticket)
    assert review_filed(later, store) == first.ticket


def test_once_it_is_done_it_may_be_asked_for_anew(store: MemoryTickets, clock: HeldClock) -> None:
    first = open_review(OWN, digest(OWN), conversation(), store, clock)
    assert isinstance(first, TicketOpened)
    store.change(first.ticket.reference, Change(state="rejected"), who="Marc", at=NOW)
    assert review_filed(OWN, store) is None
    assert isinstance(open_review(OWN, digest(OWN), conversation(), store, clock), TicketOpened)


def test_what_a_colleague_asked_for_is_another_request(
    store: MemoryTickets, clock: HeldClock
) -> None:
    open_review(OWN, digest(OWN), conversation(), store, clock)
    other = replace(OWN, user_id="colleague")
    them = a_conversation("c2", identity=replace(VISITOR_SIGNED_IN, external_id="colleague"))
    assert review_filed(other, store) is None
    assert isinstance(open_review(other, digest(other), them, store, clock), TicketOpened)


def test_what_has_changed_since_it_was_agreed_to_is_not_filed(
    store: MemoryTickets, clock: HeldClock
) -> None:
    fresh = replace(OWN, diagnosis=diagnose(a_snapshot(a_charge(), a_charge())))
    assert open_review(fresh, digest(OWN), conversation(), store, clock) == Refused("changed")
    assert open_review(OWN, "", conversation(), store, clock) == Refused("changed")


def test_a_non_admin_s_review_holds_their_own_charges_alone(
    store: MemoryTickets, clock: HeldClock
) -> None:
    filed = open_review(OWN, digest(OWN), conversation(), store, clock)
    assert isinstance(filed, TicketOpened)
    assert [sender["user_id"] for sender in filed.ticket.fields["senders"]] == ["visitor"]
    assert "colleague" not in json.dumps(filed.ticket.fields["senders"])
    assert filed.ticket.to_confirm


NOTHING_CHARGED = replace(OWN, diagnosis=diagnose(a_snapshot()))


@pytest.mark.parametrize(
    ("record", "identity"),
    [
        (None, VISITOR_SIGNED_IN),
        (NOTHING_CHARGED, VISITOR_SIGNED_IN),
        (OWN, None),
        (OWN, replace(VISITOR_SIGNED_IN, email="", email_verified=False)),
        (OWN, replace(VISITOR_SIGNED_IN, email_verified=False)),
        (OWN, replace(VISITOR_SIGNED_IN, email="accueil")),
    ],
)
def test_without_charges_or_somebody_to_answer_there_is_nothing_to_file(
    store: MemoryTickets, clock: HeldClock, record: Record | None, identity: object
) -> None:
    assert not may_be_reviewed(record, identity)  # type: ignore[arg-type]
    who = a_conversation(identity=identity)
    agreed = digest(record) if record else ""
    assert open_review(record, agreed, who, store, clock) == Refused("incomplete")
