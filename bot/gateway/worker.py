"""What the gateway does by itself, in the background.

It delivers tickets, answers what a crash left unanswered, takes conversations back from agents who
are gone, tells visitors who have waited long, and erases what is past its time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.core.agents import FAILURES_WITHIN
from bot.core.delivery import deliver_due, transcriber
from bot.core.errors import HelpdeskError
from bot.core.retention import BATCH, Retention, sweep
from bot.core.services import Services
from bot.core.turns import TURN_LEASE, answer_pending
from bot.gateway.metrics import count_delivery, show_backlog
from bot.gateway.stream import CONSOLE

log = structlog.get_logger()
EVERY_S = 1.0
# In passes.
LOOK_BACK_EVERY = 5
PURGE_EVERY = 600
# Whoever mends what kept the helpdesk from answering sees it work again within that time.
LONGEST_PAUSE = timedelta(minutes=5)
RETENTION_EVERY = timedelta(days=1)
# A live turn is never older: its lease would have ended.
LEFT_BEHIND_AFTER = TURN_LEASE + timedelta(seconds=15)


class Worker:
    """One background thread; `stop` returns when its present job is done.

    Without `retention` nothing is swept.
    """

    def __init__(self, services: Services, owner: str, retention: Retention | None = None) -> None:
        self._services = services
        self._owner = owner
        self._retention = retention
        self._swept_at: datetime | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        # Until when the helpdesk wants to be left alone.
        self._pause_until: datetime | None = None
        # What the last run of this process left is taken up at once, not after the usual wait.
        self._is_first_look = True
        # While no gateway ran, no console could be heard of: each gets a whole lease to come back.
        self._began_at = services.clock.now()

    def start(self) -> None:
        """Frees what a dead process of this name held, and begins."""
        freed = self._services.conversations.free_turns(self._owner)
        if freed:
            log.info("freed turns of the process before", count=freed)
        settles_at = (
            self._services.clock.now() + self._services.helpdesk.capabilities.settles_within
        )
        released = self._services.tickets.release(self._owner, at=settles_at)
        if released:
            log.info("deliveries of the process before are looked up", count=released)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread."""
        self._stopped.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        passes = 0
        while not self._stopped.wait(EVERY_S):
            passes += 1
            self._attempt(self._deliver)
            if passes % LOOK_BACK_EVERY == 1:
                self._attempt(self._measure)
            self._attempt(self._look_after_desk)
            if passes % PURGE_EVERY == 0:
                self._attempt(self._purge)
            if passes % LOOK_BACK_EVERY == 0 or self._is_first_look:
                self._attempt(self._answer_left_behind)
                self._attempt(self._sweep_daily)

    def _attempt(self, job: Callable[[], None]) -> None:
        """Does one job; the others do not depend on its success."""
        failed = "background work failed; it is tried again"
        try:
            job()
        except HelpdeskError as error:
            log.warning(failed, job=job.__name__, error=str(error))
        except Exception:
            log.exception(failed, job=job.__name__)

    def _deliver(self) -> None:
        services, now = self._services, self._services.clock.now()
        if self._pause_until is not None and now < self._pause_until:
            return
        settled = deliver_due(
            services.tickets,
            services.helpdesk,
            services.clock,
            owner=self._owner,
            transcribe=transcriber(services.conversations, services.phrases),
        )
        pause = settled.pause_until
        self._pause_until = None if pause is None else min(pause, now + LONGEST_PAUSE)
        if settled.rows:
            # A list of tickets on screen shows where each stands.
            services.events.publish(CONSOLE)
        for delivery in settled.rows:
            count_delivery(delivery.state)
            log.info(
                "delivery",
                reference=delivery.reference,
                what=delivery.kind,
                outcome=delivery.state,
                attempts=delivery.attempts,
                error=delivery.last_error,
            )

    def _measure(self) -> None:
        now = self._services.clock.now()
        show_backlog(self._services.tickets.backlog(now), now)

    def _sweep_daily(self) -> None:
        """Erases what is past its time; several gateways may do so at once."""
        now = self._services.clock.now()
        is_done = self._swept_at is not None and now - self._swept_at < RETENTION_EVERY
        if self._retention is None or is_done:
            return
        gone = sweep(self._retention, self._services, owner=self._owner)
        # A full batch is not the end of it.
        self._swept_at = now if max(gone.values()) < BATCH else None
        log.info("retention", **gone)

    def _look_after_desk(self) -> None:
        services, desk = self._services, self._services.desk
        if services.clock.now() < self._began_at + desk.lease:
            return
        reclaimed = desk.reclaim()
        for conversation_id in (*reclaimed, *desk.remind()):
            services.events.publish(conversation_id)
            services.events.publish(CONSOLE)
        for conversation_id in reclaimed:
            log.info("agent is gone; back in the queue", conversation_id=conversation_id)

    def _purge(self) -> None:
        now = self._services.clock.now()
        self._services.agents.purge(now, now - FAILURES_WITHIN)

    def _answer_left_behind(self) -> None:
        services = self._services
        if not all(probe() for probe in services.probes.values()):
            return
        wait = timedelta(0) if self._is_first_look else LEFT_BEHIND_AFTER
        self._is_first_look = False
        for conversation_id, message_id in services.conversations.with_unanswered(
            services.clock.now() - wait
        ):
            try:
                answer_pending(
                    conversation_id,
                    up_to=message_id,
                    store=services.conversations,
                    assistant=services.assistant,
                    desk=services.desk,
                    phrases=services.phrases,
                    clock=services.clock,
                    owner=self._owner,
                )
            except Exception:
                # Erased meanwhile, or at fault: the other conversations must not wait for it.
                log.exception("left behind again", conversation_id=conversation_id)
                continue
            services.events.publish(conversation_id)
            # The answer may have brought a person.
            services.events.publish(CONSOLE)
            log.info("answered a message left behind", conversation_id=conversation_id)
