"""The ports to what is kept of persons, and of who saw it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any

    from bot.core.audit import Entry, Sealed
    from bot.core.erasure import Holdings, Subject


class Audit(Protocol):
    """Keeps the audit log: entries are added, and never changed."""

    def add(self, entry: Entry) -> Sealed:
        """Seals the entry onto the chain."""

    def entries(self, subject: str | None = None) -> Iterator[Sealed]:
        """The log in order, whole or about one subject."""


class Records(Protocol):
    """Everything kept of a person, over all stores: for erasure, export and retention."""

    def holdings(self, subject: Subject) -> Holdings:
        """What is kept of somebody."""

    def holdings_of(self, before: Holdings) -> Holdings:
        """The same counted anew: what is left of it."""

    def dump(self, held: Holdings, subject: Subject) -> dict[str, Any]:
        """All of it, as JSON can hold it; tokens and leases are left out."""

    def forget_ticket(self, reference: str, *, by: str, at: datetime) -> None:
        """Takes the person out of a ticket and of what was sent of it; the request stays.

        What is not in the helpdesk yet is not sent any more, but for redactions.
        """

    def wipe_traces(self) -> None:
        """Makes what was deleted unreadable in the database's files as well."""

    def idle_conversations(self, before: datetime, limit: int) -> list[str]:
        """Conversations with nobody waiting in them, unchanged since then, oldest first."""

    def closed_tickets(self, before: datetime, limit: int) -> list[str]:
        """References of closed tickets unchanged since then that still name their requester."""

    def drop_old_drafts(self, before: datetime) -> int:
        """Forgets unfinished requests and errands unchanged since then; gives how many."""

    def empty_deliveries(self, before: datetime) -> int:
        """Empties what was delivered before then; the helpdesk has it. Gives how many."""
