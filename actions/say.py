"""How the assistant's replies look on the way through Rasa."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bot.core.conversations import Reply


def to_payload(reply: Reply) -> dict[str, Any]:
    """The reply as custom JSON; `bot/adapters/rasa_http.py` reads it back."""
    return asdict(reply)
