"""Puts bill items, read by `core/account_files.py`, into the account tables.

The rules of `csv_accounts.py` hold: one transaction an import, safe to repeat, nothing newer
overwritten. A message whose sender is not known for sure is attributed to nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from bot.adapters.csv_accounts import IN_CHUNK, Export, chunks, refuse_if_newer
from bot.adapters.database import Database
from bot.adapters.tables import (
    account_bill_items,
    account_invoices,
    account_members,
    account_sites,
    account_users,
)
from bot.core.account_files import BillItemRow
from bot.core.accounts import OceanUser
from bot.core.errors import BadInput
from bot.core.export_words import MESSAGES
from bot.core.senders import KnownSenders

INSERT_CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class InvoiceImported:
    """One invoice as it is stored now; `total_cents` is of all its items."""

    number: str
    month: str
    items: int
    messages: int
    total_cents: int


@dataclass(frozen=True, slots=True)
class ItemsImported:
    """The invoices by number; rows by sender who is nobody's name; rows by product not known."""

    invoices: tuple[InvoiceImported, ...]
    unknown_senders: Mapping[str, int]
    unknown_products: Mapping[str, int]


def import_bill_items(
    database: Database,
    rows: Sequence[BillItemRow],
    export: Export,
    on_progress: Callable[[int, int], None] | None = None,
) -> ItemsImported:
    """Makes each invoice that the rows are of hold these items and no others.

    Rows without an invoice number are put together by month. A row of several messages is stored
    as so many, which add up to its amount. `on_progress` hears how many items of how many are
    stored.

    Raises:
        BadInput: The site is not known; a row is of another site or dated after the export; there
            are none, or several currencies; an invoice is of another site, or stored from a newer
            export.
        Unavailable: The database cannot be written to.
    """
    _refuse_the_impossible(rows, export)
    invoices = _by_invoice(rows, export.site_number)
    with database.write() as connection:
        find = cache(_known_senders(connection, rows, export.site_number).find)
        _put_invoices(connection, invoices, export)
        _put_items(connection, invoices, find, on_progress)
    unknown = (row.sender for row in rows if row.sender and find(row.sender) is None)
    return ItemsImported(
        invoices=tuple(
            InvoiceImported(
                number=number,
                month=_month(items),
                items=len(items),
                messages=sum(max(1, row.quantity) for row in items if row.product == MESSAGES),
                total_cents=sum(row.amount_cents for row in items),
            )
            for number, items in sorted(invoices.items())
        ),
        unknown_senders=Counter(unknown),
        unknown_products=Counter(row.description for row in rows if row.product == "other"),
    )


def _refuse_the_impossible(rows: Sequence[BillItemRow], export: Export) -> None:
    if not rows:
        raise BadInput("The file has no bill items. Export it again.")
    site_number, last_day = export.site_number, export.as_of.date()
    for row in rows:
        if row.sent_on > last_day:
            raise BadInput(
                f"Line {row.line} is dated {row.sent_on}, after the day of the export "
                f"({last_day}). Correct --as-of, or say with --dates how dates are written."
            )
        # Some reports have the name of the site where others have its number.
        if row.site_number and row.site_number.isdigit() and row.site_number != site_number:
            raise BadInput(
                f"Line {row.line} is of site {row.site_number}, not of site {site_number}. "
                "Give the right --site, or the right file."
            )
    currencies = sorted({row.currency for row in rows})
    if len(currencies) > 1:
        raise BadInput(
            f"The amounts are in several currencies: {', '.join(currencies)}. "
            "Import files in one currency only."
        )


def _by_invoice(rows: Iterable[BillItemRow], site_number: str) -> dict[str, list[BillItemRow]]:
    invoices: dict[str, list[BillItemRow]] = {}
    for row in rows:
        number = row.invoice or f"CSV-{site_number}-{row.sent_on:%Y%m}"
        invoices.setdefault(number, []).append(row)
    return invoices


def _month(items: Sequence[BillItemRow]) -> str:
    """The month that an invoice is for: that of its last item."""
    return f"{max(row.sent_on for row in items):%Y-%m}"


def _known_senders(
    connection: Connection, rows: Sequence[BillItemRow], site_number: str
) -> KnownSenders:
    """The users of the site, and others by their username: whoever has left it has one still."""
    if (
        connection.execute(
            select(account_sites.c.number).where(account_sites.c.number == site_number)
        ).first()
        is None
    ):
        raise BadInput(f"Site {site_number} is not known. Import its users list first.")
    columns = account_users.c
    members = select(account_users).join(account_members)
    found = list(connection.execute(members.where(account_members.c.site_number == site_number)))
    logins = sorted({row.sender.casefold() for row in rows if row.sender})
    users = {row.external_id: OceanUser(**row._mapping) for row in found}
    for some in chunks(logins, IN_CHUNK):
        for row in connection.execute(
            select(account_users).where(func.lower(columns.username).in_(some))
        ):
            stranger = OceanUser(row.external_id, row.username, name="", email="")
            users.setdefault(row.external_id, stranger)
    return KnownSenders(users.values())


def _put_invoices(
    connection: Connection, invoices: Mapping[str, Sequence[BillItemRow]], export: Export
) -> None:
    columns = account_invoices.c
    known: dict[str, Row[Any]] = {}
    for some in chunks(list(invoices), IN_CHUNK):
        found = connection.execute(select(account_invoices).where(columns.number.in_(some)))
        known |= {row.number: row for row in found}
        items = account_bill_items.c.invoice_number.in_(some)
        connection.execute(delete(account_bill_items).where(items))
    for number, rows in invoices.items():
        values = {"month": _month(rows), "as_of": export.as_of, **export.source}
        if number not in known:
            new = {"number": number, "site_number": export.site_number, **values}
            connection.execute(insert(account_invoices).values(new))
            continue
        if known[number].site_number != export.site_number:
            raise BadInput(
                f"Invoice {number} is of another site than {export.site_number}. "
                "Give the right --site, or the right file."
            )
        refuse_if_newer(f"invoice {number}", known[number].as_of, export)
        connection.execute(update(account_invoices).where(columns.number == number).values(values))


def _put_items(
    connection: Connection,
    invoices: Mapping[str, Sequence[BillItemRow]],
    find: Callable[[str | None], str | None],
    on_progress: Callable[[int, int], None] | None,
) -> None:
    items = (item for number, rows in invoices.items() for item in _items(number, rows, find))
    total = sum(_count(row) for rows in invoices.values() for row in rows)
    done = 0
    for some in chunks(items, INSERT_CHUNK):
        connection.execute(insert(account_bill_items), some)
        done += len(some)
        if on_progress:
            on_progress(done, total)


def _count(row: BillItemRow) -> int:
    return max(1, row.quantity) if row.product == MESSAGES else 1


def _items(
    number: str, rows: Iterable[BillItemRow], find: Callable[[str | None], str | None]
) -> Iterator[dict[str, Any]]:
    for row in rows:
        sender_id = find(row.sender)
        for cents in row.unit_cents if row.product == MESSAGES else (row.amount_cents,):
            yield {
                "invoice_number": number,
                "product": row.product,
                "sender_id": sender_id,
                "sent_on": row.sent_on,
                "amount_cents": cents,
                "currency": row.currency,
            }
