"""The port to what a conversation is collecting: a request, or an errand about a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.cancellation import Draft
    from bot.core.errands import Errand


class Drafts(Protocol):
    """Keeps one unfinished request and one errand a conversation.

    To save one raises `NotFound` if there is no such conversation.
    """

    def draft(self, conversation_id: str) -> Draft | None:
        """The unfinished request of this conversation."""

    def save_draft(self, conversation_id: str, draft: Draft, *, at: datetime) -> None:
        """Keeps the unfinished request."""

    def drop_draft(self, conversation_id: str) -> None:
        """Forgets the unfinished request; nothing happens if there is none."""

    def errand(self, conversation_id: str) -> Errand | None:
        """What the visitor is or was last about with a ticket; None if nothing."""

    def save_errand(self, conversation_id: str, errand: Errand, *, at: datetime) -> None:
        """Keeps the errand."""

    def drop_errand(self, conversation_id: str) -> None:
        """Forgets the errand; nothing happens if there is none."""
