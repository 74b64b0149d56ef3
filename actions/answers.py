"""Answers from the knowledge base, and small talk."""

from __future__ import annotations

import re
from typing import Any

from actions.base import TalkAction, Turn
from actions.billing_review import answers_offer
from actions.diagnosis import tell_more
from actions.filed import tell_filed
from actions.handoff import hand_off
from actions.slots import Event, next_action, set_slot
from bot.core.answers import (
    CLEARLY_OUTSIDE,
    UNSAID,
    Abstain,
    Answer,
    AskMore,
    Clarify,
    Decision,
    asked_in_parts,
    decide,
    leans_on_topic,
    points_back,
    section_key,
)
from bot.core.conversations import WHICH, Button, SourceLink, unclear_in_a_row
from bot.core.errands import asks_for_reference
from bot.core.fee_questions import months_named
from bot.core.language import Language
from bot.core.orders import goes_ahead, orders_cancellation, orders_with_data
from bot.core.payloads import payload
from bot.core.service_replies import starting_buttons
from knowledge_base.article import Section

CANDIDATES = 6
VAGUE_WORDS = 2
# A second "I do not know" in a row brings a person.
ABSTENTIONS_BEFORE_HANDOFF = 2
# So does a third message in a row that is not understood, even if it could be asked which is meant.
UNCLEAR_BEFORE_HANDOFF = 3
RELATED = 2
# From this probability of an order on, words that give one go before an article on how to cancel.
ORDER_AT = 0.25
# Where these are shown, a request to cancel may follow.
CANCELLING = frozenset(
    "cancel-services cancel-per-product licence-remove tablet-deregister"
    " online-booking-stop-billing website-form-delete study-delete".split()
)
_REQUEST = payload("request_cancellation")
# The button that begins each flow which may be offered beside sections.
_FLOW_BUTTONS = {
    "request_cancellation": "utter_button_cancel",
    "ask_fee_check": "utter_button_fees",
    "ask_ticket_status": "utter_button_status",
    "add_ticket_note": "utter_button_note",
    "withdraw_ticket": "utter_button_withdraw_one",
    "leave_request": "utter_button_leave_request",
}
_OTHER: dict[Language, Language] = {"fr": "en", "en": "fr"}
_NAMES: dict[Language, tuple[str, ...]] = {"fr": ("fran", "french"), "en": ("angl", "engl")}
_PART = re.compile(r"[,.;:!?\n]")
_NOT = re.compile(
    r"n['’]t\b|\b(?:not|never|cannot|dont|cant|isnt|pas|rien|jamais|ni|poor|bad|mauvais|limité)\b"
)
_WHY = re.compile(r"\b(?:why|pourquoi)\b")
_SMALL_TALK = {
    "greet": "utter_greet",
    "thank": "utter_thank",
    "bye": "utter_bye",
    "help": "utter_help",
    "ask_bot": "utter_ask_bot",
}


class AnswerQuestion(TalkAction):
    """Answers from the articles, asks which topic is meant, or says that it does not know."""

    def name(self) -> str:
        """See the base."""
        return "action_answer"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        if turn.fee_record is not None and _asks_for_month(turn):
            tell_more(turn, turn.fee_record)
            return []
        decision = _decision(turn)
        if _leaves_room_for_order(turn, decision) and _begins_request(turn):
            return [next_action("action_start_cancellation")]
        if not isinstance(decision, Answer) and asks_for_reference(turn.text) and tell_filed(turn):
            return []
        match decision:
            case Answer():
                show_section(turn, decision.section, _weighed(decision))
                _offer_second(turn, decision.section)
            case Clarify() | AskMore() if _brings_person(turn, is_abstention=False):
                _abstain(turn, _weighed(decision))
            case Clarify():
                _ask_which(turn, decision)
            case AskMore():
                _ask_more(turn, decision)
            case Abstain():
                _abstain(turn, _weighed(decision))
        return []


class AnswerChosenSection(TalkAction):
    """Shows the section that the visitor chose with a button."""

    def name(self) -> str:
        """See the base."""
        return "action_answer_section"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        chosen = turn.heard.all_of("section")
        found = turn.services.search.section(chosen[0], turn.language) if chosen else None
        if found is None:
            # Withdrawn since the button was shown.
            _abstain(turn)
        else:
            show_section(turn, found.section)
        return []


class SmallTalk(TalkAction):
    """Greetings, thanks and the like; and a yes or no when there was no question."""

    def name(self) -> str:
        """See the base."""
        return "action_small_talk"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        if turn.intent == "affirm" and tell_filed(turn, only_untold=True):
            return []
        if answers_offer(turn):
            return []
        if turn.intent == "affirm" and _begins_request(turn):
            return [next_action("action_start_cancellation")]
        name = _SMALL_TALK.get(turn.intent, "utter_nothing_open")
        is_start = turn.intent in ("help", "greet")
        buttons = starting_buttons(turn.language, turn.services.phrases) if is_start else ()
        turn.say("smalltalk", turn.phrase(name), f"smalltalk/{turn.intent}", buttons)
        return []


class SwitchLanguage(TalkAction):
    """Goes on in the language that was asked for."""

    def name(self) -> str:
        """See the base."""
        return "action_switch_language"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        wanted = _wanted_language(turn.text) or _OTHER[_spoken_language(turn)]
        turn.conversation = turn.services.conversations.set_language(turn.conversation.id, wanted)
        turn.say("notice", turn.phrase("utter_language_switched"), "language/switched")
        return [set_slot("language", wanted)]


def show_section(turn: Turn, section: Section, data: dict[str, Any] | None = None) -> None:
    """Says a whole section, with its source, and offers what goes on from there."""
    buttons: list[Button] = []
    if section.slug in CANCELLING:
        buttons.append(Button(turn.phrase("utter_button_cancel"), _REQUEST))
    if section.slug == "per-message-fees":
        buttons.append(Button(turn.phrase("utter_button_fees"), payload("ask_fee_check")))
    related = turn.services.search.related(section)[:RELATED]
    turn.say(
        "answer",
        f"**{section.heading}**\n\n{section.body}",
        f"faq/{section.slug}",
        (*buttons, *map(_section_button, related)),
        (SourceLink.of(section),),
        data,
    )


def _leaves_room_for_order(turn: Turn, decision: Decision) -> bool:
    """Whether nothing answers, or how to cancel does where an order to do it is likely as well.

    An order that comes with its data ("gardez les rappels, annulez le reste, site 4411") goes
    before any answer.
    """
    if not isinstance(decision, Answer) or orders_with_data(turn.heard):
        return True
    is_likely = _by_label(turn).get("request_cancellation", 0.0) >= ORDER_AT
    return is_likely and decision.section.slug in CANCELLING


def _begins_request(turn: Turn) -> bool:
    """Whether a cancellation is ordered in so many words, or the request just offered taken up."""
    if turn.is_collecting:
        return False
    if orders_cancellation(turn.heard, likely=_by_label(turn).get("request_cancellation", 0.0)):
        return True
    offered = [button.payload for m in turn.just_said for button in m.buttons]
    return _REQUEST in offered and goes_ahead(turn.text)


def _asks_for_month(turn: Turn) -> bool:
    """Whether another month is asked for right after a fee check: "et en janvier?"."""
    if not leans_on_topic(turn.text):
        return False
    is_told = any(message.kind == "diagnosis" for message in turn.just_said)
    return is_told and bool(months_named(turn.text, (), turn.now().date()))


def _by_label(turn: Turn) -> dict[str, float]:
    """The classifier's probability of each label that it holds likely."""
    labels = turn.tracker.latest_message.get("label_ranking") or []
    return {item["name"]: item["confidence"] for item in labels}


def _decision(turn: Turn) -> Decision:
    """What the message gets; if it leans on the topic before, together with that topic."""
    search = turn.services.search
    by_label = _by_label(turn)
    by_section = {key: p for name, p in by_label.items() if (key := section_key(name))}
    outside = by_label.get("out_of_scope", 0.0)
    likely = [search.section(key, turn.language) for key in by_section]
    # Of what messages ask for in training the classifier knows more; the search finds the rest.
    found = search.find(turn.text, turn.language, CANDIDATES) if search.has_untrained else ()
    decision = decide(
        [*found, *(candidate for candidate in likely if candidate)],
        by_section,
        flows=by_label,
        outside=outside,
        unsaid=by_label.get(UNSAID, 0.0),
        is_vague=len(turn.text.split()) <= VAGUE_WORDS,
    )
    before = _spoken_of(turn)
    if isinstance(decision, Answer) and (before is None or not points_back(turn.text)):
        return decision
    questions = _asked(turn)
    if len(questions) > 1 and (first := search.section(questions[0], turn.language)):
        return Answer(first.section, decision.confidence)
    if before is None or outside >= CLEARLY_OUTSIDE or not leans_on_topic(turn.text):
        return decision
    near = {before.slug, *(section.slug for section in search.related(before))}
    if isinstance(decision, Answer) and decision.section.slug in near:
        return decision
    both = f"{before.heading} {turn.text}"
    found = search.find(both, turn.language, CANDIDATES)
    fitting = [candidate for candidate in found if candidate.section.slug in near]
    if not fitting:
        return decision
    best = max(fitting, key=lambda c: c.score + by_section.get(c.section.key, 0.0))
    return Answer(best.section, decision.confidence)


def _spoken_of(turn: Turn) -> Section | None:
    """The section that the bot has just shown: what it said since the visitor's last message."""
    source = next((message.sources[0] for message in turn.just_said if message.sources), None)
    if source is None:
        return None
    found = turn.services.search.section(f"{source.slug}#{source.section}", turn.language)
    return found.section if found else None


def _offer_second(turn: Turn, first: Section) -> None:
    """Where the message asks for something else too, offers that answer."""
    questions = _asked(turn)
    others = [key for key in questions if key.split("#")[0] != first.slug]
    if len(others) == len(questions):
        # What answers the message as a whole is none of them: they are parts of one story.
        return
    found = turn.services.search.section(others[0], turn.language) if others else None
    if found is not None:
        button = _section_button(found.section)
        turn.say("clarify", turn.phrase("utter_second_question"), "second-question", (button,))


def _asked(turn: Turn) -> list[str]:
    parts = turn.tracker.latest_message.get("parts") or []
    return asked_in_parts([(part["name"], part["confidence"]) for part in parts])


def _section_button(section: Section) -> Button:
    return Button(section.heading, payload("choose_section", section=section.key))


def _ask_which(turn: Turn, decision: Clarify) -> None:
    flows = dict.fromkeys(decision.flows)
    if any(section.slug in CANCELLING for section in decision.sections):
        flows["request_cancellation"] = None
    if turn.is_collecting:
        flows.pop("request_cancellation", None)
    if not decision.sections and not flows:
        _abstain(turn, _weighed(decision))
        return
    if not decision.sections:
        name = "utter_clarify_wish"
    else:
        name = "utter_clarify" if len(decision.sections) > 1 else "utter_clarify_one"
    buttons = [*map(_section_button, decision.sections)]
    buttons += [Button(turn.phrase(_FLOW_BUTTONS[flow]), payload(flow)) for flow in flows]
    buttons.append(turn.person_button())
    turn.say("clarify", turn.phrase(name), WHICH, tuple(buttons), data=_weighed(decision))


def _ask_more(turn: Turn, decision: AskMore) -> None:
    is_start = not (turn.is_collecting or any(message.sources for message in turn.just_said))
    starts = starting_buttons(turn.language, turn.services.phrases) if is_start else ()
    buttons = (*starts, turn.person_button())
    text = turn.phrase("utter_ask_more")
    turn.say("clarify", text, WHICH, buttons, data=_weighed(decision))


def _abstain(turn: Turn, data: dict[str, Any] | None = None) -> None:
    text = turn.phrase("utter_abstain")
    if _brings_person(turn):
        turn.say("abstain", text, "abstain", data=data)
        hand_off(turn, "abstained")
    else:
        leave = Button(turn.phrase("utter_button_leave_request"), payload("leave_request"))
        buttons = (turn.person_button(), *(() if turn.is_collecting else (leave,)))
        turn.say("abstain", text, "abstain", buttons, data=data)


def _brings_person(turn: Turn, *, is_abstention: bool = True) -> bool:
    """Whether too many messages in a row were not understood, with this one."""
    if turn.is_collecting:
        # In the middle of a request the open question goes on: a person is offered, not brought.
        return False
    abstentions = turn.conversation.abstentions + is_abstention
    unclear = unclear_in_a_row(turn.transcript) + 1
    return abstentions >= ABSTENTIONS_BEFORE_HANDOFF or unclear >= UNCLEAR_BEFORE_HANDOFF


def _weighed(decision: Decision) -> dict[str, Any]:
    """What is kept with a message of how it was decided."""
    return {"confidence": round(decision.confidence, 4), "nearest": decision.nearest}


def _spoken_language(turn: Turn) -> Language:
    """In which language the visitor was spoken to last.

    Not always the conversation's: the words of the wish may have moved that already.
    """
    said = (m.language for m in reversed(turn.transcript) if m.author != "visitor")
    return next(said, turn.language)


def _wanted_language(text: str) -> Language | None:
    """The one language that is asked for, or the other of the one that is not wanted."""
    wanted: set[Language] = set()
    unwanted: set[Language] = set()
    for part in _PART.split(text.lower()):
        # A question why turns it round: "why don't you write French?".
        is_against = bool(_NOT.search(part)) != bool(_WHY.search(part))
        (unwanted if is_against else wanted).update(_named(part))
    meant = wanted or {_OTHER[language] for language in unwanted}
    return meant.pop() if len(meant) == 1 else None


def _named(text: str) -> set[Language]:
    return {language for language, words in _NAMES.items() if any(word in text for word in words)}
