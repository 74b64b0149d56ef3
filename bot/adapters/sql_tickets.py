"""Tickets in SQL, with their history and their outbox."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.adapters.database import Database
from bot.adapters.tables import failed_lookups, outbox, ticket_history, tickets
from bot.core.errors import NotFound
from bot.core.tickets import (
    OPEN_STATES,
    Change,
    Delivery,
    HistoryEntry,
    Ticket,
    TicketFilter,
)


class SqlTickets:
    """The `TicketStore` port over SQL."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def open(self, ticket: Ticket, body: str, who: str) -> Ticket:
        """See the port. A unique index over open requests settles who was first."""
        values = {**asdict(ticket), "fields": dict(ticket.fields)}
        try:
            with self._db.write() as connection:
                same = _open_twin(connection, ticket.request_key)
                if same is not None:
                    return same
                connection.execute(tickets.insert().values(**values))
                _log(connection, ticket.reference, ticket.created_at, who, "opened")
                connection.execute(
                    outbox.insert().values(
                        reference=ticket.reference,
                        body=body,
                        state="pending",
                        attempts=0,
                        next_at=ticket.created_at,
                    )
                )
        except IntegrityError:
            with self._db.read() as connection:
                same = _open_twin(connection, ticket.request_key)
            if same is None:
                raise
            return same
        return ticket

    def get(self, reference: str) -> Ticket:
        """See the port."""
        with self._db.read() as connection:
            return _get(connection, reference)

    def find(self, wanted: TicketFilter, *, limit: int, cursor: int) -> list[Ticket]:
        """See the port."""
        query = select(tickets).order_by(tickets.c.created_at.desc(), tickets.c.reference)
        for column in ("kind", "state", "conversation_id", "requester_id", "site_number"):
            value = getattr(wanted, column)
            if value is not None:
                query = query.where(tickets.c[column] == value)
        if wanted.q:
            query = query.where(
                sa.or_(
                    *(
                        tickets.c[column].icontains(wanted.q, autoescape=True)
                        for column in (
                            "reference",
                            "requester_name",
                            "requester_email",
                            "site_number",
                        )
                    )
                )
            )
        with self._db.read() as connection:
            return [_ticket(row) for row in connection.execute(query.limit(limit).offset(cursor))]

    def change(self, reference: str, change: Change, *, who: str, at: datetime) -> Ticket:
        """See the port."""
        with self._db.write() as connection:
            ticket = _get(connection, reference)
            values: dict[str, Any] = {}
            if change.state and change.state != ticket.state:
                values["state"] = change.state
                _log(connection, reference, at, who, f"state: {ticket.state} -> {change.state}")
            ticks = {k: v for k, v in change.checklist.items() if ticket.checklist.get(k) != v}
            for item, is_done in ticks.items():
                _log(connection, reference, at, who, f"{item}: {'done' if is_done else 'not done'}")
            if ticks:
                values["checklist"] = {**ticket.checklist, **ticks}
            if change.note:
                _log(connection, reference, at, who, f"note: {change.note}")
            if values or change.note:
                connection.execute(
                    tickets.update()
                    .where(tickets.c.reference == reference)
                    .values(updated_at=at, **values)
                )
            return _get(connection, reference)

    def history(self, reference: str) -> list[HistoryEntry]:
        """See the port."""
        query = (
            select(ticket_history)
            .where(ticket_history.c.reference == reference)
            .order_by(ticket_history.c.id)
        )
        with self._db.read() as connection:
            return [HistoryEntry(row.at, row.who, row.what) for row in connection.execute(query)]

    def failed_lookups(
        self, reference: str, conversation_id: str, *, since: datetime
    ) -> tuple[int, int]:
        """See the port."""
        count = select(sa.func.count()).where(failed_lookups.c.at >= since)
        with self._db.read() as connection:
            of_reference = connection.scalar(count.where(failed_lookups.c.reference == reference))
            in_conversation = connection.scalar(
                count.where(failed_lookups.c.conversation_id == conversation_id)
            )
        return of_reference or 0, in_conversation or 0

    def add_failed_lookup(self, reference: str, conversation_id: str, *, at: datetime) -> None:
        """See the port."""
        with self._db.write() as connection:
            connection.execute(
                failed_lookups.insert().values(
                    reference=reference, conversation_id=conversation_id, at=at
                )
            )

    def delivery(self, reference: str) -> Delivery | None:
        """See the port."""
        query = (
            select(outbox)
            .where(outbox.c.reference == reference)
            .order_by(outbox.c.id.desc())
            .limit(1)
        )
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _delivery(row)

    def lease_due(self, now: datetime, lease: timedelta, limit: int) -> list[Delivery]:
        """See the port. A row in flight whose lease has ended was left by a worker that died."""
        is_due = sa.or_(
            sa.and_(outbox.c.state.in_(["pending", "unknown"]), outbox.c.next_at <= now),
            sa.and_(outbox.c.state == "in_flight", outbox.c.lease_until < now),
        )
        chosen = select(outbox.c.id).where(is_due).order_by(outbox.c.id).limit(limit)
        with self._db.write() as connection:
            if not self._db.is_sqlite:
                # Two workers that look at the same time must not choose the same rows.
                chosen = chosen.with_for_update(skip_locked=True)
            ids = list(connection.scalars(chosen))
            if not ids:
                return []
            connection.execute(
                outbox.update()
                .where(outbox.c.id.in_(ids))
                .values(state="in_flight", lease_until=now + lease, attempts=outbox.c.attempts + 1)
            )
            rows = connection.execute(
                select(outbox).where(outbox.c.id.in_(ids)).order_by(outbox.c.id)
            )
            return [_delivery(row) for row in rows]

    def settle(self, delivery: Delivery) -> None:
        """See the port."""
        with self._db.write() as connection:
            connection.execute(
                outbox.update()
                # A worker that lost its lease to another one has nothing to say any more.
                .where(outbox.c.id == delivery.id, outbox.c.attempts == delivery.attempts)
                .values(
                    state=delivery.state,
                    next_at=delivery.next_at,
                    lease_until=None,
                    external_id=delivery.external_id,
                    last_error=delivery.last_error,
                )
            )


def _open_twin(connection: sa.Connection, request_key: str) -> Ticket | None:
    row = connection.execute(
        select(tickets).where(
            tickets.c.request_key == request_key, tickets.c.state.in_(OPEN_STATES)
        )
    ).one_or_none()
    return None if row is None else _ticket(row)


def _log(connection: sa.Connection, reference: str, at: datetime, who: str, what: str) -> None:
    connection.execute(
        ticket_history.insert().values(reference=reference, at=at, who=who, what=what)
    )


def _get(connection: sa.Connection, reference: str) -> Ticket:
    row = connection.execute(select(tickets).where(tickets.c.reference == reference)).one_or_none()
    if row is None:
        raise NotFound(f"No ticket with the reference {reference[:20]!r}.")
    return _ticket(row)


def _ticket(row: sa.Row[Any]) -> Ticket:
    return Ticket(**row._mapping)


def _delivery(row: sa.Row[Any]) -> Delivery:
    return Delivery(
        **{name: value for name, value in row._mapping.items() if name != "lease_until"}
    )
