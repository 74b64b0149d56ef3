"""The port to what callers have left of what they may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Draw:
    """Something a caller asks a share of: `burst` at once, `per_minute` in the long run.

    With `is_taken` false it is only looked whether anything is left.
    """

    key: str
    burst: float
    per_minute: float
    is_taken: bool = True


class Shares(Protocol):
    """What callers have left of what they may ask for: a token bucket for each key."""

    @property
    def is_remote(self) -> bool:
        """Whether a draw may wait for another process, and so must not hold up an event loop."""

    def draw(self, asked: Sequence[Draw]) -> list[float]:
        """How much each had left; one is taken of each if all had at least one. Never fails."""
