"""Whether the parts that the service needs answer, for /readyz and the launcher."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx
import sqlalchemy as sa

from bot.adapters.database import Database
from bot.core.errors import Unavailable

TIMEOUT_S = 2.0


def answers_http(url: str, headers: Mapping[str, str]) -> Callable[[], bool]:
    """A probe that is true when the address answers with success."""
    # One client for all its calls; without TLS, as on loopback, no certificates need be read.
    is_verified = url.startswith("https:")
    client = httpx.Client(
        headers=dict(headers), timeout=TIMEOUT_S, trust_env=False, verify=is_verified
    )

    def probe() -> bool:
        try:
            return client.get(url).is_success
        except httpx.HTTPError:
            return False

    return probe


def reads_database(database: Database) -> Callable[[], bool]:
    """A probe that is true when the database answers a query."""

    def probe() -> bool:
        try:
            with database.read() as connection:
                connection.execute(sa.text("SELECT 1 FROM conversations LIMIT 1"))
        except Unavailable:
            return False
        return True

    return probe
