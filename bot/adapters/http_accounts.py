"""The account directory behind a vendor's own service, as docs/accounts.openapi.yaml describes it.

What fails in passing is tried again while there is time; `punctual_accounts.py` sees to the end of
it. What is not exactly as described is no fact: the directory is unavailable then.
"""

from __future__ import annotations

import time
from datetime import date
from urllib.parse import quote

import httpx
from pydantic import ValidationError
from tenacity import (
    RetryError,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from bot.adapters.accounts_schema import SnapshotBody
from bot.adapters.sql_accounts import not_a_member
from bot.core.accounts import MONTHS_READ, AccountSnapshot
from bot.core.errors import Unavailable

ATTEMPTS = 3
CONNECT_S = 1.0
# A site's three months of messages, with room to spare.
MAX_BODY_BYTES = 32 * 1024**2


class _Transient(Exception):
    """An attempt that failed in a way that another may not."""


class HttpAccounts:
    """An `AccountDirectory` over HTTP, which tries again what may pass."""

    def __init__(self, url: str, token: str, timeout_s: float) -> None:
        """`timeout_s` is for a whole look-up; the token is told to nobody but the service."""
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
            trust_env=False,
        )
        self._host = httpx.URL(url).host
        self._timeout_s = timeout_s

    def snapshot(self, external_id: str, site_number: str, today: date) -> AccountSnapshot:
        """See `AccountDirectory.snapshot`."""
        if not external_id or not site_number:
            raise not_a_member()
        body = self._read(external_id, site_number, today)
        try:
            told = SnapshotBody.model_validate_json(body, strict=True)
        except ValidationError as error:
            # Where, never what: the answer may hold names.
            places = [".".join(map(str, fault["loc"])) or "the whole" for fault in error.errors()]
            raise Unavailable(
                f"The account service answered otherwise than described: {', '.join(places[:5])}."
            ) from None
        return told.to_snapshot(external_id, site_number, today, self._host)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _read(self, external_id: str, site_number: str, today: date) -> bytes:
        path = f"/v1/sites/{quote(site_number, safe='')}/users/{quote(external_id, safe='')}"
        until = time.monotonic() + self._timeout_s
        attempts = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.1, max=0.5),
            retry=retry_if_exception_type(_Transient),
        )
        try:
            return attempts(self._attempt, f"{path}/snapshot", today, until)
        except RetryError as error:
            reason = error.last_attempt.exception()
            raise Unavailable(f"{reason} {ATTEMPTS} attempts were made.") from None

    def _attempt(self, path: str, today: date, until: float) -> bytes:
        query: dict[str, str | int] = {"today": today.isoformat(), "months": MONTHS_READ}
        try:
            with self._client.stream("GET", path, params=query) as response:
                _check(response)
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MAX_BODY_BYTES or time.monotonic() > until:
                        raise Unavailable("The account service answered too much, or too slowly.")
                return bytes(body)
        except httpx.TimeoutException as error:
            # There is no time left for another.
            raise Unavailable(
                f"The account service did not answer in time ({type(error).__name__})."
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise _Transient(
                f"The account service could not be read ({type(error).__name__})."
            ) from None


def _check(response: httpx.Response) -> None:
    status, content = response.status_code, response.headers.get("content-type", "")
    if status == httpx.codes.OK:
        return
    # Another 404 is of a wrong address, and says nothing about anybody.
    if status == httpx.codes.NOT_FOUND and content.startswith("application/problem+json"):
        raise not_a_member()
    if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise _Transient(f"The account service answered {status}.")
    raise Unavailable(
        f"The account service answered {status}. "
        "Check HELPDESK_ACCOUNTS_URL and HELPDESK_ACCOUNTS_TOKEN."
    )
