"""A visitor's message on its way through an action, without Rasa."""

from __future__ import annotations

from itertools import zip_longest

from rasa_sdk import Tracker

from actions.base import Turn
from bot.core.conversations import Conversation
from bot.core.heard import Heard
from bot.core.services import Services


def a_turn(
    services: Services,
    kept: Conversation,
    heard: Heard,
    message_id: int = 1,
    form: str | None = None,
) -> Turn:
    """What an action is given for this message, with the sign-in as it is now.

    `form` is the one that is active.
    """
    latest = {
        "text": heard.text,
        "intent": {"name": heard.intent},
        "entities": [
            {"entity": name, "value": value, "start": start, "end": end}
            for (name, value), (start, end) in zip_longest(
                heard.entities, heard.places, fillvalue=(0, 0)
            )
        ],
    }
    said = {"event": "user", "metadata": {"message_id": message_id}}
    loop = {"name": form} if form else {}
    tracker = Tracker(kept.id, {}, latest, [said], False, None, loop, "action_listen")
    current = kept.as_of(services.clock.now())
    return Turn(services, tracker, current, is_signed_out=current.identity != kept.identity)
