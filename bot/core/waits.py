"""What somebody in the queue may expect: counted from how long others waited, never guessed.

Used by `desk.py`, which says it, and by the gateway's stream, which shows it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

# Of too few waits in that time nothing is told; of more only the newest count.
RECENT = timedelta(hours=6)
FEWEST_WAITS = 3
MOST_WAITS = 50
# Told is what four of five stayed under, rounded up to what people say.
SHARE = 0.8
STEPS_MIN = (1, 2, 3, 5, 10, 15, 20, 30, 45, 60)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What somebody in the queue may expect. `within_min`: minutes, one of STEPS_MIN; None unknown.

    `within_min` beyond the last of STEPS_MIN means longer than that.
    """

    place: int
    within_min: int | None
    is_open: bool
    is_staffed: bool


def likely_minutes(waits: Sequence[timedelta]) -> int | None:
    """Minutes that four of five recent waits stayed under, rounded up; None if they are too few.

    More than an hour comes back as 61.
    """
    if len(waits) < FEWEST_WAITS:
        return None
    ordered = sorted(waits)
    reached = ordered[math.ceil(len(ordered) * SHARE) - 1]
    needed = reached.total_seconds() / 60
    return next((step for step in STEPS_MIN if needed <= step), STEPS_MIN[-1] + 1)
