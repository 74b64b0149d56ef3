"""The helpdesk that needs nothing: tickets are delivered into a table beside our own."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.adapters.database import Database
from bot.adapters.tables import builtin_helpdesk
from bot.core.errors import Unavailable
from bot.core.ports import Clock


class BuiltinHelpdesk:
    """The `Helpdesk` port over a table; a second create with the same key gives the first id."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def find(self, external_key: str) -> str | None:
        """See the port."""
        query = sa.select(builtin_helpdesk.c.id).where(
            builtin_helpdesk.c.external_key == external_key
        )
        with self._db.read() as connection:
            found = connection.scalar(query)
        return None if found is None else str(found)

    def create(self, external_key: str, body: str) -> str:
        """See the port."""
        try:
            with self._db.write() as connection:
                connection.execute(
                    builtin_helpdesk.insert().values(
                        external_key=external_key, body=body, created_at=self._clock.now()
                    )
                )
        except IntegrityError:
            # Delivered before: the key is unique.
            pass
        created = self.find(external_key)
        if created is None:
            raise Unavailable("The ticket was stored but cannot be read back.")
        return created
