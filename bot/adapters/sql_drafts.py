"""Unfinished requests and errands in SQL, as the core writes them in JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from bot.adapters.conversation_rows import read_conversation
from bot.adapters.database import Database
from bot.adapters.tables import drafts, errands
from bot.core.cancellation import Draft
from bot.core.errands import Errand


class SqlDrafts:
    """The `Drafts` port over SQL."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def draft(self, conversation_id: str) -> Draft | None:
        """See the port."""
        fields = self._fields(drafts, conversation_id)
        return None if fields is None else Draft.from_json(fields)

    def save_draft(self, conversation_id: str, draft: Draft, *, at: datetime) -> None:
        """See the port."""
        self._save(drafts, conversation_id, draft.to_json(), at)

    def drop_draft(self, conversation_id: str) -> None:
        """See the port."""
        self._drop(drafts, conversation_id)

    def errand(self, conversation_id: str) -> Errand | None:
        """See the port."""
        fields = self._fields(errands, conversation_id)
        return None if fields is None else Errand.from_json(fields)

    def save_errand(self, conversation_id: str, errand: Errand, *, at: datetime) -> None:
        """See the port."""
        self._save(errands, conversation_id, errand.to_json(), at)

    def drop_errand(self, conversation_id: str) -> None:
        """See the port."""
        self._drop(errands, conversation_id)

    def _fields(self, kept: sa.Table, conversation_id: str) -> dict[str, Any] | None:
        query = select(kept.c.fields).where(kept.c.conversation_id == conversation_id)
        with self._db.read() as connection:
            return connection.scalar(query)

    def _save(
        self, kept: sa.Table, conversation_id: str, fields: dict[str, Any], at: datetime
    ) -> None:
        values = {"fields": fields, "updated_at": at}
        with self._db.write() as connection:
            read_conversation(connection, conversation_id)
            changed = connection.execute(
                kept.update().where(kept.c.conversation_id == conversation_id).values(**values)
            ).rowcount
            if not changed:
                connection.execute(kept.insert().values(conversation_id=conversation_id, **values))

    def _drop(self, kept: sa.Table, conversation_id: str) -> None:
        with self._db.write() as connection:
            connection.execute(kept.delete().where(kept.c.conversation_id == conversation_id))
