"""Shares counted in one process's memory: for a single gateway, and where Redis is away."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from bot.core.ports.shares import Draw

# More callers than this are forgotten, those longest silent first: memory stays bounded.
MOST_KEYS = 50_000


class LocalShares:
    """The `Shares` port in memory. Safe to use from several threads."""

    is_remote = False

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        """How many callers are remembered."""
        return len(self._buckets)

    def draw(self, asked: Sequence[Draw]) -> list[float]:
        """See the port."""
        now = self._now()
        with self._lock:
            left = [self._left(draw, now) for draw in asked]
            if min(left) >= 1:
                for draw, had in zip(asked, left, strict=True):
                    if draw.is_taken:
                        self._buckets[draw.key] = (had - 1, now)
                        self._buckets.move_to_end(draw.key)
            while len(self._buckets) > MOST_KEYS:
                self._buckets.popitem(last=False)
        return left

    def _left(self, draw: Draw, now: float) -> float:
        left, since = self._buckets.get(draw.key, (draw.burst, now))
        return min(draw.burst, left + (now - since) * draw.per_minute / 60)
