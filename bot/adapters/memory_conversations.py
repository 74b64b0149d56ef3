"""Conversations in memory, for tests: what `sql_conversations.py` does with dicts.

The contract suite compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.adapters.memory_drafts import MemoryDrafts
from bot.adapters.memory_queue import MemoryQueue
from bot.adapters.memory_talks import Kept
from bot.adapters.memory_turns import MemoryTurns
from bot.core.conversations import Author, Conversation, Identity, Message, Reply
from bot.core.errors import Conflict, NotFound
from bot.core.handoff import Ownership, Transfer
from bot.core.insights import Stay
from bot.core.language import Language


class MemoryConversations(MemoryTurns, MemoryDrafts, MemoryQueue):
    """The `Conversations` port in memory."""

    def start(self, conversation: Conversation, token_hash: str, greeting: Sequence[Reply]) -> None:
        """See the port."""
        with self._lock:
            kept = self._kept[conversation.id] = Kept(conversation, token_hash)
            self._add(kept, greeting, at=conversation.created_at)

    def get(self, conversation_id: str) -> Conversation:
        """See the port."""
        with self._lock:
            return self._find(conversation_id).now

    def token_hash(self, conversation_id: str) -> str:
        """See the port."""
        with self._lock:
            return self._find(conversation_id).token_hash

    def set_language(self, conversation_id: str, language: Language) -> Conversation:
        """See the port."""
        with self._lock:
            kept = self._find(conversation_id)
            kept.now = replace(kept.now, language=language)
            return kept.now

    def set_identity(self, conversation_id: str, identity: Identity) -> Conversation:
        """See the port."""
        with self._lock:
            kept = self._find(conversation_id)
            kept.now = replace(kept.now, identity=identity)
            return kept.now

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
        """See the port."""
        with self._lock:
            kept = self._find(conversation_id)
            if client_id:
                first = self.find_visit(conversation_id, client_id, author=author)
                if first is not None:
                    return [first]
            if while_owned is not None and Ownership.of(kept.now) != while_owned:
                raise Conflict("The conversation has changed hands meanwhile. Look again.")
            kept.now = replace(kept.now, updated_at=at)
            added = self._add(kept, replies, at=at, author=author)
            if client_id:
                added = [replace(message, client_id=client_id) for message in added]
                kept.messages.update({message.id: message for message in added})
            return added

    def messages(self, conversation_id: str, after: int = 0) -> list[Message]:
        """See the port."""
        with self._lock:
            kept = self._kept.get(conversation_id)
            return [m for m in kept.messages.values() if m.id > after] if kept else []

    def change_owner(
        self,
        conversation_id: str,
        transfer: Transfer,
        *,
        at: datetime,
        saying: Sequence[Reply] = (),
    ) -> Conversation:
        """See the port."""
        with self._lock:
            kept = self._find(conversation_id)
            before, after = transfer.before, transfer.after
            if before == after:
                return kept.now
            found = (kept.now.state, kept.now.assignee_id)
            if found != (before.state, before.assignee_id):
                raise Conflict("The conversation has changed hands meanwhile. Look again.")
            kept.was_handed_off |= after.state in ("waiting", "agent")
            kept.now = replace(
                kept.now,
                state=after.state,
                assignee_id=after.assignee_id,
                waiting_since=after.waiting_since,
                handoff_reason=after.reason,
                abstentions=0,
                updated_at=at,
                is_returning=kept.now.is_returning or after.state != "bot",
            )
            _note_stay(kept, transfer, at)
            self._add(kept, saying, at=at)
            return kept.now

    def add_feedback(
        self,
        conversation_id: str,
        message_id: int,
        *,
        helpful: bool,
        comment: str | None,  # noqa: ARG002
        at: datetime,
    ) -> None:
        """See the port."""
        with self._lock:
            kept = self._kept.get(conversation_id)
            about = kept.messages.get(message_id) if kept else None
            if kept is None or about is None or about.author == "visitor":
                raise NotFound("No such message in this conversation.")
            kept.feedback[message_id] = helpful
            kept.voted_at[message_id] = at

    def erase(self, conversation_id: str) -> None:
        """See the port."""
        with self._lock:
            self._kept.pop(conversation_id, None)
        self._on_erase(conversation_id)


def _note_stay(kept: Kept, transfer: Transfer, at: datetime) -> None:
    before, after = transfer.before, transfer.after
    last = len(kept.stays) - 1
    if transfer.outcome is not None and kept.stays:
        kept.stays[last] = replace(kept.stays[last], outcome=transfer.outcome)
        kept.ended_at[last] = at
    if after.state == "agent" and before.state == "waiting" and kept.stays:
        kept.stays[last] = replace(kept.stays[last], claimed_at=at)
    if after.state == "waiting" or (after.state == "agent" and before.state == "bot"):
        claimed_at = at if after.state == "agent" else None
        kept.stays.append(Stay(after.reason or "asked", at, claimed_at))
