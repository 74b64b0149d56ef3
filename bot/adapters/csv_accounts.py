"""Puts a users list, read by `core/account_files.py`, into the account tables; bill items beside.

Each import is one transaction, and doing it again changes nothing. What is newer than the file is
never overwritten. A fact that an export does not tell is not made up: since when an account is
linked, by whose licence staff are covered. `csv_bill_items.py` does the same for bill items.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from bot.adapters.database import Database
from bot.adapters.tables import (
    account_licence_staff,
    account_licences,
    account_links,
    account_members,
    account_sites,
    account_users,
)
from bot.core.account_files import UserRow
from bot.core.accounts import BilledBy
from bot.core.errors import BadInput

# As many parameters as any database takes in one statement.
IN_CHUNK = 500
MAX_DETAIL = 200


@dataclass(frozen=True, slots=True)
class Export:
    """What the export does not say of itself; `file` is its name, kept as evidence."""

    site_number: str
    as_of: datetime
    file: str

    @property
    def source(self) -> dict[str, str]:
        """The columns that say where a row's facts come from."""
        return {"source": "csv", "source_detail": self.file[:MAX_DETAIL]}


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What the users list does not say of its site; None keeps what is there."""

    emr_vendor: str
    name: str | None = None
    billed_by: BilledBy | None = None
    admins: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class UsersImported:
    """How many users of the site there are now, and who left its list."""

    users: int
    linked: int
    licensed: int
    covered: int
    removed: int


def import_users(
    database: Database, rows: Sequence[UserRow], export: Export, site: SiteFacts
) -> UsersImported:
    """Makes the site's users, links and licences what the list says.

    Whoever is not in the list is no member of the site any more. The date of a link that was known
    stays, as long as the EMR username is the same.

    Raises:
        BadInput: What is stored is newer; nobody of the site, or not an admin who was named, is in
            the list.
        Unavailable: The database cannot be written to.
    """
    if not rows:
        raise BadInput("The file has no users. Export it again.")
    missing = {name.casefold() for name in site.admins} - {row.username.casefold() for row in rows}
    if missing:
        raise BadInput(f"Not in the users list: {', '.join(sorted(missing))}. Correct --admin.")
    with database.write() as connection:
        _put_site(connection, export, site)
        ids = _put_users(connection, rows)
        removed = _put_members(connection, rows, ids, export, site.admins)
        _put_links(connection, rows, ids, export, site.emr_vendor)
        _put_licences(connection, rows, ids, export.site_number)
    return UsersImported(
        users=len(rows),
        linked=sum(row.emr_username is not None for row in rows),
        licensed=sum(row.coverage == "holder" for row in rows),
        covered=sum(row.coverage in ("staff", "primary_delegate") for row in rows),
        removed=removed,
    )


def _put_site(connection: Connection, export: Export, site: SiteFacts) -> None:
    columns = account_sites.c
    there = columns.number == export.site_number
    known = connection.execute(select(columns.as_of).where(there)).first()
    told = {"name": site.name, "billed_by": site.billed_by}
    values: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
    values |= {"emr_vendor": site.emr_vendor, "as_of": export.as_of, **export.source}
    if known is None:
        new = {"number": export.site_number, "name": export.site_number, "billed_by": "ocean"}
        connection.execute(insert(account_sites).values(new | values))
        return
    refuse_if_newer(f"site {export.site_number}", known.as_of, export)
    connection.execute(update(account_sites).where(there).values(values))


def _put_users(connection: Connection, rows: Sequence[UserRow]) -> dict[int, str]:
    """The ids of the users, by line of the list. An Ocean account is one over all sites."""
    logins = [row.username.casefold() for row in rows]
    known: dict[str, str] = {}
    columns = account_users.c
    for some in chunks(logins, IN_CHUNK):
        named = func.lower(columns.username).in_(some)
        found = select(columns.external_id, columns.username).where(named)
        known |= {row.username.casefold(): row.external_id for row in connection.execute(found)}
    ids = {
        row.line: row.external_id or known.get(row.username.casefold()) or row.username
        for row in rows
    }
    if len(set(ids.values())) < len(ids):
        raise BadInput("Two lines are of the same person: see the external ids of the users list.")
    there: set[str] = set()
    for some in chunks(list(ids.values()), IN_CHUNK):
        present = select(columns.external_id).where(columns.external_id.in_(some))
        there |= set(connection.scalars(present))
    new = []
    for row in rows:
        values = {"username": row.username, "name": row.name, "email": row.email}
        if ids[row.line] in there:
            # The export may lack a name or an email that is known.
            kept = {name: value for name, value in values.items() if value}
            mine = columns.external_id == ids[row.line]
            connection.execute(update(account_users).where(mine).values(kept))
        else:
            new.append(values | {"external_id": ids[row.line], "name": row.name or row.username})
    if new:
        connection.execute(insert(account_users), new)
    return ids


def _put_members(
    connection: Connection,
    rows: Sequence[UserRow],
    ids: Mapping[int, str],
    export: Export,
    admins: Collection[str],
) -> int:
    columns = account_members.c
    here = columns.site_number == export.site_number
    known = {
        row.user_id: row.is_site_admin
        for row in connection.execute(select(columns.user_id, columns.is_site_admin).where(here))
    }
    if known and not known.keys() & set(ids.values()):
        raise BadInput(
            f"None of the {len(known)} users of site {export.site_number} is in this list. "
            "Give the right --site, or the right file."
        )
    connection.execute(delete(account_members).where(here))
    named = {name.casefold() for name in admins}
    members = []
    for row in rows:
        id_ = ids[row.line]
        told = known.get(id_, False) if row.is_site_admin is None else row.is_site_admin
        members.append(
            {
                "site_number": export.site_number,
                "user_id": id_,
                "is_site_admin": told or row.username.casefold() in named,
                "links_read_at": export.as_of,
                **export.source,
            }
        )
    if members:
        connection.execute(insert(account_members), members)
    return len(known.keys() - set(ids.values()))


def _put_links(
    connection: Connection,
    rows: Sequence[UserRow],
    ids: Mapping[int, str],
    export: Export,
    emr_vendor: str,
) -> None:
    here = account_links.c.site_number == export.site_number
    dates = {
        (row.user_id, row.emr_username): row.linked_at
        for row in connection.execute(select(account_links).where(here))
    }
    connection.execute(delete(account_links).where(here))
    links = [
        {
            "user_id": ids[row.line],
            "site_number": export.site_number,
            "emr_vendor": emr_vendor,
            "emr_username": row.emr_username,
            "linked_at": dates.get((ids[row.line], row.emr_username)),
            "as_of": export.as_of,
            **export.source,
        }
        for row in rows
        if row.emr_username is not None
    ]
    if links:
        connection.execute(insert(account_links), links)


def _put_licences(
    connection: Connection, rows: Sequence[UserRow], ids: Mapping[int, str], site_number: str
) -> None:
    columns = account_licences.c
    mine = select(columns.id).where(columns.site_number == site_number)
    connection.execute(
        delete(account_licence_staff).where(account_licence_staff.c.licence_id.in_(mine))
    )
    connection.execute(delete(account_licences).where(columns.site_number == site_number))
    for row in rows:
        if row.coverage is None:
            continue
        is_holder = row.coverage == "holder"
        licence_id = connection.execute(
            insert(account_licences)
            .values(
                site_number=site_number,
                holder_id=ids[row.line] if is_holder else None,
                model="primary_delegate" if row.coverage == "primary_delegate" else "support_staff",
            )
            .returning(columns.id)
        ).scalar_one()
        if not is_holder:
            covered = {"licence_id": licence_id, "user_id": ids[row.line]}
            connection.execute(insert(account_licence_staff).values(covered))


def refuse_if_newer(what: str, stored: datetime, export: Export) -> None:
    """Raises `BadInput` if what is stored of this is newer than the export."""
    if stored > export.as_of:
        raise BadInput(
            f"What is stored of {what} is as of {stored:%Y-%m-%d}, newer than this file "
            f"({export.as_of:%Y-%m-%d}). Import a newer export, or correct --as-of."
        )


def chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """The items in lists of at most this size."""
    iterator = iter(items)
    while some := list(islice(iterator, size)):
        yield some
