"""Puts a conversation into the queue for a person."""

from __future__ import annotations

from actions.base import TalkAction, Turn
from actions.slots import Event
from bot.core import handoff


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
    reply = turn.services.desk.queue(turn.conversation, reason, turn.language)
    turn.say(reply.kind, reply.text, reply.topic, reply.buttons)
