"""What the service says whatever the topic: greeting, apology, notices, the offer of a person."""

from __future__ import annotations

from bot.core.conversations import Button, Message, Reply
from bot.core.language import Language
from bot.core.payloads import ASK_PERSON, payload
from bot.core.ports.dialogue import Phrases

TROUBLE = "service/trouble"


def greeting(language: Language, phrases: Phrases) -> Reply:
    """What a conversation opens with."""
    text = phrases.say("utter_welcome", language)
    return Reply("greeting", text, "greeting", starting_buttons(language, phrases))


def starting_buttons(language: Language, phrases: Phrases) -> tuple[Button, ...]:
    """What a visitor may want to start with."""
    return (
        Button(
            phrases.say("utter_button_invoice_detail", language),
            payload("choose_section", section="invoice-details#csv"),
        ),
        Button(phrases.say("utter_button_fees", language), payload("ask_fee_check")),
        Button(phrases.say("utter_button_cancel", language), payload("request_cancellation")),
    )


def person_button(language: Language, phrases: Phrases) -> Button:
    """The offer of a person."""
    return Button(phrases.say("utter_button_person", language), ASK_PERSON)


def trouble(language: Language, phrases: Phrases) -> Reply:
    """The apology when nothing could be answered, with the offer of a person."""
    return Reply(
        "error",
        phrases.say("utter_trouble", language),
        TROUBLE,
        (person_button(language, phrases),),
    )


def owner_unknown(language: Language, phrases: Phrases) -> Reply:
    """What is said while it cannot be read whose the word is."""
    return Reply("notice", phrases.say("utter_owner_unknown", language), "service/owner-unknown")


def privacy_notice(message: Message, phrases: Phrases) -> list[Reply]:
    """That something was masked in the message, if it was."""
    if not message.data.get("masked"):
        return []
    return [Reply("notice", phrases.say("utter_masked", message.language), "privacy/masked")]
