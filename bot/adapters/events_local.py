"""Wake-up calls within one process: for a single gateway."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Sequence

# Topics whose newest call is remembered: far more than anybody waits for at a time.
MOST_TOPICS = 10_000


class LocalEvents:
    """The `Events` port in memory. `publish` may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._position = 0
        self._last: OrderedDict[str, int] = OrderedDict()
        # A topic that is not remembered may have been called up to here: once too often rather
        # than once too seldom.
        self._forgotten = 0
        self._waiters: set[tuple[asyncio.AbstractEventLoop, asyncio.Event, frozenset[str]]] = set()

    def publish(self, topic: str) -> None:
        """See the port."""
        with self._lock:
            self._position += 1
            self._last[topic] = self._position
            self._last.move_to_end(topic)
            if len(self._last) > MOST_TOPICS:
                _, self._forgotten = self._last.popitem(last=False)
            woken = [waiter for waiter in self._waiters if topic in waiter[2]]
        for loop, event, _ in woken:
            loop.call_soon_threadsafe(event.set)

    def position(self) -> int:
        """See the port."""
        with self._lock:
            return self._position

    async def wait(self, topics: Sequence[str], since: int, timeout_s: float) -> int:
        """See the port."""
        event = asyncio.Event()
        waiter = (asyncio.get_running_loop(), event, frozenset(topics))
        with self._lock:
            newest = self._newest(topics, since)
            if newest > since:
                return newest
            self._waiters.add(waiter)
        try:
            await asyncio.wait_for(event.wait(), timeout_s)
        except TimeoutError:
            pass
        finally:
            with self._lock:
                self._waiters.discard(waiter)
        with self._lock:
            return self._newest(topics, since)

    def _newest(self, topics: Sequence[str], since: int) -> int:
        return max([since, *(self._last.get(topic, self._forgotten) for topic in topics)])
