"""The helpdesk that needs nothing: tickets are delivered into a table beside our own."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.adapters.database import Database
from bot.adapters.tables import builtin_helpdesk
from bot.core.errors import Unavailable
from bot.core.helpdesk import (
    Absent,
    Capabilities,
    Comment,
    Created,
    Found,
    LookedUp,
    Sent,
    Unknown,
)
from bot.core.ports.clock import Clock


class BuiltinHelpdesk:
    """The `Helpdesk` port over a table; a second create with the same key gives the first id."""

    capabilities = Capabilities()

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def prepare(self, body: str) -> str:
        """See the port. The ticket as it is stored."""
        return body

    def check(self) -> str | None:
        """See the port."""
        found = self.find("")
        return found.why if isinstance(found, Unknown) else None

    def find(self, external_key: str) -> LookedUp:
        """See the port."""
        query = sa.select(builtin_helpdesk.c.id).where(
            builtin_helpdesk.c.external_key == external_key
        )
        try:
            with self._db.read() as connection:
                found = connection.scalar(query)
        except Unavailable as error:
            return Unknown(str(error))
        return Absent() if found is None else Found(str(found))

    def create(self, external_key: str, payload: str) -> Sent:
        """See the port."""
        row = {"external_key": external_key, "body": payload, "created_at": self._clock.now()}
        try:
            with self._db.write() as connection:
                id_ = connection.scalar(
                    builtin_helpdesk.insert().values(row).returning(builtin_helpdesk.c.id)
                )
        except IntegrityError:
            # Delivered before: the key is unique.
            found = self.find(external_key)
            return Unknown("It cannot be read back.") if isinstance(found, Absent) else found
        except Unavailable as error:
            return Unknown(str(error))
        return Created(str(id_))

    def find_comment(self, ticket_id: str, key: str) -> LookedUp:  # noqa: ARG002
        """See the port."""
        return Absent()

    def comment(self, ticket_id: str, comment: Comment) -> Sent:  # noqa: ARG002
        """See the port. The console shows a ticket with its history: nothing needs a copy."""
        return Created(comment.key)

    def redact(self, ticket_id: str, key: str) -> Sent:  # noqa: ARG002
        """See the port. There is nothing to redact."""
        return Created(key)
