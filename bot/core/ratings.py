"""How a stay with people is rated: the payloads of its buttons, and the score read from them.

Used by `desk.py`, which asks for a rating once a conversation is resolved.
"""

from __future__ import annotations

import json

from bot.core.errors import BadInput

RATE = "/rate_conversation"
COMMENT_RATING = "/comment_rating"
RATING_COMMENT = "rating/comment"
SCORES = range(1, 6)


def rate_payload(score: int) -> str:
    """The payload of the button for a score of 1 to 5."""
    return RATE + json.dumps({"score": score})


def read_score(payload: str) -> int:
    """The score that `rate_payload` wrote.

    Raises:
        BadInput: It holds no score of 1 to 5.
    """
    try:
        score = int(json.loads(payload.removeprefix(RATE))["score"])
    except (ValueError, KeyError, TypeError):
        score = 0
    if score not in SCORES:
        raise BadInput("A rating is a whole number from 1 to 5.")
    return score
