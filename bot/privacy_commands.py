"""The commands that forget, hand out and account for: erase, export, sweep, audit.

Called through `python -m bot`. Whoever may run them has the database already; each leaves an entry
in the audit log that names the operator's account on this machine.
"""

from __future__ import annotations

import getpass
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bot.core import erasure
from bot.core.audit import first_fault
from bot.core.erasure import Certificate, Subject
from bot.core.retention import sweep as sweep_now
from bot.settings import settings

console = Console(stderr=True)
ConversationId = Annotated[str | None, typer.Option("--conversation", help="Its id.")]
ExternalId = Annotated[str | None, typer.Option(help="The Ocean user, as in the identity.")]
Email = Annotated[str | None, typer.Option(help="As in the identity, in a request or typed.")]
To = Annotated[Path | None, typer.Option(help="File to write; the terminal if none.")]


def erase(
    conversation: ConversationId = None,
    external_id: ExternalId = None,
    email: Email = None,
    to: To = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a person or a conversation from all stores, and certify what was erased."""
    from bot.wiring import services

    subject = Subject(conversation, external_id, email)
    if not yes:
        typer.confirm("This cannot be undone. Erase?", abort=True, err=True)
    certificate = erasure.erase_subject(subject, services(), by=_operator())
    _show(certificate)
    _write(certificate.to_json(), to)


def export(
    conversation: ConversationId = None,
    external_id: ExternalId = None,
    email: Email = None,
    to: To = None,
) -> None:
    """Hand out all that is kept of a person or a conversation, as JSON."""
    from bot.wiring import services

    subject = Subject(conversation, external_id, email)
    _write(erasure.export_subject(subject, services(), by=_operator()), to)


def sweep() -> None:
    """Erase what is past its time now, as the gateway does daily."""
    from bot.wiring import services

    gone = sweep_now(settings().retention, services(), owner=_operator())
    console.print(", ".join(f"{name} {count}" for name, count in gone.items()))


def audit(
    about: Annotated[
        str | None, typer.Option(help="A conversation, ticket or certificate.")
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Check that nothing changed.")] = False,
    seal: Annotated[
        str | None, typer.Option(help="A seal noted earlier that must still be in the log.")
    ] = None,
) -> None:
    """Show the record of accesses and changes, or check it."""
    from bot.wiring import services

    log = services().audit
    if verify or seal:
        _verify(list(log.entries()), seal)
        return
    table = Table("Number", "At (UTC)", "Who", "What", "About")
    for sealed in log.entries(about):
        entry = sealed.entry
        at = f"{entry.at:%Y-%m-%d %H:%M:%S}"
        table.add_row(str(sealed.number), at, entry.actor, entry.action, entry.subject)
    Console().print(table)


def register(app: typer.Typer) -> None:
    """Adds the commands to the command line."""
    for command in (erase, export, sweep, audit):
        app.command()(command)


def _verify(log: list[Any], seal: str | None) -> None:
    fault = first_fault(log, settings().audit_seal_key)
    if fault is not None:
        console.print(f"[red]The audit log is broken at entry {fault}: changed, added or removed.")
        raise typer.Exit(1)
    if seal and seal not in {entry.seal for entry in log}:
        console.print("[red]The noted seal is no longer there: the end of the log was cut off.")
        raise typer.Exit(1)
    newest = f"; the newest seal is {log[-1].seal}" if log else ""
    console.print(f"{len(log)} entries, unbroken{newest}", soft_wrap=True)


def _show(certificate: Certificate) -> None:
    table = Table("What", "Erased", "Remains", "Why")
    for name in sorted({*certificate.erased, *certificate.remains}):
        left = certificate.remains.get(name, {})
        shown = left.get("count", ", ".join(left.get("ids", ())))
        erased = certificate.erased.get(name, "")
        table.add_row(name, str(erased), str(shown), str(left.get("why", "")))
    console.print(table)


def _write(found: dict[str, Any], to: Path | None) -> None:
    text = json.dumps(found, ensure_ascii=False, indent=2, default=str) + "\n"
    if to is None:
        sys.stdout.write(text)
        return
    to.touch(mode=0o600)
    to.write_text(text, encoding="utf-8")
    console.print(f"Written to {to}")


def _operator() -> str:
    try:
        return f"operator:{getpass.getuser()}"[:60]
    except (OSError, KeyError):
        return "operator"
