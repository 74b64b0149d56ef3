"""The port to the store of tickets, with the outbox by which they travel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from bot.core.delivery import Backlog
    from bot.core.places import Place
    from bot.core.tickets import Change, Delivery, DeliveryKind, HistoryEntry, Ticket, TicketFilter


class TicketStore(Protocol):
    """Keeps tickets, their history and their outbox."""

    def open(self, ticket: Ticket, body: str, who: str) -> Ticket:
        """Stores the ticket and its outbox row in one transaction and gives it back.

        If an open ticket has the same request key, gives that one and stores nothing.

        Raises:
            Conflict: That one, or the conversation, went away at the same moment.
        """

    def get(self, reference: str) -> Ticket:
        """The ticket.

        Raises:
            NotFound: No such reference.
        """

    def find(self, wanted: TicketFilter, *, limit: int, after: Place | None = None) -> list[Ticket]:
        """Tickets, newest first; those behind `after`."""

    def change(self, reference: str, change: Change, *, who: str, at: datetime) -> Ticket:
        """Changes state or check-list, adds a note, and writes the history.

        What the helpdesk is told of it goes into the outbox in the same transaction.

        Raises:
            NotFound: No such reference.
            Conflict: It would be open again beside an open ticket of the same request key.
        """

    def history(self, reference: str) -> list[HistoryEntry]:
        """What happened to the ticket, oldest first."""

    def failed_lookups(
        self, reference: str, conversation_id: str, *, since: datetime
    ) -> tuple[int, int]:
        """How many there were since then: of this reference, and in this conversation."""

    def add_failed_lookup(self, reference: str, conversation_id: str, *, at: datetime) -> None:
        """Notes that a reference and an email did not belong together."""

    def forget_failed_lookups(self, before: datetime) -> int:
        """Forgets those noted before then; gives how many."""

    def delivery(self, reference: str) -> Delivery | None:
        """The outbox row by which the ticket itself travels."""

    def deliveries(self, reference: str) -> list[Delivery]:
        """All outbox rows of the ticket, oldest first."""

    def lease_due(
        self, now: datetime, lease: timedelta, limit: int, owner: str = "worker"
    ) -> list[Delivery]:
        """Outbox rows to send now, oldest first, each leased to this caller alone for that long.

        What belongs to a ticket is not due before the ticket is delivered, and a redaction not
        while a transcript is on its way.
        """

    def keep_payload(self, delivery: Delivery) -> None:
        """Stores what will be sent, before it is sent."""

    def settle(self, delivery: Delivery, then: DeliveryKind | None = None) -> None:
        """Stores the outcome of an attempt and ends its lease; ignored if the lease was lost.

        In the same transaction adds a row of the kind `then`, due at once.
        """

    def release(self, owner: str, *, at: datetime) -> int:
        """Ends the leases of a process that died, to be looked up from `at` on; gives how many."""

    def retry(self, reference: str, *, who: str, at: datetime) -> int:
        """Makes what of the ticket is not delivered due at once, and writes the history.

        What is being attempted at the moment is left alone. Gives how many rows that was.

        Raises:
            NotFound: No such reference.
        """

    def undelivered(self, limit: int) -> list[Delivery]:
        """Outbox rows that are not delivered, those that wait for a person first, then oldest."""

    def backlog(self, now: datetime) -> Backlog:
        """How many rows are in each state, and since when the oldest that is due waits."""
