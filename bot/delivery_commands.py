"""The outbox from the command line: what is due, what is stuck, and why."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.core.tickets import TROUBLED

if TYPE_CHECKING:
    from bot.core.services import Services
    from bot.core.tickets import Delivery

console = Console(stderr=True)


def deliver(
    once: Annotated[bool, typer.Option("--once", help="Attempt what is due, one pass.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Show what is not delivered.")] = False,
    retry: Annotated[
        str | None, typer.Option(help="Reference of a ticket to try again, or `all`.")
    ] = None,
) -> None:
    """Deliver what waits in the outbox; without an option, one pass."""
    from bot.wiring import services

    parts = services()
    if retry is not None:
        _retry(retry, parts)
    if once or (retry is None and not status):
        _deliver_once(parts)
    if status:
        _show_outbox(parts)


def _deliver_once(parts: Services) -> None:
    from bot.core.delivery import deliver_due, transcriber

    settled = deliver_due(
        parts.tickets,
        parts.helpdesk,
        parts.clock,
        # Unlike the gateway's, a name of this run alone: nobody takes its leases over early.
        owner=f"command:{socket.gethostname()[:40]}:{os.getpid()}",
        transcribe=transcriber(parts.conversations, parts.phrases),
    ).rows
    console.print(_deliveries(settled) if settled else "Nothing is due.")


def _retry(reference: str, parts: Services) -> None:
    stuck = [row.reference for row in parts.tickets.undelivered(10_000) if row.state in TROUBLED]
    wanted = sorted(set(stuck)) if reference == "all" else [reference.upper()]
    now = parts.clock.now()
    count = sum(parts.tickets.retry(one, who="operator", at=now) for one in wanted)
    console.print(f"Due now: {count}.")


def _show_outbox(parts: Services) -> None:
    backlog = parts.tickets.backlog(parts.clock.now())
    counts = ", ".join(f"{state} {count}" for state, count in sorted(backlog.counts.items()))
    console.print(counts or "The outbox is empty.")
    rows = parts.tickets.undelivered(200)
    if rows:
        console.print(_deliveries(rows))


def _deliveries(rows: list[Delivery]) -> Table:
    table = Table("Reference", "What", "State", "Attempts", "Next attempt (UTC)", "Why")
    for row in rows:
        due = f"{row.next_at:%Y-%m-%d %H:%M:%S}" if row.state in ("pending", "unknown") else ""
        why = escape(row.last_error or "")
        table.add_row(row.reference, row.kind, row.state, str(row.attempts), due, why)
    return table
