"""Rasa's conversation log in the project's own database, SQLite or PostgreSQL."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore

from bot.adapters.database import set_up_sqlite


class HelpdeskTrackerStore(SQLTrackerStore):
    """Rasa's SQL store, with the address given whole as `url` in endpoints.yml."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.engine.dialect.name == "sqlite":
            # Connections made while the tables were created lack the settings: start afresh.
            self.engine.dispose()
            set_up_sqlite(self.engine)

    @staticmethod
    def get_db_url(
        dialect: str = "sqlite",  # noqa: ARG004
        host: str | None = None,
        *args: Any,  # noqa: ARG004
        **kwargs: Any,  # noqa: ARG004
    ) -> sa.URL:
        """The address as given. Rasa's own builder calls a constructor that SQLAlchemy 2 lacks."""
        return sa.make_url(host or "sqlite://")
