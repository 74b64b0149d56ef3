"""A visitor's message on its way through an action, without Rasa."""

from __future__ import annotations

from rasa_sdk import Tracker

from actions.base import Turn
from bot.core.conversations import Conversation
from bot.core.heard import Heard
from bot.core.services import Services


def a_turn(services: Services, kept: Conversation, heard: Heard, message_id: int = 1) -> Turn:
    """What an action is given for this message, with the sign-in as it is now."""
    latest = {
        "text": heard.text,
        "intent": {"name": heard.intent},
        "entities": [{"entity": name, "value": value} for name, value in heard.entities],
    }
    said = {"event": "user", "metadata": {"message_id": message_id}}
    tracker = Tracker(kept.id, {}, latest, [said], False, None, {}, "action_listen")
    current = kept.as_of(services.clock.now())
    return Turn(services, tracker, current, is_signed_out=current.identity != kept.identity)
