"""Answers from the knowledge base, and small talk."""

from __future__ import annotations

from actions.base import TalkAction, Turn
from actions.handoff import hand_off
from actions.slots import Event, set_slot
from bot.core.answers import Abstain, Answer, Clarify, decide, section_key
from bot.core.conversations import Button, SourceLink, payload, starting_buttons
from bot.core.language import Language
from bot.core.tickets import TicketFilter
from knowledge_base.article import Section

CANDIDATES = 6
VAGUE_WORDS = 2
# A second "I do not know" in a row brings a person.
ABSTENTIONS_BEFORE_HANDOFF = 2
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
        labels = turn.tracker.latest_message.get("label_ranking") or []
        by_label = {item["name"]: item["confidence"] for item in labels}
        by_section = {section_key(name): score for name, score in by_label.items()}
        decision = decide(
            turn.services.search.find(turn.text, turn.language, CANDIDATES),
            {key: score for key, score in by_section.items() if key},
            outside=by_label.get("out_of_scope", 0.0),
            is_vague=len(turn.text.split()) <= VAGUE_WORDS,
        )
        match decision:
            case Answer(section=section):
                show_section(turn, section)
            case Clarify(sections=sections):
                _ask_which(turn, sections)
            case Abstain():
                _abstain(turn)
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
        wanted = _wanted_language(turn.text) or ("en" if turn.language == "fr" else "fr")
        turn.conversation = turn.services.conversations.set_language(turn.conversation.id, wanted)
        turn.say("notice", turn.phrase("utter_language_switched"), "language/switched")
        return [set_slot("language", wanted)]


def show_section(turn: Turn, section: Section) -> None:
    """Says a whole section, with its source."""
    buttons: list[Button] = []
    if section.slug in ("cancel-services", "cancel-per-product"):
        buttons.append(Button(turn.phrase("utter_button_cancel"), payload("request_cancellation")))
    if section.slug == "per-message-fees":
        buttons.append(Button(turn.phrase("utter_button_fees"), payload("ask_fee_check")))
    turn.say(
        "answer",
        f"**{section.heading}**\n\n{section.body}",
        f"faq/{section.slug}",
        tuple(buttons),
        (source_of(section),),
    )


def source_of(section: Section) -> SourceLink:
    """Where the words of a section come from."""
    return SourceLink(
        slug=section.slug,
        section=section.anchor,
        title=section.article_title,
        url=section.url,
        language=section.language,
        digest=section.digest,
    )


def tell_filed(turn: Turn, *, only_untold: bool = False) -> bool:
    """Gives the reference of the request that this conversation has filed; whether there is one.

    With `only_untold`, only of one that a crash kept from being told.
    """
    said = turn.services.conversations.messages(turn.conversation.id)
    told = [m.data["reference"] for m in said if m.kind == "ticket" and "reference" in m.data]
    filed = turn.services.tickets.find(
        TicketFilter(conversation_id=turn.conversation.id), limit=1, cursor=0
    )
    untold = [ticket.reference for ticket in filed if ticket.reference not in told]
    references = untold or ([] if only_untold else told[-1:])
    for reference in references:
        say_ticket(turn, "already-filed", reference)
    return bool(references)


def say_ticket(turn: Turn, topic: str, reference: str, more: str = "") -> None:
    """Says that a request is filed, under which reference."""
    text = more or turn.phrase("utter_already_filed", reference=reference)
    turn.say("ticket", text, f"ticket/{topic}", data={"reference": reference})


def _ask_which(turn: Turn, sections: tuple[Section, ...]) -> None:
    name = "utter_clarify" if len(sections) > 1 else "utter_clarify_one"
    buttons = tuple(
        Button(section.heading, payload("choose_section", section=section.key))
        for section in sections
    )
    turn.say("clarify", turn.phrase(name), "clarify", (*buttons, turn.person_button()))


def _abstain(turn: Turn) -> None:
    if turn.conversation.abstentions + 1 >= ABSTENTIONS_BEFORE_HANDOFF:
        turn.say("abstain", turn.phrase("utter_abstain"), "abstain")
        hand_off(turn, "abstained")
    else:
        turn.say("abstain", turn.phrase("utter_abstain"), "abstain", (turn.person_button(),))


def _wanted_language(text: str) -> Language | None:
    lowered = text.lower()
    french = any(word in lowered for word in ("fran", "french"))
    english = any(word in lowered for word in ("angl", "engl"))
    if french != english:
        return "fr" if french else "en"
    return None
