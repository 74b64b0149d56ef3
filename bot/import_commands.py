"""The commands `import-users` and `import-items`: a site admin's exports into the account tables.

Registered by `__main__.py`. All or nothing: a file with any fault changes nothing, and every fault
is shown with its line. The day of the export is asked for, not guessed from the file: it dates the
evidence of every diagnosis.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bot.core.errors import BadInput

if TYPE_CHECKING:
    from bot.adapters.csv_accounts import Export
    from bot.adapters.database import Database
    from bot.core.account_files import FileRead, Row
    from bot.core.cells import DateOrder

console = Console(stderr=True)
# Noon in UTC is the same day everywhere in Canada.
_NOON = 12

Dates = Literal["day-first", "month-first"]
File = Annotated[Path, typer.Argument(help="The CSV file as exported from Ocean.")]
Site = Annotated[str, typer.Option("--site", help="Number of the site, 3 to 6 digits.")]
AsOf = Annotated[
    datetime,
    typer.Option(
        "--as-of", formats=["%Y-%m-%d"], help="The day on which the file was exported from Ocean."
    ),
]
DatesOption = Annotated[
    Dates | None,
    typer.Option("--dates", help="How 03/04/2026 is meant, where the file does not give it away."),
]


def import_users(
    file: File,
    site: Site,
    as_of: AsOf,
    emr: Annotated[str, typer.Option("--emr", help="The site's EMR, such as Accuro.")],
    name: Annotated[str | None, typer.Option(help="Name of the site.")] = None,
    billed_by: Annotated[
        Literal["ocean", "emr_vendor"] | None,
        typer.Option(help="Who invoices the site; ocean for a new one."),
    ] = None,
    admin: Annotated[
        list[str] | None, typer.Option(help="Username of a site admin; may be repeated.")
    ] = None,
    dates: DatesOption = None,
) -> None:
    """Import the users list of a site (Admin, Users, Export Users)."""
    from bot.adapters import csv_accounts
    from bot.core.account_files import read_users

    export = _export(file, site, as_of)
    began = time.monotonic()
    with _progress() as bar:
        bar("Reading")(0, 1)
        read = read_users(_content(file), order=_order(dates))
        _require_faultless(file, read)
        facts = csv_accounts.SiteFacts(emr, name, billed_by, admin or ())
        with _database() as database:
            done = csv_accounts.import_users(database, read.rows, export, facts)
        bar("Reading")(1, 1)
    _tell_understood(read)
    console.print(
        f"{done.users} users of site {site}: {done.linked} linked, {done.licensed} with a licence, "
        f"{done.covered} covered by one; {done.removed} who left were removed."
    )
    _tell_speed(done.users, began)


def import_items(
    file: File,
    site: Site,
    as_of: AsOf,
    currency: Annotated[str, typer.Option(help="Of amounts that name none.")] = "CAD",
    dates: DatesOption = None,
) -> None:
    """Import the bill items of one or more invoices (Admin, Billing, Download Bill Item Report)."""
    from bot.adapters import csv_bill_items
    from bot.core.account_files import read_bill_items

    export = _export(file, site, as_of)
    began = time.monotonic()
    with _progress() as bar:
        read = read_bill_items(
            _content(file),
            order=_order(dates),
            currency=currency.upper(),
            on_progress=bar("Reading"),
        )
        _require_faultless(file, read)
        with _database() as database:
            done = csv_bill_items.import_bill_items(database, read.rows, export, bar("Storing"))
    _tell_understood(read)
    table = Table("Invoice", "Month", "Items", "Messages", f"Total ({read.rows[0].currency})")
    for invoice in done.invoices:
        total = f"{invoice.total_cents / 100:,.2f}"
        counts = (str(invoice.items), str(invoice.messages))
        table.add_row(escape(invoice.number), invoice.month, *counts, total)
    console.print(table)
    _tell_counts("Attributed to nobody, since no user is called that", done.unknown_senders)
    _tell_counts("Of no product that is known, so not counted as messages", done.unknown_products)
    _tell_speed(len(read.rows), began)


# --- Before the import ---------------------------------------------------------------------------


def _export(file: Path, site: str, as_of: datetime) -> Export:
    from bot.adapters.csv_accounts import Export

    if not re.fullmatch(r"\d{3,6}", site):
        raise BadInput(f"--site: found {site!r}; a site number has 3 to 6 digits.")
    moment = as_of.replace(hour=_NOON, tzinfo=UTC)
    if moment.date() > datetime.now(UTC).date():
        raise BadInput(f"--as-of: {as_of:%Y-%m-%d} is in the future. Give the day of the export.")
    return Export(site, moment, file.name)


def _order(dates: Dates | None) -> DateOrder | None:
    return None if dates is None else "day_first" if dates == "day-first" else "month_first"


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}.") from None


def _require_faultless(file: Path, read: FileRead[Row]) -> None:
    if not read.faults:
        return
    lines = [f"{file.name}: {fault}" for fault in read.faults]
    more = read.fault_count - len(read.faults)
    if more:
        lines.append(f"… and {more} more.")
    raise BadInput("\n".join([*lines, "Nothing was imported. Correct the file and try again."]))


# --- What is shown -------------------------------------------------------------------------------


@contextmanager
def _progress() -> Iterator[Callable[[str], Callable[[int, int], None]]]:
    """Gives a maker of bars, each moved by telling it how much of how much is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        tasks = {}

        def bar(what: str) -> Callable[[int, int], None]:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=None)
            return lambda done, total: progress.update(tasks[what], completed=done, total=total)

        yield bar


@contextmanager
def _database() -> Iterator[Database]:
    from bot.adapters.database import Database
    from bot.settings import settings

    database = Database(settings().database_url)
    try:
        yield database
    finally:
        database.dispose()


def _tell_understood(read: FileRead[Row]) -> None:
    found = read.understood
    assert found is not None
    separator = {"\t": "tab"}.get(found.separator, found.separator)
    console.print(f"Read as {found.encoding}, separated by “{separator}”.", highlight=False)
    columns = ", ".join(f"{field} from “{header}”" for field, header in found.columns.items())
    console.print(escape(f"Columns: {columns}."), highlight=False)
    if found.ignored:
        console.print(escape(f"Not read: {', '.join(found.ignored)}."), highlight=False)


def _tell_counts(what: str, counts: Mapping[str, int]) -> None:
    if counts:
        most = sorted(counts.items(), key=lambda item: -item[1])[:10]
        listed = ", ".join(f"{name} ({count})" for name, count in most)
        more = f" and {len(counts) - len(most)} others" if len(counts) > len(most) else ""
        console.print(escape(f"{what}: {listed}{more}."), style="yellow", highlight=False)


def _tell_speed(rows: int, began: float) -> None:
    took_s = time.monotonic() - began
    speed = f"{rows:,} rows in {took_s:.1f} s, {rows / took_s:,.0f} rows a second"
    console.print(f"[green]✓[/] {speed}.", highlight=False)
