"""`make bench`, second part: how many sites are diagnosed, and bill items imported, in a second.

Sites are generated from a fixed seed: up to twenty users, licensed or not, linked here, elsewhere
or nowhere, whose three invoices hold up to some hundreds of messages. One core is used.
"""

from __future__ import annotations

import csv
import io
import json
import random
import tempfile
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from bot.adapters.csv_accounts import Export, SiteFacts, import_users
from bot.adapters.csv_bill_items import import_bill_items
from bot.adapters.database import Database
from bot.adapters.tables import metadata
from bot.core.account_files import read_bill_items, read_users
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
from bot.core.fee_diagnosis import diagnose
from tests.bench.turns import RESULTS, commit

SITES = 10_000
BILL_ITEMS = 200_000
AS_OF = datetime(2026, 3, 4, 12, tzinfo=UTC)
MONTHS = ("2026-02", "2026-01", "2025-12")
console = Console()


def main() -> None:
    """Measures both and saves the figures."""
    figures: dict[str, Any] = {"diagnosis": _diagnosis(), "import": _import()}
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"accounts-{commit()}.json"
    file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    console.print(f"Saved as {file.relative_to(RESULTS.parent)}")


# --- Diagnosis -----------------------------------------------------------------------------------


def _diagnosis() -> dict[str, Any]:
    chance = random.Random(4)
    with console.status(f"Generating {SITES:,} sites"):
        sites = [a_site(chance, number) for number in range(SITES)]
    charges = sum(len(site.charges) for site in sites)
    # The time of this process alone: what else the machine does is not to count.
    began = time.process_time()
    found = Counter(diagnose(site).finding for site in sites)
    took_s = time.process_time() - began
    speed = SITES / took_s
    console.print(
        f"[bold]{speed:,.0f} sites diagnosed a second[/] on one core "
        f"({SITES:,} sites with {charges:,} charges in {took_s:.2f} s)"
    )
    console.print("  " + ", ".join(f"{name} {count}" for name, count in found.most_common()))
    return {"sites_per_s": round(speed), "charges": charges, "findings": dict(found)}


def a_site(chance: random.Random, number: int) -> AccountSnapshot:
    """A site, seen by one of its users."""
    source = Provenance("database", "generated", AS_OF)
    users = tuple(
        OceanUser(f"u{nth:02}", f"user{nth}", f"User {nth}", f"u{nth}@clinic.example.com")
        for nth in range(chance.choice((1, 2, 3, 5, 8, 20)))
    )
    invoices = tuple(Invoice(f"I-{month}", month, source) for month in MONTHS)
    site_number = str(10_000 + number)
    kinds = {user.external_id: chance.choice(KINDS) for user in users}
    licensed = [id_ for id_, kind in kinds.items() if kind != "unlicensed"]
    senders = chance.sample(users, chance.randint(0, len(users)))
    return AccountSnapshot(
        site=Site(
            site_number, "Clinic", chance.choice(("ocean",) * 9 + ("emr_vendor",)), "Accuro", source
        ),
        user=chance.choice(users),
        is_site_admin=chance.random() < 0.3,
        users=users,
        licences=tuple(MessagingLicence(id_, ()) for id_ in licensed),
        links=tuple(
            AccountLink(id_, LINKED[kind] or site_number, "Accuro", id_, AS_OF, source)
            for id_, kind in kinds.items()
            if kind in LINKED
        ),
        link_knowledge=tuple(
            LinkKnowledge(id_, site_number, source)
            for id_, kind in kinds.items()
            if kind != "unknown"
        ),
        invoices=invoices,
        charges=tuple(
            MessageCharge(invoice.number, user.external_id, _day(invoice.month, nth), 45, "CAD")
            for invoice in invoices
            for user in senders
            for nth in range(chance.randint(1, 6))
        ),
    )


KINDS = ("unlicensed", "not_linked", "linked", "elsewhere", "unknown")
# Where a user of that kind is linked; None for here.
LINKED = {"linked": None, "elsewhere": "9120"}


def _day(month: str, nth: int) -> date:
    return date.fromisoformat(f"{month}-01") + timedelta(days=nth * 5 % 28)


# --- Import --------------------------------------------------------------------------------------


def _import() -> dict[str, Any]:
    names = [f"user{nth}" for nth in range(400)]
    users = _written(
        ["Username", "EMR Username", "Patient Messages Licence Type"],
        [[name, name.upper(), "Provider"] for name in names],
    )
    days = [AS_OF.date() - timedelta(days=nth) for nth in range(90)]
    items = _written(
        ["Invoice", "Date", "Item", "Sender", "Amount"],
        [
            [f"I-{(day := days[nth % 90]):%Y%m}", day, "Patient Message", names[nth % 400], "0,45"]
            for nth in range(BILL_ITEMS)
        ],
    )
    export = Export("44170", AS_OF, "bench.csv")
    with tempfile.TemporaryDirectory() as folder, Progress(console=console) as progress:
        database = Database(f"sqlite:///{Path(folder) / 'bench.db'}")
        metadata.create_all(database.engine)
        import_users(database, read_users(users).rows, export, SiteFacts("Accuro"))
        reading = progress.add_task("Reading bill items", total=BILL_ITEMS)
        storing = progress.add_task("Storing them", total=BILL_ITEMS)
        began = time.perf_counter()
        read = read_bill_items(
            items, on_progress=lambda done, _: progress.update(reading, completed=done)
        )
        read_s = time.perf_counter() - began
        done = import_bill_items(
            database, read.rows, export, lambda done, _: progress.update(storing, completed=done)
        )
        took_s = time.perf_counter() - began
        database.dispose()
    assert sum(invoice.total_cents for invoice in done.invoices) == BILL_ITEMS * 45
    speed = BILL_ITEMS / took_s
    console.print(
        f"[bold]{speed:,.0f} bill items imported a second[/] ({BILL_ITEMS:,} in {took_s:.1f} s, "
        f"of which {read_s:.1f} s to read the file)"
    )
    return {"items_per_s": round(speed), "items": BILL_ITEMS, "read_s": round(read_s, 2)}


def _written(header: list[str], rows: list[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([header, *rows])
    return text.getvalue().encode()


if __name__ == "__main__":
    main()
