"""The port to the store of conversations: messages, turns, owners, unfinished requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from bot.core.cancellation import Draft
    from bot.core.conversations import (
        Author,
        Button,
        Conversation,
        Identity,
        Message,
        QueueFilter,
        Reply,
    )
    from bot.core.errands import Errand
    from bot.core.handoff import Ownership, Transfer
    from bot.core.language import Language
    from bot.core.ports.clock import Clock


class Conversations(Protocol):
    """Keeps conversations, their messages, turns and drafts.

    Methods that take an id raise `NotFound` for one that does not exist.
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

    def find_visit(self, conversation_id: str, client_id: str) -> Message | None:
        """The visitor message that came under this client id, if it did."""

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
        """Stores a visitor message; the same client id again gives the first one back."""

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
        """Adds messages that answer no visitor message: an agent's, or the system's.

        The same `client_id`, of a single message, twice gives the first one again.

        Raises:
            Conflict: The conversation is no longer `while_owned`.
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

    def queue(self, wanted: QueueFilter, *, limit: int, cursor: int) -> list[Conversation]:
        """Conversations for the console, longest wait first, then newest; `cursor` skips rows."""

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

    def last_questions(self, conversation_ids: Sequence[str]) -> dict[str, str]:
        """The last thing that each visitor asked, by conversation id.

        That is the last text with an answer on some topic; without any, the last text at all.
        """

    def messages_of_assignee(self, agent_id: str, after: int) -> list[Message]:
        """Messages after that id in the conversations that an agent holds, oldest first."""

    def newest_message_id(self) -> int:
        """The id of the newest message of all; 0 if there is none."""

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
