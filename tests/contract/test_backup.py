"""A backup is the whole database at one moment; a restore is all of it or nothing. The drill."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.adapters import migrate
from bot.adapters.backup import back_up, restore
from bot.adapters.database import Database
from bot.adapters.sql_conversations import SqlConversations
from bot.adapters.sql_tickets import SqlTickets
from bot.adapters.tables import metadata
from bot.core.errors import BadInput, Conflict, Unavailable
from tests.support import postgres
from tests.support.builders import a_ticket, start
from tests.support.stores import DATABASES


def new_url(kind: str, folder: Path, name: str) -> str:
    if kind == "sqlite":
        return f"sqlite:///{folder / name}.db"
    if shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not installed (Debian: apt-get install postgresql-client)")
    return postgres.new_database(name)


@pytest.fixture(params=DATABASES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def lived_in(kind: str, tmp_path: Path) -> Iterator[Database]:
    """A database in use, with a conversation and a ticket that waits for its delivery."""
    url = new_url(kind, tmp_path, "lived_in")
    migrate.upgrade(url)
    database = Database(url)
    start(SqlConversations(database))
    SqlTickets(database).open(a_ticket(), "{}", "visitor")
    yield database
    database.dispose()


def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    database = Database(url)
    with database.read() as connection:
        found = {
            table.name: [tuple(row) for row in connection.execute(sa.select(table))]
            for table in metadata.sorted_tables
        }
    database.dispose()
    return found


def url_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def test_what_was_backed_up_comes_back_row_by_row(
    lived_in: Database, kind: str, tmp_path: Path
) -> None:
    file, elsewhere = tmp_path / "backup", new_url(kind, tmp_path, "elsewhere")
    assert back_up(url_of(lived_in), file) == file.stat().st_size > 0
    restore(elsewhere, file)
    assert rows(elsewhere) == rows(url_of(lived_in))
    migrate.upgrade(elsewhere)
    assert [row[0] for row in rows(elsewhere)["conversations"]] == ["conversation-1"]
    assert len(rows(elsewhere)["outbox"]) == 1


def test_a_backup_comes_back_on_a_machine_on_which_nothing_has_run(tmp_path: Path) -> None:
    url, fresh = new_url("sqlite", tmp_path, "old"), tmp_path / "var" / "helpdesk.db"
    migrate.upgrade(url)
    back_up(url, tmp_path / "backup")
    restore(f"sqlite:///{fresh}", tmp_path / "backup")
    assert rows(f"sqlite:///{fresh}") == rows(url)


def test_only_its_owner_may_read_a_backup(lived_in: Database, tmp_path: Path) -> None:
    back_up(url_of(lived_in), tmp_path / "backup")
    assert stat.S_IMODE((tmp_path / "backup").stat().st_mode) == 0o600


def test_neither_a_file_nor_a_database_in_use_is_overwritten_by_accident(
    lived_in: Database, tmp_path: Path
) -> None:
    file = tmp_path / "backup"
    back_up(url_of(lived_in), file)
    before = rows(url_of(lived_in))
    with pytest.raises(Conflict, match="exists"):
        back_up(url_of(lived_in), file)
    with pytest.raises(Conflict, match="--replace"):
        restore(url_of(lived_in), file)
    start(SqlConversations(lived_in), "conversation-2")
    restore(url_of(lived_in), file, replace=True)
    assert rows(url_of(lived_in)) == before


def test_a_file_that_is_no_backup_changes_nothing(lived_in: Database, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    file.write_text("not a backup at all")
    before = rows(url_of(lived_in))
    with pytest.raises(BadInput, match="no backup"):
        restore(url_of(lived_in), file, replace=True)
    assert rows(url_of(lived_in)) == before


def test_a_backup_that_fails_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        back_up(f"sqlite:///{tmp_path / 'nowhere.db'}", tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_a_password_goes_to_postgresql_s_programs_unseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, program = tmp_path / "told", tmp_path / "pg_dump"
    program.write_text(f'#!/bin/sh\necho "$PGPASSWORD" > {told}\necho "$1" >> {told}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    url = "postgresql+psycopg://helpdesk:s3cret@db.example:5433/clinic?sslmode=require"
    back_up(url, tmp_path / "backup")
    assert told.read_text().splitlines() == [
        "s3cret",
        "--dbname=postgresql://helpdesk@db.example:5433/clinic?sslmode=require",
    ]
