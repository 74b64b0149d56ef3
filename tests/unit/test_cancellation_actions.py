"""What the assistant says of a cancellation request that it files."""

from __future__ import annotations

from dataclasses import replace

from actions.cancellation import FileCancellation
from bot.core.services import Services
from tests.support.acting import a_turn
from tests.support.builders import NOW, a_draft, a_ticket, start
from tests.support.hearing import pressed


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
