"""How long each kind of data is kept, and the sweep that ends it. Zero days means for ever.

The gateway's worker sweeps daily, `python -m bot sweep` at once. The defaults and their reasons
stand in docs/privacy.md; the settings are named HELPDESK_KEEP_….
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.core import turns
from bot.core.agents import FAILURES_WITHIN
from bot.core.errors import Conflict, NotFound
from bot.core.requester import LOOKUP_WINDOW

if TYPE_CHECKING:
    from bot.core.services import Services

# A sweep holds no turn for long: the rest waits for the next one.
BATCH = 500


@dataclass(frozen=True, slots=True)
class Retention:
    """Days since something last changed, after which it goes."""

    conversations: int
    drafts: int
    tickets: int
    deliveries: int


def sweep(policy: Retention, services: Services, *, owner: str) -> dict[str, int]:
    """Erases what is past its time; gives how much of each kind went.

    A conversation that waits for a person or is with one is never past its time.
    """
    records = services.kept
    now = services.clock.now()
    kinds = ("conversations", "drafts", "tickets", "deliveries", "sessions", "failed_lookups")
    gone = dict.fromkeys(kinds, 0)
    if records is None:
        return gone
    if policy.conversations:
        cutoff = _cutoff(now, policy.conversations)
        for conversation_id in records.idle_conversations(cutoff, BATCH):
            try:
                turns.erase(
                    conversation_id, store=services.conversations, clock=services.clock, owner=owner
                )
            except (NotFound, Conflict):
                continue  # Erased or written to at this very moment.
            gone["conversations"] += 1
    if policy.drafts:
        gone["drafts"] = records.drop_old_drafts(_cutoff(now, policy.drafts))
    if policy.deliveries:
        gone["deliveries"] = records.empty_deliveries(_cutoff(now, policy.deliveries))
    if policy.tickets:
        for reference in records.closed_tickets(_cutoff(now, policy.tickets), BATCH):
            records.forget_ticket(reference, by="retention", at=now)
            gone["tickets"] += 1
    # What limits guessing counts for its window and no longer.
    gone["failed_lookups"] = services.tickets.forget_failed_lookups(now - LOOKUP_WINDOW)
    gone["sessions"] = services.agents.purge(now, now - FAILURES_WITHIN)
    if any(gone.values()):
        records.wipe_traces()
    return gone


def _cutoff(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)
