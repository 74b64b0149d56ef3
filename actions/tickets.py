"""Errands about tickets: where one stands, a note, its withdrawal, a support request.

What a message changes of an errand is decided in `bot/core/errands.py`, who may see which ticket in
`bot/core/requester.py`. Each message is judged once, whatever Rasa calls again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from actions.base import TalkAction, Turn
from actions.filed import last_told, say_already_filed, say_filed
from actions.slots import Event, form_ends, form_gives_way, set_slot
from bot.core.conversations import Button
from bot.core.errands import (
    PURPOSES,
    Errand,
    ErrandStep,
    Verdict,
    begin,
    goes_on,
    hear,
    to_request,
)
from bot.core.filing import AlreadyOpen, Refused, TicketOpened, open_ticket
from bot.core.formats import local_day, plain
from bot.core.language import Language
from bot.core.payloads import payload
from bot.core.requester import NotOpen, TooManyAttempts, add_note, find_for_visitor, withdraw
from bot.core.tickets import OPEN_STATES, Ticket, TicketFilter

_LISTED = 5
_FORM = "ticket_form"
_SLOT = "ticket_settled"
_FAULTS: dict[ErrandStep, str] = {
    "reference": "utter_fault_no_reference",
    "email": "utter_fault_bad_email",
    "name": "utter_fault_no_name",
    "confirm": "utter_fault_yes_or_no",
}
_QUESTIONS: dict[ErrandStep, str] = {
    "reference": "utter_ask_reference",
    "email": "utter_ask_status_email",
    "name": "utter_ask_requester_name",
}
_INTENTS = {purpose: intent for intent, purpose in PURPOSES.items()}


class ValidateTicket(TalkAction):
    """Judges the message, and does the errand as soon as nothing is left to ask."""

    events_on_fault: ClassVar[list[Event]] = form_ends(_SLOT)

    def name(self) -> str:
        """See the base."""
        return "validate_ticket_form"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        before = turn.services.conversations.errand(turn.conversation.id)
        if before and before.heard_message == turn.message_id != 0:
            # Judged before: Rasa calls again at activation.
            return form_ends(_SLOT) if before.asked is None else [set_slot(_SLOT, None)]
        errand, verdict = _judged(turn, before)
        errand = replace(errand, heard_message=turn.message_id)
        if verdict == "elsewhere":
            # About something else: the form ends, and the message gets its ordinary answer.
            if before and before.asked == "text":
                # Or the next question about the ticket would be taken for the text.
                _save(turn, replace(before, asked=None))
            return form_gives_way(_FORM)
        if verdict == "stopped":
            turn.services.conversations.drop_errand(turn.conversation.id)
            turn.say("notice", turn.phrase("utter_errand_stopped"), f"{errand.purpose}/stopped")
            return form_ends(_SLOT)
        errand, is_settled = _carry_on(turn, errand)
        asked = None if is_settled else errand.next_step()
        _save(turn, replace(errand, asked=asked))
        if is_settled:
            return form_ends(_SLOT)
        if verdict != "taken":
            _say_missed(turn, errand, verdict)
        return [set_slot(_SLOT, None)]


class AskTicket(TalkAction):
    """Asks what is missing."""

    def name(self) -> str:
        """See the base."""
        return "action_ask_ticket_form_ticket_settled"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        errand = turn.services.conversations.errand(turn.conversation.id)
        if errand is None or errand.asked is None:
            return []
        step, topic = errand.asked, f"{errand.purpose}/{errand.asked}"
        if errand.purpose == "support" and step == "confirm":
            _ask_to_send(turn, errand, topic)
        elif errand.purpose == "support" and step in ("text", "email"):
            name = "utter_ask_support_text" if step == "text" else "utter_ask_requester_email"
            turn.say("form", turn.phrase(name), topic)
        elif step == "text":
            text = turn.phrase("utter_ask_note_text", reference=errand.reference)
            turn.say("form", text, topic)
        elif step == "confirm":
            _ask_to_withdraw(turn, errand, topic)
        else:
            turn.say("form", turn.phrase(_QUESTIONS[step]), topic)
        return []


class TellStatus(TalkAction):
    """Tells the status in the middle of a request, if the message holds all that is needed."""

    def name(self) -> str:
        """See the base."""
        return "action_tell_status"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        heard = replace(turn.heard, intent="ask_ticket_status")
        errand = begin(heard, turn.services.conversations.errand(turn.conversation.id))
        errand, is_settled = _carry_on(turn, errand)
        if not is_settled:
            step = errand.next_step()
            turn.say("notice", turn.phrase(_QUESTIONS[step]), f"status/{step}")
        return []


# --- Judging -------------------------------------------------------------------------------------


def _judged(turn: Turn, before: Errand | None) -> tuple[Errand, Verdict]:
    """The errand after this message: a new one, or the one under way."""
    heard = turn.heard
    # What an errand asked that was left meanwhile is no longer open.
    is_open = turn.tracker.active_loop_name == _FORM
    is_new = heard.intent in PURPOSES and not (before and is_open and goes_on(before, heard))
    if is_new or before is None or before.asked is None:
        if heard.intent not in PURPOSES:
            return Errand("status"), "elsewhere"
        return _prefilled(turn, begin(heard, before)), "taken"
    return hear(before, heard)


def _prefilled(turn: Turn, errand: Errand) -> Errand:
    identity = turn.conversation.identity
    if errand.purpose != "support" or identity is None:
        return errand
    email = identity.email.lower() if identity.email_verified else None
    return replace(errand, name=errand.name or identity.name or None, email=errand.email or email)


def _carry_on(turn: Turn, errand: Errand) -> tuple[Errand, bool]:
    """The errand with its ticket looked up and done if it can be; whether it has ended."""
    if errand.purpose == "support":
        if errand.next_step() != "settled":
            return errand, False
        _file_support_request(turn, errand)
        return errand, True
    if turn.is_signed_out:
        # What the sign-in opened is closed; what an email opened is opened by it again.
        errand = replace(errand, is_known=False)
    if errand.reference is None:
        return _among_own(turn, errand)
    if errand.is_known:
        ticket = turn.services.tickets.get(errand.reference)
    else:
        found = find_for_visitor(
            errand.reference,
            errand.email,
            turn.conversation,
            turn.services.tickets,
            turn.services.clock,
        )
        if found is None and errand.email is None:
            return errand, False
        if not isinstance(found, Ticket):
            _say_not_shown(turn, found)
            return replace(errand, reference=None, email=None), True
        ticket = found
    errand = replace(errand, is_known=True)
    if errand.purpose != "status" and ticket.state not in OPEN_STATES:
        _say_not_open(turn, ticket)
        return errand, True
    if errand.next_step() != "settled":
        return errand, False
    _settle(turn, errand, ticket)
    return errand, True


def _among_own(turn: Turn, errand: Errand) -> tuple[Errand, bool]:
    """Without a reference: the visitor's own tickets, or the question for one.

    One's own are those of the sign-in; without one, those that this conversation has filed, whose
    transcript holds reference and email together.
    """
    identity = turn.conversation.identity
    wanted = TicketFilter(conversation_id=turn.conversation.id)
    if identity is not None:
        wanted = TicketFilter(requester_id=identity.external_id)
    own = turn.services.tickets.find(wanted, limit=_LISTED)
    if errand.purpose != "status":
        own = [ticket for ticket in own if ticket.state in OPEN_STATES]
    if not own and identity is None:
        return errand, False
    if not own:
        turn.say("notice", turn.phrase("utter_no_tickets"), "ticket/status")
        return errand, True
    if errand.purpose == "status":
        text = "\n\n".join(_status(turn, ticket) for ticket in own)
        turn.say("ticket", text, "ticket/status", _on_ticket(turn, own))
        return errand, True
    spoken_of = last_told(turn)
    meant = [t for t in own if t.reference == spoken_of] or own
    if len(meant) == 1:
        return _carry_on(turn, replace(errand, reference=meant[0].reference, is_known=True))
    buttons = tuple(
        Button(
            ticket.reference,
            payload(_INTENTS[errand.purpose], ticket_reference=ticket.reference),
        )
        for ticket in own
    )
    text = turn.phrase("utter_choose_ticket")
    turn.say("clarify", text, f"{errand.purpose}/choose", buttons)
    return errand, True


# --- Doing ---------------------------------------------------------------------------------------


def _settle(turn: Turn, errand: Errand, ticket: Ticket) -> None:
    store, clock = turn.services.tickets, turn.services.clock
    match errand.purpose:
        case "note":
            note = errand.text or ""
            result = add_note(ticket, note, store, clock, told=_told(turn, ticket, "note", note))
            told = ("utter_note_added", "ticket/note-added")
        case "withdraw":
            result = withdraw(ticket, store, clock, told=_told(turn, ticket, "withdrawn"))
            told = ("utter_withdrawn", "ticket/withdrawn")
        case _:
            turn.say("ticket", _status(turn, ticket), "ticket/status", _on_ticket(turn, [ticket]))
            return
    if isinstance(result, NotOpen):
        _say_not_open(turn, result.ticket)
    else:
        name, topic = told
        turn.say("ticket", turn.phrase(name, reference=ticket.reference), topic)


def _told(turn: Turn, ticket: Ticket, what: str, note: str = "") -> str:
    """What the helpdesk is told, in the language of the ticket."""
    language: Language = "en" if ticket.language == "en" else "fr"
    return turn.services.phrases.say(f"utter_helpdesk_{what}", language, note=note)


def _file_support_request(turn: Turn, errand: Errand) -> None:
    identity = turn.conversation.identity
    request = to_request(errand, identity.site_number if identity else None)
    # The yes carried the errand's digest; the request is made of nothing else.
    confirmed = request.digest if errand.confirmed == errand.digest else None
    services = turn.services
    result = open_ticket(request, confirmed, turn.conversation, services.tickets, services.clock)
    match result:
        case TicketOpened(ticket=ticket):
            text = turn.phrase(
                "utter_support_filed", reference=ticket.reference, email=ticket.requester_email
            )
            say_filed(turn, ticket.reference, text)
        case AlreadyOpen(ticket=ticket):
            say_already_filed(turn, ticket.reference)
        case Refused():
            again = Button(turn.phrase("utter_button_leave_request"), payload("leave_request"))
            turn.say("error", turn.phrase("utter_support_not_filed"), "support/refused", (again,))


# --- Saying --------------------------------------------------------------------------------------


def _ask_to_send(turn: Turn, errand: Errand, topic: str) -> None:
    text = turn.phrase(
        "utter_support_recap",
        text=plain(errand.text or ""),
        requester_name=plain(errand.name or ""),
        requester_email=plain(errand.email or ""),
    )
    buttons = (
        Button(turn.phrase("utter_button_send"), payload("confirm_draft", draft=errand.digest)),
        Button(turn.phrase("utter_button_drop"), payload("stop")),
    )
    turn.say("recap", text, topic, buttons)


def _ask_to_withdraw(turn: Turn, errand: Errand, topic: str) -> None:
    ticket = turn.services.tickets.get(errand.reference or "")
    text = turn.phrase(
        "utter_ask_withdraw",
        reference=ticket.reference,
        kind=turn.phrase(f"utter_kind_{ticket.kind}"),
        date=local_day(ticket.created_at, turn.language),
    )
    yes = payload("confirm_draft", draft=errand.digest)
    buttons = (
        Button(turn.phrase("utter_button_withdraw_yes"), yes),
        Button(turn.phrase("utter_button_withdraw_no"), payload("stop")),
    )
    turn.say("form", text, topic, buttons)


def _say_missed(turn: Turn, errand: Errand, verdict: Verdict) -> None:
    step = errand.next_step()
    if verdict == "way_out":
        drop = Button(turn.phrase("utter_button_drop"), payload("stop"))
        buttons = (turn.person_button(), drop)
        turn.say("notice", turn.phrase("utter_way_out"), f"{errand.purpose}/way-out", buttons)
    elif step in _FAULTS:
        turn.say("notice", turn.phrase(_FAULTS[step]), f"{errand.purpose}/{step}")


def _say_not_shown(turn: Turn, found: TooManyAttempts | None) -> None:
    name, topic = ("utter_status_not_found", "ticket/not-found")
    if found is not None:
        name, topic = ("utter_too_many_attempts", "ticket/locked")
    leave = Button(turn.phrase("utter_button_leave_request"), payload("leave_request"))
    turn.say("notice", turn.phrase(name), topic, (turn.person_button(), leave))


def _say_not_open(turn: Turn, ticket: Ticket) -> None:
    state = turn.phrase(f"utter_state_{ticket.state}")
    text = turn.phrase("utter_not_open", reference=ticket.reference, state=state)
    turn.say("ticket", text, "ticket/not-open", (turn.person_button(),))


def _on_ticket(turn: Turn, shown: list[Ticket]) -> tuple[Button, ...]:
    """What can be done with the one ticket shown, while it is open.

    Not while a request is collected: its form goes on, and nothing would come of the buttons.
    """
    if turn.is_collecting or len(shown) != 1 or shown[0].state not in OPEN_STATES:
        return ()
    reference = shown[0].reference
    return tuple(
        Button(turn.phrase(name), payload(intent, ticket_reference=reference))
        for name, intent in (
            ("utter_button_note", "add_ticket_note"),
            ("utter_button_withdraw", "withdraw_ticket"),
        )
    )


def _status(turn: Turn, ticket: Ticket) -> str:
    return turn.phrase(
        "utter_status",
        reference=ticket.reference,
        kind=turn.phrase(f"utter_kind_{ticket.kind}"),
        date=local_day(ticket.created_at, turn.language),
        state=turn.phrase(f"utter_state_{ticket.state}"),
    )


def _save(turn: Turn, errand: Errand) -> None:
    turn.services.conversations.save_errand(turn.conversation.id, errand, at=turn.now())
