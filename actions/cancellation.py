"""Collects a cancellation request, shows it, and files it once it is confirmed.

What a message changes is decided in `bot/core/hearing.py`, what to ask next in
`bot/core/cancellation.py`; how it is said stands in `cancellation_words.py`. The draft lives in the
database. Each message is judged once, whatever Rasa calls again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from actions import cancellation_words as words
from actions.base import TalkAction, Turn
from actions.filed import say_already_filed, say_filed, tell_filed
from actions.slots import (
    Event,
    form_ends,
    form_gives_way,
    form_rejects,
    next_action,
    set_slot,
)
from bot.core.cancellation import Draft, Notice
from bot.core.conversations import Button
from bot.core.filing import AlreadyOpen, Refused, TicketOpened, is_requester, open_cancellation
from bot.core.heard import Outcome
from bot.core.hearing import hear, start
from bot.core.payloads import payload
from bot.core.tickets import TicketFilter

_FORM = "cancellation_form"
_CAUTION = "cloud_connect_caution"
_STEPS_OFFERED = 4
_STILL_OPEN = set_slot("request_ready", None)
_READY = set_slot("request_ready", True)


class StartCancellation(TalkAction):
    """Opens a draft with all that is known and said, or takes up the one left open."""

    def name(self) -> str:
        """See the base."""
        return "action_start_cancellation"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        known = _load(turn) or _known(turn)
        draft = start(turn.heard, known)
        remark = "utter_start_request"
        if draft.unknown != known.unknown:
            remark += "_partly_unknown" if draft.products else "_unknown"
        _save(turn, replace(draft, remark=remark, heard_message=turn.message_id))
        # The rules go on to the form by themselves only where the intent was this request.
        return [_STILL_OPEN, next_action(_FORM)]


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
        if changed.cloud_connect_understood and not draft.cloud_connect_understood:
            changed = _accepted(turn, changed, _CAUTION)
        is_unknown = not {*changed.unknown} <= {*draft.unknown}
        remark = "utter_unknown_services" if is_unknown else _remark(outcome)
        _save(turn, replace(changed, remark=remark, heard_message=turn.message_id))
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
        text = words.question(turn, step)
        asked = replace(draft, asked=step, remark=None)
        if step == "confirm":
            shown = words.duties_of(turn, draft)
            text = words.recap(turn, draft, shown)
            asked = replace(asked, recapped=draft.digest, notices=_noticed(turn, draft, shown))
        elif step == "cloud_connect":
            asked = replace(asked, notices=_noticed(turn, draft, {_CAUTION: text}))
        _save(turn, asked)
        if draft.remark:
            text = f"{words.said_before(turn, draft)}\n\n{text}"
        turn.say(
            "recap" if step == "confirm" else "form",
            text,
            f"cancellation/{step}",
            (*words.ways_out(turn, draft), *words.choices(turn, draft, step)),
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
            case TicketOpened(ticket=ticket, overlapping=overlapping):
                text = turn.phrase(
                    "utter_filed", reference=ticket.reference, email=ticket.requester_email
                )
                if ticket.to_confirm:
                    text += " " + turn.phrase("utter_filed_to_confirm")
                if overlapping:
                    text += "\n\n" + words.overlap(turn, draft, overlapping)
                if duties := words.duties_of(turn, draft):
                    text += "\n\n" + turn.phrase("utter_to_do", duties=words.as_list(duties))
                steps = words.step_buttons(turn, draft)[:_STEPS_OFFERED]
                say_filed(turn, ticket.reference, text, steps)
            case AlreadyOpen(ticket=ticket) if is_requester(ticket, draft, turn.conversation):
                say_already_filed(turn, ticket.reference, words.already_open(turn, draft, ticket))
            case AlreadyOpen():
                text = turn.phrase("utter_already_filed_by_other")
                turn.say("notice", text, "ticket/already-filed", (turn.person_button(),))
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
    """What the vendor's sign-in says of the visitor, or a request filed in this conversation."""
    identity = turn.conversation.identity
    if identity is None:
        known = _of_last_request(turn)
    else:
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


def _of_last_request(turn: Turn) -> Draft:
    """Who asked for the cancellation that this conversation has filed, and for which clinic."""
    wanted = TicketFilter(kind="cancellation", conversation_id=turn.conversation.id)
    filed = turn.services.tickets.find(wanted, limit=1)
    fields = filed[0].fields if filed else {}
    return Draft(
        requester_name=fields.get("requester_name"),
        requester_email=fields.get("requester_email"),
        site_number=fields.get("site_number"),
        emr_vendor=fields.get("emr_vendor"),
    )


def _remark(outcome: Outcome) -> str | None:
    """The sentence to say before the question is asked, or asked again."""
    if outcome.result == "way_out":
        return words.WAY_OUT
    if outcome.result == "misunderstood":
        return f"utter_fault_{outcome.fault}"
    return "utter_noted" if outcome.changed else None


def _noticed(turn: Turn, draft: Draft, shown: Mapping[str, str]) -> tuple[Notice, ...]:
    """What the visitor has been shown: what was accepted by itself, and the last words of each."""
    kept = [n for n in draft.notices if n.accepted_at or n.duty not in shown]
    now = turn.now().isoformat()
    new = [Notice(duty, turn.language, text, now) for duty, text in shown.items()]
    return (*kept, *new)


def _accepted(turn: Turn, draft: Draft, duty: str) -> Draft:
    now = turn.now().isoformat()
    return replace(
        draft,
        notices=tuple(
            replace(notice, accepted_at=now)
            if notice.duty == duty and not notice.accepted_at
            else notice
            for notice in draft.notices
        ),
    )
