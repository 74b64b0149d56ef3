"""Brings the database to the newest schema, with Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.exc import SQLAlchemyError

from bot.adapters.database import Database
from bot.core.errors import Unavailable

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(url: str) -> None:
    """Applies the migrations that are missing; safe to repeat.

    Raises:
        Unavailable: The database cannot be reached or a migration failed.
    """
    database = Database(url)
    try:
        with database.engine.connect() as connection:
            command.upgrade(configuration(connection), "head")
            connection.commit()
    except SQLAlchemyError as error:
        raise Unavailable(f"The database could not be brought up to date: {error}") from error
    finally:
        database.dispose()


def configuration(connection: object) -> Config:
    """Alembic's configuration for an open connection."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config
