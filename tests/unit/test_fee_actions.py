"""The fee actions: a directory that is down is said to be, and what is offered for review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from rasa_sdk import Tracker

from actions import billing_review
from actions.base import Turn
from actions.diagnosis import tell_more
from bot.core.accounts import AccountSnapshot
from bot.core.conversations import Reply
from bot.core.errors import Unavailable
from bot.core.fee_diagnosis import diagnose
from bot.core.fee_record import Record
from bot.core.fee_reply import tell_diagnosis
from bot.core.services import Services
from tests.support.builders import a_conversation, exchange, start
from tests.unit.test_fee_diagnosis import NOW, SITE, TEAM, VISITOR, a_charge, a_link, a_snapshot
from tests.unit.test_fee_reply import signed_in, telling


class Directory:
    """A directory that knows one snapshot, or is down."""

    def __init__(self, snapshot: AccountSnapshot | None) -> None:
        self.kept = snapshot

    def snapshot(self, _user_id: str, _site_number: str, _until: date) -> AccountSnapshot:
        if self.kept is None:
            raise Unavailable("The account directory does not answer.")
        return self.kept


def turn_of(services: Services, text: str, snapshot: AccountSnapshot | None = None) -> Turn:
    """The visitor's turn, with a directory that knows this, or is down."""
    heard = {"text": text, "intent": {"name": "fee_detail"}}
    tracker = Tracker("conversation-1", {}, heard, [], False, None, {}, "action_listen")
    chosen = replace(services, accounts=Directory(snapshot))
    return Turn(chosen, tracker, a_conversation(identity=signed_in()))


def topics(replies: Sequence[Reply]) -> list[str | None]:
    return [reply.topic for reply in replies]


RECORD = Record(diagnose(TEAM), VISITOR.external_id, SITE.number, NOW)


def test_while_the_directory_is_down_no_month_is_said_to_have_no_invoice(
    services: Services,
) -> None:
    turn = turn_of(services, "et en janvier 2024?")
    tell_more(turn, RECORD)
    assert topics(turn.replies) == ["fees/directory_unavailable"]


def test_another_month_that_was_not_invoiced_is_said_to_be_none(services: Services) -> None:
    turn = turn_of(services, "et en janvier 2024?", TEAM)
    tell_more(turn, RECORD)
    assert topics(turn.replies) == ["fees/linked_after_charges"]
    assert turn.replies[0].text.startswith("Je ne trouve aucune facture")


@pytest.mark.parametrize(
    ("linked", "finding"),
    [("2024-10-01", "à examiner par une personne"), ("2024-11-02", "comptes liés après")],
)
def test_a_review_is_offered_with_the_finding_that_was_told(
    services: Services, linked: str, finding: str
) -> None:
    at = datetime.fromisoformat(linked).replace(tzinfo=UTC)
    found = diagnose(a_snapshot(a_charge(), links=(a_link(at=at),)))
    kept = start(services.conversations, identity=signed_in())
    exchange(services.conversations, kept, "pourquoi?", tell_diagnosis(found, telling()))
    turn = turn_of(services, "je veux un remboursement")
    billing_review.offer(turn)
    assert topics(turn.replies) == ["billing_review/confirm"]
    assert finding in turn.replies[0].text
