"""Brings tickets from the outbox to the helpdesk, each exactly once.

Called by the gateway's worker and by `python -m bot deliver`. An attempt whose outcome is unknown
is looked up in the helpdesk before anything is sent again.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.errors import BadInput, HelpdeskError

if TYPE_CHECKING:
    from bot.core.ports import Clock, Helpdesk, TicketStore
    from bot.core.tickets import Delivery

LEASE = timedelta(seconds=60)
BATCH = 20
FIRST_RETRY_S = 2.0
LONGEST_RETRY_S = 600.0
# About a day at the longest delay; after that a person decides.
MAX_ATTEMPTS = 150


def deliver_due(store: TicketStore, helpdesk: Helpdesk, clock: Clock) -> list[Delivery]:
    """Makes one attempt for each delivery that is due; gives them with their outcome."""
    settled = []
    for delivery in store.lease_due(clock.now(), LEASE, BATCH):
        outcome = _attempt(delivery, helpdesk, clock)
        store.settle(outcome)
        settled.append(outcome)
    return settled


def _attempt(delivery: Delivery, helpdesk: Helpdesk, clock: Clock) -> Delivery:
    try:
        # Only the first attempt may send without looking: nothing can have arrived before it.
        found = helpdesk.find(delivery.reference) if delivery.attempts > 1 else None
        external_id = found or helpdesk.create(delivery.reference, delivery.body)
    except BadInput as error:
        return replace(delivery, state="rejected", last_error=str(error))
    except HelpdeskError as error:
        if delivery.attempts >= MAX_ATTEMPTS:
            return replace(delivery, state="dead", last_error=str(error))
        delay = timedelta(seconds=retry_delay_s(delivery.attempts))
        return replace(
            delivery, state="unknown", last_error=str(error), next_at=clock.now() + delay
        )
    return replace(delivery, state="delivered", external_id=external_id, last_error=None)


def retry_delay_s(attempts: int) -> float:
    """Seconds before the next attempt: doubling, capped, between half and all of the step."""
    step = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(attempts - 1, 20))
    return step * random.uniform(0.5, 1.0)
