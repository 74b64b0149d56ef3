"""What has happened, in SQL: facts to be counted by the core, and totals counted here."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import func, select

from bot.adapters.database import Database
from bot.adapters.tables import conversations, feedback, handoffs, messages
from bot.core.insights import (
    MOST_ARTICLES,
    MOST_UNANSWERED,
    Begun,
    Facts,
    Shown,
    Stay,
    Totals,
    Unanswered,
)


class SqlFigures:
    """The `Figures` port over SQL."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def facts(self, since: datetime) -> Facts:
        """See the port."""
        with self._db.read() as connection:
            return Facts(
                conversations=_begun(connection, since),
                stays=_stays(connection, since),
                answers=_answers(connection, since),
                abstentions=list(
                    connection.scalars(
                        select(messages.c.created_at).where(
                            messages.c.kind == "abstain", messages.c.created_at >= since
                        )
                    )
                ),
            )

    def totals(self) -> Totals:
        """See the port."""
        said = messages.c
        with self._db.read() as connection:
            total, handed_off = connection.execute(
                select(
                    func.count(),
                    func.coalesce(func.sum(sa.cast(conversations.c.was_handed_off, sa.Integer)), 0),
                ).select_from(conversations)
            ).one()
            used = connection.scalar(
                select(func.count(sa.distinct(said.conversation_id))).where(
                    said.author == "visitor"
                )
            )
            abstained = connection.scalar(
                select(func.count()).select_from(messages).where(said.kind == "abstain")
            )
            votes: dict[bool, int] = dict(
                connection.execute(
                    select(feedback.c.helpful, func.count()).group_by(feedback.c.helpful)
                ).all()
            )
            topics = connection.execute(
                select(said.topic, func.count())
                .where(said.kind == "answer")
                .group_by(said.topic)
                .order_by(func.count().desc(), said.topic)
                .limit(MOST_ARTICLES)
            ).all()
            asked = messages.alias()
            unanswered = connection.execute(
                select(asked.c.text, asked.c.language, asked.c.created_at)
                .join(messages, messages.c.reply_to == asked.c.id)
                .where(said.kind == "abstain")
                .order_by(asked.c.id.desc())
                .limit(MOST_UNANSWERED)
            ).all()
        return Totals(
            conversations=total,
            contained=max(0, (used or 0) - handed_off),
            handed_off=handed_off,
            abstained=abstained or 0,
            helpful=votes.get(True, 0),
            not_helpful=votes.get(False, 0),
            top_articles=[(str(topic).removeprefix("faq/"), count) for topic, count in topics],
            unanswered=[Unanswered(*question) for question in unanswered],
        )

    def unanswered(self, since: datetime, limit: int) -> list[Unanswered]:
        """See the port."""
        asked = messages.alias()
        query = (
            select(asked.c.text, asked.c.language, asked.c.created_at)
            .join(messages, messages.c.reply_to == asked.c.id)
            .where(
                messages.c.kind == "abstain",
                messages.c.created_at >= since,
                asked.c.payload.is_(None),
            )
            .order_by(asked.c.id.desc())
            .limit(limit * 4)
        )
        with self._db.read() as connection:
            found: dict[str, Unanswered] = {}
            for text, language, at in connection.execute(query):
                found.setdefault(text.strip().lower(), Unanswered(text, language, at))
        return list(found.values())[:limit]


def _begun(connection: sa.Connection, since: datetime) -> list[Begun]:
    row = conversations.c
    wrote = select(messages.c.conversation_id).where(messages.c.author == "visitor").distinct()
    query = select(row.created_at, row.id.in_(wrote), row.was_handed_off).where(
        row.created_at >= since
    )
    return [Begun(at, bool(used), handed_off) for at, used, handed_off in connection.execute(query)]


def _stays(connection: sa.Connection, since: datetime) -> list[Stay]:
    row = handoffs.c
    query = select(
        row.reason,
        row.asked_at,
        row.claimed_at,
        row.outcome,
        row.score,
        row.comment,
        row.rated_at,
    ).where(row.asked_at >= since)
    return [Stay(*found) for found in connection.execute(query)]


def _answers(connection: sa.Connection, since: datetime) -> list[Shown]:
    query = (
        select(messages.c.created_at, messages.c.topic, feedback.c.helpful)
        .outerjoin(feedback, feedback.c.message_id == messages.c.id)
        .where(messages.c.kind == "answer", messages.c.created_at >= since)
    )
    return [
        Shown(at, str(topic).removeprefix("faq/"), helpful)
        for at, topic, helpful in connection.execute(query)
    ]
