"""Tells where a request stands: to its requester, or to whoever knows reference and email."""

from __future__ import annotations

from typing import ClassVar

from actions.base import TalkAction, Turn
from actions.say import local_day
from actions.slots import Event, form_ends, form_gives_way, set_slot
from bot.core.tickets import Ticket, TicketFilter, find_for_visitor

_LISTED = 5
_FORM = "ticket_status_form"
_SLOT = "status_told"


class ValidateTicketStatus(TalkAction):
    """Tells the status as soon as enough is known; otherwise the form asks for the rest."""

    events_on_fault: ClassVar[list[Event]] = form_ends(_SLOT)

    def name(self) -> str:
        """See the base."""
        return "validate_ticket_status_form"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        is_first = turn.intent == "ask_ticket_status"
        has_data = bool(turn.heard.all_of("ticket_reference") or turn.heard.all_of("email"))
        if turn.intent == "stop":
            turn.say("smalltalk", turn.phrase("utter_nothing_open"), "smalltalk/stop")
            return form_ends(_SLOT)
        if not is_first and not has_data:
            # About something else: the form ends, and the message gets its ordinary answer.
            return form_gives_way(_FORM)
        return form_ends(_SLOT) if tell_status(turn) else [set_slot(_SLOT, None)]


class AskTicketStatus(TalkAction):
    """Asks for the reference or the email, whichever is missing."""

    def name(self) -> str:
        """See the base."""
        return "action_ask_ticket_status_form_status_told"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        has_reference = bool(_said(turn, "ticket_reference"))
        asked = "email" if has_reference else "reference"
        name = "utter_ask_status_email" if has_reference else "utter_ask_reference"
        turn.say("form", turn.phrase(name), f"status/{asked}")
        return []


class TellStatus(TalkAction):
    """Tells the status in the middle of a request, if the message holds all that is needed."""

    def name(self) -> str:
        """See the base."""
        return "action_tell_status"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        if not tell_status(turn):
            turn.say("notice", turn.phrase("utter_ask_reference"), "status/reference")
        return []


def tell_status(turn: Turn) -> bool:
    """Tells what can be told; False if reference or email is still to be asked."""
    references, emails = _said(turn, "ticket_reference"), _said(turn, "email")
    identity = turn.conversation.identity
    if not references:
        if identity is None:
            return False
        own = turn.services.tickets.find(
            TicketFilter(requester_id=identity.external_id), limit=_LISTED, cursor=0
        )
        text = "\n\n".join(_status(turn, ticket) for ticket in own)
        turn.say("ticket", text or turn.phrase("utter_no_tickets"), "ticket/status")
        return True
    email = emails[-1] if emails else None
    ticket = find_for_visitor(references[-1], email, identity, turn.services.tickets)
    if ticket is None and email is None:
        return False
    if ticket is None:
        turn.say(
            "ticket",
            turn.phrase("utter_status_not_found"),
            "ticket/not-found",
            (turn.person_button(),),
        )
    else:
        turn.say("ticket", _status(turn, ticket), "ticket/status")
    return True


def _said(turn: Turn, entity: str) -> list[str]:
    """Values of an entity since the status was asked for, the present message last."""
    values: list[str] = []
    for event in turn.tracker.events:
        if event.get("event") != "user":
            continue
        parsed = event.get("parse_data") or {}
        if (parsed.get("intent") or {}).get("name") == "ask_ticket_status":
            values = []
        values += [str(e["value"]) for e in parsed.get("entities", ()) if e["entity"] == entity]
    return values


def _status(turn: Turn, ticket: Ticket) -> str:
    return turn.phrase(
        "utter_status",
        reference=ticket.reference,
        kind=turn.phrase(f"utter_kind_{ticket.kind}"),
        date=local_day(ticket.created_at, turn.language),
        state=turn.phrase(f"utter_state_{ticket.state}"),
    )
