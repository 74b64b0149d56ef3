"""What every account directory promises, over the same rows; then the demo data, through each.

The rows lie in memory, in a database, behind a service, or come from a site admin's exports, which
tell less. PostgreSQL takes part where there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, insert, select, text

from bot.adapters.demo_accounts import DEMO_IDENTITIES, demo_rows, fill
from bot.adapters.http_accounts import HttpAccounts
from bot.adapters.memory import HeldClock
from bot.adapters.memory_accounts import MemoryAccounts
from bot.adapters.sql_accounts import SqlAccounts
from bot.adapters.tables import account_sites, account_users, metadata
from bot.core.accounts import (
    AccountSnapshot,
    MessageCharge,
    MessagingLicence,
    OceanUser,
    Provenance,
    Source,
)
from bot.core.errors import NotFound, Unavailable
from bot.core.fee_diagnosis import diagnose
from bot.core.ports.accounts import AccountDirectory
from tests.support.accounts_service import PATIENT_S, TOKEN, account_service
from tests.support.exports import import_everything
from tests.support.stores import DATABASES, open_stores

Rows = dict[str, list[dict[str, Any]]]

AS_OF = datetime(2024, 11, 19, 12, tzinfo=UTC)
LINKED_AT = datetime(2024, 10, 25, 15, tzinfo=UTC)
TODAY = date(2024, 11, 20)


def user(id_: str) -> dict[str, Any]:
    return {
        "external_id": id_,
        "username": f"{id_}.login",
        "name": f"Name of {id_}",
        "email": f"{id_}@clinic.example.com",
    }


def site(number: str, billed_by: str = "ocean") -> dict[str, Any]:
    return {
        "number": number,
        "name": f"Clinic {number}",
        "billed_by": billed_by,
        "emr_vendor": "Accuro",
        "as_of": AS_OF,
    }


def member(site_number: str, id_: str, *, admin: bool = False, read: bool = True) -> dict[str, Any]:
    return {
        "site_number": site_number,
        "user_id": id_,
        "is_site_admin": admin,
        "links_read_at": AS_OF if read else None,
    }


def link(id_: str, site_number: str) -> dict[str, Any]:
    return {
        "user_id": id_,
        "site_number": site_number,
        "emr_vendor": "Accuro",
        "emr_username": f"EMR-{id_}",
        "linked_at": LINKED_AT,
        "as_of": AS_OF,
    }


def invoice(number: str, month: str, site_number: str = "4417") -> dict[str, Any]:
    return {"number": number, "site_number": site_number, "month": month, "as_of": AS_OF}


def item(
    id_: int,
    invoice_number: str,
    sender: str | None,
    *,
    product: str = "patient_messages",
    cents: int = 45,
    currency: str = "CAD",
) -> dict[str, Any]:
    return {
        "id": id_,
        "invoice_number": invoice_number,
        "product": product,
        "sender_id": sender,
        "sent_on": date(2024, 10, 8),
        "amount_cents": cents,
        "currency": currency,
    }


def base_rows() -> Rows:
    return {
        "account_sites": [site("4417"), site("9120", billed_by="emr_vendor")],
        "account_users": [user(id_) for id_ in ("amy", "bo", "cy", "di", "gone")],
        "account_members": [
            member("4417", "amy", admin=True),
            member("4417", "bo", read=False),
            member("4417", "cy"),
            member("9120", "bo"),
            member("9120", "di"),
        ],
        "account_links": [link("amy", "4417"), link("bo", "9120"), link("di", "9120")],
        "account_licences": [
            {"id": 1, "site_number": "4417", "holder_id": "amy"},
            {"id": 2, "site_number": "9120", "holder_id": "di"},
            {"id": 3, "site_number": "4417", "holder_id": "cy"},
        ],
        "account_licence_staff": [
            {"licence_id": 1, "user_id": "cy"},
            {"licence_id": 1, "user_id": "bo"},
            {"licence_id": 2, "user_id": "bo"},
        ],
        "account_invoices": [
            invoice("I-07", "2024-07"),
            invoice("I-12", "2024-12"),
            invoice("I-10", "2024-10"),
            invoice("I-09", "2024-09"),
            # August is missing; October has two invoices, as a site with subsites has.
            invoice("I-10b", "2024-10"),
            invoice("I-06", "2024-06"),
            invoice("V-10", "2024-10", site_number="9120"),
        ],
        "account_bill_items": [item(1, "I-10", "amy"), item(2, "V-10", "di")],
    }


Build = Callable[[Rows], AccountDirectory]

TABLES = ["memory", *DATABASES]
# Whoever can tell everything that a snapshot holds.
COMPLETE = [*TABLES, "service"]
SOURCES: dict[str, Source] = {"service": "service", "exports": "csv"}

tables_only = pytest.mark.parametrize("kind", TABLES, indirect=True)
exports_only = pytest.mark.parametrize("kind", ["exports"], indirect=True)
complete_only = pytest.mark.parametrize("kind", COMPLETE, indirect=True)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'accounts.db'}")
    metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture(params=[*COMPLETE, "exports"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def build(kind: str, tmp_path: Path, clock: HeldClock) -> Iterator[Build]:
    """Makes a directory over rows, of that kind."""
    with ExitStack() as stack:

        def build_one(rows: Rows) -> AccountDirectory:
            if kind == "memory":
                return MemoryAccounts(rows)
            if kind == "service":
                service = stack.enter_context(account_service(rows))
                directory = HttpAccounts(service.url, TOKEN, timeout_s=PATIENT_S)
                stack.callback(directory.close)
                return directory
            backend = "sqlite" if kind == "exports" else kind
            database = stack.enter_context(open_stores(backend, tmp_path, clock)).database
            assert database is not None
            if kind == "exports":
                import_everything(database, rows)
            else:
                store(database.engine, rows)
            return SqlAccounts(database.engine)

        yield build_one


@pytest.fixture
def rows() -> Rows:
    return deepcopy(base_rows())


def store(engine: Engine, rows: Rows) -> None:
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            # One by one: rows need not name the same columns.
            for row in rows.get(table.name, ()):
                connection.execute(insert(table), row)


# --- The promises --------------------------------------------------------------------------------


def test_a_snapshot_holds_the_site_and_the_user(build: Build, rows: Rows) -> None:
    snapshot = build(rows).snapshot("amy", "4417", TODAY)
    site = snapshot.site
    assert (site.number, site.name, site.billed_by) == ("4417", "Clinic 4417", "ocean")
    assert site.emr_vendor == "Accuro"
    assert snapshot.user == OceanUser("amy", "amy.login", "Name of amy", "amy@clinic.example.com")


def test_being_an_admin_is_read_for_the_site_asked_about(build: Build, rows: Rows) -> None:
    rows["account_members"].append(member("9120", "amy", admin=False))
    directory = build(rows)
    assert directory.snapshot("amy", "4417", TODAY).is_site_admin is True
    assert directory.snapshot("amy", "9120", TODAY).is_site_admin is False


def test_unknown_users_unknown_sites_and_strangers_get_the_same_error(
    build: Build, rows: Rows
) -> None:
    directory = build(rows)
    messages = set()
    for id_, number in (("nobody", "4417"), ("amy", "0000"), ("amy", "9120"), ("", "")):
        with pytest.raises(NotFound) as error:
            directory.snapshot(id_, number, TODAY)
        messages.add(str(error.value))
    assert len(messages) == 1


@complete_only
def test_only_the_last_three_months_that_have_invoices_are_read(build: Build, rows: Rows) -> None:
    snapshot = build(rows).snapshot("amy", "4417", TODAY)
    assert snapshot.months == ("2024-10", "2024-09", "2024-07")
    assert [invoice.number for invoice in snapshot.invoices] == ["I-10", "I-10b", "I-09", "I-07"]


@complete_only
def test_an_invoice_of_the_current_month_is_read_and_a_later_one_is_not(
    build: Build, rows: Rows
) -> None:
    directory = build(rows)
    assert directory.snapshot("amy", "4417", date(2024, 12, 1)).months[0] == "2024-12"
    assert directory.snapshot("amy", "4417", date(2024, 11, 30)).months[0] == "2024-10"


@complete_only
def test_charges_are_the_messages_of_the_invoices_that_were_read(build: Build, rows: Rows) -> None:
    rows["account_bill_items"] = [
        item(1, "I-10", "amy", cents=45),
        item(2, "I-06", "amy"),
        item(3, "V-10", "amy"),
        item(4, "I-10", "amy", product="patient_reminders"),
        item(5, "I-10", "amy", product="tablets_kiosks"),
        item(6, "I-09", "cy", cents=50),
    ]
    snapshot = build(rows).snapshot("amy", "4417", TODAY)
    assert snapshot.charges == (
        MessageCharge("I-10", "amy", date(2024, 10, 8), 45, "CAD"),
        MessageCharge("I-09", "cy", date(2024, 10, 8), 50, "CAD"),
    )


def test_a_message_listed_at_no_cost_is_not_a_charge(build: Build, rows: Rows) -> None:
    rows["account_bill_items"] = [item(1, "I-10", "amy", cents=0)]
    assert build(rows).snapshot("amy", "4417", TODAY).charges == ()


def test_a_charge_may_have_no_sender(build: Build, rows: Rows) -> None:
    rows["account_bill_items"] = [item(1, "I-10", None)]
    snapshot = build(rows).snapshot("amy", "4417", TODAY)
    assert [charge.sender_id for charge in snapshot.charges] == [None]
    assert [known.external_id for known in snapshot.users] == ["amy"]


@complete_only
def test_senders_are_known_even_after_they_left_the_site(build: Build, rows: Rows) -> None:
    rows["account_bill_items"] = [item(1, "I-10", "gone"), item(2, "I-10", "never-stored")]
    snapshot = build(rows).snapshot("amy", "4417", TODAY)
    assert [known.external_id for known in snapshot.users] == ["amy", "gone"]
    assert "gone" not in {knowledge.user_id for knowledge in snapshot.link_knowledge}


@complete_only
def test_links_are_those_of_the_visitor_and_the_senders_wherever_they_are(
    build: Build, rows: Rows
) -> None:
    rows["account_bill_items"] = [item(1, "I-10", "bo")]
    snapshot = build(rows).snapshot("amy", "4417", TODAY)
    assert [(link.user_id, link.site_number) for link in snapshot.links] == [
        ("amy", "4417"),
        ("bo", "9120"),
    ]
    assert snapshot.links[0].linked_at == LINKED_AT
    assert snapshot.links[0].emr_username == "EMR-amy"


@complete_only
def test_links_that_were_never_looked_at_are_not_known(build: Build, rows: Rows) -> None:
    """Bo's link was looked at elsewhere, which says nothing about this site."""
    rows["account_bill_items"] = [item(1, "I-10", "bo")]
    snapshot = build(rows).snapshot("amy", "4417", TODAY)
    assert [(read.user_id, read.site_number) for read in snapshot.link_knowledge] == [
        ("amy", "4417")
    ]


def test_every_fact_says_where_it_comes_from_and_as_of_when(
    build: Build, kind: str, rows: Rows
) -> None:
    snapshot = build(rows).snapshot("amy", "4417", TODAY)
    said = [
        fact.provenance
        for fact in (
            snapshot.site,
            *snapshot.links,
            *snapshot.link_knowledge,
            *snapshot.invoices,
        )
    ]
    assert len(said) > 3
    assert {(fact.source, fact.as_of) for fact in said} == {(SOURCES.get(kind, "database"), AS_OF)}
    assert all(fact.detail for fact in said)


@tables_only
def test_a_row_may_say_more_exactly_where_its_facts_come_from(build: Build, rows: Rows) -> None:
    rows["account_invoices"][2] |= {"source": "csv", "source_detail": "october.csv"}
    snapshot = build(rows).snapshot("amy", "4417", TODAY)
    assert snapshot.invoices[0].provenance == Provenance("csv", "october.csv", AS_OF)
    assert snapshot.site.provenance == Provenance("database", "account_sites", AS_OF)


@complete_only
def test_a_link_may_be_seen_without_a_date(build: Build, rows: Rows) -> None:
    rows["account_links"][0]["linked_at"] = None
    (link,) = build(rows).snapshot("amy", "4417", TODAY).links
    assert (link.linked_at, link.linked_by) == (None, AS_OF)


@complete_only
def test_licences_are_the_sites_with_the_staff_that_each_covers(build: Build, rows: Rows) -> None:
    snapshot = build(rows).snapshot("amy", "4417", TODAY)
    assert snapshot.licences == (
        MessagingLicence("amy", ("bo", "cy")),
        MessagingLicence("cy", ()),
    )


@complete_only
def test_a_licence_of_the_older_model_has_one_primary_delegate(build: Build, rows: Rows) -> None:
    rows["account_licences"][2] |= {"model": "primary_delegate"}
    rows["account_licence_staff"].append({"licence_id": 3, "user_id": "bo"})
    licences = build(rows).snapshot("amy", "4417", TODAY).licences
    assert licences[1] == MessagingLicence("cy", ("bo",), "primary_delegate")


@complete_only
def test_a_licence_may_have_a_holder_whom_nobody_knows(build: Build, rows: Rows) -> None:
    rows["account_licences"][0]["holder_id"] = None
    licences = build(rows).snapshot("amy", "4417", TODAY).licences
    assert licences[0] == MessagingLicence(None, ("bo", "cy"))


@complete_only
@pytest.mark.parametrize(("model", "most"), [("support_staff", 3), ("primary_delegate", 1)])
def test_a_licence_shared_by_more_people_than_it_can_be_is_no_fact(
    build: Build, rows: Rows, model: str, most: int
) -> None:
    rows["account_licences"][2] |= {"model": model}
    rows["account_licence_staff"] += [
        {"licence_id": 3, "user_id": id_} for id_ in ("amy", "bo", "di", "gone")[: most + 1]
    ]
    with pytest.raises(Unavailable):
        build(rows).snapshot("amy", "4417", TODAY)


@tables_only
def test_charges_in_two_currencies_are_not_added_up(build: Build, rows: Rows) -> None:
    rows["account_bill_items"].append(item(3, "I-09", "amy", currency="USD"))
    with pytest.raises(Unavailable, match="CAD, USD"):
        build(rows).snapshot("amy", "4417", TODAY)


@tables_only
def test_a_biller_that_nobody_knows_makes_the_directory_unavailable(
    build: Build, rows: Rows
) -> None:
    rows["account_sites"][0]["billed_by"] = "someone"
    with pytest.raises(Unavailable, match="Allowed: ocean, emr_vendor"):
        build(rows).snapshot("amy", "4417", TODAY)


def of_one_source(snapshot: AccountSnapshot) -> AccountSnapshot:
    """The same snapshot, as if all came from one place."""

    def told(fact: Any) -> Any:
        return replace(fact, provenance=Provenance("database", "", fact.provenance.as_of))

    return replace(
        snapshot,
        site=told(snapshot.site),
        links=tuple(map(told, snapshot.links)),
        link_knowledge=tuple(map(told, snapshot.link_knowledge)),
        invoices=tuple(map(told, snapshot.invoices)),
    )


@complete_only
def test_all_read_the_same_snapshot(build: Build, rows: Rows) -> None:
    rows["account_bill_items"] += [item(nth, "I-09", "cy") for nth in range(3, 9)]
    in_memory, other = MemoryAccounts(rows), build(rows)
    for id_, number in (("amy", "4417"), ("bo", "4417"), ("cy", "4417"), ("bo", "9120")):
        assert of_one_source(other.snapshot(id_, number, TODAY)) == of_one_source(
            in_memory.snapshot(id_, number, TODAY)
        )


# --- What exports tell ---------------------------------------------------------------------------


@exports_only
def test_exports_tell_of_links_at_the_site_but_not_since_when(build: Build, rows: Rows) -> None:
    rows["account_bill_items"] = [item(1, "I-10", "bo"), item(2, "I-10", "cy")]
    snapshot = build(rows).snapshot("amy", "4417", TODAY)
    assert [(link.user_id, link.site_number, link.linked_at) for link in snapshot.links] == [
        ("amy", "4417", None),
        ("bo", "9120", None),
    ]
    assert [read.user_id for read in snapshot.link_knowledge] == ["amy", "bo", "cy"]


@exports_only
def test_exports_tell_who_is_covered_but_not_by_whose_licence(build: Build, rows: Rows) -> None:
    licences = build(rows).snapshot("amy", "4417", TODAY).licences
    assert set(licences) == {
        MessagingLicence("amy", ()),
        MessagingLicence("cy", ()),
        MessagingLicence(None, ("bo",)),
    }


# --- Trouble -------------------------------------------------------------------------------------


def test_a_memory_directory_that_is_down_is_unavailable_until_it_is_up(rows: Rows) -> None:
    directory = MemoryAccounts(rows)
    directory.is_down = True
    with pytest.raises(Unavailable):
        directory.snapshot("amy", "4417", TODAY)
    directory.is_down = False
    assert directory.snapshot("amy", "4417", TODAY).user.external_id == "amy"


def test_a_database_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'no-such-folder' / 'accounts.db'}")
    with pytest.raises(Unavailable):
        SqlAccounts(engine).snapshot("amy", "4417", TODAY)
    engine.dispose()


def test_a_database_without_the_tables_is_unavailable(engine: Engine) -> None:
    metadata.drop_all(engine)
    with pytest.raises(Unavailable, match="migrated"):
        SqlAccounts(engine).snapshot("amy", "4417", TODAY)


def test_views_over_the_tables_of_a_vendor_do_as_well(engine: Engine, rows: Rows) -> None:
    store(engine, rows)
    expected = SqlAccounts(engine).snapshot("amy", "4417", TODAY)
    with engine.begin() as connection:
        connection.execute(text("PRAGMA legacy_alter_table = ON"))
        for table in metadata.sorted_tables:
            if table.name.startswith("account_"):
                connection.execute(text(f"ALTER TABLE {table.name} RENAME TO vendor_{table.name}"))
                view = f"CREATE VIEW {table.name} AS SELECT * FROM vendor_{table.name}"
                connection.execute(text(view))
    assert SqlAccounts(engine).snapshot("amy", "4417", TODAY) == expected


def test_a_stored_date_that_is_none_is_unavailable(engine: Engine, rows: Rows) -> None:
    store(engine, rows)
    with engine.begin() as connection:
        connection.execute(text("UPDATE account_bill_items SET sent_on = 'last week'"))
    with pytest.raises(Unavailable):
        SqlAccounts(engine).snapshot("amy", "4417", TODAY)


def statements_of(engine: Engine, directory: AccountDirectory) -> list[str]:
    """The statements that one snapshot sends to the database."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    directory.snapshot("amy", "4417", TODAY)
    event.remove(engine, "before_cursor_execute", note)
    return seen


def test_a_snapshot_only_reads_and_with_as_many_queries_for_many_senders(
    engine: Engine, rows: Rows
) -> None:
    store(engine, rows)
    for_one = statements_of(engine, SqlAccounts(engine))
    crowd = [f"sender-{nth}" for nth in range(60)]
    more = {
        "account_users": [user(id_) for id_ in crowd],
        "account_members": [member("4417", id_) for id_ in crowd],
        "account_bill_items": [item(100 + nth, "I-10", id_) for nth, id_ in enumerate(crowd)],
    }
    store(engine, more)
    for_many = statements_of(engine, SqlAccounts(engine))
    assert len(for_many) == len(for_one) <= 6
    assert all(statement.lstrip().startswith("SELECT") for statement in for_many)


# --- The demo data -------------------------------------------------------------------------------

NOW = datetime(2024, 11, 20, 14, 30, tzinfo=UTC)
EXPECTED_FINDINGS = {
    "linked": "linked_after_charges",
    "unlinked_subscribed": "not_linked",
    "unlinked_unsubscribed": "sender_not_licensed",
    "no_subscription_site": "site_without_subscription",
    "delegate": "linked_elsewhere",
    "non_admin": "other_senders",
    "admin": "other_senders",
}


def demo_findings(directory: AccountDirectory, now: datetime) -> dict[str, str]:
    return {
        name: diagnose(
            directory.snapshot(identity.external_id, identity.site_number, now.date())
        ).finding
        for name, identity in DEMO_IDENTITIES.items()
    }


def everything_in(engine: Engine) -> dict[str, list[Any]]:
    with engine.connect() as connection:
        return {
            table.name: [
                tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
        }


@pytest.mark.parametrize(
    "now",
    [
        NOW,
        datetime(2024, 3, 1, 0, 0, tzinfo=UTC),
        datetime(2024, 3, 31, 23, 59, tzinfo=UTC),
        datetime(2025, 1, 1, 3, 0, tzinfo=UTC),
    ],
)
def test_each_demo_visitor_gets_a_telling_finding_on_any_day(engine: Engine, now: datetime) -> None:
    fill(engine, now)
    assert demo_findings(SqlAccounts(engine), now) == EXPECTED_FINDINGS


def test_the_demo_rows_tell_the_same_in_memory() -> None:
    assert demo_findings(MemoryAccounts(demo_rows(NOW)), NOW) == EXPECTED_FINDINGS


def test_the_demo_admin_sees_every_cause_a_sender_can_have(engine: Engine) -> None:
    fill(engine, NOW)
    admin = DEMO_IDENTITIES["admin"]
    snapshot = SqlAccounts(engine).snapshot(admin.external_id, admin.site_number, NOW.date())
    assert {line.finding for line in diagnose(snapshot).lines} == {
        "linked_after_charges",
        "not_linked",
        "sender_not_licensed",
        "linked_elsewhere",
        "link_unknown",
    }


def test_the_demo_visitor_who_is_linked_has_no_unexplained_messages(engine: Engine) -> None:
    fill(engine, NOW)
    linked = DEMO_IDENTITIES["linked"]
    snapshot = SqlAccounts(engine).snapshot(linked.external_id, linked.site_number, NOW.date())
    assert diagnose(snapshot).also.unexplained_count == 0


def test_nothing_in_the_demo_data_is_dated_after_now() -> None:
    now = datetime(2024, 3, 1, 0, 0, tzinfo=UTC)
    rows = demo_rows(now)
    times = [link["linked_at"] for link in rows["account_links"]]
    times += [row["as_of"] for name in ("account_sites", "account_invoices") for row in rows[name]]
    assert max(times) < now
    assert max(row["sent_on"] for row in rows["account_bill_items"]) < now.date()


def test_filling_twice_leaves_what_filling_once_does(engine: Engine) -> None:
    def without_ids() -> dict[str, int]:
        return {name: len(rows) for name, rows in everything_in(engine).items()}

    fill(engine, NOW)
    once, counts = demo_findings(SqlAccounts(engine), NOW), without_ids()
    fill(engine, NOW)
    assert demo_findings(SqlAccounts(engine), NOW) == once
    assert without_ids() == counts


def test_filling_again_later_moves_the_invoices_along(engine: Engine) -> None:
    fill(engine, NOW)
    later = datetime(2025, 2, 3, 9, 0, tzinfo=UTC)
    fill(engine, later)
    admin = DEMO_IDENTITIES["admin"]
    snapshot = SqlAccounts(engine).snapshot(admin.external_id, admin.site_number, later.date())
    assert snapshot.months == ("2025-01", "2024-12", "2024-11")


def test_filling_leaves_the_rows_of_others_alone(engine: Engine, rows: Rows) -> None:
    store(engine, rows)
    before = everything_in(engine)
    fill(engine, NOW)
    fill(engine, NOW)
    after = everything_in(engine)
    assert all(set(before[name]) <= set(after[name]) for name in before)


def test_filling_mends_a_demo_row_that_was_changed(engine: Engine) -> None:
    fill(engine, NOW)
    fresh = everything_in(engine)
    with engine.begin() as connection:
        connection.execute(account_sites.update().values(billed_by="emr_vendor"))
        connection.execute(account_users.update().values(name="Somebody"))
    fill(engine, NOW)
    mended = everything_in(engine)
    for table in ("account_sites", "account_users"):
        assert mended[table] == fresh[table]


def test_the_demo_visitors_are_of_three_sites_and_reachable_nowhere() -> None:
    sites = {row["number"]: row for row in demo_rows(NOW)["account_sites"]}
    assert len(sites) >= 3
    for identity in DEMO_IDENTITIES.values():
        assert identity.site_number in sites
        assert identity.email.endswith(".example.com")
    assert len({identity.external_id for identity in DEMO_IDENTITIES.values()}) == 7
