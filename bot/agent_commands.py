"""`python -m bot agents …`: the accounts of support agents, for whoever runs the service.

The first lead comes from here; leads then keep the others in the console.
"""

from __future__ import annotations

import secrets
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.core.agents import Account, AccountChange, Agent, Role, check_password
from bot.core.errors import BadInput, Conflict, NotFound

app = typer.Typer(help="Create, change and list support agents.", no_args_is_help=True)
console = Console(stderr=True)
Email = Annotated[str, typer.Argument(help="The email that the agent signs in with.")]
Password = Annotated[
    str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, envvar="NEW_PASSWORD")
]


@app.command(name="list")
def list_agents() -> None:
    """List all agents."""
    from bot.wiring import services

    table = Table("Email", "Name", "Role", "Access", "Last seen")
    for account in services().agents.accounts():
        agent = account.agent
        seen = account.seen_at.strftime("%Y-%m-%d %H:%M UTC") if account.seen_at else "-"
        access = "disabled" if account.is_disabled else "may sign in"
        table.add_row(agent.email, agent.name, agent.role, access, seen)
    Console().print(table)


@app.command()
def add(email: Email, name: str, password: Password, lead: bool = False) -> None:
    """Add an agent, or with --lead one who keeps the accounts of others."""
    from bot.gateway.access import hash_password
    from bot.wiring import services

    agents = services().agents
    if any(one.agent.email == email.strip().lower() for one in agents.accounts()):
        raise Conflict(
            f"There is an agent {email} already: use `agents password` or `agents role`."
        )
    if "@" not in email:
        raise BadInput(f"{email!r} is no email address.")
    agent = Agent(f"agt_{secrets.token_hex(6)}", email.strip().lower(), name, _role(lead))
    check_password(password, agent)
    agents.add(agent, hash_password(password))
    console.print(f"[green]✓[/] {name} may sign in.")


@app.command()
def disable(email: Email) -> None:
    """Refuse an agent from now on; sessions end, conversations go back to the queue."""
    _change(email, AccountChange(is_disabled=True))
    console.print(f"[green]✓[/] {email} may no longer sign in.")


@app.command()
def enable(email: Email) -> None:
    """Let a disabled agent sign in again."""
    _change(email, AccountChange(is_disabled=False))
    console.print(f"[green]✓[/] {email} may sign in.")


@app.command()
def role(email: Email, lead: bool = False) -> None:
    """Make an agent a lead with --lead, or a plain agent without."""
    _change(email, AccountChange(role=_role(lead)))
    console.print(f"[green]✓[/] {email} is now {_role(lead)}.")


@app.command()
def password(email: Email, password: Password) -> None:
    """Give an agent a new password; sessions end."""
    from bot.gateway.access import hash_password

    check_password(password, _find(email).agent)
    _change(email, AccountChange(password_hash=hash_password(password)))
    console.print(f"[green]✓[/] {email} has a new password.")


@app.command()
def purge() -> None:
    """Delete expired sessions and old failures to sign in; the gateway also does it by itself."""
    from bot.core.agents import FAILURES_WITHIN
    from bot.wiring import services

    parts = services()
    now = parts.clock.now()
    console.print(f"{parts.agents.purge(now, now - FAILURES_WITHIN)} expired sessions deleted.")


def _change(email: str, change: AccountChange) -> None:
    from bot.wiring import services

    services().agents.change(_find(email).agent.id, change)


def _find(email: str) -> Account:
    from bot.wiring import services

    wanted = email.strip().lower()
    for account in services().agents.accounts():
        if account.agent.email == wanted:
            return account
    raise NotFound(f"There is no agent {email}. `python -m bot agents list` shows all.")


def _role(lead: bool) -> Role:
    return "lead" if lead else "agent"
