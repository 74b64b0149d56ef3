"""How the assistant's replies look on the way through Rasa, and how values are written in them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bot.core.conversations import Reply
from bot.core.formats import NBSP, amount, day, listed, local_day, month

__all__ = ["NBSP", "amount", "day", "listed", "local_day", "month", "to_payload"]


def to_payload(reply: Reply) -> dict[str, Any]:
    """The reply as custom JSON; `bot/adapters/rasa_http.py` reads it back."""
    return asdict(reply)
