"""Errands about tickets as the assistant runs them: what is shown, kept and asked next."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from actions.base import Turn
from actions.tickets import TellStatus, ValidateTicket
from bot.adapters.memory import HeldClock
from bot.core.conversations import Conversation
from bot.core.errands import Errand
from bot.core.heard import Heard
from bot.core.services import Services
from bot.core.tickets import Ticket, note_line
from tests.support.acting import a_turn
from tests.support.builders import NOW, a_draft, a_ticket, an_identity, start
from tests.support.hearing import pressed, typed

REFERENCE = "OCN-7K3M-9QXT"
EMAIL = "m.thibodeau@clinique.example.com"
ENDS_AT = int((NOW + timedelta(hours=1)).timestamp())


@pytest.fixture
def talk(services: Services) -> Conversation:
    return start(services.conversations)


@pytest.fixture
def signed_in(services: Services) -> Conversation:
    return start(services.conversations, identity=an_identity(ends_at=ENDS_AT))


@pytest.fixture
def ticket(services: Services) -> Ticket:
    filed = a_ticket(reference=REFERENCE, requester_id=an_identity().external_id)
    return services.tickets.open(filed, "", who="requester")


def keep(services: Services, talk: Conversation, errand: Errand) -> None:
    services.conversations.save_errand(talk.id, errand, at=NOW)


def hear(
    services: Services,
    talk: Conversation,
    heard: Heard,
    message_id: int,
    form: str | None = None,
) -> Turn:
    turn = a_turn(services, talk, heard, message_id, form)
    ValidateTicket().act(turn)
    return turn


def changes(services: Services) -> list[str]:
    return [entry.what for entry in services.tickets.history(REFERENCE)]


def topics(turn: Turn) -> list[str | None]:
    return [reply.topic for reply in turn.replies]


@pytest.mark.parametrize(
    "elsewhere",
    [typed("in English please", "switch_language"), pressed("choose_section", section="a#b")],
)
def test_after_something_else_a_question_is_no_note(
    services: Services, talk: Conversation, ticket: Ticket, elsewhere: Heard
) -> None:
    keep(services, talk, Errand("note", ticket.reference, EMAIL, is_known=True, asked="text"))
    before = changes(services)
    hear(services, talk, elsewhere, 1)
    asking = typed(f"Où en est ma demande {ticket.reference}?", "ask_ticket_status")
    assert topics(hear(services, talk, asking, 2)) == ["ticket/status"]
    assert changes(services) == before


def test_a_note_is_kept_while_the_reference_and_the_email_are_given(
    services: Services, talk: Conversation, ticket: Ticket
) -> None:
    wish = typed("ajoutez une note : appelez après 15 h", "add_ticket_note")
    assert topics(hear(services, talk, wish, 1)) == []
    # The classifier has learned that a bare reference asks for a status.
    given = typed(ticket.reference, "ask_ticket_status")
    assert topics(hear(services, talk, given, 2, "ticket_form")) == []
    email = typed(ticket.requester_email, "ask_ticket_status")
    assert topics(hear(services, talk, email, 3, "ticket_form")) == ["ticket/note-added"]
    assert changes(services)[-1] == note_line("appelez après 15 h")


def test_a_reference_given_after_an_errand_was_left_asks_for_the_status(
    services: Services, talk: Conversation, ticket: Ticket
) -> None:
    keep(services, talk, Errand("withdraw", asked="reference"))
    hear(services, talk, typed(f"{ticket.reference}, {ticket.requester_email}", "faq"), 1)
    asking = typed(f"{ticket.reference}, {ticket.requester_email}", "ask_ticket_status")
    assert topics(hear(services, talk, asking, 2)) == ["ticket/status"]


@pytest.mark.parametrize("text", ["Oui, retirez ma demande", "yes, withdraw my request"])
def test_a_yes_in_the_words_of_the_wish_withdraws(
    services: Services, talk: Conversation, ticket: Ticket, text: str
) -> None:
    errand = Errand("withdraw", ticket.reference, EMAIL, is_known=True, asked="confirm")
    keep(services, talk, errand)
    turn = hear(services, talk, typed(text, "withdraw_ticket"), 1, "ticket_form")
    assert topics(turn) == ["ticket/withdrawn"]
    assert services.tickets.get(ticket.reference).state == "withdrawn"


# --- The end of a sign-in ------------------------------------------------------------------------


def test_a_sign_in_that_has_ended_shows_no_ticket(
    services: Services, clock: HeldClock, signed_in: Conversation, ticket: Ticket
) -> None:
    asking = typed(f"Où en est {ticket.reference}?", "ask_ticket_status")
    assert topics(hear(services, signed_in, asking, 1)) == ["ticket/status"]
    clock.advance(timedelta(hours=2))
    assert topics(hear(services, signed_in, asking, 2)) == []
    kept = services.conversations.errand(signed_in.id)
    assert kept is not None
    assert (kept.asked, kept.is_known) == ("email", False)


@pytest.mark.parametrize(
    ("errand", "answer"),
    [
        (Errand("note", REFERENCE, is_known=True, asked="text"), typed("Nous fermons le 30 juin.")),
        (Errand("withdraw", REFERENCE, is_known=True, asked="confirm"), typed("oui", "affirm")),
    ],
)
def test_a_sign_in_that_has_ended_changes_no_ticket(
    services: Services,
    clock: HeldClock,
    signed_in: Conversation,
    ticket: Ticket,
    errand: Errand,
    answer: Heard,
) -> None:
    keep(services, signed_in, errand)
    before = changes(services)
    clock.advance(timedelta(hours=2))
    hear(services, signed_in, answer, 1)
    kept = services.conversations.errand(signed_in.id)
    assert kept is not None
    assert kept.asked == "email"
    assert changes(services) == before
    assert services.tickets.get(ticket.reference).state == "open"


# --- In the middle of a cancellation -------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "asked"),
    [("Où en est ma demande?", "reference"), (f"Où en est {REFERENCE}?", "email")],
)
def test_in_the_middle_of_a_request_the_status_asks_for_what_lacks(
    services: Services, talk: Conversation, ticket: Ticket, text: str, asked: str
) -> None:
    assert ticket.reference == REFERENCE
    turn = a_turn(services, talk, typed(text, "ask_ticket_status"))
    TellStatus().act(turn)
    assert topics(turn) == [f"status/{asked}"]


def test_buttons_that_the_open_request_would_swallow_are_not_offered(
    services: Services, signed_in: Conversation, ticket: Ticket
) -> None:
    asking = typed(f"Où en est {ticket.reference}?", "ask_ticket_status")
    alone = hear(services, signed_in, asking, 1)
    amid = a_turn(services, signed_in, asking, 2, form="cancellation_form")
    TellStatus().act(amid)
    # A request that was left for a person swallows none, though it is kept.
    services.conversations.save_draft(signed_in.id, a_draft(), at=NOW)
    left = hear(services, signed_in, asking, 3)
    assert [len(turn.replies[0].buttons) for turn in (alone, amid, left)] == [2, 0, 2]


# --- A message for the team ----------------------------------------------------------------------


def test_a_name_given_goes_before_that_of_the_sign_in(
    services: Services, signed_in: Conversation
) -> None:
    corrected = Errand("support", None, EMAIL, "Line Roy", "Le lien ne s’ouvre pas.")
    keep(services, signed_in, replace(corrected, asked="confirm"))
    hear(services, signed_in, typed("je veux laisser un message", "leave_request"), 1)
    kept = services.conversations.errand(signed_in.id)
    assert kept is not None
    assert kept.name == "Line Roy"


# --- Kinds ---------------------------------------------------------------------------------------


def test_of_the_kind_ticket_is_only_what_names_one(services: Services, ticket: Ticket) -> None:
    wish = "ask_ticket_status"
    mine = start(services.conversations, "mine", identity=an_identity())
    nobody_s = start(services.conversations, "none", identity=an_identity(external_id="else"))
    (shown,) = hear(services, mine, typed("Où en est ma demande?", wish), 1).replies
    (nothing,) = hear(services, nobody_s, typed("Où en est ma demande?", wish), 1).replies
    assert (shown.kind, nothing.kind) == ("ticket", "notice")
    assert shown.topic == nothing.topic == "ticket/status"
    assert ticket.reference in shown.text


def test_what_is_not_shown_is_a_notice_however_often_it_is_tried(
    services: Services, talk: Conversation, ticket: Ticket
) -> None:
    said = []
    for number in range(1, 7):
        keep(services, talk, Errand("status", ticket.reference, asked="email"))
        said += hear(services, talk, typed("n@elsewhere.example.com"), number).replies
    assert {reply.topic for reply in said} == {"ticket/not-found", "ticket/locked"}
    assert {reply.kind for reply in said} == {"notice"}
