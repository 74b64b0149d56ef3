"""Support agents, their sign-in, and what they and visitors see of one another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.core.errors import BadInput, NotAllowed

SESSION_LENGTH = timedelta(hours=10)
# A typing signal ends by itself, in case the end is never signalled.
TYPING_FOR = timedelta(seconds=6)
# Wrong sign-ins from an address within that time, after which it waits: few with one email, so that
# nobody elsewhere is locked out of an account, more with any: a whole team may sit behind one.
FAILURES_WITHIN = timedelta(minutes=15)
FAILURES_OF_EMAIL = 10
FAILURES_OF_ADDRESS = 40
FEWEST_PASSWORD_CHARS = 12
KEY_CHARS = 12
# A console calls far oftener than its presence need be written down.
SEEN_EVERY = timedelta(seconds=5)
Side = Literal["visitor", "agent"]
Role = Literal["agent", "lead"]


@dataclass(frozen=True, slots=True)
class Agent:
    """A person of the support team. A lead also keeps the accounts of the others."""

    id: str
    email: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class AgentSession:
    """A signed-in agent; `csrf_token` must come back with every call that changes something."""

    agent: Agent
    csrf_token: str
    expires_at: datetime
    started_at: datetime | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class KnownSession:
    """A session in its agent's list; `key` names it there and opens nothing."""

    key: str
    started_at: datetime | None
    expires_at: datetime
    device: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """An agent as leads see one. `seen_at`: when the console was last heard of."""

    agent: Agent
    is_disabled: bool
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What changes of an account; None leaves it.

    `but_session` is the hash of the one session that outlives a new password.
    """

    name: str | None = None
    role: Role | None = None
    is_disabled: bool | None = None
    password_hash: str | None = None
    but_session: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """What an agent wrote for colleagues; no visitor ever sees it."""

    id: int
    author: str
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Signal:
    """What one side last signalled: typing until then, and the last message that it has read."""

    typing_until: datetime | None = None
    read: int = 0

    def then(self, typing_until: datetime | None, read: int | None) -> Signal:
        """After a further signal, of which None says nothing; what was read stays read."""
        return Signal(typing_until or self.typing_until, max(read or 0, self.read))


def typing_until(now: datetime, is_typing: bool | None) -> datetime | None:
    """Until when somebody who says so types; `now` for the end of it, None if nothing is said."""
    return None if is_typing is None else now + TYPING_FOR if is_typing else now


def check_password(password: str, agent: Agent) -> None:
    """Refuses a password that is easily guessed.

    Length counts most (NIST SP 800-63B); what everybody knows of the agent does not count.

    Raises:
        BadInput: What is wrong with it.
    """
    if len(password) < FEWEST_PASSWORD_CHARS:
        raise BadInput(
            f"The password has {len(password)} characters; at least {FEWEST_PASSWORD_CHARS} are "
            "needed. Several words in a row are easy to remember."
        )
    known = {agent.email.lower(), agent.email.lower().split("@")[0], agent.name.lower()}
    if password.lower() in known or len(set(password)) < 5:
        raise BadInput("This password is easily guessed. Several words in a row are better.")


def check_change(change: AccountChange, agent_id: str, by: Agent) -> None:
    """Refuses a change by which leads would lock themselves out.

    Raises:
        NotAllowed: Leads alone change accounts, and not their own role or access.
    """
    if by.role != "lead":
        raise NotAllowed("Only a lead may change the accounts of agents.")
    if agent_id == by.id and (change.is_disabled or change.role == "agent"):
        raise NotAllowed("You cannot take your own access away. Ask another lead to.")
