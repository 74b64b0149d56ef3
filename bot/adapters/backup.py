"""A copy of the whole database in one file, and back. `python -m bot backup` and `restore` call it.

The copy is of one moment, made while everything runs. SQLite copies itself; PostgreSQL has its own
pg_dump and pg_restore, which must be of its version or newer.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from bot.core.errors import BadInput, Conflict, Unavailable

# Only its owner may read a backup: it holds what people wrote.
OWNER_ONLY = 0o600


def back_up(url: str, file: Path) -> int:
    """Writes the database to a new file and gives its size in bytes.

    Raises:
        Conflict: The file exists.
        Unavailable: The database cannot be read, or pg_dump is missing or failed.
    """
    if file.exists():
        raise Conflict(f"{file} exists. Name another file, or move that one away.")
    address = sa.make_url(url)
    file.touch(mode=OWNER_ONLY)
    try:
        if address.get_backend_name() == "sqlite":
            _copy_sqlite(Path(address.database or ""), file)
        else:
            _run("pg_dump", address, "--format=custom", "--no-owner", f"--file={file}")
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return file.stat().st_size


def restore(url: str, file: Path, *, replace: bool = False) -> None:
    """Puts a backup into the database: all of it, or nothing.

    Raises:
        BadInput: The file is no backup of this kind of database.
        Conflict: The database holds something, and `replace` was not given.
        Unavailable: The database cannot be written, or pg_restore is missing or failed.
    """
    address = sa.make_url(url)
    is_sqlite = address.get_backend_name() == "sqlite"
    with file.open("rb") as opened:
        start = opened.read(16)
    if not start.startswith(b"SQLite format 3" if is_sqlite else b"PGDMP"):
        raise BadInput(
            f"{file} is no backup of a {address.get_backend_name()} database. "
            "Restore with the HELPDESK_DATABASE_URL of the kind it was made with."
        )
    target = Path(address.database or "")
    if is_sqlite:
        # A machine on which nothing has run has no folder for it yet.
        target.parent.mkdir(parents=True, exist_ok=True)
    if not replace and _holds_something(url):
        raise Conflict("The database is not empty. To replace what it holds, add --replace.")
    if is_sqlite:
        _copy_sqlite(file, target)
    else:
        options = ("--clean", "--if-exists", "--no-owner", "--single-transaction")
        _run("pg_restore", address, *options, str(file))


def _copy_sqlite(source: Path, target: Path) -> None:
    if not source.exists():
        raise Unavailable(f"There is no database at {source}.")
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            (found,) = old.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise BadInput(f"{source} is damaged: {found}")
            old.backup(new)
    except sqlite3.Error as error:
        raise Unavailable(f"{source} could not be copied to {target}: {error}") from error


def _holds_something(url: str) -> bool:
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            if not sa.inspect(connection).has_table("conversations"):
                return False
            found = connection.execute(sa.text("SELECT 1 FROM conversations LIMIT 1"))
            return found.first() is not None
    except sa.exc.SQLAlchemyError as error:
        raise Unavailable(f"The database cannot be read ({type(error).__name__}).") from error
    finally:
        engine.dispose()


def _run(program: str, address: sa.URL, *arguments: str) -> None:
    """Runs one of PostgreSQL's programs; the password goes by its environment, unseen by others."""
    found = shutil.which(program)
    if found is None:
        raise Unavailable(f"{program} is missing. On Debian: apt-get install postgresql-client")
    # Built anew: to set a URL's password to None leaves the old one in it.
    target = sa.URL.create(
        "postgresql",
        address.username,
        None,
        address.host,
        address.port,
        address.database,
        address.query,
    )
    done = subprocess.run(
        [found, f"--dbname={target.render_as_string()}", *arguments],
        env={"PGPASSWORD": address.password or ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Unavailable(f"{program} failed: {done.stderr.strip()[:500]}")
