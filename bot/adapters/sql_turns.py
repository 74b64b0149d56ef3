"""Turns in SQL: what visitors write, the lease of a turn, and what answers it.

Its queries stand ready, like those of `conversation_rows.py`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from bot.adapters.conversation_rows import (
    add_messages,
    keep_order,
    message_of,
    not_found,
    read_conversation,
    read_visit,
    touch_conversation,
)
from bot.adapters.database import Database
from bot.adapters.tables import conversations, messages
from bot.core.conversations import (
    Author,
    Button,
    Conversation,
    Message,
    Reply,
    admitted,
    after_turn,
)
from bot.core.errors import Conflict
from bot.core.ports.clock import Clock

# Waiting for a turn: short at first, since most turns end within some ten milliseconds.
_POLL_S = (0.005, 0.01, 0.02, 0.05)
_ADD_VISIT = messages.insert().returning(messages)
_MARK_ANSWERED = messages.update().where(
    messages.c.id == sa.bindparam("answered"), messages.c.answered_at.is_(None)
)
_BY_VISITOR = select(messages).where(
    messages.c.conversation_id == sa.bindparam("conversation_id"), messages.c.author == "visitor"
)
_LAST_VISIT = _BY_VISITOR.order_by(messages.c.id.desc()).limit(1)
_UNANSWERED = _BY_VISITOR.where(
    messages.c.answered_at.is_(None), messages.c.id <= sa.bindparam("up_to")
).order_by(messages.c.id)
_ANSWERS = (
    select(messages)
    .where(messages.c.reply_to == sa.bindparam("message_id"))
    .order_by(messages.c.id)
)
_TAKE_TURN = (
    conversations.update()
    .where(
        conversations.c.id == sa.bindparam("taken"),
        sa.or_(
            conversations.c.turn_until.is_(None), conversations.c.turn_until < sa.bindparam("now")
        ),
    )
    .values(turn_owner=sa.bindparam("holder"), turn_until=sa.bindparam("until"))
)
_END_TURN = (
    conversations.update()
    .where(
        conversations.c.id == sa.bindparam("ended"),
        conversations.c.turn_owner == sa.bindparam("holder"),
    )
    .values(turn_owner=None, turn_until=None)
)


class SqlTurns:
    """The `Turns` port over SQL."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find_visit(
        self, conversation_id: str, client_id: str, *, author: Author = "visitor"
    ) -> Message | None:
        """See the port."""
        with self._db.read() as connection:
            return read_visit(connection, conversation_id, client_id, author)

    def last_visit(self, conversation_id: str) -> Message | None:
        """See the port."""
        with self._db.read() as connection:
            sought = {"conversation_id": conversation_id}
            row = connection.execute(_LAST_VISIT, sought).one_or_none()
        return None if row is None else message_of(row)

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
        """See the port."""
        values = {
            "conversation_id": conversation.id,
            "author": "visitor",
            "kind": "message",
            "text": text,
            "language": conversation.language,
            "buttons": [],
            "sources": [],
            "data": {"masked": list(masked)} if masked else {},
            "created_at": at,
            "client_id": client_id,
            "payload": payload,
        }
        try:
            with self._db.write() as connection:
                touch_conversation(connection, conversation.id, at)
                keep_order(connection)
                return message_of(connection.execute(_ADD_VISIT, values).one())
        except IntegrityError:
            # The same client id at the same time, from a retry or a second tab.
            found = self.find_visit(conversation.id, client_id)
            if found is None:
                raise not_found() from None
            return found

    def find_button(self, conversation_id: str, payload: str) -> Button | None:
        """See the port."""
        query = (
            select(messages.c.buttons)
            .where(messages.c.conversation_id == conversation_id, messages.c.author != "visitor")
            .order_by(messages.c.id.desc())
        )
        with self._db.read() as connection:
            for offered in connection.scalars(query):
                for button in offered:
                    if button["payload"] == payload:
                        return Button(**button)
        return None

    def take_turn(
        self, conversation_id: str, *, owner: str, lease: timedelta, wait_s: float, clock: Clock
    ) -> str:
        """See the port."""
        holder = f"{owner}/{secrets.token_hex(4)}"
        deadline = time.monotonic() + wait_s
        attempt = 0
        while True:
            now = clock.now()
            with self._db.write(is_durable=False) as connection:
                wish = {
                    "taken": conversation_id,
                    "holder": holder,
                    "now": now,
                    "until": now + lease,
                }
                taken = connection.execute(_TAKE_TURN, wish).rowcount
                if not taken:
                    read_conversation(connection, conversation_id)
            if taken:
                return holder
            if time.monotonic() > deadline:
                raise Conflict(
                    "The message before this one is still being answered. Try again in a moment."
                )
            time.sleep(_POLL_S[min(attempt, len(_POLL_S) - 1)])
            attempt += 1

    def end_turn(self, conversation_id: str, holder: str) -> None:
        """See the port."""
        with self._db.write(is_durable=False) as connection:
            connection.execute(_END_TURN, {"ended": conversation_id, "holder": holder})

    def free_turns(self, owner: str) -> int:
        """See the port."""
        with self._db.write() as connection:
            return connection.execute(
                conversations.update()
                .where(conversations.c.turn_owner.startswith(f"{owner}/", autoescape=True))
                .values(turn_owner=None, turn_until=None)
            ).rowcount

    def unanswered(self, conversation_id: str, *, up_to: int) -> list[Message]:
        """See the port."""
        sought = {"conversation_id": conversation_id, "up_to": up_to}
        with self._db.read() as connection:
            return [message_of(row) for row in connection.execute(_UNANSWERED, sought)]

    def with_unanswered(self, before: datetime) -> list[tuple[str, int]]:
        """See the port."""
        query = (
            select(messages.c.conversation_id, func.max(messages.c.id))
            .where(
                messages.c.author == "visitor",
                messages.c.answered_at.is_(None),
                messages.c.created_at < before,
            )
            .group_by(messages.c.conversation_id)
        )
        with self._db.read() as connection:
            return [(row[0], row[1]) for row in connection.execute(query)]

    def finish_turn(self, message: Message, replies: Sequence[Reply], *, at: datetime) -> None:
        """See the port."""
        with self._db.write() as connection:
            conversation = touch_conversation(connection, message.conversation_id, at)
            answered = {"answered": message.id, "answered_at": at}
            if not connection.execute(_MARK_ANSWERED, answered).rowcount:
                return
            said = admitted(conversation, replies)
            add_messages(connection, conversation, said, at=at, reply_to=message.id)
            after = after_turn(conversation, said)
            touch_conversation(
                connection,
                conversation.id,
                at,
                abstentions=after.abstentions,
                topic=after.topic,
                is_returning=after.is_returning,
            )

    def answers_to(self, message_id: int) -> list[Message]:
        """See the port."""
        with self._db.read() as connection:
            return [
                message_of(row) for row in connection.execute(_ANSWERS, {"message_id": message_id})
            ]
