"""Imports of a site's exports: all or nothing, the same twice, nothing newer lost, none guessed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from bot.adapters.csv_accounts import Export, SiteFacts, UsersImported, import_users
from bot.adapters.csv_bill_items import InvoiceImported, ItemsImported, import_bill_items
from bot.adapters.database import Database
from bot.adapters.memory import HeldClock
from bot.adapters.sql_accounts import SqlAccounts
from bot.adapters.tables import account_links, metadata
from bot.core.account_files import read_bill_items, read_users
from bot.core.accounts import AccountSnapshot
from bot.core.errors import BadInput
from bot.core.fee_diagnosis import diagnose
from bot.settings import ROOT
from tests.support import postgres
from tests.support.stores import DATABASES, open_stores

SITE, OTHER_SITE = "44170", "52083"
DAY = datetime(2026, 3, 4, 12, tzinfo=UTC)
NEXT_DAY = DAY.replace(day=5)
TODAY = date(2026, 3, 10)

USERS = """Username,Name,Email,EMR Username,Patient Messages Licence Type,Site Admin
nbeausejour,Nathalie Beauséjour,nb@erables.example.com,,,yes
scharbonneau,Dre Solène Charbonneau,sc@erables.example.com,CHARBS01,Provider,no
mgaudreault,Mylène Gaudreault,,,Clinic Support Staff,no
"""
ITEMS = """Invoice,Date,Item,Sender,Quantity,Amount
INV-2,2026-02-03,Patient Message,mgaudreault,2,0.91
INV-2,2026-02-04,Patient Message,"Charbonneau, Solène",1,0.45
INV-2,2026-02-05,Patient Message,SC@erables.example.com,1,0.45
INV-2,2026-02-05,Patient Message,A. Stranger,1,0.45
INV-2,2026-02-28,Tablet,,1,29.00
INV-2,2026-02-28,Adjustment,,1,-1.00
"""


@pytest.fixture(params=DATABASES)
def database(
    request: pytest.FixtureRequest, tmp_path: Path, clock: HeldClock
) -> Iterator[Database]:
    with open_stores(request.param, tmp_path, clock) as stores:
        assert stores.database is not None
        yield stores.database


def put_users(
    database: Database, text: str = USERS, at: datetime = DAY, site: str = SITE, **facts: Any
) -> UsersImported:
    read = read_users(text.encode())
    assert read.faults == ()
    return import_users(
        database, read.rows, Export(site, at, "users.csv"), SiteFacts("Accuro", **facts)
    )


def put_items(
    database: Database, text: str = ITEMS, at: datetime = DAY, site: str = SITE
) -> ItemsImported:
    read = read_bill_items(text.encode())
    assert read.faults == ()
    return import_bill_items(database, read.rows, Export(site, at, "items.csv"))


def look(database: Database, who: str = "nbeausejour", site: str = SITE) -> AccountSnapshot:
    return SqlAccounts(database.engine).snapshot(who, site, TODAY)


def everything(database: Database) -> dict[str, set[Any]]:
    """What the account tables hold; ids that the database gives are left out."""
    held = {}
    with database.read() as connection:
        for table in metadata.sorted_tables:
            if table.name.startswith("account_"):
                columns = [c for c in table.columns if c.name not in ("id", "licence_id")]
                rows = connection.execute(select(*columns)).all()
                held[table.name] = {(row, rows.count(row)) for row in rows}
    return held


# --- What an import does -------------------------------------------------------------------------


def test_two_exports_are_enough_for_a_diagnosis_with_its_evidence(database: Database) -> None:
    assert put_users(database) == UsersImported(users=3, linked=1, licensed=1, covered=1, removed=0)
    put_items(database)
    snapshot = look(database)
    assert snapshot.is_site_admin
    diagnosis = diagnose(snapshot)
    assert {line.name: line.finding for line in diagnosis.lines} == {
        "Mylène Gaudreault": "not_linked",
        "Dre Solène Charbonneau": "link_unknown",
        "": "link_unknown",
    }
    assert {evidence.source for evidence in diagnosis.evidence} == {"csv"}
    assert {evidence.detail for evidence in diagnosis.evidence} == {"users.csv", "items.csv"}
    assert {evidence.as_of for evidence in diagnosis.evidence} == {DAY}


def test_what_was_imported_is_told(database: Database) -> None:
    put_users(database)
    assert put_items(database) == ItemsImported(
        invoices=(InvoiceImported("INV-2", "2026-02", items=6, messages=5, total_cents=3026),),
        unknown_senders={"A. Stranger": 1},
        unknown_products={"Adjustment": 1},
    )


def test_a_row_of_several_messages_is_so_many_charges_that_add_up(database: Database) -> None:
    put_users(database)
    put_items(database)
    mine = [c for c in look(database).charges if c.sender_id == "mgaudreault"]
    assert sorted(charge.amount_cents for charge in mine) == [45, 46]


def test_a_sender_who_is_not_known_for_sure_is_nobody(database: Database) -> None:
    namesakes = "a1,Jean Roy,,,,no\na2,Dr Jean Roy,,,,no\n"
    put_users(database, USERS + namesakes)
    put_items(database, "Date,Item,Sender,Amount\n2026-02-03,Message,Jean Roy,0.45\n")
    assert [charge.sender_id for charge in look(database).charges] == [None]


def test_a_sender_who_left_the_site_is_known_by_the_username(database: Database) -> None:
    put_users(database)
    left = "\n".join(line for line in USERS.splitlines() if "mgaudreault" not in line)
    assert put_users(database, left, NEXT_DAY).removed == 1
    put_items(database, at=NEXT_DAY)
    assert "mgaudreault" in {charge.sender_id for charge in look(database).charges}


def test_items_without_an_invoice_number_are_put_together_by_month(database: Database) -> None:
    put_users(database)
    text = "Date,Item,Amount\n2026-01-31,Message,0.45\n2026-02-01,Message,0.45\n"
    done = put_items(database, text)
    assert [invoice.month for invoice in done.invoices] == ["2026-01", "2026-02"]
    assert put_items(database, text) == done
    assert len(look(database).charges) == 2


def test_an_ocean_account_is_one_over_all_sites(database: Database) -> None:
    put_users(database)
    put_users(database, USERS.replace("scharbonneau", "SCharbonneau"), site=OTHER_SITE)
    put_items(database)
    links = [link for link in look(database).links if link.user_id == "scharbonneau"]
    assert sorted(link.site_number for link in links) == [SITE, OTHER_SITE]


def test_a_user_whom_the_vendor_knows_by_another_id_keeps_it(database: Database) -> None:
    users = metadata.tables["account_users"]
    with database.write() as connection:
        known = {"external_id": "u-17", "username": "SCharbonneau", "name": "S", "email": "s@x.ca"}
        connection.execute(insert(users).values(known))
    put_users(database)
    assert look(database, "u-17").user.name == "Dre Solène Charbonneau"


def test_the_date_of_a_link_that_was_known_stays_while_the_link_is_the_same(
    database: Database,
) -> None:
    put_users(database)
    with database.write() as connection:
        connection.execute(
            account_links.update().values(linked_at=datetime(2026, 1, 2, tzinfo=UTC))
        )
    put_users(database, at=NEXT_DAY)
    (link,) = look(database, "scharbonneau").links
    assert link.linked_at == datetime(2026, 1, 2, tzinfo=UTC)
    put_users(database, USERS.replace("CHARBS01", "CHARBS02"), NEXT_DAY)
    (link,) = look(database, "scharbonneau").links
    assert link.linked_at is None


def test_an_admin_may_be_named_where_the_export_does_not_say(database: Database) -> None:
    without = "\n".join(line.rsplit(",", 1)[0] for line in USERS.splitlines())
    put_users(database, without, admins=["NBeausejour"])
    assert look(database).is_site_admin
    put_users(database, without)
    assert look(database).is_site_admin, "known from before"
    with pytest.raises(BadInput, match="nobody"):
        put_users(database, without, admins=["nobody"])


# --- Safe to repeat, or undone -------------------------------------------------------------------


def test_the_same_import_again_changes_nothing(database: Database) -> None:
    put_users(database)
    put_items(database)
    before = everything(database)
    put_users(database)
    put_items(database)
    assert everything(database) == before


def test_a_newer_export_takes_the_place_of_the_older_one(database: Database) -> None:
    put_users(database)
    put_items(database)
    put_users(
        database, USERS.replace("mgaudreault,Mylène Gaudreault,,", "mgaudreault,M,,G7"), NEXT_DAY
    )
    put_items(database, ITEMS.replace("0.91", "0.90"), NEXT_DAY)
    snapshot = look(database)
    assert "G7" in {link.emr_username for link in snapshot.links}
    assert sum(charge.amount_cents for charge in snapshot.charges) == 225
    assert snapshot.site.provenance.as_of == NEXT_DAY


def test_an_older_export_never_overwrites_a_newer_one(database: Database) -> None:
    put_users(database, at=NEXT_DAY)
    put_items(database, at=NEXT_DAY)
    before = everything(database)
    for put in (put_users, put_items):
        with pytest.raises(BadInput, match="newer than this file"):
            put(database, at=DAY)
    assert everything(database) == before


@pytest.mark.parametrize(
    ("items", "says"),
    [
        ("Date,Item,Amount\n2026-03-05,Message,0.45\n", "after the day of the export"),
        ("Date,Item,Amount,Site\n2026-02-05,Message,0.45,52083\n", "of site 52083"),
        ("Date,Item,Amount\n2026-02-05,Message,0.45\n2026-02-05,Message,US$0.45\n", "CAD, USD"),
        ("Date,Item,Amount\n", "no bill items"),
    ],
)
def test_what_cannot_be_changes_nothing(database: Database, items: str, says: str) -> None:
    put_users(database)
    before = everything(database)
    with pytest.raises(BadInput, match=says):
        put_items(database, items)
    assert everything(database) == before


def test_an_invoice_of_another_site_is_refused_and_stays(database: Database) -> None:
    put_users(database)
    put_users(database, site=OTHER_SITE)
    put_items(database)
    before = everything(database)
    with pytest.raises(BadInput, match="another site"):
        put_items(database, site=OTHER_SITE)
    assert everything(database) == before


def test_a_list_of_other_people_is_taken_for_one_of_another_site(database: Database) -> None:
    put_users(database)
    before = everything(database)
    header = USERS.splitlines()[0]
    for text, says in ((f"{header}\nx,X,,,,no\n", "None of the 3 users"), (header, "no users")):
        with pytest.raises(BadInput, match=says):
            put_users(database, text, NEXT_DAY)
    assert everything(database) == before


def test_items_of_a_site_that_nobody_knows_are_refused(database: Database) -> None:
    with pytest.raises(BadInput, match="users list first"):
        put_items(database)


def test_a_failure_in_the_middle_of_an_import_undoes_it(database: Database) -> None:
    put_users(database)
    before = everything(database)

    def fail(_done: int, _total: int) -> None:
        raise RuntimeError

    read = read_bill_items(ITEMS.encode())
    with pytest.raises(RuntimeError):
        import_bill_items(database, read.rows, Export(SITE, DAY, "items.csv"), fail)
    assert everything(database) == before


# --- The commands --------------------------------------------------------------------------------


@pytest.fixture(params=DATABASES)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return postgres.new_database("imported")
    return f"sqlite:///{tmp_path / 'imported.db'}"


def run(address: str, *arguments: str) -> tuple[int, str]:
    """The exit code of a command and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "HELPDESK_DATABASE_URL": address,
            "COLUMNS": "200",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def test_the_commands_import_both_files_and_say_how_fast(tmp_path: Path, address: str) -> None:
    users, items = tmp_path / "users.csv", tmp_path / "items.csv"
    users.write_text(USERS, encoding="windows-1252")
    items.write_text(ITEMS, encoding="utf-8-sig")
    run(address, "migrate")
    of_site = ("--site", SITE, "--as-of", "2026-03-04")
    code, said = run(address, "import-users", str(users), "--emr", "Accuro", *of_site)
    assert code == 0, said
    assert "3 users of site 44170: 1 linked, 1 with a licence" in said
    code, said = run(address, "import-items", str(items), *of_site)
    assert code == 0, said
    assert "INV-2" in said
    assert "30.26" in said
    assert "A. Stranger (1)" in said
    assert "rows a second" in said


def test_a_command_tells_every_fault_by_its_line_and_imports_nothing(
    tmp_path: Path, address: str
) -> None:
    users = tmp_path / "users.csv"
    users.write_text(USERS.replace("Provider", "[/red] Gold"))
    run(address, "migrate")
    of_site = ("--site", SITE, "--as-of", "2026-03-04")
    code, said = run(address, "import-users", str(users), "--emr", "Accuro", *of_site)
    assert code == 1
    assert "users.csv: line 3, column “Patient Messages Licence Type”: found [/red] Gold" in said
    assert "Nothing was imported" in said
    database = Database(address)
    assert not any(everything(database).values())
    database.dispose()
