"""What the helpdesks over HTTP have in common: every failed call becomes one of delivery's results.

The rule: what certainly did nothing is `Later`; what may have had its effect is `Unknown`. An
answer's own words are never kept: they may repeat what a visitor wrote.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from bot.core.helpdesk import Later, Unknown

# A look-up and a request, each within this, stay far inside delivery's lease.
TIMEOUT = httpx.Timeout(15.0, connect=5.0)
# Until an operator has put right what is wrong.
OPERATOR_S = 300.0

# Nothing has left this machine.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


class HelpdeskHttp:
    """A client of one helpdesk. `name` is the helpdesk's; `prefix` that of its settings."""

    def __init__(
        self,
        name: str,
        prefix: str,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> None:
        self._name = name
        self._prefix = prefix
        self.client = httpx.Client(
            base_url=url.rstrip("/"),
            auth=auth,
            headers={"Accept": "application/json", **(headers or {})},
            timeout=TIMEOUT,
            # No redirects: a request that changes something must not go where nobody sent it.
            follow_redirects=False,
        )

    def call(self, method: str, path: str, **request: Any) -> httpx.Response | Later | Unknown:
        """The answer, if it is one that the adapter itself has to read."""
        try:
            response = self.client.request(method, path, **request)
        except _NOT_SENT as error:
            return Later(f"{self._name} cannot be reached ({type(error).__name__}).")
        except httpx.HTTPError as error:
            return Unknown(f"{self._name} gave no answer ({type(error).__name__}).")
        return self._trouble(response) or response

    def _trouble(self, response: httpx.Response) -> Later | Unknown | None:
        """What an answer says of the helpdesk as a whole; None if it speaks of the request."""
        status = response.status_code
        if status == 429:
            why = f"{self._name} limits how often it is asked (429)."
            return Later(why, retry_after_s(response))
        if status in (401, 403):
            return Later(
                f"{self._name} refuses the credentials or what they allow ({status}): check "
                f"{self._prefix}_* with `python -m bot doctor`.",
                OPERATOR_S,
            )
        if response.is_redirect:
            why = f"{self._name} answers from elsewhere ({status}): check {self._prefix}_URL."
            return Later(why, OPERATOR_S)
        if status >= 500:
            why = f"{self._name} failed ({status}); it may have done its work all the same."
            return Unknown(why, retry_after_s(response))
        return None


def json_of(response: httpx.Response) -> Any:
    """The body as JSON; None if it is none, as with a proxy's error page."""
    try:
        return response.json()
    except ValueError:
        return None


def retry_after_s(response: httpx.Response) -> float:
    """The seconds of a Retry-After header, which may also be a date; 0 without a usable one."""
    given = response.headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(given))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(given)
    except ValueError:
        return 0.0
    return max(0.0, (at.astimezone(UTC) - datetime.now(UTC)).total_seconds())
