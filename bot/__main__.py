"""The command line: `python -m bot run` and the jobs behind it."""

from __future__ import annotations

import secrets
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot import agent_commands, delivery_commands, import_commands, privacy_commands
from bot.core.errors import HelpdeskError
from bot.settings import DEMO_AGENTS, ROOT, Settings, settings

if TYPE_CHECKING:
    from bot.adapters.demo_accounts import DemoIdentity

app = typer.Typer(
    help="The Ocean helpdesk assistant.", no_args_is_help=True, pretty_exceptions_enable=False
)
privacy_commands.register(app)
app.add_typer(agent_commands.app, name="agents")
console = Console(stderr=True)
app.command()(import_commands.import_users)
app.command()(import_commands.import_items)
app.command()(delivery_commands.deliver)
READY_WITHIN_S = 180.0
LOGS = ROOT / "var" / "log"
MIN_FREE_BYTES = 500 * 1024**2


@app.command()
def run() -> None:
    """Set up what is missing, start all three processes, and stop them with Ctrl-C."""
    from bot.launcher import Stack

    chosen = settings()
    _require_disk()
    prepare(chosen)
    ready, stopped = threading.Event(), threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    began = time.monotonic()
    with Stack(chosen, LOGS, on_event=lambda text: console.print(f"[yellow]{text}")) as stack:
        with console.status("Starting gateway, dialogue engine and action server …"):
            waiting = threading.Thread(target=_wait_ready, args=(stack, ready), daemon=True)
            waiting.start()
            while waiting.is_alive() and not stopped.is_set():
                waiting.join(0.1)
        has_failed = not (ready.is_set() or stopped.is_set())
        if ready.is_set():
            took_s = time.monotonic() - began
            console.print(f"[green]Ready in {took_s:.0f} s.[/] Ctrl-C stops everything.")
            console.print(f"  {stack.url}/         the support page with the chat")
            console.print(f"  {stack.url}/console  the agents' console")
            console.print(f"  {LOGS}  the logs")
            stopped.wait()
        console.print("Stopping …")
    console.print("Stopped.")
    if has_failed:
        raise typer.Exit(1)


@app.command()
def train(
    force: Annotated[bool, typer.Option(help="Train even if nothing has changed.")] = False,
) -> None:
    """Train the dialogue model if something that it is made of has changed."""
    from bot import training
    from bot.wiring import services

    if training.is_current() and not force:
        console.print("The dialogue model is up to date.")
        return
    with _step("Training the dialogue model (five to nine minutes)"):
        training.train()
    with _step("Indexing the articles"):
        services().search.warm()


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from bot.adapters import migrate as migration

    with _step("Bringing the database to the newest schema"):
        migration.upgrade(settings().database_url)


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="The new file.")]) -> None:
    """Copy the whole database, as it is at this moment, into one file; while everything runs."""
    from bot.adapters.backup import back_up

    with _step(f"Backing up to {file}"):
        size = back_up(settings().database_url, file)
    console.print(f"{size / 1024**2:.1f} MB. Keep it as safe as the conversations that it holds.")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(exists=True, help="What `backup` wrote.")],
    replace: Annotated[bool, typer.Option(help="Replace what the database holds.")] = False,
) -> None:
    """Put a backup into the database, all of it or nothing, and bring it to the newest schema."""
    from bot.adapters.backup import restore as put_back

    with _step(f"Restoring {file}"):
        put_back(settings().database_url, file, replace=replace)
    migrate()


@app.command(name="demo-data")
def demo_data() -> None:
    """Fill in the demo's clinics, visitors and agents; safe to repeat."""
    from bot.adapters import demo_accounts
    from bot.adapters.database import Database
    from bot.core.agents import Agent
    from bot.gateway.access import hash_password
    from bot.wiring import services

    chosen = settings()
    if not chosen.is_demo:
        raise typer.BadParameter("there is no demo data when HELPDESK_ENV=production")
    with _step("Filling in the demo data"):
        demo_accounts.fill(Database(chosen.database_url).engine, datetime.now(UTC))
        agents = services().agents
        for demo in DEMO_AGENTS:
            if agents.by_email(demo.email) is None:
                agent = Agent(f"agt_{secrets.token_hex(6)}", demo.email, demo.name, demo.role)
                agents.add(agent, hash_password(demo.password))


@app.command(hidden=True)
def gateway() -> None:
    """Run the gateway alone, as `serve gateway` does."""
    import uvicorn

    from bot import logs
    from bot.adapters.demo_accounts import DEMO_IDENTITIES
    from bot.gateway.app import create_app
    from bot.wiring import services

    chosen = settings()
    chosen.require_internal_secret()
    logs.configure()
    visitors = {
        name: (_claims(identity), f"{identity.description_fr} / {identity.description_en}")
        for name, identity in DEMO_IDENTITIES.items()
    }
    uvicorn.run(
        create_app(
            services(),
            chosen,
            # The same name after a restart, another on each machine that shares the database.
            owner=f"gateway:{socket.gethostname()[:40]}:{chosen.port}",
            demo_visitors=visitors if chosen.is_demo else {},
        ),
        host=chosen.host,
        port=chosen.port,
        forwarded_allow_ips=chosen.trusted_proxies,
        # Nothing here speaks WebSocket; the library that Rasa holds is too old for uvicorn.
        ws="none",
        log_level="warning",
        # The other parser takes headers of any length into memory.
        http="h11",
        # Nobody need know what answers.
        server_header=False,
        # Longer than a proxy keeps an idle connection (nginx: 60 s): one that closes just as the
        # proxy uses it loses a message on its way.
        timeout_keep_alive=75,
        # Streams never end by themselves.
        timeout_graceful_shutdown=2,
    )


@app.command()
def serve(
    process: Annotated[Literal["gateway", "rasa", "actions"], typer.Argument(help="Which one.")],
) -> None:
    """Run one of the three processes alone, in the foreground, for containers and the like."""
    from bot.launcher import become

    become(process, settings())


@app.command()
def doctor() -> None:
    """Check settings, articles, model and the parts that must answer."""
    from bot import training
    from bot.wiring import services
    from knowledge_base.__main__ import check

    table = Table("What", "State")
    table.add_row("settings", "ok")
    table.add_row("model", "ok" if training.is_current() else "out of date: python -m bot train")
    failed = False
    for name, probe in services().probes.items():
        if name == "dialogue_engine" and settings().internal_secret is None:
            # `make run` has made a secret up that nobody else knows.
            table.add_row(name, "not asked: it answers its gateway alone; see /readyz")
            continue
        answers = probe()
        failed |= not answers
        table.add_row(name, "ok" if answers else "does not answer")
    fault = services().helpdesk.check()
    failed |= fault is not None
    table.add_row(f"helpdesk ({settings().helpdesk})", escape(fault) if fault else "ok")
    console.print(table)
    check()
    raise typer.Exit(int(failed))


def prepare(chosen: Settings) -> None:
    """Database, demo data and model, each only as far as needed."""
    migrate()
    if chosen.is_demo:
        demo_data()
    train()


def _claims(identity: DemoIdentity) -> dict[str, object]:
    return {
        "scope": "user",
        "external_id": identity.external_id,
        "name": identity.name,
        "email": identity.email,
        "email_verified": True,
        "site_number": identity.site_number,
        "roles": list(identity.roles),
    }


def _wait_ready(stack: object, ready: threading.Event) -> None:
    from bot.launcher import Stack

    assert isinstance(stack, Stack)
    try:
        stack.wait_until_ready(READY_WITHIN_S)
    except HelpdeskError as error:
        console.print(f"[red]{error}")
    else:
        ready.set()


def _require_disk() -> None:
    free = shutil.disk_usage(ROOT).free
    if free < MIN_FREE_BYTES:
        console.print(
            f"[red]Only {free // 1024**2} MB are free where {Path(ROOT).name} lies; "
            f"{MIN_FREE_BYTES // 1024**2} MB are needed. Free some space and start again."
        )
        raise typer.Exit(1)


@contextmanager
def _step(what: str) -> Iterator[None]:
    began = time.monotonic()
    with console.status(f"{what} …"):
        yield
    console.print(f"[green]✓[/] {what} [dim]({time.monotonic() - began:.1f} s)")


def main() -> None:
    """Runs the command line; an error of ours is one plain message."""
    try:
        app()
    except HelpdeskError as error:
        # What a file holds may look like Rich's markup.
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
