"""Tickets in SQL, with their history and their outbox."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.adapters.database import Database
from bot.adapters.tables import failed_lookups, outbox, ticket_history, tickets
from bot.core.delivery import Backlog
from bot.core.errors import Conflict, NotFound
from bot.core.places import Place
from bot.core.tickets import (
    OPEN_STATES,
    SAME_IS_OPEN,
    TROUBLED,
    WAITING,
    Change,
    Delivery,
    DeliveryKind,
    HistoryEntry,
    Ticket,
    TicketFilter,
    note_line,
)

_other = outbox.alias("other")
# The helpdesk's own id of the ticket that a row belongs to; null until it is there.
_TICKET_ID = (
    select(_other.c.external_id)
    .where(
        _other.c.reference == outbox.c.reference,
        _other.c.kind == "ticket",
        outbox.c.kind != "ticket",
        _other.c.state == "delivered",
    )
    .correlate(outbox)
    .scalar_subquery()
)
# What is to be made unreadable must not arrive after it has been looked for.
_TRANSCRIPT_IS_ON_ITS_WAY = sa.exists().where(
    _other.c.reference == outbox.c.reference,
    _other.c.kind == "transcript",
    _other.c.state.in_([*WAITING, "in_flight"]),
)
_ROWS: sa.Select[Any] = select(
    *(column for column in outbox.c if not column.name.startswith("lease_")),
    _TICKET_ID.label("ticket_id"),
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
                _put(connection, ticket.reference, "ticket", body, ticket.created_at)
        except IntegrityError as error:
            with self._db.read() as connection:
                same = _open_twin(connection, ticket.request_key)
            if same is None:
                raise Conflict(
                    "The request was not filed: an equal one, or the conversation, went away at "
                    "the same moment. Try again."
                ) from error
            return same
        return ticket

    def get(self, reference: str) -> Ticket:
        """See the port."""
        with self._db.read() as connection:
            return _get(connection, reference)

    def find(self, wanted: TicketFilter, *, limit: int, after: Place | None = None) -> list[Ticket]:
        """See the port."""
        query = select(tickets).order_by(tickets.c.created_at.desc(), tickets.c.reference)
        if after is not None:
            is_as_old = sa.and_(tickets.c.created_at == after.at, tickets.c.reference > after.id)
            query = query.where(sa.or_(tickets.c.created_at < after.at, is_as_old))
        for column in ("kind", "state", "conversation_id", "requester_id", "site_number"):
            value = getattr(wanted, column)
            if value is not None:
                query = query.where(tickets.c[column] == value)
        if wanted.delivery is not None:
            travelling = select(outbox.c.reference).where(outbox.c.state == wanted.delivery)
            query = query.where(tickets.c.reference.in_(travelling))
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
            return [_ticket(row) for row in connection.execute(query.limit(limit))]

    def change(self, reference: str, change: Change, *, who: str, at: datetime) -> Ticket:
        """See the port."""
        try:
            with self._db.write() as connection:
                return _change(connection, reference, change, who, at)
        except IntegrityError as error:
            raise Conflict(SAME_IS_OPEN) from error

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

    def forget_failed_lookups(self, before: datetime) -> int:
        """See the port."""
        with self._db.write() as connection:
            query = failed_lookups.delete().where(failed_lookups.c.at < before)
            return int(connection.execute(query).rowcount)

    def delivery(self, reference: str) -> Delivery | None:
        """See the port."""
        return next((row for row in self.deliveries(reference) if row.kind == "ticket"), None)

    def deliveries(self, reference: str) -> list[Delivery]:
        """See the port."""
        query = _ROWS.where(outbox.c.reference == reference).order_by(outbox.c.id)
        with self._db.read() as connection:
            return [_delivery(row) for row in connection.execute(query)]

    def lease_due(
        self, now: datetime, lease: timedelta, limit: int, owner: str = "worker"
    ) -> list[Delivery]:
        """See the port. A row in flight whose lease has ended was left by a worker that died."""
        is_due = sa.or_(
            sa.and_(outbox.c.state.in_(WAITING), outbox.c.next_at <= now),
            sa.and_(outbox.c.state == "in_flight", outbox.c.lease_until < now),
        )
        may_go = sa.or_(
            outbox.c.kind == "ticket",
            sa.and_(_TICKET_ID.is_not(None), outbox.c.kind != "redaction"),
            sa.and_(_TICKET_ID.is_not(None), ~_TRANSCRIPT_IS_ON_ITS_WAY),
        )
        chosen = select(outbox.c.id).where(is_due, may_go).order_by(outbox.c.id).limit(limit)
        with self._db.write() as connection:
            if not self._db.is_sqlite:
                # Two workers that look at the same time must not choose the same rows.
                chosen = chosen.with_for_update(skip_locked=True, of=outbox)
            ids = list(connection.scalars(chosen))
            if not ids:
                return []
            # As they were before: whether something may have arrived is said of earlier attempts.
            rows = [
                _delivery(row)
                for row in connection.execute(
                    _ROWS.where(outbox.c.id.in_(ids)).order_by(outbox.c.id)
                )
            ]
            connection.execute(
                outbox.update()
                .where(outbox.c.id.in_(ids))
                .values(
                    state="in_flight",
                    lease_until=now + lease,
                    lease_owner=owner,
                    attempts=outbox.c.attempts + 1,
                    maybe_arrived=True,
                )
            )
        return [replace(row, state="in_flight", attempts=row.attempts + 1) for row in rows]

    def keep_payload(self, delivery: Delivery) -> None:
        """See the port."""
        with self._db.write() as connection:
            connection.execute(
                outbox.update().where(_is_of(delivery)).values(payload=delivery.payload)
            )

    def settle(self, delivery: Delivery, then: DeliveryKind | None = None) -> None:
        """See the port."""
        # A payload is stored before it is sent: what an erasure took since must not come back.
        done_with = {"payload": None} if delivery.payload is None else {}
        with self._db.write() as connection:
            settled = connection.execute(
                outbox.update()
                .where(_is_of(delivery))
                .values(
                    state=delivery.state,
                    next_at=delivery.next_at,
                    lease_until=None,
                    lease_owner=None,
                    external_id=delivery.external_id,
                    last_error=delivery.last_error,
                    maybe_arrived=delivery.maybe_arrived,
                    **done_with,
                )
            )
            if then and settled.rowcount:
                _put(connection, delivery.reference, then, "", delivery.next_at)

    def release(self, owner: str, *, at: datetime) -> int:
        """See the port."""
        with self._db.write() as connection:
            released = connection.execute(
                outbox.update()
                .where(outbox.c.state == "in_flight", outbox.c.lease_owner == owner)
                .values(state="unknown", next_at=at, lease_until=None, lease_owner=None)
            )
        return released.rowcount

    def retry(self, reference: str, *, who: str, at: datetime) -> int:
        """See the port."""
        with self._db.write() as connection:
            _get(connection, reference)
            retried = connection.execute(
                outbox.update()
                .where(
                    outbox.c.reference == reference,
                    outbox.c.state.in_([*WAITING, *TROUBLED]),
                )
                .values(
                    state=sa.case((outbox.c.maybe_arrived, "unknown"), else_="pending"),
                    next_at=at,
                )
            )
            if retried.rowcount:
                _log(connection, reference, at, who, "delivery: tried again")
        return retried.rowcount

    def undelivered(self, limit: int) -> list[Delivery]:
        """See the port."""
        query = (
            _ROWS.where(outbox.c.state != "delivered")
            .order_by(outbox.c.state.in_(TROUBLED).desc(), outbox.c.id)
            .limit(limit)
        )
        with self._db.read() as connection:
            return [_delivery(row) for row in connection.execute(query)]

    def backlog(self, now: datetime) -> Backlog:
        """See the port."""
        counted = select(outbox.c.state, sa.func.count().label("waiting")).group_by(outbox.c.state)
        oldest = select(sa.func.min(outbox.c.next_at)).where(
            outbox.c.state.in_(WAITING), outbox.c.next_at <= now
        )
        with self._db.read() as connection:
            counts = {row.state: row.waiting for row in connection.execute(counted)}
            return Backlog(counts, connection.scalar(oldest))


def _change(
    connection: sa.Connection, reference: str, change: Change, who: str, at: datetime
) -> Ticket:
    # Locked, so that of two ticks at the same moment none is lost.
    ticket = _get(connection, reference, is_locked=True)
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
        _log(connection, reference, at, who, note_line(change.note))
    if change.told:
        _put(connection, reference, "comment", change.told, at)
    if values or change.note:
        connection.execute(
            tickets.update().where(tickets.c.reference == reference).values(updated_at=at, **values)
        )
    return _get(connection, reference)


def take_back_transcripts(connection: sa.Connection, conversation_id: str) -> None:
    """Has the helpdesk make unreadable what it was sent of a conversation that is erased now."""
    # Locked before it is asked what was sent: an attempt begins before this, or finds nothing.
    transcripts = (
        select(outbox)
        .join(tickets, tickets.c.reference == outbox.c.reference)
        .where(tickets.c.conversation_id == conversation_id, outbox.c.kind == "transcript")
        .with_for_update(of=outbox)
    )
    for row in connection.execute(transcripts).all():
        if row.attempts > 0:
            _put(connection, row.reference, "redaction", f"{row.reference}/{row.id}", row.next_at)


def _put(
    connection: sa.Connection, reference: str, kind: DeliveryKind, body: str, at: datetime
) -> None:
    connection.execute(
        outbox.insert().values(
            reference=reference,
            kind=kind,
            body=body,
            state="pending",
            attempts=0,
            next_at=at,
            maybe_arrived=False,
        )
    )


def _is_of(delivery: Delivery) -> sa.ColumnElement[bool]:
    """Still the attempt of this worker: one that lost its lease has nothing to say any more."""
    return sa.and_(
        outbox.c.id == delivery.id,
        outbox.c.attempts == delivery.attempts,
        outbox.c.state == "in_flight",
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


def _get(connection: sa.Connection, reference: str, *, is_locked: bool = False) -> Ticket:
    query = select(tickets).where(tickets.c.reference == reference)
    if is_locked:
        query = query.with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"No ticket with the reference {reference[:20]!r}.")
    return _ticket(row)


def _ticket(row: sa.Row[Any]) -> Ticket:
    return Ticket(**row._mapping)


def _delivery(row: sa.Row[Any]) -> Delivery:
    return Delivery(**row._mapping)
