"""What a button sends, and what reaches the dialogue engine as a command.

A payload is accepted only from the conversation that offered it; whatever is typed is text.
"""

from __future__ import annotations

import json
import unicodedata
from itertools import dropwhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.conversations import Message

# The gateway itself acts on the first, and on the second when the engine fails. The third leaves
# the queue, and the engine collects the message for the team. The last is the engine's alone.
BACK_TO_BOT = "/back_to_bot"
ASK_PERSON = "/ask_person"
LEAVE_REQUEST = "/leave_request"
REQUEST_CANCELLATION = "/request_cancellation"


def payload(intent: str, **entities: str) -> str:
    """The payload of a button that stands for an intent: `/intent{"entity": "value"}`."""
    return f"/{intent}" + (json.dumps(entities, ensure_ascii=False) if entities else "")


def to_engine_text(message: Message) -> str:
    """The text for the dialogue engine: a payload as issued, or free text that is no command.

    Rasa reads a leading "/" as a command, whoever wrote it, also after spaces of any kind; only
    issued payloads may begin so. What cannot be seen before the slash goes with it.
    """
    if message.payload is not None:
        return message.payload
    return "".join(dropwhile(_may_hide_a_command, message.text)) or "?"


def _may_hide_a_command(character: str) -> bool:
    is_invisible = character.isspace() or unicodedata.category(character).startswith("C")
    return character == "/" or is_invisible
