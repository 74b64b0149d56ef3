"""What agents see of all conversations, in SQL: the queue, and the talks that they hold."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import func, select

from bot.adapters.conversation_rows import conversation_of, message_of
from bot.adapters.database import Database
from bot.adapters.tables import conversations, messages
from bot.core.conversations import (
    CLOSED_GROUP,
    TOPIC_KINDS,
    URGENT_REASONS,
    Conversation,
    Message,
    QueueFilter,
)
from bot.core.places import Place

# `place_of`, in SQL.
_group = sa.case({"waiting": 0, "agent": 1}, value=conversations.c.state, else_=CLOSED_GROUP)
_since = func.coalesce(conversations.c.waiting_since, conversations.c.created_at)


class SqlQueue:
    """The `Queue` port over SQL."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def queue(
        self, wanted: QueueFilter, *, limit: int, after: Place | None = None
    ) -> list[Conversation]:
        """See the port."""
        query = (
            select(conversations)
            .where(*_wanted(wanted))
            .order_by(
                _group,
                sa.case((_group != CLOSED_GROUP, _since)),
                sa.case((_group == CLOSED_GROUP, conversations.c.updated_at)).desc(),
                conversations.c.id,
            )
            .limit(limit)
        )
        if after is not None:
            query = query.where(_is_behind(after))
        with self._db.read() as connection:
            return [conversation_of(row) for row in connection.execute(query)]

    def last_questions(self, conversation_ids: Sequence[str]) -> dict[str, str]:
        """See the port."""
        is_wanted = messages.c.conversation_id.in_(list(conversation_ids))
        on_topic = select(messages.c.reply_to).where(is_wanted, messages.c.kind.in_(TOPIC_KINDS))
        texts = select(messages.c.conversation_id, messages.c.text).where(
            is_wanted,
            messages.c.author == "visitor",
            messages.c.payload.is_(None),
        )
        found: dict[str, str] = {}
        with self._db.read() as connection:
            for query in (texts, texts.where(messages.c.id.in_(on_topic))):
                for conversation_id, text in connection.execute(query.order_by(messages.c.id)):
                    found[conversation_id] = text
        return found

    def messages_of_assignee(self, agent_id: str, after: int) -> list[Message]:
        """See the port."""
        query = (
            select(messages)
            .join(conversations, conversations.c.id == messages.c.conversation_id)
            .where(
                conversations.c.assignee_id == agent_id,
                conversations.c.state == "agent",
                messages.c.id > after,
            )
            .order_by(messages.c.id)
        )
        with self._db.read() as connection:
            return [message_of(row) for row in connection.execute(query)]

    def newest_message_id(self) -> int:
        """See the port."""
        with self._db.read() as connection:
            return int(connection.scalar(select(func.max(messages.c.id))) or 0)


def _is_behind(place: Place) -> sa.ColumnElement[bool]:
    row = conversations.c
    if place.group == CLOSED_GROUP:
        is_later, is_same = row.updated_at < place.at, row.updated_at == place.at
    else:
        is_later, is_same = _since > place.at, _since == place.at
    in_group = sa.or_(is_later, sa.and_(is_same, row.id > place.id))
    return sa.or_(_group > place.group, sa.and_(_group == place.group, in_group))


def _wanted(wanted: QueueFilter) -> list[sa.ColumnElement[bool]]:
    """The conditions of a filter."""
    row = conversations.c
    conditions = [row.state == wanted.state if wanted.state else row.state != "bot"]
    if wanted.language:
        conditions.append(row.language == wanted.language)
    if wanted.topic:
        conditions.append(row.topic.startswith(wanted.topic, autoescape=True))
    if wanted.site:
        conditions.append(row.identity["site_number"].as_string() == wanted.site)
    if wanted.is_urgent is not None:
        is_urgent = func.coalesce(row.handoff_reason, "").in_(URGENT_REASONS)
        conditions.append(is_urgent if wanted.is_urgent else sa.not_(is_urgent))
    if wanted.assignee_id:
        conditions.append(row.assignee_id == wanted.assignee_id)
    if wanted.q:
        said = select(messages.c.conversation_id).where(
            messages.c.text.icontains(wanted.q, autoescape=True)
        )
        named = (
            row.identity[name].as_string().icontains(wanted.q, autoescape=True)
            for name in ("name", "email", "external_id", "site_number")
        )
        conditions.append(sa.or_(row.id.in_(said), *named))
    return conditions
