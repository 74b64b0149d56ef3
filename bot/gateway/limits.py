"""How much anybody may ask for: shares by the minute, and how many streams may be open.

Several gateways count shares together where there is Redis. Streams each counts for itself: they
are limited for what they take of a gateway. A program on this machine itself (loopback, no proxy in
between) has no limit by address.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from anyio import CapacityLimiter, to_thread

from bot.core.ports.shares import Draw, Shares
from bot.gateway.errors import TooMany

WAIT_FOR_STREAM_S = 5


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `burst` at once, and `per_minute` in the long run; zero for no limit."""

    what: str
    per_minute: float
    burst: float


def a_minute(what: str, per_minute: float) -> Rule:
    """A rule that lets a minute's share come at once: people paste in parts, programs do not stop.

    A share below one still lets one come, after which more than a minute goes by.
    """
    return Rule(what, per_minute, max(1.0, per_minute))


@dataclass(frozen=True, slots=True)
class Place:
    """Where streams are counted: a kind of thing, which one, and how many it may have open."""

    what: str
    key: str
    most: int


# A rule, and whom it is counted for.
Ask = tuple[Rule, str]
# Guessing a reference: what was not found counts, not calls.
UNKNOWN_REFERENCES = Rule("questions about requests that were not found", 0.5, 12)


class Limits:
    """What each caller has asked for. Safe to use from several threads."""

    def __init__(self, shares: Shares) -> None:
        self._shares = shares
        # Of its own, so that turns that take long hold up nobody who asks Redis.
        self._threads = CapacityLimiter(4)
        self._lock = threading.Lock()
        self._streams: Counter[tuple[str, str]] = Counter()

    def take(self, *asked: Ask, left_of: Sequence[Ask] = ()) -> None:
        """Takes one of each that is asked, if of `left_of` something is left too.

        Raises:
            TooMany: Of one of them nothing is left, with the seconds to wait; nothing is taken.
        """
        wanted = [
            (rule, Draw(f"{rule.what}: {key}", rule.burst, rule.per_minute, is_taken))
            for asks, is_taken in ((asked, True), (left_of, False))
            for rule, key in asks
            if rule.per_minute
        ]
        if not wanted:
            return
        found = self._shares.draw([draw for _, draw in wanted])
        for (rule, _), left in zip(wanted, found, strict=True):
            if left < 1:
                wait_s = max(1, math.ceil((1 - left) * 60 / rule.per_minute))
                raise TooMany(f"Too many {rule.what}. Try again in {wait_s} s.", wait_s)

    async def take_async(self, *asked: Ask) -> None:
        """The same from an event loop, which goes on meanwhile if another process has to be asked.

        Raises:
            TooMany: As `take` does.
        """
        if self._shares.is_remote:
            await to_thread.run_sync(self.take, *asked, limiter=self._threads)
        else:
            self.take(*asked)

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
