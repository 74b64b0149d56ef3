"""A fee check from the two files that a site admin exports from Ocean: rows become a snapshot.

Called by the route that takes files. Pure: nothing is kept. What an export does not tell is not
made up: since when an account is linked, by whose licence staff are covered, when it was exported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

from bot.core.account_files import (
    BillItemRow,
    FileRead,
    UserRow,
    file_kind,
    read_bill_items,
    read_users,
)
from bot.core.accounts import (
    AccountLink,
    AccountSnapshot,
    Invoice,
    LinkKnowledge,
    MessageCharge,
    MessagingLicence,
    OceanUser,
    Provenance,
    Site,
)
from bot.core.conversations import Identity
from bot.core.csv_table import Limits
from bot.core.errors import HelpdeskError
from bot.core.export_words import MESSAGES
from bot.core.senders import KnownSenders

MAX_FILE_BYTES = 2 * 1024**2
# A year of a large clinic; beyond it a check would keep the visitor waiting.
LIMITS = Limits(size_bytes=MAX_FILE_BYTES, rows=20_000, faults=10)
MAX_MESSAGES = 50_000


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file as it was dropped into the chat."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class FileFault:
    """What is wrong where, as in `csv_table.Fault`; `code` may also be one of this module."""

    file: str
    code: str
    line: int | None
    column: str
    found: str
    allowed: str


class FilesRefused(HelpdeskError):
    """The files cannot be used: the first faults of each, and how many there are in all."""

    def __init__(self, faults: Sequence[FileFault], count: int) -> None:
        super().__init__(f"{count} faults in the files, the first in {faults[0].file}.")
        self.faults = tuple(faults)
        self.count = count


def read_files(
    users: NamedFile, items: NamedFile, visitor: Identity, now: datetime
) -> AccountSnapshot:
    """What the two exports say of the site that the visitor administers.

    Which file is which is seen from their headers, so that they may come the other way round.

    Raises:
        FilesRefused: Any fault, or something that no check can rest on.
    """
    if file_kind(users.content) == "bill_items" and file_kind(items.content) == "users":
        users, items = items, users
    people = read_users(users.content, limits=LIMITS)
    billed = read_bill_items(items.content, limits=LIMITS)
    _refuse_faults((users, people), (items, billed))
    _refuse_what_does_not_fit(items, billed.rows, visitor)
    ids = _ids(people.rows, visitor)
    _refuse_repeated(users, ids)
    return _snapshot(people.rows, ids, billed.rows, visitor, (users.name, items.name), now)


# --- Refusals ------------------------------------------------------------------------------------


def _refuse_faults(*files: tuple[NamedFile, FileRead[UserRow] | FileRead[BillItemRow]]) -> None:
    faults = [
        FileFault(file.name, fault.code, fault.line, fault.column, fault.found, fault.allowed)
        for file, read in files
        for fault in read.faults
    ]
    if faults:
        raise FilesRefused(faults, sum(read.fault_count for _, read in files))


def _refuse_what_does_not_fit(
    file: NamedFile, rows: Sequence[BillItemRow], visitor: Identity
) -> None:
    for row in rows:
        if row.site_number and row.site_number != visitor.site_number:
            raise _refused(file, "other_site", f"site {visitor.site_number}", row.line)
        if row.currency != rows[0].currency:
            raise _refused(file, "currencies", f"one currency, {rows[0].currency}", row.line)
    if sum(row.quantity for row in rows if row.product == MESSAGES) > MAX_MESSAGES:
        raise _refused(file, "too_many_rows", f"at most {MAX_MESSAGES:,} messages")


def _refuse_repeated(file: NamedFile, ids: Mapping[int, str]) -> None:
    lines: dict[str, int] = {}
    for line, id_ in ids.items():
        first = lines.setdefault(id_, line)
        if first != line:
            allowed = f"each user once; line {first} is of the same person"
            raise _refused(file, "repeated_user", allowed, line)


def _refused(file: NamedFile, code: str, allowed: str, line: int | None = None) -> FilesRefused:
    return FilesRefused([FileFault(file.name, code, line, "", "", allowed)], 1)


# --- The snapshot --------------------------------------------------------------------------------


def _snapshot(
    people: Sequence[UserRow],
    ids: Mapping[int, str],
    billed: Sequence[BillItemRow],
    visitor: Identity,
    names: tuple[str, str],
    now: datetime,
) -> AccountSnapshot:
    site_number = visitor.site_number or ""
    of_users, of_items = (Provenance("csv", name, now) for name in names)
    looked = replace(of_users, as_of=_exported_after(people, now))
    users = {
        ids[row.line]: OceanUser(ids[row.line], row.username, row.name or row.username, row.email)
        for row in people
    }
    own = OceanUser(visitor.external_id, visitor.external_id, visitor.name, visitor.email)
    invoices = _invoices(billed, of_items)
    return AccountSnapshot(
        site=Site(site_number, site_number, "ocean", "", of_users),
        user=users.setdefault(visitor.external_id, own),
        is_site_admin=True,
        users=tuple(users.values()),
        licences=tuple(_licences(people, ids)),
        links=tuple(
            AccountLink(ids[row.line], site_number, "", row.emr_username, None, of_users)
            for row in people
            if row.emr_username
        ),
        link_knowledge=tuple(LinkKnowledge(ids[row.line], site_number, looked) for row in people),
        invoices=tuple(sorted(set(invoices.values()), key=lambda one: one.month, reverse=True)),
        charges=tuple(_charges(billed, invoices, KnownSenders(users.values()))),
    )


def _exported_after(people: Sequence[UserRow], now: datetime) -> datetime:
    """The moment that the users list is no older than, by what it says of itself.

    That somebody had no link then is no proof of what came later.
    """
    days = [row.latest_message_on for row in people if row.latest_message_on]
    return min(now, datetime.combine(max(days), time(), now.tzinfo)) if days else now


def _ids(people: Sequence[UserRow], visitor: Identity) -> dict[int, str]:
    """By line: the visitor's own id for the visitor's row; for others what the export has."""
    ids = {row.line: row.external_id or row.username for row in people}
    email = visitor.email.casefold()
    same_email = [row for row in people if email and row.email.casefold() == email]
    # An email that is shared, as that of a front desk, is nobody's own.
    if len(same_email) == 1 and all(row.external_id != visitor.external_id for row in people):
        ids[same_email[0].line] = visitor.external_id
    return ids


def _licences(people: Sequence[UserRow], ids: Mapping[int, str]) -> Iterable[MessagingLicence]:
    for row in people:
        if row.coverage == "holder":
            yield MessagingLicence(ids[row.line], ())
        elif row.coverage == "primary_delegate":
            yield MessagingLicence(None, (ids[row.line],), "primary_delegate")
        elif row.coverage == "staff":
            yield MessagingLicence(None, (ids[row.line],))


def _invoices(billed: Sequence[BillItemRow], provenance: Provenance) -> dict[str, Invoice]:
    """The invoice of each group of rows: by its number or, without any, by month."""
    latest: dict[str, str] = {}
    for row in billed:
        month = f"{row.sent_on:%Y-%m}"
        key = row.invoice or month
        latest[key] = max(month, latest.get(key, month))
    return {key: Invoice(key, month, provenance) for key, month in latest.items()}


def _charges(
    billed: Sequence[BillItemRow], invoices: Mapping[str, Invoice], senders: KnownSenders
) -> Iterable[MessageCharge]:
    for row in billed:
        if row.product != MESSAGES:
            continue
        number = invoices[row.invoice or f"{row.sent_on:%Y-%m}"].number
        sender = senders.find(row.sender)
        for cents in row.unit_cents:
            if cents > 0:
                yield MessageCharge(number, sender, row.sent_on, cents, row.currency)
