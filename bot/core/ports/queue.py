"""The port to what agents see of all conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.conversations import Conversation, Message, QueueFilter
    from bot.core.places import Place


class Queue(Protocol):
    """The conversations of agents: those that wait, and those that somebody holds."""

    def queue(
        self, wanted: QueueFilter, *, limit: int, after: Place | None = None
    ) -> list[Conversation]:
        """Conversations for the console, in the order of `place_of`; those behind `after`."""

    def last_questions(self, conversation_ids: Sequence[str]) -> dict[str, str]:
        """The last thing that each visitor asked, by conversation id.

        That is the last text with an answer on some topic; without any, the last text at all.
        """

    def messages_of_assignee(self, agent_id: str, after: int) -> list[Message]:
        """Messages after that id in the conversations that an agent holds, oldest first."""

    def newest_message_id(self) -> int:
        """The id of the newest message of all; 0 if there is none."""
