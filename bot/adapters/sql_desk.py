"""What the support desk keeps, in SQL: stays with people, notes, signals.

`sql_conversations.py` writes the stays themselves, in the transaction that changes the owner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func, select

from bot.adapters.conversation_rows import (
    conversation_of,
    lock_conversation,
    read_conversation,
)
from bot.adapters.database import Database
from bot.adapters.tables import conversations, feedback, handoffs, messages, notes, signals
from bot.core.agents import Agent, Note, Side, Signal
from bot.core.conversations import Conversation


class SqlDeskRecords:
    """The `DeskRecords` port over SQL."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # --- The queue ---

    def place_in_queue(self, conversation_id: str) -> int:
        """See the port."""
        own = select(conversations.c.waiting_since).where(
            conversations.c.id == conversation_id, conversations.c.state == "waiting"
        )
        with self._db.read() as connection:
            since = connection.scalar(own)
            if since is None:
                return 0
            row = conversations.c
            is_before = sa.or_(
                row.waiting_since < since,
                sa.and_(row.waiting_since == since, row.id < conversation_id),
            )
            ahead = select(func.count()).where(row.state == "waiting", is_before)
            return int(connection.scalar(ahead) or 0) + 1

    def recent_waits(self, since: datetime, limit: int) -> list[timedelta]:
        """See the port."""
        query = (
            select(handoffs.c.asked_at, handoffs.c.claimed_at)
            .where(handoffs.c.claimed_at >= since, handoffs.c.reason != "taken_over")
            .order_by(handoffs.c.claimed_at.desc())
            .limit(limit)
        )
        with self._db.read() as connection:
            return [claimed - asked for asked, claimed in connection.execute(query)]

    def held(self) -> list[Conversation]:
        """See the port."""
        query = select(conversations).where(conversations.c.state == "agent")
        with self._db.read() as connection:
            return [conversation_of(row) for row in connection.execute(query)]

    def untold_waiting(self, before: datetime) -> list[Conversation]:
        """See the port."""
        query = (
            select(conversations)
            .join(handoffs, handoffs.c.conversation_id == conversations.c.id)
            .where(
                conversations.c.state == "waiting",
                handoffs.c.asked_at < before,
                handoffs.c.ended_at.is_(None),
                handoffs.c.told_at.is_(None),
            )
            .order_by(conversations.c.waiting_since)
        )
        with self._db.read() as connection:
            return [conversation_of(row) for row in connection.execute(query)]

    def mark_told(self, conversation_id: str, *, at: datetime) -> bool:
        """See the port."""
        with self._db.write() as connection:
            marked = connection.execute(
                handoffs.update()
                .where(
                    handoffs.c.conversation_id == conversation_id,
                    handoffs.c.ended_at.is_(None),
                    handoffs.c.told_at.is_(None),
                )
                .values(told_at=at)
            )
            return bool(marked.rowcount)

    def unhelpful_votes(self, conversation_id: str) -> int:
        """See the port."""
        ended = select(func.max(handoffs.c.ended_at)).where(
            handoffs.c.conversation_id == conversation_id
        )
        with self._db.read() as connection:
            since = connection.scalar(ended)
            query = select(func.count()).where(
                feedback.c.conversation_id == conversation_id, feedback.c.helpful.is_(False)
            )
            if since is not None:
                query = query.where(feedback.c.created_at > since)
            return int(connection.scalar(query) or 0)

    # --- How it went, notes, signals ---

    def last_topic(self, conversation_id: str, *, before: int) -> str | None:
        """See the port."""
        query = (
            select(messages.c.topic)
            .where(messages.c.conversation_id == conversation_id, messages.c.id < before)
            .order_by(messages.c.id.desc())
            .limit(1)
        )
        with self._db.read() as connection:
            found: str | None = connection.scalar(query)
            return found

    def rate(self, conversation_id: str, score: int, *, at: datetime) -> None:
        """See the port."""
        self._change_last_stay(conversation_id, score=score, rated_at=at)

    def comment_rating(self, conversation_id: str, comment: str) -> None:
        """See the port."""
        self._change_last_stay(conversation_id, comment=comment)

    def add_note(self, conversation_id: str, agent: Agent, text: str, *, at: datetime) -> None:
        """See the port."""
        with self._db.write() as connection:
            read_conversation(connection, conversation_id)
            connection.execute(
                notes.insert().values(
                    conversation_id=conversation_id,
                    agent_id=agent.id,
                    author=agent.name,
                    text=text,
                    created_at=at,
                )
            )

    def notes(self, conversation_id: str) -> list[Note]:
        """See the port."""
        query = (
            select(notes.c.id, notes.c.author, notes.c.text, notes.c.created_at)
            .where(notes.c.conversation_id == conversation_id)
            .order_by(notes.c.id)
        )
        with self._db.read() as connection:
            return [Note(*row) for row in connection.execute(query)]

    def signal(
        self,
        conversation_id: str,
        who: Side,
        *,
        typing_until: datetime | None = None,
        read: int | None = None,
    ) -> None:
        """See the port."""
        row = signals.c
        with self._db.write(is_durable=False) as connection:
            lock_conversation(connection, conversation_id)
            is_this = sa.and_(row.conversation_id == conversation_id, row.side == who)
            kept = connection.execute(select(signals).where(is_this)).one_or_none()
            before = Signal(kept.typing_until, kept.read) if kept else Signal()
            values = asdict(before.then(typing_until, read))
            if kept:
                connection.execute(signals.update().where(is_this).values(values))
            else:
                key = {"conversation_id": conversation_id, "side": who}
                connection.execute(signals.insert().values({**key, **values}))

    def signals(self, conversation_id: str) -> Mapping[Side, Signal]:
        """See the port."""
        query = select(signals).where(signals.c.conversation_id == conversation_id)
        with self._db.read() as connection:
            return {
                row.side: Signal(row.typing_until, row.read) for row in connection.execute(query)
            }

    def _change_last_stay(self, conversation_id: str, **values: Any) -> None:
        of_this = handoffs.c.conversation_id == conversation_id
        newest = select(func.max(handoffs.c.id)).where(of_this).scalar_subquery()
        with self._db.write() as connection:
            connection.execute(handoffs.update().where(handoffs.c.id == newest).values(**values))
