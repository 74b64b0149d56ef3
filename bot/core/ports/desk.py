"""The ports of what goes on between visitors and people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from bot.core.agents import Agent, Note, Side, Signal
    from bot.core.conversations import Conversation, Message, Reply
    from bot.core.handoff import Reason
    from bot.core.language import Language


class DeskRecords(Protocol):
    """What the desk keeps beside the conversations: stays with people, notes, signals."""

    def place_in_queue(self, conversation_id: str) -> int:
        """1 for whoever is served next; 0 if the conversation does not wait."""

    def recent_waits(self, since: datetime, limit: int) -> list[timedelta]:
        """How long those waited whom an agent has claimed since then, newest first."""

    def held(self) -> list[Conversation]:
        """The conversations that agents have."""

    def untold_waiting(self, before: datetime) -> list[Conversation]:
        """Those queued before then, for the last time, and not told since that it takes long."""

    def mark_told(self, conversation_id: str, *, at: datetime) -> bool:
        """Marks them as told; True if they were not yet."""

    def unhelpful_votes(self, conversation_id: str) -> int:
        """Answers found unhelpful since people last had the conversation."""

    def last_topic(self, conversation_id: str, *, before: int) -> str | None:
        """The topic of the last message before that id."""

    def rate(self, conversation_id: str, score: int, *, at: datetime) -> None:
        """Keeps how the last stay with people went, 1 to 5; the last word counts."""

    def comment_rating(self, conversation_id: str, comment: str) -> None:
        """Adds the visitor's words to that."""

    def add_note(self, conversation_id: str, agent: Agent, text: str, *, at: datetime) -> None:
        """Keeps a note for colleagues.

        Raises:
            NotFound: No such conversation.
        """

    def notes(self, conversation_id: str) -> list[Note]:
        """The notes for colleagues, oldest first."""

    def signal(
        self,
        conversation_id: str,
        who: Side,
        *,
        typing_until: datetime | None = None,
        read: int | None = None,
    ) -> None:
        """Notes that a side is typing until then, or has read up to that message id.

        What is None stays as it was; a `typing_until` that is not in the future ends the typing.

        Raises:
            NotFound: No such conversation.
        """

    def signals(self, conversation_id: str) -> Mapping[Side, Signal]:
        """What was last signalled by each side."""


class Desk(Protocol):
    """What a turn needs of the support desk."""

    def queue(self, conversation: Conversation, reason: Reason, language: Language) -> Reply:
        """Puts the conversation into the queue and gives what says so."""

    def tell_untold(self, conversation: Conversation, language: Language) -> list[Reply]:
        """What `queue` gives, for a visitor who waits and was never told; else nothing."""

    def answer(self, message: Message, conversation: Conversation) -> list[Reply] | None:
        """What the desk itself answers; None if that is for the engine or for nobody."""
