"""What the assistant says of a cancellation request that it files."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import SmallTalk
from actions.cancellation import FileCancellation
from bot.adapters.domain_phrases import DomainPhrases
from bot.adapters.memory import DOMAIN
from bot.core.language import Language
from bot.core.services import Services
from bot.core.tickets import TicketFilter
from tests.support.acting import a_turn
from tests.support.builders import NOW, a_draft, a_ticket, start
from tests.support.hearing import pressed, typed


def test_what_somebody_else_asked_for_is_not_put_down_to_one_s_own_reference(
    services: Services,
) -> None:
    mine = a_ticket(reference="OCN-7K3M-9QXT", fields={"products": ["tablets_kiosks"]})
    other = a_ticket(
        reference="OCN-4444-4444",
        request_key="another",
        requester_email="l.roy@clinique.example.com",
        fields={"products": ["patient_reminders"]},
    )
    for ticket in (mine, other):
        services.tickets.open(ticket, "", who="assistant")
    draft = a_draft(products=("tablets_kiosks", "patient_reminders", "studies"))
    talk = start(services.conversations)
    services.conversations.save_draft(talk.id, replace(draft, confirmed=draft.digest), at=NOW)
    turn = a_turn(services, talk, pressed("confirm_draft", draft=draft.digest))
    FileCancellation().act(turn)
    said = turn.phrase(
        "utter_overlaps", products="tablettes et kiosques", references=mine.reference
    )
    assert said in turn.replies[0].text
    assert other.reference not in turn.replies[0].text


def test_that_somebody_else_has_filed_it_names_no_ticket_and_is_a_notice(
    services: Services,
) -> None:
    draft = a_draft()
    theirs = replace(draft, requester_email="l.roy@clinique.example.com")
    other = start(services.conversations, "other")
    services.conversations.save_draft(other.id, replace(theirs, confirmed=theirs.digest), at=NOW)
    FileCancellation().act(a_turn(services, other, pressed("confirm_draft", draft=theirs.digest)))
    talk = start(services.conversations)
    services.conversations.save_draft(talk.id, replace(draft, confirmed=draft.digest), at=NOW)
    turn = a_turn(services, talk, pressed("confirm_draft", draft=draft.digest))
    FileCancellation().act(turn)
    (said,) = turn.replies
    assert (said.kind, said.topic) == ("notice", "ticket/already-filed")
    assert "OCN-" not in said.text


def test_a_request_filed_by_an_action_that_then_failed_is_kept_and_told_at_the_next_yes(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FailsToSayIt(DomainPhrases):
        def say(self, name: str, language: Language, **values: object) -> str:
            if name == "utter_filed":
                raise RuntimeError("a mistake of ours")
            return super().say(name, language, **values)

    draft = a_draft()
    talk = start(services.conversations)
    services.conversations.save_draft(talk.id, replace(draft, confirmed=draft.digest), at=NOW)
    broken = replace(services, phrases=FailsToSayIt(DOMAIN))
    monkeypatch.setattr("actions.base.services", lambda: broken)
    said = CollectingDispatcher()
    filing = a_turn(services, talk, pressed("confirm_draft", draft=draft.digest))
    FileCancellation()._run(said, filing.tracker)
    assert [message["custom"]["topic"] for message in said.messages] == ["service/trouble"]
    yes = a_turn(services, talk, typed("oui", "affirm"), 2)
    SmallTalk().act(yes)
    (ticket,) = services.tickets.find(TicketFilter(), limit=9)
    (delivery,) = services.tickets.deliveries(ticket.reference)
    assert delivery.kind == "ticket"
    (reply,) = yes.replies
    assert (reply.topic, reply.data) == ("ticket/already-filed", {"reference": ticket.reference})
    assert ticket.reference in reply.text
