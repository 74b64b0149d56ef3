"""The audit log in SQL; the database itself refuses to change an entry (migration 0007)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from bot.adapters.database import Database
from bot.adapters.tables import audit_log
from bot.core.audit import FIRST_SEAL, Entry, Sealed, seal

# PostgreSQL's lock for applications: entries are chained one after the other.
_LOCK = 7_326_002
_PAGE = 1_000


class SqlAudit:
    """The `Audit` port over SQL. `key` seals the entries; empty for a chain without a key."""

    def __init__(self, database: Database, key: bytes = b"") -> None:
        self._db = database
        self._key = key

    def add(self, entry: Entry) -> Sealed:
        """See the port."""
        newest = select(audit_log.c.number, audit_log.c.seal).order_by(audit_log.c.number.desc())
        # What only reads may lose its trace to a power failure, not to a crash of the process.
        with self._db.write(is_durable=not entry.action.startswith("GET ")) as connection:
            if not self._db.is_sqlite:
                connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            last = connection.execute(newest.limit(1)).one_or_none()
            number, previous = (last.number + 1, last.seal) if last else (1, FIRST_SEAL)
            sealed = Sealed(number, entry, seal(entry, number, previous, self._key))
            connection.execute(
                audit_log.insert().values(
                    number=number,
                    at=entry.at,
                    actor=entry.actor,
                    action=entry.action,
                    subject=entry.subject,
                    details=dict(entry.details),
                    seal=sealed.seal,
                )
            )
        return sealed

    def entries(self, subject: str | None = None) -> Iterator[Sealed]:
        """See the port."""
        after = 0
        while True:
            query = select(audit_log).where(audit_log.c.number > after)
            if subject:
                query = query.where(audit_log.c.subject == subject)
            with self._db.read() as connection:
                rows = connection.execute(query.order_by(audit_log.c.number).limit(_PAGE)).all()
            yield from map(_sealed, rows)
            if len(rows) < _PAGE:
                return
            after = rows[-1].number


def _sealed(row: sa.Row[Any]) -> Sealed:
    entry = Entry(row.at, row.actor, row.action, row.subject, row.details)
    return Sealed(row.number, entry, row.seal)
