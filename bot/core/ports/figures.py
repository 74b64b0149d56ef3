"""The port to what has happened, to be counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.insights import Facts, Totals, Unanswered


class Figures(Protocol):
    """What has happened in all conversations that are kept."""

    def facts(self, since: datetime) -> Facts:
        """All that has happened since then, to be counted (`insights.summarise`)."""

    def totals(self) -> Totals:
        """What is counted where it is kept: since the beginning there is too much to hand over.

        Of questions without an answer the newest `MOST_UNANSWERED`, of articles `MOST_ARTICLES`.
        """

    def unanswered(self, since: datetime, limit: int) -> list[Unanswered]:
        """Questions that the bot had no answer to, newest first, each text once."""
