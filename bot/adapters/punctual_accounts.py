"""Any account directory, with an end to every look-up: in time, or unavailable.

`wiring.py` puts it around the directory that the settings choose. After a look-up that was too slow
the directory is left alone for a while (a circuit breaker), so that nobody else waits for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitedTooLong
from datetime import date

import structlog

from bot.core.accounts import AccountSnapshot
from bot.core.errors import NotFound, Unavailable
from bot.core.ports.accounts import AccountDirectory

log = structlog.get_logger()

# How long a slow directory is left alone; then one look-up tries it.
REST_S = 5.0
# The part of the time after which a failure counts as slow. Others cost nobody's time, and may be
# of one account only.
SLOW = 0.5


class PunctualAccounts:
    """An `AccountDirectory` that answers, or fails, within `timeout_s`."""

    def __init__(
        self,
        directory: AccountDirectory,
        timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` counts seconds, from any start."""
        self._directory = directory
        self._timeout_s = timeout_s
        self._clock = clock
        self._lock = threading.Lock()
        self._rests_until: float | None = None

    def snapshot(self, external_id: str, site_number: str, today: date) -> AccountSnapshot:
        """See `AccountDirectory.snapshot`."""
        self._require_rested()
        began = self._clock()
        try:
            found = self._in_time(lambda: self._directory.snapshot(external_id, site_number, today))
        except Unavailable as error:
            log.warning("accounts_unavailable", reason=str(error))
            if self._clock() - began >= SLOW * self._timeout_s:
                self._rest(self._clock() + REST_S)
            raise
        except NotFound:
            self._rest(None)
            raise
        self._rest(None)
        return found

    def _in_time(self, look_up: Callable[[], AccountSnapshot]) -> AccountSnapshot:
        """What the look-up gives, waited for no longer than that.

        Time-outs of the outside alone would not do: those of HTTP start anew with every byte, and
        names are looked up without any. A look-up that is given up ends by itself, unheard.
        """
        outcome: Future[AccountSnapshot] = Future()

        def run() -> None:
            try:
                outcome.set_result(look_up())
            except BaseException as error:
                outcome.set_exception(error)

        threading.Thread(target=run, name="account look-up", daemon=True).start()
        try:
            return outcome.result(self._timeout_s)
        except WaitedTooLong:
            raise Unavailable(
                f"The account directory took longer than {self._timeout_s:g} s."
            ) from None

    def _require_rested(self) -> None:
        with self._lock:
            if self._rests_until is None:
                return
            if self._clock() < self._rests_until:
                raise Unavailable("The account directory was too slow a moment ago.")
            # Whoever comes first tries it; the others wait for how that goes.
            self._rests_until = self._clock() + REST_S

    def _rest(self, until: float | None) -> None:
        with self._lock:
            self._rests_until = until
