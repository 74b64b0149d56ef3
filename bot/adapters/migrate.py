"""Brings the database to the newest schema, with Alembic. Many may call it at once: one does it."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.exc import IntegrityError

from bot.adapters.database import Database
from bot.core.errors import Unavailable

_MIGRATIONS = Path(__file__).parent / "migrations"
# PostgreSQL's lock for applications; any number will do that nothing else here takes.
_LOCK = 7_326_001


def upgrade(url: str) -> None:
    """Applies the migrations that are missing; safe to repeat.

    Raises:
        Unavailable: The database cannot be reached or a migration failed.
    """
    database = Database(url)
    try:
        # A write transaction: on SQLite it has the lock before it looks what is missing.
        with database.write() as connection:
            if not database.is_sqlite:
                connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            command.upgrade(configuration(connection), "head")
    except (Unavailable, IntegrityError, CommandError) as error:
        # What the database itself said tells the operator more than that it was not written to.
        reason = error.__cause__ if isinstance(error, Unavailable) else error
        raise Unavailable(f"The database could not be brought up to date: {reason}") from error
    finally:
        database.dispose()


def configuration(connection: object) -> Config:
    """Alembic's configuration for an open connection."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config
