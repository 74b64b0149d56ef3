"""The port that wakes whoever waits for something new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class Events(Protocol):
    """Wakes those who wait for something new. Carries no content: the database has it."""

    def publish(self, topic: str) -> None:
        """Tells that there is something new under a topic: a conversation id, or "console"."""

    async def wait(self, topics: Sequence[str], since: int, timeout_s: float) -> int:
        """Returns when something was published under them after `since`, or in time.

        Gives the position of the newest of it, to wait from again; `since` if there was none.
        """

    def position(self) -> int:
        """The present position, to wait from."""
