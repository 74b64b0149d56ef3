"""A ticket of each kind, filed as visitors file them, with every field and code it can hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import cycle
from typing import get_args

from bot.adapters.memory import HeldClock
from bot.adapters.memory_tickets import MemoryTickets
from bot.core.accounts import Source
from bot.core.billing_review import digest, open_review
from bot.core.cancellation import PRODUCTS, Notice
from bot.core.conversations import Identity
from bot.core.errands import Errand, to_request
from bot.core.fee_findings import (
    Diagnosis,
    Evidence,
    Fact,
    Finding,
    MonthOfCharges,
    Particulars,
    Place,
    SenderLine,
)
from bot.core.fee_record import Record
from bot.core.filing import Refused, TicketOpened, file_agreed, open_cancellation
from bot.core.language import Language
from bot.core.tickets import Ticket
from tests.support.builders import NOW, a_conversation, a_draft, an_identity

IDENTITIES = (
    None,
    an_identity(),
    an_identity(site_number="9120"),
    an_identity(roles=()),
    an_identity(roles=(), site_number="9120"),
)
DETAILS = {"database": "account_links", "csv": "factures.csv", "service": "https://vendor.example"}


def every_kind_of_ticket(language: Language) -> list[Ticket]:
    """Cancellations by whoever may file one, a review of charges, a message for the team."""
    return [
        *(a_cancellation(language, identity) for identity in IDENTITIES),
        *(a_cancellation(language, None, (one,), emr_vendor="Oscar") for one in PRODUCTS),
        a_review(language),
        a_message_for_the_team(language),
    ]


def a_cancellation(
    language: Language,
    identity: Identity | None,
    products: tuple[str, ...] = PRODUCTS,
    **changes: object,
) -> Ticket:
    """Of everything, part of it already asked for; sold in both ways that there are."""
    store, clock = MemoryTickets(), HeldClock(NOW)
    conversation = a_conversation(identity=identity, language=language)
    for wanted in (("tablets_kiosks",), products):
        draft = a_draft(
            products=wanted,
            scopes={"patient_messages": "site_wide", "studies": "licence"},
            unknown=("télécopie",),
            cloud_connect_understood=True,
            **changes,
        )
        shown = [
            Notice(duty, language, "Texte montré.", NOW.isoformat()) for duty in draft.duties()
        ]
        draft = replace(draft, confirmed=draft.digest, notices=tuple(shown))
        filed = open_cancellation(draft, conversation, store, clock)
        assert not isinstance(filed, Refused)
        ticket = filed.ticket
    return ticket


def a_review(language: Language) -> Ticket:
    """With each finding of a sender and each fact as evidence, from each source."""
    identity = an_identity()
    conversation = a_conversation(identity=identity, language=language)
    findings = get_args(Finding)
    found = Diagnosis(
        finding="not_linked",
        section="per-message-fees#remedy",
        lines=tuple(_line(finding) for finding in findings),
        evidence=_evidence(),
        months=("2026-02", "2026-01"),
        total_cents=1234 * len(findings),
        also=Particulars(is_site_admin=True),
    )
    shown = {"headline": "Voici."}
    record = Record(found, identity.external_id, "4411", NOW, from_files=True, shown=shown)
    filed = open_review(record, digest(record), conversation, MemoryTickets(), HeldClock(NOW))
    assert isinstance(filed, TicketOpened)
    return filed.ticket


def a_message_for_the_team(language: Language) -> Ticket:
    """From somebody who is not signed in."""
    errand = Errand("support", name="Luc Roy", email="luc@clinique.example.com", text="Allô?")
    request = to_request(errand, None)
    conversation = a_conversation(language=language)
    return file_agreed(request, conversation, MemoryTickets(), HeldClock(NOW)).ticket


def _line(finding: Finding) -> SenderLine:
    months = (MonthOfCharges("2026-02", 2, 1000), MonthOfCharges("2026-01", 1, 234))
    first_on, last_on = date(2026, 1, 5), date(2026, 2, 6)
    return SenderLine("u-17", "Manon", finding, 3, 1, 1234, first_on, last_on, by_month=months)


def _evidence() -> tuple[Evidence, ...]:
    sources, places = cycle(get_args(Source)), cycle(get_args(Place))
    issuers, covers = cycle(("ocean", "emr_vendor")), cycle(("holder", "staff"))
    return tuple(
        Evidence(
            fact,
            {
                "issuer": next(issuers),
                "emr_vendor": "Accuro",
                "month": "2026-02",
                "invoice": "I-10",
                "message_count": 3,
                "amount_cents": 1234,
                "currency": "CAD",
                "colleague_count": 2,
                "user_id": "u-17",
                "covered_as": next(covers),
                "place": next(places),
                "linked_at": NOW.isoformat(),
                "linked_by": NOW.isoformat(),
                "emr_username": "mthib",
                "site_number": "4411",
            },
            source := next(sources),
            DETAILS[source],
            NOW,
        )
        for fact in get_args(Fact)
    )
