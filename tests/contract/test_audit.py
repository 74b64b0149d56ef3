"""The audit log: one promise over every store, and what the database itself refuses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.adapters import migrate
from bot.adapters.database import Database
from bot.adapters.sql_audit import SqlAudit
from bot.core.audit import Entry, first_fault
from bot.core.errors import Unavailable
from tests.support import postgres
from tests.support.builders import NOW
from tests.support.stores import DATABASES, Stores


def an_entry(subject: str = "conversation-1", minutes: int = 0) -> Entry:
    at = NOW + timedelta(minutes=minutes, microseconds=123_456)
    return Entry(at, "agent-1", "GET /conversations/{id}", subject, {"q": "é"})


def test_entries_come_back_in_order_and_the_chain_holds(stores: Stores) -> None:
    added = [stores.audit.add(an_entry(minutes=n)) for n in range(3)]
    assert list(stores.audit.entries()) == added
    assert [sealed.number for sealed in added] == [1, 2, 3]
    assert first_fault(added, b"") is None


def test_what_concerns_one_subject_is_found(stores: Stores) -> None:
    for subject in ("a", "b", "a"):
        stores.audit.add(an_entry(subject))
    assert [sealed.number for sealed in stores.audit.entries("a")] == [1, 3]


def test_entries_of_many_at_once_form_one_chain(stores: Stores) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: stores.audit.add(an_entry(str(n))), range(40)))
    log = list(stores.audit.entries())
    assert len(log) == 40
    assert first_fault(log, b"") is None


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_entry_that_was_changed_is_found_out(stores: Stores, number: int) -> None:
    log = [stores.audit.add(an_entry(minutes=n)) for n in range(3)]
    wrong = replace(log[number - 1].entry, actor="agent-2")
    log[number - 1] = replace(log[number - 1], entry=wrong)
    assert first_fault(log, b"") == number


@pytest.mark.parametrize(("removed", "found_at"), [(1, 1), (2, 2)])
def test_an_entry_that_was_removed_is_found_out(
    stores: Stores, removed: int, found_at: int
) -> None:
    log = [stores.audit.add(an_entry(minutes=n)) for n in range(3)]
    del log[removed - 1]
    assert first_fault(log, b"") == found_at


@pytest.fixture(params=DATABASES)
def migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Database:
    folder = tmp_path_factory.mktemp("audit")
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{folder / 'a.db'}" if is_sqlite else postgres.new_database("audit")
    migrate.upgrade(url)
    return Database(url)


def test_a_chain_that_was_sealed_without_the_key_is_found_out(migrated: Database) -> None:
    SqlAudit(migrated, b"the key").add(an_entry())
    SqlAudit(migrated, b"another").add(an_entry())
    log = list(SqlAudit(migrated).entries())
    assert first_fault(log, b"the key") == 2


@pytest.mark.parametrize(
    "change", ["UPDATE audit_log SET actor = 'nobody'", "DELETE FROM audit_log"]
)
def test_the_database_refuses_to_change_an_entry(migrated: Database, change: str) -> None:
    SqlAudit(migrated).add(an_entry())
    with pytest.raises((Unavailable, DBAPIError)), migrated.write() as connection:
        connection.execute(text(change))
    assert len(list(SqlAudit(migrated).entries())) == 1
