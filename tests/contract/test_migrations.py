"""The migrations make the very tables that `tables.py` describes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError

from bot.adapters import migrate
from bot.adapters.database import Database
from bot.adapters.sql_tickets import SqlTickets
from bot.adapters.tables import (
    account_licence_staff,
    account_licences,
    account_links,
    account_sites,
    metadata,
    outbox,
    ticket_history,
    tickets,
)
from bot.core.errors import Unavailable
from bot.settings import ROOT
from tests.support import postgres
from tests.support.builders import a_ticket
from tests.support.stores import DATABASES

# Rasa's own table shares the database; it is Rasa's to change.
NOT_OURS = {"events", "alembic_version"}


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'migrated.db'}"
    return postgres.new_database("migrated")


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    migrate.upgrade(url)
    database = Database(url)
    yield database
    database.dispose()


def differences(database: Database) -> list[Any]:
    options = {
        "compare_type": True,
        "include_object": lambda _object, name, kind, *_: (kind, name) != ("table", "events"),
    }
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, metadata))


def test_the_newest_schema_is_the_one_described(database: Database) -> None:
    assert differences(database) == []
    assert set(inspect(database.engine).get_table_names()) - NOT_OURS == set(metadata.tables)


def test_the_comparison_sees_what_is_missing(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("ALTER TABLE agents DROP COLUMN role"))
    assert len(differences(database)) == 1


def test_foreign_keys_and_unique_constraints_are_the_ones_described(database: Database) -> None:
    found = inspect(database.engine)
    for table in metadata.sorted_tables:
        keys = {
            (key["constrained_columns"][0], key["referred_table"], key["options"].get("ondelete"))
            for key in found.get_foreign_keys(table.name)
        }
        assert keys == {
            (key.parent.name, key.column.table.name, key.ondelete) for key in table.foreign_keys
        }, table.name


def test_upgrading_twice_changes_nothing(database: Database, url: str) -> None:
    kept = SqlTickets(database).open(a_ticket(), "{}", who="assistant")
    migrate.upgrade(url)
    assert SqlTickets(database).get(kept.reference) == kept


def test_of_two_open_tickets_of_one_request_the_database_itself_refuses_the_second(
    database: Database,
) -> None:
    def insert(**changes: Any) -> None:
        ticket = a_ticket(**changes)
        values = {name: getattr(ticket, name) for name in ticket.__dataclass_fields__}
        with database.write() as connection:
            connection.execute(tickets.insert().values(values))

    insert()
    insert(state="done")
    with pytest.raises(IntegrityError):
        insert(state="in_progress")


def test_deleting_a_ticket_takes_its_history_and_outbox_along(database: Database) -> None:
    ticket = SqlTickets(database).open(a_ticket(), "{}", who="assistant")
    with database.write() as connection:
        connection.execute(tickets.delete().where(tickets.c.reference == ticket.reference))
        left = [connection.execute(table.select()).all() for table in (ticket_history, outbox)]
    assert left == [[], []]


def test_account_rows_of_the_first_schema_stay_and_come_from_the_database(url: str) -> None:
    older = Database(url)
    with older.engine.connect() as connection:
        command.upgrade(migrate.configuration(connection), "0001")
        connection.commit()
    rows = (
        "account_sites VALUES ('4417', 'Parc', 'ocean', 'Accuro', '2026-03-01 12:00:00')",
        "account_users VALUES ('amy', 'amy', 'Amy', 'amy@clinic.example.com')",
        "account_links VALUES ('amy', '4417', 'Accuro', 'A1', '2026-02-01', '2026-03-01 12:00:00')",
        "account_licences (id, site_number, holder_id) VALUES (7, '4417', 'amy')",
        "account_licence_staff VALUES (7, 'amy')",
    )
    with older.write() as connection:
        for row in rows:
            connection.execute(text(f"INSERT INTO {row}"))
    older.dispose()
    migrate.upgrade(url)
    newer = Database(url)
    with newer.read() as connection:
        assert connection.scalar(select(account_sites.c.source)) == "database"
        assert connection.scalar(select(account_links.c.source)) == "database"
        (licence,) = connection.execute(select(account_licences)).all()
        assert (licence.id, licence.holder_id, licence.model) == (7, "amy", "support_staff")
        assert connection.execute(select(account_licence_staff)).all() == [(7, "amy")]
    newer.dispose()


def test_there_is_one_newest_migration(database: Database) -> None:
    with database.engine.connect() as connection:
        script = ScriptDirectory.from_config(migrate.configuration(connection))
    assert len(script.get_heads()) == 1


def test_a_database_that_cannot_be_reached_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(Unavailable):
        migrate.upgrade(f"sqlite:///{tmp_path / 'taken'}")


def test_of_many_that_start_at_once_one_migrates_and_the_others_wait(url: str) -> None:
    command = [sys.executable, "-c", f"from bot.adapters.migrate import upgrade; upgrade({url!r})"]
    started = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(4)]
    told = [process.communicate()[1].decode() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0, 0], told


def test_the_reason_why_it_cannot_be_brought_up_to_date_is_said(tmp_path: Path) -> None:
    (tmp_path / "damaged.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(Unavailable, match=r"up to date: .*file is not a database"):
        migrate.upgrade(f"sqlite:///{tmp_path / 'damaged.db'}")
    url = f"sqlite:///{tmp_path / 'newer.db'}"
    migrate.upgrade(url)
    newer = Database(url)
    with newer.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    newer.dispose()
    with pytest.raises(Unavailable, match=r"up to date: Can't locate revision .*'9999'"):
        migrate.upgrade(url)
