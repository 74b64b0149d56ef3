"""Collects a cancellation request, shows it, and files it once it is confirmed.

What a message changes and what to ask next is decided in `bot/core/cancellation.py`; the draft
lives in the database. Each message is judged once, whatever Rasa calls again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from actions.answers import tell_untold_ticket
from actions.base import Event, TalkAction, Turn
from actions.say import listed
from bot.core.cancellation import PRODUCTS, Draft, Outcome, Step, hear, start
from bot.core.conversations import Button, payload
from bot.core.tickets import (
    AlreadyOpen,
    Refused,
    TicketFilter,
    TicketOpened,
    open_cancellation,
)

_FORM = "cancellation_form"
_STILL_OPEN: Event = {"event": "slot", "name": "request_ready", "value": None, "timestamp": None}
_READY: Event = {"event": "slot", "name": "request_ready", "value": True, "timestamp": None}
_FORM_ENDS: Event = {"event": "slot", "name": "requested_slot", "value": None, "timestamp": None}
_REJECTED: Event = {
    "event": "action_execution_rejected",
    "name": _FORM,
    "policy": None,
    "confidence": None,
    "timestamp": None,
}


class StartCancellation(TalkAction):
    """Opens a draft with all that is known and said, or takes up the one left open."""

    def name(self) -> str:
        """See the base."""
        return "action_start_cancellation"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        draft = start(turn.heard, _load(turn) or _known(turn))
        _save(turn, replace(draft, heard_message=turn.message_id))
        turn.say("notice", turn.phrase("utter_start_request"), "cancellation/started")
        return [_STILL_OPEN]


class ValidateCancellation(TalkAction):
    """Judges what the visitor's message changes of the draft."""

    # With a slot set the form stays and asks again; with none Rasa would look for another rule.
    events_on_fault: ClassVar[list[Event]] = [_STILL_OPEN]

    def name(self) -> str:
        """See the base."""
        return "validate_cancellation_form"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        draft = _load(turn)
        if draft is None:
            # Filed or dropped elsewhere: by a click in another tab, by an agent, before a crash.
            if turn.intent == "affirm" and tell_untold_ticket(turn):
                return [_FORM_ENDS]
            return [_FORM_ENDS, _REJECTED]
        if draft.heard_message == turn.message_id:
            # Judged before: Rasa calls again at activation, after a digression, after a crash.
            return [_STILL_OPEN]
        changed, outcome = hear(draft, turn.heard)
        if outcome.result == "stopped":
            turn.services.conversations.drop_draft(turn.conversation.id)
            turn.say("notice", turn.phrase("utter_request_stopped"), "cancellation/stopped")
            return [_FORM_ENDS]
        _save(turn, replace(changed, heard_message=turn.message_id))
        if outcome.result == "digression":
            return [_REJECTED]
        _react(turn, outcome)
        return [_READY if outcome.result == "confirmed" else _STILL_OPEN]


class AskCancellation(TalkAction):
    """Asks what is missing, or shows the whole request to be confirmed."""

    def name(self) -> str:
        """See the base."""
        return "action_ask_cancellation_form_request_ready"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        draft = _load(turn)
        if draft is None:
            return []
        step = draft.next_step()
        if step == "confirm":
            _save(turn, replace(draft, asked=step, recapped=draft.digest))
            _say_recap(turn, draft)
        else:
            _save(turn, replace(draft, asked=step))
            turn.say("form", _question(turn, step), f"cancellation/{step}", _choices(turn, step))
        return []


class FileCancellation(TalkAction):
    """Files the confirmed request; called twice, it files once."""

    def name(self) -> str:
        """See the base."""
        return "action_file_cancellation"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        draft = _load(turn)
        if draft is None:
            if turn.intent in ("affirm", "confirm_draft") and not _tell_filed(turn):
                turn.say("smalltalk", turn.phrase("utter_nothing_open"), "smalltalk/affirm")
            return [_STILL_OPEN]
        services = turn.services
        result = open_cancellation(draft, turn.conversation, services.tickets, services.clock)
        match result:
            case TicketOpened(ticket=ticket):
                text = turn.phrase(
                    "utter_filed", reference=ticket.reference, email=ticket.requester_email
                )
                if ticket.to_confirm:
                    text += " " + turn.phrase("utter_filed_to_confirm")
                turn.say("ticket", text, "ticket/filed")
            case AlreadyOpen(ticket=ticket):
                text = turn.phrase("utter_already_filed", reference=ticket.reference)
                turn.say("ticket", text, "ticket/already-filed")
            case Refused():
                _save(turn, replace(draft, confirmed=None))
                restart = Button(
                    turn.phrase("utter_button_cancel"), payload("request_cancellation")
                )
                turn.say(
                    "error", turn.phrase("utter_not_filed"), "cancellation/refused", (restart,)
                )
                return [_STILL_OPEN]
        services.conversations.drop_draft(turn.conversation.id)
        return [_STILL_OPEN]


def _load(turn: Turn) -> Draft | None:
    return turn.services.conversations.draft(turn.conversation.id)


def _save(turn: Turn, draft: Draft) -> None:
    turn.services.conversations.save_draft(turn.conversation.id, draft, at=turn.now())


def _known(turn: Turn) -> Draft:
    """What the vendor's sign-in says of the visitor; nothing of an anonymous one."""
    identity = turn.conversation.identity
    if identity is None:
        return Draft()
    return Draft(
        requester_name=identity.name or None,
        requester_email=(identity.email.lower() or None) if identity.email_verified else None,
        site_number=identity.site_number,
    )


def _tell_filed(turn: Turn) -> bool:
    """Gives the reference of the ticket that this conversation has filed; whether there is one."""
    filed = turn.services.tickets.find(
        TicketFilter(conversation_id=turn.conversation.id), limit=1, cursor=0
    )
    if filed:
        text = turn.phrase("utter_already_filed", reference=filed[0].reference)
        turn.say("ticket", text, "ticket/already-filed")
    return bool(filed)


def _react(turn: Turn, outcome: Outcome) -> None:
    if outcome.result == "misunderstood" and outcome.fault:
        turn.say("notice", turn.phrase(f"utter_fault_{outcome.fault}"), "cancellation/fault")
    elif outcome.result == "way_out":
        turn.say(
            "notice",
            turn.phrase("utter_way_out"),
            "cancellation/way-out",
            (
                turn.person_button(),
                Button(turn.phrase("utter_button_stop"), payload("stop")),
            ),
        )
    elif outcome.changed:
        turn.say("notice", turn.phrase("utter_noted"), "cancellation/changed")


def _question(turn: Turn, step: Step) -> str:
    if step == "products":
        names = [turn.phrase(f"utter_product_{code}") for code in PRODUCTS]
        link = "ou" if turn.language == "fr" else "or"
        return turn.phrase("utter_ask_products", products=listed(names, turn.language, link))
    return turn.phrase(f"utter_ask_{step}")


def _choices(turn: Turn, step: Step) -> tuple[Button, ...]:
    if step == "cloud_connect":
        return (
            Button(turn.phrase("utter_button_yes"), payload("affirm")),
            Button(turn.phrase("utter_button_no"), payload("deny")),
        )
    if step == "reason":
        return (Button(turn.phrase("utter_button_skip"), payload("skip")),)
    return ()


def _say_recap(turn: Turn, draft: Draft) -> None:
    products = [turn.phrase(f"utter_product_{code}") for code in draft.products]
    duties = [
        turn.phrase(f"utter_duty_{duty}", emr_vendor=_plain(draft.emr_vendor or ""))
        for duty in draft.duties()
    ]
    text = turn.phrase(
        "utter_recap",
        products=listed(products, turn.language),
        requester_name=_plain(draft.requester_name or ""),
        requester_email=_plain(draft.requester_email or ""),
        site_number=draft.site_number,
        emr_vendor=_plain(draft.emr_vendor or ""),
        reason=_plain(draft.reason or turn.phrase("utter_recap_no_reason")),
        duties="\n\n".join(duties),
    )
    buttons = (
        Button(turn.phrase("utter_button_file"), payload("confirm_draft", draft=draft.digest)),
        Button(turn.phrase("utter_button_change"), payload("deny")),
        Button(turn.phrase("utter_button_stop"), payload("stop")),
    )
    turn.say("recap", text, "cancellation/confirm", buttons)


def _plain(text: str) -> str:
    """What a visitor wrote, so that Markdown shows it as it is."""
    return "".join("\\" + c if c in "\\`*_[]<>#|~!" else c for c in text)
