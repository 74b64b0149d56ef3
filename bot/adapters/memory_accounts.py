"""The account directory in memory, for tests: the rows of the `account_*` tables as plain dicts.

Answers as `SqlAccounts` does over the same rows; the contract suite compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import DefaultClause

from bot.adapters.sql_accounts import (
    MESSAGE_PRODUCT,
    OF_MEMBERSHIP,
    Row,
    SnapshotRows,
    not_a_member,
    to_snapshot,
)
from bot.adapters.tables import metadata
from bot.core.accounts import MONTHS_READ, AccountSnapshot
from bot.core.errors import Unavailable

# Rows by the name of their table. A column that a row lacks has its default, as in the database.
Rows = Mapping[str, Sequence[Row]]


class MemoryAccounts:
    """An `AccountDirectory` that, while `is_down`, answers as one that cannot be reached."""

    def __init__(self, rows: Rows) -> None:
        """`rows` are not copied: what a test changes in them shows in the next snapshot."""
        self.rows = rows
        self.is_down = False

    def snapshot(self, external_id: str, site_number: str, today: date) -> AccountSnapshot:
        """See `AccountDirectory.snapshot`."""
        if self.is_down:
            raise Unavailable("The account directory is down. Try again later.")
        sites = {row["number"]: row for row in self._all("account_sites")}
        here = {row["user_id"]: row for row in self._all("account_members", site_number)}
        users = {row["external_id"]: row for row in self._all("account_users")}
        if site_number not in sites or external_id not in here or external_id not in users:
            raise not_a_member()

        invoices = self._invoices(site_number, today)
        items = self._items({invoice["number"] for invoice in invoices})
        people = {external_id, *(item["sender_id"] for item in items)}
        return to_snapshot(
            SnapshotRows(
                visitor_id=external_id,
                is_site_admin=here[external_id]["is_site_admin"],
                site=sites[site_number],
                users=[
                    row | {name: here.get(id_, {}).get(name) for name in OF_MEMBERSHIP}
                    for id_, row in sorted(users.items())
                    if id_ in people
                ],
                licences=list(self._licences(site_number)),
                links=sorted(
                    (row for row in self._all("account_links") if row["user_id"] in people),
                    key=lambda row: (row["user_id"], row["site_number"], row["emr_vendor"]),
                ),
                invoices=invoices,
                items=items,
            )
        )

    def _all(self, table: str, site_number: str | None = None) -> list[dict[str, Any]]:
        """The rows of a table: all, or those of one site."""
        defaults = {
            column.name: default.arg
            if isinstance(default := column.server_default, DefaultClause)
            else None
            for column in metadata.tables[table].columns
        }
        rows = [defaults | row for row in map(dict, self.rows.get(table, ()))]
        return [row for row in rows if site_number is None or row["site_number"] == site_number]

    def _invoices(self, site_number: str, today: date) -> list[Row]:
        rows = self._all("account_invoices", site_number)
        past = [row for row in rows if row["month"] <= f"{today:%Y-%m}"]
        months = sorted({row["month"] for row in past}, reverse=True)[:MONTHS_READ]
        by_number = sorted(past, key=lambda row: str(row["number"]))
        return [row for month in months for row in by_number if row["month"] == month]

    def _items(self, invoice_numbers: set[str]) -> list[Row]:
        return [
            row
            for row in self._all("account_bill_items")
            if row["invoice_number"] in invoice_numbers
            and row["product"] == MESSAGE_PRODUCT
            and row["amount_cents"] != 0
        ]

    def _licences(self, site_number: str) -> Iterable[Row]:
        for licence in self._all("account_licences", site_number):
            staff = sorted(
                row["user_id"]
                for row in self._all("account_licence_staff")
                if row["licence_id"] == licence["id"]
            )
            for user_id in staff or [None]:
                yield {**licence, "user_id": user_id}
