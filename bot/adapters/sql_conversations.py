"""Conversations in SQL: what is said in one, who has it, feedback, erasure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import func, select

from bot.adapters.conversation_rows import (
    add_messages,
    lock_conversation,
    message_of,
    not_found,
    read_conversation,
    read_visit,
    touch_conversation,
)
from bot.adapters.sql_drafts import SqlDrafts
from bot.adapters.sql_queue import SqlQueue
from bot.adapters.sql_tickets import take_back_transcripts
from bot.adapters.sql_turns import SqlTurns
from bot.adapters.tables import conversations, feedback, handoffs, messages
from bot.core.conversations import Author, Conversation, Identity, Message, Reply
from bot.core.errors import Conflict, NotFound
from bot.core.handoff import Ownership, Transfer
from bot.core.language import Language

_TOKEN_HASH = select(conversations.c.token_hash).where(conversations.c.id == sa.bindparam("id"))


class SqlConversations(SqlTurns, SqlDrafts, SqlQueue):
    """The `Conversations` port over SQL."""

    def start(self, conversation: Conversation, token_hash: str, greeting: Sequence[Reply]) -> None:
        """See the port."""
        row = asdict(conversation)
        with self._db.write() as connection:
            connection.execute(
                conversations.insert().values(**row, token_hash=token_hash, was_handed_off=False)
            )
            add_messages(connection, conversation, greeting, at=conversation.created_at)

    def get(self, conversation_id: str) -> Conversation:
        """See the port."""
        with self._db.read() as connection:
            return read_conversation(connection, conversation_id)

    def token_hash(self, conversation_id: str) -> str:
        """See the port."""
        with self._db.read() as connection:
            found = connection.scalar(_TOKEN_HASH, {"id": conversation_id})
        if found is None:
            raise not_found()
        return str(found)

    def set_language(self, conversation_id: str, language: Language) -> Conversation:
        """See the port."""
        with self._db.write() as connection:
            connection.execute(
                conversations.update()
                .where(conversations.c.id == conversation_id)
                .values(language=language)
            )
            return read_conversation(connection, conversation_id)

    def set_identity(self, conversation_id: str, identity: Identity) -> Conversation:
        """See the port."""
        with self._db.write() as connection:
            connection.execute(
                conversations.update()
                .where(conversations.c.id == conversation_id)
                .values(identity=asdict(identity))
            )
            return read_conversation(connection, conversation_id)

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
        with self._db.write() as connection:
            lock_conversation(connection, conversation_id)
            first = client_id and read_visit(connection, conversation_id, client_id, author)
            if first:
                return [first]
            conversation = touch_conversation(connection, conversation_id, at)
            if while_owned is not None and Ownership.of(conversation) != while_owned:
                raise _changed_hands()
            ids = add_messages(
                connection, conversation, replies, at=at, author=author, client_id=client_id
            )
            rows = connection.execute(
                select(messages).where(messages.c.id.in_(ids)).order_by(messages.c.id)
            )
            return [message_of(row) for row in rows]

    def messages(self, conversation_id: str, after: int = 0) -> list[Message]:
        """See the port."""
        query = (
            select(messages)
            .where(messages.c.conversation_id == conversation_id, messages.c.id > after)
            .order_by(messages.c.id)
        )
        with self._db.read() as connection:
            return [message_of(row) for row in connection.execute(query)]

    def change_owner(
        self,
        conversation_id: str,
        transfer: Transfer,
        *,
        at: datetime,
        saying: Sequence[Reply] = (),
    ) -> Conversation:
        """See the port."""
        before, after = transfer.before, transfer.after
        with self._db.write() as connection:
            if before != after:
                changed = connection.execute(
                    conversations.update()
                    .where(
                        conversations.c.id == conversation_id,
                        conversations.c.state == before.state,
                        conversations.c.assignee_id.is_(before.assignee_id)
                        if before.assignee_id is None
                        else conversations.c.assignee_id == before.assignee_id,
                    )
                    .values(
                        state=after.state,
                        assignee_id=after.assignee_id,
                        waiting_since=after.waiting_since,
                        handoff_reason=after.reason,
                        abstentions=0,
                        updated_at=at,
                        is_returning=sa.or_(
                            conversations.c.is_returning, sa.literal(after.state != "bot")
                        ),
                        was_handed_off=sa.or_(
                            conversations.c.was_handed_off,
                            sa.literal(after.state in ("waiting", "agent")),
                        ),
                    )
                ).rowcount
                if not changed:
                    read_conversation(connection, conversation_id)
                    raise _changed_hands()
                _note_stay(connection, conversation_id, transfer, at)
            conversation = read_conversation(connection, conversation_id)
            if before != after:
                add_messages(connection, conversation, saying, at=at)
            return conversation

    def add_feedback(
        self,
        conversation_id: str,
        message_id: int,
        *,
        helpful: bool,
        comment: str | None,
        at: datetime,
    ) -> None:
        """See the port."""
        about = select(messages.c.id).where(
            messages.c.id == message_id,
            messages.c.conversation_id == conversation_id,
            messages.c.author != "visitor",
        )
        # Locked: of two votes at the same moment both would be the first.
        about = about.with_for_update()
        with self._db.write() as connection:
            if connection.scalar(about) is None:
                raise NotFound("No such message in this conversation.")
            connection.execute(feedback.delete().where(feedback.c.message_id == message_id))
            connection.execute(
                feedback.insert().values(
                    message_id=message_id,
                    conversation_id=conversation_id,
                    helpful=helpful,
                    comment=comment,
                    created_at=at,
                )
            )

    def erase(self, conversation_id: str) -> None:
        """See the port."""
        with self._db.write() as connection:
            take_back_transcripts(connection, conversation_id)
            connection.execute(conversations.delete().where(conversations.c.id == conversation_id))
            # Rasa keeps its own log of the conversation in this database once it has run.
            if sa.inspect(connection).has_table("events"):
                connection.execute(
                    sa.text("DELETE FROM events WHERE sender_id = :id"), {"id": conversation_id}
                )


def _note_stay(
    connection: sa.Connection, conversation_id: str, transfer: Transfer, at: datetime
) -> None:
    """Keeps when a stay with people began, was taken up and ended."""
    before, after = transfer.before, transfer.after
    of_this = handoffs.c.conversation_id == conversation_id
    newest = select(func.max(handoffs.c.id)).where(of_this).scalar_subquery()
    if transfer.outcome is not None:
        ended = {"ended_at": at, "outcome": transfer.outcome}
        connection.execute(handoffs.update().where(handoffs.c.id == newest).values(ended))
    if after.state == "agent" and before.state == "waiting":
        claimed = {"claimed_at": at, "agent_id": after.assignee_id}
        connection.execute(handoffs.update().where(handoffs.c.id == newest).values(claimed))
    if after.state == "waiting" or (after.state == "agent" and before.state == "bot"):
        is_claimed = after.state == "agent"
        connection.execute(
            handoffs.insert().values(
                conversation_id=conversation_id,
                reason=after.reason or "asked",
                asked_at=at,
                claimed_at=at if is_claimed else None,
                agent_id=after.assignee_id,
            )
        )


def _changed_hands() -> Conflict:
    return Conflict("The conversation has changed hands meanwhile. Look again.")
