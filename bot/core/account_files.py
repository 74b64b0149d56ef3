"""The two CSV files that a site admin exports from Ocean, read into typed rows; pure.

    file_kind(data) -> "users" | "bill_items" | None
    read_users(data, *, limits=…, order=None) -> FileRead[UserRow]
    read_bill_items(data, *, limits=…, order=None, currency="CAD", on_progress=…)
        -> FileRead[BillItemRow]

Called by the import commands and by the chat, which an admin may drop the files into. All or
nothing: one fault and there are no rows. `csv_table.py` reads the table, `cells.py` its cells.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import Generic, Literal, TypeVar

from bot.core.cells import (
    CellError,
    DateOrder,
    DecimalMark,
    currency_in,
    date_order,
    decimal_mark,
    is_nothing,
    read_cents,
    read_currency,
    read_date,
    read_quantity,
    yes_or_no,
)
from bot.core.csv_table import (
    Fault,
    FaultCode,
    Faults,
    Limits,
    Table,
    clean,
    headers_match,
    inert,
    read_table,
    words,
)
from bot.core.export_words import (
    BILL_ITEM_COLUMNS,
    USER_COLUMNS,
    Coverage,
    coverage,
    product_code,
)

FileKind = Literal["users", "bill_items"]
Row = TypeVar("Row")
Value = TypeVar("Value")
Progress = Callable[[int, int], None]

PROGRESS_EVERY = 2_000
DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user of the site. `email` and `name` are "" where the export has none.

    `emr_username` is None where no link to the site's EMR was there when the file was exported.
    Since when there is one, no export says: an `AccountLink` made of it has no `linked_at`.
    `is_site_admin` is None if the file has no such column.
    """

    line: int
    username: str
    name: str
    email: str
    external_id: str | None
    emr_username: str | None
    coverage: Coverage | None
    latest_message_on: date | None
    is_site_admin: bool | None


@dataclass(frozen=True, slots=True)
class BillItemRow:
    """A bill item. `product` is a code of ours: see `product_code`; `description` as exported.

    `sender` is what the file says (a username, a name or an email), None if it says nothing.
    `amount_cents` is for the whole `quantity`. `invoice` is None if the file has no such column.
    """

    line: int
    product: str
    description: str
    sender: str | None
    sent_on: date
    quantity: int
    amount_cents: int
    currency: str
    invoice: str | None
    site_number: str | None

    @property
    def unit_cents(self) -> tuple[int, ...]:
        """The amount of each unit, dearest first; they add up to `amount_cents`."""
        units = max(1, self.quantity)
        each, left = divmod(self.amount_cents, units)
        return (each + 1,) * left + (each,) * (units - left)


@dataclass(frozen=True, slots=True)
class Understood:
    """How a file was read, to be shown: header by field, headers that were ignored, and so on."""

    encoding: str
    separator: str
    columns: Mapping[str, str]
    ignored: tuple[str, ...]
    order: DateOrder | None = None
    mark: DecimalMark | None = None


@dataclass(frozen=True, slots=True)
class FileRead(Generic[Row]):
    """The rows in the order of the file; none if there is any fault.

    `faults` are the first ones in full, `fault_count` is of all. `understood` is None where not
    even a header was found.
    """

    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    fault_count: int
    understood: Understood | None


# As wide as the database's columns.
_LENGTHS = {"username": 120, "emr_username": 120, "external_id": 80, "sender": 80, "invoice": 40}
_TEXT_LENGTH = 200


def file_kind(data: bytes) -> FileKind | None:
    """Which of the two exports this is by its header; None for anything else."""
    if headers_match(data, USER_COLUMNS):
        return "users"
    return "bill_items" if headers_match(data, BILL_ITEM_COLUMNS) else None


def read_users(
    data: bytes, *, limits: Limits = DEFAULT_LIMITS, order: DateOrder | None = None
) -> FileRead[UserRow]:
    """The users list ("Export Users"); `order` says how 03/04/2026 is meant if nothing else does.

    A repeated username is a fault: two rows of one person may contradict each other.
    """
    faults = Faults(limits.faults)
    table = read_table(data, USER_COLUMNS, limits, faults)
    if table is None:
        return _result((), faults, None)
    found = date_order(_column(table, "latest_message"))
    rows, lines = [], dict[str, int]()
    for line, cells in table.rows:
        reader = _Cells(table, line, cells, faults)
        row = _user_row(reader, found or order)
        rows.append(row)
        first = lines.setdefault(row.username.casefold(), line)
        if first != line and row.username:
            reader.fault("username", "repeated_user", f"each user once; line {first} has it too")
    return _result(rows, faults, _understood(table, found or order, None))


def read_bill_items(
    data: bytes,
    *,
    limits: Limits = DEFAULT_LIMITS,
    order: DateOrder | None = None,
    currency: str = "CAD",
    on_progress: Progress | None = None,
) -> FileRead[BillItemRow]:
    """The bill items of an invoice or of several ("Download Bill Item Report").

    `currency` is for amounts that name none. `on_progress` hears now and then how many rows of how
    many have been read. A closing line of totals is checked against the rows, and left out.
    """
    faults = Faults(limits.faults)
    table = read_table(data, BILL_ITEM_COLUMNS, limits, faults)
    if table is None:
        return _result((), faults, None)
    found = date_order(_column(table, "date")) or order
    mark = decimal_mark(_column(table, "amount"))
    # A file says the same few things over and over; what it said is forgotten with it.
    says = _Says(
        day=cache(partial(read_date, order=found)),
        cents=cache(partial(read_cents, mark=mark)),
        product=cache(product_code),
    )
    rows: list[BillItemRow] = []
    for nth, (line, cells) in enumerate(table.rows):
        if on_progress and nth % PROGRESS_EVERY == 0:
            on_progress(nth, len(table.rows))
        reader = _Cells(table, line, cells, faults)
        if _is_total(reader, nth == len(table.rows) - 1):
            _check_total(reader, rows, says)
            continue
        rows.append(_item_row(reader, says, currency))
    if on_progress:
        on_progress(len(table.rows), len(table.rows))
    return _result(rows, faults, _understood(table, found, mark))


# --- Rows ----------------------------------------------------------------------------------------


class _Cells:
    """The cells of one line by field; faults go to the file's."""

    def __init__(self, table: Table, line: int, cells: list[str], faults: Faults) -> None:
        self.table = table
        self.line = line
        self.cells = cells
        self._faults = faults

    def text(self, field: str, *, is_required: bool = False) -> str:
        """The cell as text that is no formula, "" where there is none."""
        text = inert(self.raw(field))
        if is_nothing(text):
            if is_required:
                self.fault(field, "missing", "a value")
            return ""
        most = _LENGTHS.get(field, _TEXT_LENGTH)
        if len(text) > most:
            self.fault(field, "too_long", f"at most {most} characters")
        return text

    def raw(self, field: str) -> str:
        """The cell, cleaned; "" where there is no such column."""
        position = self.table.columns.get(field)
        return "" if position is None else clean(self.cells[position])

    def read(self, field: str, convert: Callable[[str], Value], otherwise: Value) -> Value:
        """The cell converted; `otherwise` if there is no such column, or the cell is at fault."""
        if field not in self.table.columns:
            return otherwise
        try:
            return convert(self.raw(field))
        except CellError as error:
            self.fault(field, error.code, error.allowed)
            return otherwise

    def fault(self, field: str, code: FaultCode, allowed: str) -> None:
        """Notes that this cell is wrong."""
        header = self.table.header[self.table.columns[field]]
        self._faults.add(code, self.line, allowed, column=header, found=self.raw(field))


def _user_row(cells: _Cells, order: DateOrder | None) -> UserRow:
    first_and_last = f"{cells.text('first_name')} {cells.text('surname')}".strip()
    return UserRow(
        line=cells.line,
        username=cells.text("username", is_required=True),
        name=cells.text("name") or first_and_last,
        email=cells.text("email"),
        external_id=cells.text("external_id") or None,
        emr_username=cells.text("emr_username") or None,
        coverage=cells.read("licence_type", coverage, None),
        latest_message_on=cells.read(
            "latest_message",
            lambda text: None if is_nothing(text) else read_date(text, order),
            None,
        ),
        is_site_admin=cells.read("site_admin", yes_or_no, None),
    )


@dataclass(frozen=True, slots=True)
class _Says:
    """How the cells of one file are read."""

    day: Callable[[str], date]
    cents: Callable[[str], int]
    product: Callable[[str], str]


def _item_row(cells: _Cells, says: _Says, currency: str) -> BillItemRow:
    description = cells.text("product", is_required=True)
    return BillItemRow(
        line=cells.line,
        product=says.product(description),
        description=description,
        sender=cells.text("sender") or None,
        sent_on=cells.read("date", says.day, date.min),
        quantity=cells.read("quantity", read_quantity, 1),
        amount_cents=cells.read("amount", says.cents, 0),
        currency=cells.read("currency", read_currency, None)
        or currency_in(cells.raw("amount"))
        or currency,
        invoice=cells.text("invoice") or None,
        site_number=cells.text("site") or None,
    )


def _is_total(cells: _Cells, is_last: bool) -> bool:
    first = next(filter(None, map(clean, cells.cells)), "")
    return is_last and not cells.raw("date") and "total" in words(first)


def _check_total(cells: _Cells, rows: Iterable[BillItemRow], says: _Says) -> None:
    total = sum(row.amount_cents for row in rows)
    if cells.read("amount", says.cents, total) != total:
        cells.fault("amount", "total", f"{total / 100:.2f}, which is what the rows add up to")


# --- The file as a whole -------------------------------------------------------------------------


def _column(table: Table, field: str) -> Collection[str]:
    """The different cells of a column, cleaned."""
    position = table.columns.get(field)
    return {clean(cells[position]) for _, cells in table.rows} if position is not None else ()


def _understood(table: Table, order: DateOrder | None, mark: DecimalMark | None) -> Understood:
    columns = {field: table.header[position] for field, position in table.columns.items()}
    return Understood(table.encoding, table.separator, columns, table.ignored, order, mark)


def _result(rows: Iterable[Row], faults: Faults, understood: Understood | None) -> FileRead[Row]:
    kept = () if faults.count else tuple(rows)
    return FileRead(kept, tuple(faults.kept), faults.count, understood)
