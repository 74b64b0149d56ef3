"""Puts a conversation into the queue for a person."""

from __future__ import annotations

from actions.base import TalkAction, Turn
from actions.slots import Event
from bot.core import handoff
from bot.core.conversations import BACK_TO_BOT, Button

_SENTENCES: dict[handoff.Reason, str] = {
    "asked": "utter_queued",
    "abstained": "utter_queued_abstained",
    "angry": "utter_queued_angry",
    "failed": "utter_queued",
}


class HandOff(TalkAction):
    """Brings a person: because one was asked for, or because the visitor is angry."""

    def name(self) -> str:
        """See the base."""
        return "action_handoff"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        hand_off(turn, "angry" if turn.intent == "abuse" else "asked")
        return []


class OfferPerson(TalkAction):
    """Offers a person in the middle of a request, which goes on."""

    def name(self) -> str:
        """See the base."""
        return "action_offer_person"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        text = turn.phrase("utter_offer_person")
        turn.say("notice", text, "handoff/offered", (turn.person_button(),))
        return []


def hand_off(turn: Turn, reason: handoff.Reason) -> None:
    """Queues the conversation, then says so: what is said is true even if a crash follows."""
    change = handoff.ask_person(handoff.Ownership.of(turn.conversation), turn.now(), reason)
    turn.conversation = turn.services.conversations.change_owner(turn.conversation.id, change)
    turn.say(
        "handoff",
        turn.phrase(_SENTENCES[reason]),
        "handoff/queued",
        (Button(turn.phrase("utter_button_back_to_bot"), BACK_TO_BOT),),
    )
