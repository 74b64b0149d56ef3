"""The port to the turns of conversations: a visitor's message and what answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from bot.core.conversations import Author, Button, Conversation, Message, Reply
    from bot.core.ports.clock import Clock


class Turns(Protocol):
    """Keeps what visitors write, one turn at a time in each conversation.

    Methods that take an id raise `NotFound` for one that does not exist.
    """

    def find_visit(
        self, conversation_id: str, client_id: str, *, author: Author = "visitor"
    ) -> Message | None:
        """The message that this author sent under this client id, if one came.

        Raises:
            Conflict: Somebody else's did: the first message must not pass for this one.
        """

    def last_visit(self, conversation_id: str) -> Message | None:
        """The newest message that the visitor wrote, if there is one."""

    def add_visit(
        self,
        conversation: Conversation,
        client_id: str,
        *,
        text: str,
        payload: str | None,
        at: datetime,
        masked: Sequence[str] = (),
    ) -> Message:
        """Stores a visitor message; the same client id again gives the first one back.

        Raises:
            Conflict: An agent's message came under this client id.
        """

    def find_button(self, conversation_id: str, payload: str) -> Button | None:
        """The button with this payload among those that the conversation offered."""

    def take_turn(
        self, conversation_id: str, *, owner: str, lease: timedelta, wait_s: float, clock: Clock
    ) -> str:
        """Waits until no other turn runs, takes the lease, and gives its holder for `end_turn`.

        Raises:
            Conflict: The other turn did not end within `wait_s` seconds.
        """

    def end_turn(self, conversation_id: str, holder: str) -> None:
        """Frees the lease if it is still this holder's."""

    def free_turns(self, owner: str) -> int:
        """Frees every lease of a process that died; gives how many there were."""

    def unanswered(self, conversation_id: str, *, up_to: int) -> list[Message]:
        """Visitor messages without an answer, oldest first, up to message id `up_to`."""

    def with_unanswered(self, before: datetime) -> list[tuple[str, int]]:
        """(conversation id, newest message id) where a message from before then has no answer."""

    def finish_turn(self, message: Message, replies: Sequence[Reply], *, at: datetime) -> None:
        """Stores the answers and marks the message answered, in one transaction.

        Nothing is stored if it was answered before: by whoever took over a lease that had ended.
        """

    def answers_to(self, message_id: int) -> list[Message]:
        """What was said in answer to a visitor message, in order."""
