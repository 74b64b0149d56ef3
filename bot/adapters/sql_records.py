"""All that is kept of a person, over all tables at once, for erasure, export and retention.

Rasa's own log of a conversation ("events") shares the database and is counted with the rest.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func, select

from bot.adapters.database import Database
from bot.adapters.sql_subjects import conversation_ids, count_users, ticket_references
from bot.adapters.tables import (
    account_links,
    account_members,
    account_users,
    builtin_helpdesk,
    conversations,
    drafts,
    errands,
    feedback,
    handoffs,
    messages,
    notes,
    outbox,
    ticket_history,
    tickets,
)
from bot.core.erasure import Holdings, Subject
from bot.core.tickets import OPEN_STATES, TROUBLED, WAITING, note_line

# What stands where personal data stood.
ERASED = "[erased]"
_TRACKER = sa.table("events", sa.column("sender_id"), sa.column("data"))
# Where somebody's own words stand in a ticket's history.
_IS_NOTE = sa.and_(
    ticket_history.c.what.startswith(note_line("")), ticket_history.c.what != note_line(ERASED)
)
# Of what travels, all but the key by which a transcript is taken back.
_IS_OF_PERSON = outbox.c.kind != "redaction"
_HOLDS_WORDS = sa.and_(_IS_OF_PERSON, sa.or_(outbox.c.body != "", outbox.c.payload.is_not(None)))
_EMPTIED = {"body": "", "payload": None}
# Of a ticket's fields, what is about the request and not about a person.
_IMPERSONAL = ("products", "site_number", "emr_vendor", "language", "duties", "identity")


class SqlRecords:
    """The `Records` port over SQL."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # --- Of one person ---

    def holdings(self, subject: Subject) -> Holdings:
        """See the port."""
        with self._db.read() as connection:
            found, mentioned_in = conversation_ids(connection, subject)
            references, helpdesk_ids = ticket_references(connection, subject, found)
            users = count_users(connection, subject)
            held = self._count(connection, found, references, helpdesk_ids, users)
            return replace(held, mentioned_in=mentioned_in)

    def holdings_of(self, before: Holdings) -> Holdings:
        """See the port."""
        with self._db.read() as connection:
            left = connection.execute(
                select(tickets.c.reference).where(
                    tickets.c.reference.in_(before.ticket_references),
                    tickets.c.requester_email != ERASED,
                )
            )
            return self._count(
                connection,
                before.conversation_ids,
                tuple(left.scalars()),
                before.helpdesk_ids,
                before.counts.get("account_rows", 0),
            )

    def dump(self, held: Holdings, subject: Subject) -> dict[str, Any]:
        """See the port."""
        ids, references = held.conversation_ids, held.ticket_references
        with self._db.read() as connection:

            def rows(query: sa.Select[Any]) -> list[dict[str, Any]]:
                found = connection.execute(query).mappings()
                return [{name: _plain(value) for name, value in row.items()} for row in found]

            hidden = {"token_hash", "turn_owner", "turn_until"}
            shown = [column for column in conversations.c if column.name not in hidden]
            told = messages.c.conversation_id.in_(ids)
            of_user = sa.or_(
                account_users.c.external_id == (subject.external_id or ""),
                func.lower(account_users.c.email) == (subject.address or None),
            )
            user_ids = select(account_users.c.external_id).where(of_user)
            return {
                "conversations": rows(select(*shown).where(conversations.c.id.in_(ids))),
                "messages": rows(select(messages).where(told).order_by(messages.c.id)),
                "drafts": rows(select(drafts).where(drafts.c.conversation_id.in_(ids))),
                "errands": rows(select(errands).where(errands.c.conversation_id.in_(ids))),
                "agents_notes": rows(select(notes).where(notes.c.conversation_id.in_(ids))),
                "stays_with_people": rows(
                    select(handoffs).where(handoffs.c.conversation_id.in_(ids))
                ),
                "feedback": rows(select(feedback).where(feedback.c.conversation_id.in_(ids))),
                "tickets": rows(select(tickets).where(tickets.c.reference.in_(references))),
                "ticket_history": rows(
                    select(ticket_history).where(ticket_history.c.reference.in_(references))
                ),
                "deliveries": rows(select(outbox).where(outbox.c.reference.in_(references))),
                "account": rows(select(account_users).where(of_user)),
                "account_memberships": rows(
                    select(account_members).where(account_members.c.user_id.in_(user_ids))
                ),
                "account_links": rows(
                    select(account_links).where(account_links.c.user_id.in_(user_ids))
                ),
                "dialogue_engine_events": [
                    json.loads(data)
                    for data in connection.scalars(
                        select(_TRACKER.c.data).where(_TRACKER.c.sender_id.in_(ids))
                    )
                ]
                if _has_tracker(connection)
                else [],
            }

    def forget_ticket(self, reference: str, *, by: str, at: datetime) -> None:
        """See the port."""
        with self._db.write() as connection:
            fields = connection.scalar(
                select(tickets.c.fields).where(tickets.c.reference == reference)
            )
            kept = {name: (fields or {})[name] for name in _IMPERSONAL if name in (fields or {})}
            connection.execute(
                tickets.update()
                .where(tickets.c.reference == reference)
                .values(
                    requester_name=ERASED,
                    requester_email=ERASED,
                    requester_id=None,
                    fields=kept,
                    updated_at=at,
                )
            )
            connection.execute(
                ticket_history.update()
                .where(ticket_history.c.reference == reference, _IS_NOTE)
                .values(what=note_line(ERASED))
            )
            of_person = sa.and_(outbox.c.reference == reference, _IS_OF_PERSON)
            connection.execute(
                outbox.delete().where(of_person, outbox.c.state.in_([*WAITING, *TROUBLED]))
            )
            connection.execute(outbox.update().where(of_person).values(_EMPTIED))
            connection.execute(
                builtin_helpdesk.delete().where(builtin_helpdesk.c.external_key == reference)
            )
            connection.execute(
                ticket_history.insert().values(
                    reference=reference, at=at, who=by, what="personal data erased"
                )
            )

    def wipe_traces(self) -> None:
        """See the port. SQLite overwrites what it deletes, but the write-ahead log has it still."""
        if self._db.is_sqlite:
            with self._db.engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.exec_driver_sql("BEGIN")

    # --- Retention ---

    def idle_conversations(self, before: datetime, limit: int) -> list[str]:
        """See the port."""
        query = (
            select(conversations.c.id)
            .where(
                conversations.c.updated_at < before, conversations.c.state.in_(["bot", "closed"])
            )
            .order_by(conversations.c.updated_at)
            .limit(limit)
        )
        with self._db.read() as connection:
            return list(connection.scalars(query))

    def closed_tickets(self, before: datetime, limit: int) -> list[str]:
        """See the port."""
        query = (
            select(tickets.c.reference)
            .where(
                tickets.c.updated_at < before,
                tickets.c.state.not_in(OPEN_STATES),
                tickets.c.requester_email != ERASED,
            )
            .limit(limit)
        )
        with self._db.read() as connection:
            return list(connection.scalars(query))

    def drop_old_drafts(self, before: datetime) -> int:
        """See the port."""
        with self._db.write() as connection:
            return sum(
                connection.execute(kept.delete().where(kept.c.updated_at < before)).rowcount
                for kept in (drafts, errands)
            )

    def empty_deliveries(self, before: datetime) -> int:
        """See the port."""
        with self._db.write() as connection:
            return connection.execute(
                outbox.update()
                .where(outbox.c.state == "delivered", outbox.c.next_at < before, _HOLDS_WORDS)
                .values(_EMPTIED)
            ).rowcount

    @staticmethod
    def _count(
        connection: sa.Connection,
        ids: Sequence[str],
        references: Sequence[str],
        helpdesk_ids: Sequence[str],
        users: int,
    ) -> Holdings:
        def count(column: sa.ColumnElement[Any], wanted: Sequence[str], *more: Any) -> int:
            query = select(func.count()).where(column.in_(wanted), *more)
            return int(connection.scalar(query) or 0)

        counts = {
            "conversations": count(conversations.c.id, ids),
            "messages": count(messages.c.conversation_id, ids),
            "drafts": count(drafts.c.conversation_id, ids),
            "errands": count(errands.c.conversation_id, ids),
            "feedback": count(feedback.c.conversation_id, ids),
            "agents_notes": count(notes.c.conversation_id, ids),
            "stays_with_people": count(handoffs.c.conversation_id, ids),
            "dialogue_engine_events": (
                count(_TRACKER.c.sender_id, ids) if _has_tracker(connection) else 0
            ),
            "tickets": len(references),
            "ticket_notes": count(ticket_history.c.reference, references, _IS_NOTE),
            "delivery_bodies": count(outbox.c.reference, references, _HOLDS_WORDS),
            "builtin_helpdesk_bodies": count(builtin_helpdesk.c.external_key, references),
            "account_rows": users,
        }
        return Holdings(tuple(ids), tuple(references), tuple(helpdesk_ids), counts)


def _has_tracker(connection: sa.Connection) -> bool:
    return bool(sa.inspect(connection).has_table("events"))


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
