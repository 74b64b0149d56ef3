"""Collects a cancellation request, shows it, and files it once it is confirmed.

What a message changes is decided in `bot/core/hearing.py`, what to ask next in
`bot/core/cancellation.py`; the draft lives in the database. Each message is judged once, whatever
Rasa calls again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

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
from bot.core.cancellation import PRODUCTS, SELF_SERVICE, Draft, Notice, Step
from bot.core.conversations import Button
from bot.core.filing import AlreadyOpen, Refused, TicketOpened, is_requester, open_cancellation
from bot.core.formats import listed, plain
from bot.core.heard import Outcome
from bot.core.hearing import hear, start
from bot.core.payloads import payload
from bot.core.tickets import Ticket, TicketFilter
from bot.core.wording import UNKNOWN_EMR

_FORM = "cancellation_form"
_WAY_OUT = "utter_way_out"
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
        text = _question(turn, step)
        asked = replace(draft, asked=step, remark=None)
        if step == "confirm":
            shown = _duties(turn, draft)
            text = _recap(turn, draft, shown)
            asked = replace(asked, recapped=draft.digest, notices=_noticed(turn, draft, shown))
        elif step == "cloud_connect":
            asked = replace(asked, notices=_noticed(turn, draft, {_CAUTION: text}))
        _save(turn, asked)
        if draft.remark:
            text = f"{_said_before(turn, draft)}\n\n{text}"
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
            case TicketOpened(ticket=ticket, overlapping=overlapping):
                text = turn.phrase(
                    "utter_filed", reference=ticket.reference, email=ticket.requester_email
                )
                if ticket.to_confirm:
                    text += " " + turn.phrase("utter_filed_to_confirm")
                if overlapping:
                    text += "\n\n" + _overlap(turn, draft, overlapping)
                if duties := _duties(turn, draft):
                    text += "\n\n" + turn.phrase("utter_to_do", duties=_as_list(duties))
                steps = _steps(turn, draft)[:_STEPS_OFFERED]
                say_filed(turn, ticket.reference, text, steps)
            case AlreadyOpen(ticket=ticket) if is_requester(ticket, draft, turn.conversation):
                say_already_filed(turn, ticket.reference, _already(turn, draft, ticket))
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
    filed = turn.services.tickets.find(wanted, limit=1, cursor=0)
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
        return _WAY_OUT
    if outcome.result == "misunderstood":
        return f"utter_fault_{outcome.fault}"
    return "utter_noted" if outcome.changed else None


def _ways_out(turn: Turn, draft: Draft) -> tuple[Button, ...]:
    if draft.remark != _WAY_OUT:
        return ()
    return (turn.person_button(), Button(turn.phrase("utter_button_stop"), payload("stop")))


def _question(turn: Turn, step: Step) -> str:
    if step == "confirm":
        return ""
    if step == "products":
        link = "ou" if turn.language == "fr" else "or"
        return turn.phrase("utter_ask_products", products=_all_products(turn, link))
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


def _said_before(turn: Turn, draft: Draft) -> str:
    """The remark that stands before the question."""
    return turn.phrase(
        draft.remark or "",
        unknown=_unknown(turn, draft),
        chosen=listed(_product_names(turn, draft), turn.language),
        products=_all_products(turn),
    )


def _all_products(turn: Turn, link: str | None = None) -> str:
    return listed([turn.phrase(f"utter_product_{code}") for code in PRODUCTS], turn.language, link)


def _unknown(turn: Turn, draft: Draft) -> str:
    """In the visitor's own words, what is no product of ours."""
    quoted = [turn.phrase("utter_quoted", words=plain(name)) for name in draft.unknown]
    return listed(quoted, turn.language, "ni" if turn.language == "fr" else "or")


def _recap(turn: Turn, draft: Draft, duties: Mapping[str, str]) -> str:
    accepting = turn.phrase("utter_recap_duties", duties=_as_list(duties)) if duties else ""
    left_out = turn.phrase("utter_recap_unknown", unknown=_unknown(turn, draft))
    return turn.phrase(
        "utter_recap",
        products=listed(_product_names(turn, draft), turn.language),
        requester_name=plain(draft.requester_name or ""),
        requester_email=plain(draft.requester_email or ""),
        site_number=draft.site_number,
        emr_vendor=plain(draft.emr_vendor or ""),
        reason=plain(draft.reason or turn.phrase("utter_recap_no_reason")),
        unknown=f"\n\n{left_out}" if draft.unknown else "",
        duties=accepting,
    )


def _product_names(turn: Turn, draft: Draft) -> list[str]:
    """The products in words, with the kind of subscription where it was said."""
    names = []
    for code in draft.products:
        name = turn.phrase(f"utter_product_{code}")
        scope = draft.scopes.get(code)
        names.append(turn.phrase(f"utter_scope_{scope}", product=name) if scope else name)
    return names


# --- What the clinic has to do itself ------------------------------------------------------------


def _duties(turn: Turn, draft: Draft) -> dict[str, str]:
    """Each duty in words."""
    vendor = plain(draft.emr_vendor or "")
    if draft.emr_vendor in UNKNOWN_EMR:
        vendor = turn.phrase("utter_unknown_emr_vendor")
    return {
        duty: turn.phrase(f"utter_duty_{duty}", emr_vendor=vendor, steps=_links(turn, draft))
        for duty in draft.duties()
    }


def _links(turn: Turn, draft: Draft) -> str:
    """Where the steps stand for each product that the clinic can stop itself."""
    links = []
    for code in draft.self_service():
        name = turn.phrase(f"utter_product_{code}")
        found = turn.services.search.section(SELF_SERVICE[code], turn.language)
        links.append(f"[{name}]({found.section.url})" if found else name)
    return listed(links, turn.language)


def _steps(turn: Turn, draft: Draft) -> tuple[Button, ...]:
    """Buttons that show the steps of the articles, each article's once."""
    keys = dict.fromkeys(SELF_SERVICE[code] for code in draft.self_service())
    found = [turn.services.search.section(key, turn.language) for key in keys]
    return tuple(
        Button(hit.section.heading, payload("choose_section", section=hit.section.key))
        for hit in found
        if hit
    )


def _as_list(duties: Mapping[str, str]) -> str:
    return "\n".join(f"{number}. {text}" for number, text in enumerate(duties.values(), 1))


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


# --- Requests for the same services --------------------------------------------------------------


def _already(turn: Turn, draft: Draft, ticket: Ticket) -> str:
    """That there is nothing to file: the request is open, alone or within a larger one."""
    held = [str(code) for code in ticket.fields.get("products", ())]
    if {*held} == {*draft.products}:
        return turn.phrase("utter_already_filed", reference=ticket.reference)
    names = [turn.phrase(f"utter_product_{code}") for code in held]
    return turn.phrase(
        "utter_already_covered",
        reference=ticket.reference,
        products=listed(names, turn.language),
    )


def _overlap(turn: Turn, draft: Draft, overlapping: Sequence[Ticket]) -> str:
    """That some of the services are asked for already; the reference only to whoever asked."""
    own = [one for one in overlapping if is_requester(one, draft, turn.conversation)]
    held = {code for one in own or overlapping for code in one.fields.get("products", ())}
    both = [turn.phrase(f"utter_product_{c}") for c in draft.products if c in held]
    products = listed(both, turn.language)
    if not own:
        return turn.phrase("utter_overlaps_other", products=products)
    references = listed([one.reference for one in own], turn.language)
    return turn.phrase("utter_overlaps", products=products, references=references)
