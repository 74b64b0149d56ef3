"""Collects a cancellation request, shows it, and files it once it is confirmed.

What a message changes is decided in `bot/core/hearing.py`, what to ask next in
`bot/core/cancellation.py`; the draft lives in the database. Each message is judged once, whatever
Rasa calls again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from actions.answers import say_ticket, tell_filed
from actions.base import TalkAction, Turn
from actions.say import listed, quoted
from actions.slots import Event, form_ends, form_gives_way, form_rejects, set_slot
from bot.core.cancellation import PRODUCTS, Draft, Step
from bot.core.conversations import Button, payload
from bot.core.hearing import Outcome, hear, names_unknown_service, start
from bot.core.tickets import (
    AlreadyOpen,
    Refused,
    TicketOpened,
    is_requester,
    open_cancellation,
)

_FORM = "cancellation_form"
_WAY_OUT = "utter_way_out"
_STILL_OPEN = set_slot("request_ready", None)
_READY = set_slot("request_ready", True)


class StartCancellation(TalkAction):
    """Opens a draft with all that is known and said, or takes up the one left open."""

    def name(self) -> str:
        """See the base."""
        return "action_start_cancellation"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        draft = start(turn.heard, _load(turn) or _known(turn))
        is_unknown = not draft.products and names_unknown_service(turn.heard)
        remark = "utter_start_unknown_service" if is_unknown else "utter_start_request"
        _save(turn, replace(draft, remark=remark, heard_message=turn.message_id))
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
            if turn.intent == "affirm" and tell_filed(turn, only_untold=True):
                return form_ends("request_ready")
            return form_gives_way(_FORM)
        if draft.heard_message == turn.message_id:
            # Judged before: Rasa calls again at activation, after a digression, after a crash.
            return [_READY if draft.confirmed else _STILL_OPEN]
        changed, outcome = hear(draft, turn.heard)
        if outcome.result == "stopped":
            turn.services.conversations.drop_draft(turn.conversation.id)
            turn.say("notice", turn.phrase("utter_request_stopped"), "cancellation/stopped")
            return form_ends("request_ready")
        _save(turn, replace(changed, remark=_remark(outcome), heard_message=turn.message_id))
        if outcome.result == "digression":
            return [form_rejects(_FORM)]
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
        recapped = draft.digest if step == "confirm" else draft.recapped
        _save(turn, replace(draft, asked=step, recapped=recapped, remark=None))
        text = _recap(turn, draft) if step == "confirm" else _question(turn, step)
        if draft.remark:
            text = f"{turn.phrase(draft.remark)}\n\n{text}"
        turn.say(
            "recap" if step == "confirm" else "form",
            text,
            f"cancellation/{step}",
            (*_ways_out(turn, draft), *_choices(turn, draft, step)),
        )
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
            if turn.intent in ("affirm", "confirm_draft") and not tell_filed(turn):
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
                say_ticket(turn, "filed", ticket.reference, text)
            case AlreadyOpen(ticket=ticket) if is_requester(ticket, draft, turn.conversation):
                say_ticket(turn, "already-filed", ticket.reference)
            case AlreadyOpen():
                text = turn.phrase("utter_already_filed_by_other")
                turn.say("ticket", text, "ticket/already-filed", (turn.person_button(),))
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
    known = Draft(
        requester_name=identity.name or None,
        requester_email=(identity.email.lower() or None) if identity.email_verified else None,
        site_number=identity.site_number,
    )
    # What no ticket can be filed with is asked for, as if the sign-in had not said it.
    faults = known.faults()
    return replace(
        known,
        requester_email=None if "requester_email" in faults else known.requester_email,
        site_number=None if "site_number" in faults else known.site_number,
    )


def _remark(outcome: Outcome) -> str | None:
    """The sentence to say before the question is asked, or asked again."""
    if outcome.result == "way_out":
        return _WAY_OUT
    if outcome.result == "misunderstood":
        return f"utter_fault_{outcome.fault}"
    return "utter_noted" if outcome.changed else None


def _ways_out(turn: Turn, draft: Draft) -> tuple[Button, ...]:
    if draft.remark != _WAY_OUT:
        return ()
    return (turn.person_button(), Button(turn.phrase("utter_button_stop"), payload("stop")))


def _question(turn: Turn, step: Step) -> str:
    if step == "products":
        names = [turn.phrase(f"utter_product_{code}") for code in PRODUCTS]
        link = "ou" if turn.language == "fr" else "or"
        return turn.phrase("utter_ask_products", products=listed(names, turn.language, link))
    return turn.phrase(f"utter_ask_{step}")


def _choices(turn: Turn, draft: Draft, step: Step) -> tuple[Button, ...]:
    if step == "cloud_connect":
        choices = [("utter_button_yes", payload("affirm")), ("utter_button_no", payload("deny"))]
    elif step == "reason":
        choices = [("utter_button_skip", payload("skip"))]
    elif step == "confirm":
        choices = [
            ("utter_button_file", payload("confirm_draft", draft=draft.digest)),
            ("utter_button_change", payload("deny")),
            ("utter_button_stop", payload("stop")),
        ]
    else:
        choices = []
    return tuple(Button(turn.phrase(name), wanted) for name, wanted in choices)


def _recap(turn: Turn, draft: Draft) -> str:
    products = [turn.phrase(f"utter_product_{code}") for code in draft.products]
    duties = [
        turn.phrase(f"utter_duty_{duty}", emr_vendor=quoted(draft.emr_vendor or ""))
        for duty in draft.duties()
    ]
    return turn.phrase(
        "utter_recap",
        products=listed(products, turn.language),
        requester_name=quoted(draft.requester_name or ""),
        requester_email=quoted(draft.requester_email or ""),
        site_number=draft.site_number,
        emr_vendor=quoted(draft.emr_vendor or ""),
        reason=quoted(draft.reason or turn.phrase("utter_recap_no_reason")),
        duties="\n\n".join(duties),
    )
