"""The port to the time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class Clock(Protocol):
    """The time; tests hold it still."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
