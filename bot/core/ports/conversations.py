"""The port to the store of conversations: what is said in one, and who has it.

Turns, unfinished requests and the queue belong to the same store: what erases or changes a
conversation changes them with it. They stand in files of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bot.core.ports.drafts import Drafts
from bot.core.ports.queue import Queue
from bot.core.ports.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.core.conversations import (
        Author,
        Conversation,
        Identity,
        Message,
        Reply,
    )
    from bot.core.handoff import Ownership, Transfer
    from bot.core.language import Language


class Conversations(Turns, Drafts, Queue, Protocol):
    """Keeps conversations and what is said in them.

    To change a conversation that does not exist, or to read it whole, raises `NotFound`; lists of
    what belongs to one are empty, and to erase it does nothing.
    """

    def start(self, conversation: Conversation, token_hash: str, greeting: Sequence[Reply]) -> None:
        """Stores a new conversation with what it opens with."""

    def get(self, conversation_id: str) -> Conversation:
        """The conversation as it is now."""

    def token_hash(self, conversation_id: str) -> str:
        """The SHA-256 of the token that opens this conversation, in hex."""

    def set_language(self, conversation_id: str, language: Language) -> Conversation:
        """Changes the language of what is said from now on."""

    def set_identity(self, conversation_id: str, identity: Identity) -> Conversation:
        """Puts another identity in the place of the one that is kept."""

    def say(
        self,
        conversation_id: str,
        author: Author,
        replies: Sequence[Reply],
        *,
        at: datetime,
        while_owned: Ownership | None = None,
        client_id: str | None = None,
    ) -> list[Message]:
        """Adds messages that answer no visitor message, whoever says them.

        The same `client_id`, of a single message, twice gives the first one again.

        Raises:
            Conflict: The conversation is no longer `while_owned`, or somebody else's message came
                under this `client_id`.
        """

    def messages(self, conversation_id: str, after: int = 0) -> list[Message]:
        """The transcript, oldest first, from after that message id."""

    def change_owner(
        self,
        conversation_id: str,
        transfer: Transfer,
        *,
        at: datetime,
        saying: Sequence[Reply] = (),
    ) -> Conversation:
        """Stores a change of owner, with what announces it, and notes the stay with people.

        Where nothing changes, nothing is said either.

        Raises:
            Conflict: The conversation is no longer as the transfer found it.
        """

    def add_feedback(
        self,
        conversation_id: str,
        message_id: int,
        *,
        helpful: bool,
        comment: str | None,
        at: datetime,
    ) -> None:
        """Keeps what the visitor thought of an answer; the last word counts.

        Raises:
            NotFound: No such message in this conversation.
        """

    def erase(self, conversation_id: str) -> None:
        """Deletes the conversation and what the dialogue engine kept of it; tickets stay.

        What the helpdesk was sent of it is taken back: a "redaction" goes into the outbox.
        """
