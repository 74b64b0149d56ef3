"""Opens the database and hands out transactions. SQLite and PostgreSQL behave alike through this.

A write transaction takes SQLite's write lock at its start (BEGIN IMMEDIATE): one that reads first
and upgrades later can fail whatever the time-out. Every SQLAlchemy error leaves as one of ours.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from bot.core.errors import Unavailable

# How long a writer waits for another one; far above any transaction here.
BUSY_TIMEOUT_MS = 10_000


class Database:
    """A connection pool with two kinds of transaction."""

    def __init__(self, url: str) -> None:
        parsed = sa.make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        # Errors reach the logs, and parameters hold what visitors wrote.
        self.engine = sa.create_engine(url, pool_pre_ping=not self.is_sqlite, hide_parameters=True)
        if self.is_sqlite:
            set_up_sqlite(self.engine)
            sa.event.listen(self.engine, "begin", _begin_sqlite)
        self._reader = one_state(self.engine)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state of the database.

        Raises:
            Unavailable: The database cannot be reached.
        """
        with _translated("read from"), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, is_durable: bool = True) -> Iterator[sa.Connection]:
        """A transaction that is committed at the end, or undone if an error leaves it.

        What is durable outlives a power failure, at the price of waiting for the disk. A lease
        need not: after a power failure nobody holds it.

        Raises:
            Unavailable: The database cannot be reached or stays locked.
        """
        writer = self.engine.execution_options(helpdesk_write="FULL" if is_durable else "NORMAL")
        with _translated("write to"), writer.begin() as connection:
            yield connection

    def dispose(self) -> None:
        """Closes all connections."""
        self.engine.dispose()


def one_state(engine: sa.Engine) -> sa.Engine:
    """The engine, with transactions that see one state of the database, as SQLite's always do."""
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ")


def set_up_sqlite(engine: sa.Engine) -> None:
    """Write-ahead log, foreign keys and a patient lock, on every connection of the engine.

    And `lower` for all letters, as PostgreSQL has it: SQLite's own knows those of ASCII.
    """

    @sa.event.listens_for(engine, "connect")
    def _(connection: sqlite3.Connection, _record: object) -> None:
        # SQLAlchemy's "begin" event decides how a transaction begins, not the driver.
        connection.isolation_level = None
        connection.create_function("lower", 1, _lower, deterministic=True)
        for pragma in (
            "journal_mode = WAL",
            f"busy_timeout = {BUSY_TIMEOUT_MS}",
            "foreign_keys = ON",
            "synchronous = NORMAL",
            # What is erased must not be read from the file's free pages.
            "secure_delete = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")


def _lower(text: object) -> str | None:
    return None if text is None else str(text).lower()


def _begin_sqlite(connection: sa.Connection) -> None:
    synchronous = connection.get_execution_options().get("helpdesk_write")
    if synchronous:
        connection.exec_driver_sql(f"PRAGMA synchronous = {synchronous}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if synchronous else "BEGIN")


@contextmanager
def _translated(action: str) -> Iterator[None]:
    try:
        yield
    except sa.exc.IntegrityError:
        raise  # The adapters know what a broken constraint means.
    except SQLAlchemyError as error:
        raise Unavailable(f"Could not {action} the database ({type(error).__name__}).") from error
