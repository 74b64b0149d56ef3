"""The account directory over the `account_*` tables, which the vendor fills or replicates into.

Read-only: one short connection and the same six queries for any number of senders. `to_snapshot`
makes a snapshot of rows, here and in `memory_accounts.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, get_args

from sqlalchemy import Connection, Engine, Select, select
from sqlalchemy.exc import SQLAlchemyError

from bot.adapters.database import one_state
from bot.adapters.tables import (
    account_bill_items,
    account_invoices,
    account_licence_staff,
    account_licences,
    account_links,
    account_members,
    account_sites,
    account_users,
)
from bot.core.accounts import (
    MAX_COVERED,
    MONTHS_READ,
    AccountLink,
    AccountSnapshot,
    BilledBy,
    Invoice,
    LicenceModel,
    LinkKnowledge,
    MessageCharge,
    MessagingLicence,
    OceanUser,
    Provenance,
    Site,
    Source,
)
from bot.core.errors import NotFound, Unavailable

MESSAGE_PRODUCT = "patient_messages"

# Columns of `account_members` that say when and where somebody looked at a user's links.
OF_MEMBERSHIP = ("links_read_at", "source", "source_detail")

# A row of a table, by column name.
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SnapshotRows:
    """The rows that make one snapshot, filtered by the adapter that read them.

    Attributes:
        visitor_id: The visitor's `external_id`.
        is_site_admin: Of the visitor's membership here.
        site: Of `account_sites`.
        users: Of `account_users`, with `links_read_at`, `source` and `source_detail` of their
            membership here, else None. The visitor's is among them.
        licences: Of `account_licences`, each once per staff member covered, as `user_id`; once
            with None where it covers nobody. By id.
        links: Of `account_links`.
        invoices: Of `account_invoices`, newest first.
        items: Of `account_bill_items`, in the order of their ids.
    """

    visitor_id: str
    is_site_admin: bool
    site: Row
    users: Sequence[Row]
    licences: Sequence[Row]
    links: Sequence[Row]
    invoices: Sequence[Row]
    items: Sequence[Row]


class SqlAccounts:
    """An `AccountDirectory` over SQLite or PostgreSQL."""

    def __init__(self, engine: Engine) -> None:
        """`engine` stays the caller's to dispose of."""
        self._engine = one_state(engine)

    def snapshot(self, external_id: str, site_number: str, today: date) -> AccountSnapshot:
        """See `AccountDirectory.snapshot`."""
        try:
            with self._engine.connect() as connection:
                rows = _read(connection, external_id, site_number, today)
        # A stored value that is no date, for one, comes out as a plain ValueError.
        except (SQLAlchemyError, ValueError) as error:
            raise Unavailable(
                f"The account tables could not be read ({type(error).__name__}). "
                "Check that the database is up and migrated, then try again."
            ) from error
        return to_snapshot(rows)


def not_a_member() -> NotFound:
    """The one error for an unknown user, an unknown site, and a user who is of another site."""
    return NotFound("This person is not a member of this site. Check the site number.")


# --- Reading -------------------------------------------------------------------------------------


def _read(connection: Connection, external_id: str, site_number: str, today: date) -> SnapshotRows:
    def rows(query: Select[Any]) -> list[Row]:
        return [row._asdict() for row in connection.execute(query)]

    sites, users, members = account_sites.c, account_users.c, account_members.c
    site = rows(
        select(account_sites, members.is_site_admin)
        .join(account_members, members.site_number == sites.number)
        .join(account_users, users.external_id == members.user_id)
        .where(sites.number == site_number, users.external_id == external_id)
    )
    if not site:
        raise not_a_member()

    invoices = rows(_invoices(site_number, today))
    items = rows(_items([invoice["number"] for invoice in invoices]))
    people = {external_id} | {item["sender_id"] for item in items} - {None}
    return SnapshotRows(
        visitor_id=external_id,
        is_site_admin=site[0]["is_site_admin"],
        site=site[0],
        users=rows(
            select(account_users, *(members[name] for name in OF_MEMBERSHIP))
            .outerjoin(
                account_members,
                (members.user_id == users.external_id) & (members.site_number == site_number),
            )
            .where(users.external_id.in_(people))
            .order_by(users.external_id)
        ),
        licences=rows(
            select(account_licences, account_licence_staff.c.user_id)
            .outerjoin(account_licence_staff)
            .where(account_licences.c.site_number == site_number)
            .order_by(account_licences.c.id, account_licence_staff.c.user_id)
        ),
        links=rows(
            select(account_links)
            .where(account_links.c.user_id.in_(people))
            .order_by(*account_links.primary_key)
        ),
        invoices=invoices,
        items=items,
    )


def _invoices(site_number: str, today: date) -> Select[Any]:
    columns = account_invoices.c
    months = (
        select(columns.month)
        .where(columns.site_number == site_number, columns.month <= f"{today:%Y-%m}")
        .distinct()
        .order_by(columns.month.desc())
        .limit(MONTHS_READ)
    )
    return (
        select(account_invoices)
        .where(columns.site_number == site_number, columns.month.in_(months))
        .order_by(columns.month.desc(), columns.number)
    )


def _items(invoice_numbers: list[str]) -> Select[Any]:
    columns = account_bill_items.c
    return (
        select(account_bill_items)
        .where(
            columns.invoice_number.in_(invoice_numbers),
            columns.product == MESSAGE_PRODUCT,
            columns.amount_cents != 0,
        )
        .order_by(columns.id)
    )


# --- From rows to a snapshot ---------------------------------------------------------------------


def to_snapshot(rows: SnapshotRows) -> AccountSnapshot:
    """The snapshot that these rows make.

    Raises:
        Unavailable: A row holds what cannot be understood.
    """
    site = _site(rows.site)
    users = {row["external_id"]: _user(row) for row in rows.users}
    return AccountSnapshot(
        site=site,
        user=users[rows.visitor_id],
        is_site_admin=rows.is_site_admin,
        users=tuple(users.values()),
        licences=_licences(rows.licences),
        links=tuple(_link(row) for row in rows.links),
        link_knowledge=tuple(
            LinkKnowledge(
                user_id=row["external_id"],
                site_number=site.number,
                provenance=_provenance(row, "account_members", row["links_read_at"]),
            )
            for row in rows.users
            if row["links_read_at"] is not None
        ),
        invoices=tuple(
            Invoice(
                number=row["number"],
                month=row["month"],
                provenance=_provenance(row, "account_invoices", row["as_of"]),
            )
            for row in rows.invoices
        ),
        charges=_charges(rows.items),
    )


def _site(row: Row) -> Site:
    return Site(
        number=row["number"],
        name=row["name"],
        billed_by=_one_of(get_args(BilledBy), row, "billed_by", "account_sites"),
        emr_vendor=row["emr_vendor"],
        provenance=_provenance(row, "account_sites", row["as_of"]),
    )


def _user(row: Row) -> OceanUser:
    return OceanUser(
        external_id=row["external_id"],
        username=row["username"],
        name=row["name"],
        email=row["email"],
    )


def _licences(rows: Iterable[Row]) -> tuple[MessagingLicence, ...]:
    licences: dict[int, MessagingLicence] = {}
    for row in rows:
        model = _one_of(get_args(LicenceModel), row, "model", "account_licences")
        licence = licences.get(row["id"]) or MessagingLicence(row["holder_id"], (), model)
        if row["user_id"] is not None:
            licence = replace(licence, covered_ids=(*licence.covered_ids, row["user_id"]))
        licences[row["id"]] = licence
    for id_, licence in licences.items():
        if len(licence.covered_ids) > MAX_COVERED[licence.model]:
            # Who is really covered cannot be told.
            raise Unavailable(
                f"Licence {id_} of account_licences covers {len(licence.covered_ids)} people "
                f"beside its holder. Allowed for {licence.model}: {MAX_COVERED[licence.model]}. "
                "Correct account_licence_staff."
            )
    return tuple(licences.values())


def _provenance(row: Row, table: str, as_of: datetime) -> Provenance:
    source = _one_of(get_args(Source), row, "source", table)
    return Provenance(source, row["source_detail"] or table, as_of)


def _one_of(allowed: tuple[Any, ...], row: Row, column: str, table: str) -> Any:
    """The value of a column that holds one of a few words."""
    if row[column] not in allowed:
        raise Unavailable(
            f"A row of {table} has {column} {row[column]!r}. "
            f"Allowed: {', '.join(allowed)}. Correct the row."
        )
    return row[column]


def _link(row: Row) -> AccountLink:
    return AccountLink(
        user_id=row["user_id"],
        site_number=row["site_number"],
        emr_vendor=row["emr_vendor"],
        emr_username=row["emr_username"],
        linked_at=row["linked_at"],
        provenance=_provenance(row, "account_links", row["as_of"]),
    )


def _charges(rows: Iterable[Row]) -> tuple[MessageCharge, ...]:
    charges = tuple(
        MessageCharge(
            invoice_number=row["invoice_number"],
            sender_id=row["sender_id"],
            sent_on=row["sent_on"],
            amount_cents=row["amount_cents"],
            currency=row["currency"],
        )
        for row in rows
    )
    currencies = sorted({charge.currency for charge in charges})
    if len(currencies) > 1:
        # Added up, they would make an amount that stands on no invoice.
        raise Unavailable(
            f"The invoices of one site are in several currencies: {', '.join(currencies)}. "
            "Correct account_bill_items so that they are all in one."
        )
    return charges
