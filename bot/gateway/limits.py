"""How much anybody may ask for: token buckets and counts of open streams, in this process's memory.

Several gateways each keep their own, so that the whole takes as many times the limit. A program on
this machine itself (loopback, no proxy in between) has no limit by address.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from bot.gateway.errors import TooMany

# More callers than this are forgotten, those longest silent first: memory stays bounded.
MOST_KEYS = 50_000
WAIT_FOR_STREAM_S = 5


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `burst` at once, and `per_minute` in the long run; zero for no limit."""

    what: str
    per_minute: float
    burst: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where streams are counted: a kind of thing, which one, and how many it may have open."""

    what: str
    key: str
    most: int


# Guessing a reference: what was not found counts, not calls.
UNKNOWN_REFERENCES = Rule("questions about requests that were not found", 0.5, 12)


class Limits:
    """Counts what each caller has asked for. Safe to use from several threads."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()
        self._streams: Counter[tuple[str, str]] = Counter()

    def take(self, rule: Rule, key: str) -> None:
        """Takes one; raises TooMany, with the seconds to wait, if nothing is left."""
        if not rule.per_minute:
            return
        with self._lock:
            left = self._left(rule, key)
            if left >= 1:
                self._put(rule, key, left - 1)
                return
        raise self._too_many(rule, left)

    def require(self, rule: Rule, key: str) -> None:
        """Raises TooMany if nothing is left; takes nothing."""
        with self._lock:
            left = self._left(rule, key)
        if rule.per_minute and left < 1:
            raise self._too_many(rule, left)

    def require_stream(self, places: Sequence[Place]) -> None:
        """Raises TooMany if one of the places has as many open streams as it may."""
        with self._lock:
            for place in places:
                if place.most and self._streams[place.what, place.key] >= place.most:
                    raise TooMany(
                        f"There are {place.most} open event streams for this {place.what} "
                        "already. Close one.",
                        WAIT_FOR_STREAM_S,
                    )

    @contextmanager
    def stream(self, places: Sequence[Place]) -> Iterator[None]:
        """Counts a stream under each of the places while it is open."""
        keys = [(place.what, place.key) for place in places]
        with self._lock:
            self._streams.update(keys)
        try:
            yield
        finally:
            with self._lock:
                self._streams.subtract(keys)
                # Without those that are at zero, which would stay for ever.
                self._streams = +self._streams

    def _left(self, rule: Rule, key: str) -> float:
        now = self._now()
        left, since = self._buckets.get((rule.what, key), (rule.burst, now))
        return min(rule.burst, left + (now - since) * rule.per_minute / 60)

    def _put(self, rule: Rule, key: str, left: float) -> None:
        self._buckets[rule.what, key] = (left, self._now())
        self._buckets.move_to_end((rule.what, key))
        while len(self._buckets) > MOST_KEYS:
            self._buckets.popitem(last=False)

    @staticmethod
    def _too_many(rule: Rule, left: float) -> TooMany:
        wait_s = max(1, math.ceil((1 - left) * 60 / rule.per_minute))
        return TooMany(f"Too many {rule.what}. Try again in {wait_s} s.", wait_s)
