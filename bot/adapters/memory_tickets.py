"""Tickets and the helpdesk in memory, for tests: what `sql_tickets.py` does with dicts."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from bot.core.errors import BadInput, NotFound, Unavailable
from bot.core.tickets import OPEN_STATES, Change, Delivery, HistoryEntry, Ticket, TicketFilter

# What goes wrong with one call of the helpdesk; "lost_answer" has done its work all the same.
HelpdeskFault = Literal["none", "unreachable", "lost_answer", "refused"]


class MemoryTickets:
    """The `TicketStore` port in memory; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._tickets: dict[str, Ticket] = {}
        self._history: dict[str, list[HistoryEntry]] = {}
        self._outbox: dict[int, Delivery] = {}
        self._leases: dict[int, datetime] = {}
        self._failed_lookups: list[tuple[str, str, datetime]] = []

    def open(self, ticket: Ticket, body: str, who: str) -> Ticket:
        """See the port."""
        with self._lock:
            for other in self._tickets.values():
                if other.request_key == ticket.request_key and other.state in OPEN_STATES:
                    return other
            self._tickets[ticket.reference] = ticket
            self._history[ticket.reference] = [HistoryEntry(ticket.created_at, who, "opened")]
            id_ = len(self._outbox) + 1
            self._outbox[id_] = Delivery(
                id_, ticket.reference, body, "pending", 0, ticket.created_at
            )
            return ticket

    def get(self, reference: str) -> Ticket:
        """See the port."""
        with self._lock:
            if reference not in self._tickets:
                raise NotFound(f"No ticket with the reference {reference[:20]!r}.")
            return self._tickets[reference]

    def find(self, wanted: TicketFilter, *, limit: int, cursor: int) -> list[Ticket]:
        """See the port."""
        with self._lock:
            found = [t for t in self._tickets.values() if _matches(t, wanted)]
        found.sort(key=lambda t: t.reference)
        found.sort(key=lambda t: t.created_at, reverse=True)
        return found[cursor : cursor + limit]

    def change(self, reference: str, change: Change, *, who: str, at: datetime) -> Ticket:
        """See the port."""
        with self._lock:
            before = self.get(reference)
            log = self._history[reference]
            after = before
            if change.state and change.state != before.state:
                after = replace(after, state=change.state)
                log.append(HistoryEntry(at, who, f"state: {before.state} -> {change.state}"))
            for item, is_done in change.checklist.items():
                if before.checklist.get(item) != is_done:
                    after = replace(after, checklist={**after.checklist, item: is_done})
                    what = f"{item}: {'done' if is_done else 'not done'}"
                    log.append(HistoryEntry(at, who, what))
            if change.note:
                log.append(HistoryEntry(at, who, f"note: {change.note}"))
            if after != before or change.note:
                self._tickets[reference] = replace(after, updated_at=at)
            return self._tickets[reference]

    def history(self, reference: str) -> list[HistoryEntry]:
        """See the port."""
        with self._lock:
            return list(self._history.get(reference, ()))

    def failed_lookups(
        self, reference: str, conversation_id: str, *, since: datetime
    ) -> tuple[int, int]:
        """See the port."""
        with self._lock:
            recent = [failed for failed in self._failed_lookups if failed[2] >= since]
        return (
            sum(failed[0] == reference for failed in recent),
            sum(failed[1] == conversation_id for failed in recent),
        )

    def add_failed_lookup(self, reference: str, conversation_id: str, *, at: datetime) -> None:
        """See the port."""
        with self._lock:
            self._failed_lookups.append((reference, conversation_id, at))

    def delivery(self, reference: str) -> Delivery | None:
        """See the port."""
        with self._lock:
            rows = [row for row in self._outbox.values() if row.reference == reference]
            return rows[-1] if rows else None

    def lease_due(self, now: datetime, lease: timedelta, limit: int) -> list[Delivery]:
        """See the port."""
        with self._lock:
            due = [row for row in self._outbox.values() if self._is_due(row, now)][:limit]
            leased = [replace(row, state="in_flight", attempts=row.attempts + 1) for row in due]
            for row in leased:
                self._outbox[row.id] = row
                self._leases[row.id] = now + lease
            return leased

    def settle(self, delivery: Delivery) -> None:
        """See the port."""
        with self._lock:
            # A worker that lost its lease to another one has nothing to say any more.
            if self._outbox[delivery.id].attempts == delivery.attempts:
                self._outbox[delivery.id] = delivery
                self._leases.pop(delivery.id, None)

    def forget_conversation(self, conversation_id: str) -> None:
        """Cuts the tickets' link to a conversation that is erased."""
        with self._lock:
            for reference, ticket in self._tickets.items():
                if ticket.conversation_id == conversation_id:
                    self._tickets[reference] = replace(ticket, conversation_id=None)

    def _is_due(self, row: Delivery, now: datetime) -> bool:
        if row.state == "in_flight":
            return self._leases[row.id] < now
        return row.state in ("pending", "unknown") and row.next_at <= now


class MemoryHelpdesk:
    """The `Helpdesk` port in memory, with faults to order, one for each call to come.

    With `knows_keys` false it is a helpdesk that makes a second ticket of a second `create`.
    """

    def __init__(self, faults: Iterable[HelpdeskFault] = (), *, knows_keys: bool = True) -> None:
        self.faults = deque(faults)
        self.knows_keys = knows_keys
        self.tickets: list[tuple[str, str]] = []

    def find(self, external_key: str) -> str | None:
        """See the port."""
        if self._next_fault() in ("unreachable", "lost_answer"):
            raise Unavailable("The helpdesk did not answer.")
        return self._id_of(external_key)

    def create(self, external_key: str, body: str) -> str:
        """See the port."""
        fault = self._next_fault()
        if fault == "unreachable":
            raise Unavailable("The helpdesk did not answer.")
        if fault == "refused":
            raise BadInput("The helpdesk refuses this ticket.")
        id_ = self._id_of(external_key) if self.knows_keys else None
        if id_ is None:
            self.tickets.append((external_key, body))
            id_ = str(len(self.tickets))
        if fault == "lost_answer":
            raise Unavailable("The helpdesk did not answer in time.")
        return id_

    def _next_fault(self) -> HelpdeskFault:
        return self.faults.popleft() if self.faults else "none"

    def _id_of(self, external_key: str) -> str | None:
        keys = [key for key, _ in self.tickets]
        return str(keys.index(external_key) + 1) if external_key in keys else None


def _matches(ticket: Ticket, wanted: TicketFilter) -> bool:
    if wanted.q:
        shown = (
            ticket.reference,
            ticket.requester_name,
            ticket.requester_email,
            ticket.site_number,
        )
        if not any(wanted.q.lower() in text.lower() for text in shown):
            return False
    return all(
        getattr(wanted, name) in (None, getattr(ticket, name))
        for name in ("kind", "state", "conversation_id", "requester_id", "site_number")
    )
