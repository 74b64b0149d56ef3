"""Tickets and the helpdesk in memory, for tests: what `sql_tickets.py` does with dicts."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from bot.core.delivery import Backlog, comment_key
from bot.core.errors import Conflict, NotFound
from bot.core.helpdesk import (
    Absent,
    Capabilities,
    Comment,
    Created,
    Found,
    Later,
    LookedUp,
    Rejected,
    Sent,
    Unknown,
)
from bot.core.places import Place
from bot.core.tickets import (
    OPEN_STATES,
    SAME_IS_OPEN,
    TROUBLED,
    WAITING,
    Change,
    Delivery,
    DeliveryKind,
    DeliveryState,
    HistoryEntry,
    Ticket,
    TicketFilter,
    note_line,
    place_of,
)

# What goes wrong with one call of the helpdesk; "lost_answer" has done its work all the same.
HelpdeskFault = Literal["none", "unreachable", "lost_answer", "refused", "busy"]
_LOST = Unknown("The helpdesk did not answer in time.")
_BUSY = Later("The helpdesk asks for patience.", 30.0)
_DID_NOTHING: dict[HelpdeskFault, Sent] = {
    "unreachable": Unknown("The helpdesk did not answer."),
    "refused": Rejected("The helpdesk refuses this ticket."),
    "busy": _BUSY,
}


class MemoryTickets:
    """The `TicketStore` port in memory; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._tickets: dict[str, Ticket] = {}
        self._history: dict[str, list[HistoryEntry]] = {}
        self._outbox: dict[int, Delivery] = {}
        self._failed_lookups: list[tuple[str, str, datetime]] = []
        self._leases: dict[int, tuple[datetime, str]] = {}

    def open(self, ticket: Ticket, body: str, who: str) -> Ticket:
        """See the port."""
        with self._lock:
            same = self._open_twin(ticket)
            if same is not None:
                return same
            self._tickets[ticket.reference] = ticket
            self._history[ticket.reference] = [HistoryEntry(ticket.created_at, who, "opened")]
            self._put(ticket.reference, "ticket", body, ticket.created_at)
            return ticket

    def get(self, reference: str) -> Ticket:
        """See the port."""
        with self._lock:
            if reference not in self._tickets:
                raise NotFound(f"No ticket with the reference {reference[:20]!r}.")
            return self._tickets[reference]

    def find(self, wanted: TicketFilter, *, limit: int, after: Place | None = None) -> list[Ticket]:
        """See the port."""
        with self._lock:
            found = [t for t in self._tickets.values() if _matches(t, wanted)]
            if wanted.delivery is not None:
                rows = self._outbox.values()
                travelling = {row.reference for row in rows if row.state == wanted.delivery}
                found = [t for t in found if t.reference in travelling]
        found.sort(key=lambda t: _order(place_of(t)))
        behind = [t for t in found if after is None or _order(place_of(t)) > _order(after)]
        return behind[:limit]

    def change(self, reference: str, change: Change, *, who: str, at: datetime) -> Ticket:
        """See the port."""
        with self._lock:
            before = self.get(reference)
            if change.state in OPEN_STATES and self._open_twin(before) not in (None, before):
                raise Conflict(SAME_IS_OPEN)
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
                log.append(HistoryEntry(at, who, note_line(change.note)))
            if change.told:
                self._put(reference, "comment", change.told, at)
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

    def forget_failed_lookups(self, before: datetime) -> int:
        """See the port."""
        with self._lock:
            kept = [failed for failed in self._failed_lookups if failed[2] >= before]
            gone = len(self._failed_lookups) - len(kept)
            self._failed_lookups = kept
            return gone

    def delivery(self, reference: str) -> Delivery | None:
        """See the port."""
        return next((row for row in self.deliveries(reference) if row.kind == "ticket"), None)

    def deliveries(self, reference: str) -> list[Delivery]:
        """See the port."""
        with self._lock:
            return [self._seen(row) for row in self._outbox.values() if row.reference == reference]

    def lease_due(
        self, now: datetime, lease: timedelta, limit: int, owner: str = "worker"
    ) -> list[Delivery]:
        """See the port."""
        with self._lock:
            due = [row for row in self._outbox.values() if self._is_due(row, now)][:limit]
            leased = [
                replace(self._seen(row), state="in_flight", attempts=row.attempts + 1)
                for row in due
            ]
            for row in leased:
                # Read before it is marked: what is said of it is said of earlier attempts.
                self._outbox[row.id] = replace(row, maybe_arrived=True)
                self._leases[row.id] = (now + lease, owner)
            return leased

    def keep_payload(self, delivery: Delivery) -> None:
        """See the port."""
        with self._lock:
            if self._is_of(delivery):
                row = self._outbox[delivery.id]
                self._outbox[row.id] = replace(row, payload=delivery.payload)

    def settle(self, delivery: Delivery, then: DeliveryKind | None = None) -> None:
        """See the port."""
        with self._lock:
            if not self._is_of(delivery):
                return
            self._outbox[delivery.id] = delivery
            self._leases.pop(delivery.id, None)
            if then:
                self._put(delivery.reference, then, "", delivery.next_at)

    def release(self, owner: str, *, at: datetime) -> int:
        """See the port."""
        with self._lock:
            left = [id_ for id_, (_, holder) in self._leases.items() if holder == owner]
            for id_ in left:
                self._outbox[id_] = replace(self._outbox[id_], state="unknown", next_at=at)
                del self._leases[id_]
            return len(left)

    def retry(self, reference: str, *, who: str, at: datetime) -> int:
        """See the port."""
        with self._lock:
            self.get(reference)
            stuck = [
                row for row in self.deliveries(reference) if row.state in (*WAITING, *TROUBLED)
            ]
            for row in stuck:
                state: DeliveryState = "unknown" if row.maybe_arrived else "pending"
                self._outbox[row.id] = replace(row, state=state, next_at=at)
            if stuck:
                self._history[reference].append(HistoryEntry(at, who, "delivery: tried again"))
            return len(stuck)

    def undelivered(self, limit: int) -> list[Delivery]:
        """See the port."""
        with self._lock:
            rows = [self._seen(row) for row in self._outbox.values() if row.state != "delivered"]
        return sorted(rows, key=lambda row: row.state not in TROUBLED)[:limit]

    def backlog(self, now: datetime) -> Backlog:
        """See the port."""
        with self._lock:
            rows = list(self._outbox.values())
        due = [r.next_at for r in rows if r.state in WAITING and r.next_at <= now]
        return Backlog(dict(Counter(row.state for row in rows)), min(due, default=None))

    def forget_conversation(self, conversation_id: str) -> None:
        """Cuts the tickets' link to a conversation that is erased, and takes transcripts back."""
        with self._lock:
            for reference, ticket in self._tickets.items():
                if ticket.conversation_id == conversation_id:
                    for row in self.deliveries(reference):
                        if row.kind == "transcript" and row.attempts > 0:
                            self._put(reference, "redaction", comment_key(row), row.next_at)
                    self._tickets[reference] = replace(ticket, conversation_id=None)

    def _open_twin(self, ticket: Ticket) -> Ticket | None:
        alike = (t for t in self._tickets.values() if t.request_key == ticket.request_key)
        return next((twin for twin in alike if twin.state in OPEN_STATES), None)

    def _put(self, reference: str, kind: DeliveryKind, body: str, at: datetime) -> None:
        id_ = len(self._outbox) + 1
        self._outbox[id_] = Delivery(id_, reference, body, "pending", 0, at, kind=kind)

    def _seen(self, row: Delivery) -> Delivery:
        """The row with the helpdesk's own id of its ticket."""
        if row.kind == "ticket":
            return row
        tickets = [r for r in self._outbox.values() if r.reference == row.reference]
        ids = [r.external_id for r in tickets if (r.kind, r.state) == ("ticket", "delivered")]
        return replace(row, ticket_id=ids[0] if ids else None)

    def _is_of(self, delivery: Delivery) -> bool:
        """Still the attempt of this worker: one that lost its lease has nothing to say any more."""
        row = self._outbox[delivery.id]
        return (row.attempts, row.state) == (delivery.attempts, "in_flight")

    def _is_due(self, row: Delivery, now: datetime) -> bool:
        if row.kind != "ticket" and self._seen(row).ticket_id is None:
            return False
        if row.kind == "redaction" and any(
            other.kind == "transcript" and other.state in (*WAITING, "in_flight")
            for other in self.deliveries(row.reference)
        ):
            # What is to be made unreadable must not arrive after it has been looked for.
            return False
        if row.state == "in_flight":
            return self._leases[row.id][0] < now
        return row.state in WAITING and row.next_at <= now


class MemoryHelpdesk:
    """The `Helpdesk` port in memory, with faults to order, one for each call to come.

    With `knows_keys` false it is a helpdesk that makes a second ticket of a second `create`.
    """

    def __init__(
        self,
        faults: Iterable[HelpdeskFault] = (),
        *,
        knows_keys: bool = True,
        takes_transcripts: bool = False,
    ) -> None:
        self.faults = deque(faults)
        self.knows_keys = knows_keys
        self.capabilities = Capabilities(takes_transcripts, can_redact=True, knows_keys=knows_keys)
        self.tickets: list[tuple[str, str]] = []
        self.comments: dict[str, list[Comment]] = {}
        self._lock = threading.Lock()

    def prepare(self, body: str) -> str:
        """See the port. The ticket as it is stored."""
        return body

    def check(self) -> str | None:
        """See the port."""
        return None

    def find(self, external_key: str) -> LookedUp:
        """See the port."""
        return self._fault_of_look_up() or self._found(external_key)

    def create(self, external_key: str, payload: str) -> Sent:
        """See the port."""
        fault = self._next_fault()
        if fault in _DID_NOTHING:
            return _DID_NOTHING[fault]
        with self._lock:
            found = self._found(external_key) if self.knows_keys else Absent()
            if isinstance(found, Absent):
                self.tickets.append((external_key, payload))
                result: Sent = Created(str(len(self.tickets)))
            else:
                result = found
        return _LOST if fault == "lost_answer" else result

    def find_comment(self, ticket_id: str, key: str) -> LookedUp:
        """See the port."""
        found = [comment for comment in self.comments.get(ticket_id, ()) if key in comment.text]
        return self._fault_of_look_up() or (Found(key) if found else Absent())

    def comment(self, ticket_id: str, comment: Comment) -> Sent:
        """See the port."""
        fault = self._next_fault()
        if fault in _DID_NOTHING:
            return _DID_NOTHING[fault]
        self.comments.setdefault(ticket_id, []).append(comment)
        return _LOST if fault == "lost_answer" else Created(comment.key)

    def redact(self, ticket_id: str, key: str) -> Sent:
        """See the port."""
        fault = self._next_fault()
        if fault in _DID_NOTHING:
            return _DID_NOTHING[fault]
        self.comments[ticket_id] = [
            replace(comment, text="▇") if f"[{key}]" in comment.text else comment
            for comment in self.comments.get(ticket_id, ())
        ]
        return _LOST if fault == "lost_answer" else Created(key)

    def _next_fault(self) -> HelpdeskFault:
        return self.faults.popleft() if self.faults else "none"

    def _fault_of_look_up(self) -> LookedUp | None:
        fault = self._next_fault()
        if fault == "busy":
            return _BUSY
        return None if fault in ("none", "refused") else _LOST

    def _found(self, external_key: str) -> Found | Absent:
        keys = [key for key, _ in self.tickets]
        ids = [str(place) for place, key in enumerate(keys, start=1) if key == external_key]
        return Found(ids[0], tuple(ids[1:])) if ids else Absent()


def _order(place: Place) -> tuple[float, str]:
    return (-place.at.timestamp(), place.id)


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
