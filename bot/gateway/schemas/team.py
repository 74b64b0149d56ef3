"""Agents' sign-in, sessions and accounts (`team.py`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from bot.gateway.schemas.wire import AgentId, Body, Moment, Next, Out, example

AgentName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"\S"),
    Field(description="As visitors see it."),
]


class SignIn(Body):
    """An agent's credentials."""

    model_config = example(email="amelie@soutien.example", password="demo-amelie")

    email: str = Field(max_length=320, description="In upper or lower case.")
    password: str = Field(max_length=1_000, description="The agent's password.")


class AgentOut(Out):
    """A signed-in agent."""

    id: AgentId
    name: str = Field(description="As visitors see it.")
    email: str = Field(description="For signing in.")
    role: str = Field(description="`agent` or `lead`.")


class SessionOut(Out):
    """A session of one's own."""

    key: str = Field(description="Names the session in this list; opens nothing.")
    started_at: Moment | None = Field(description="Null for one from before this was noted.")
    expires_at: Moment
    device: str | None = Field(description="What the browser said of itself.")
    is_this: bool = Field(description="Whether it is the session that asks.")


class SessionList(Out):
    """One's own sessions, newest first."""

    sessions: list[SessionOut] = Field(description="Those that have not expired.")


class ChangePassword(Body):
    """A new password in place of the present one."""

    model_config = example(current="quatre mots au hasard", new="cinq autres mots bien longs")

    current: str = Field(max_length=1_000, description="The current password.")
    new: str = Field(max_length=1_000, description="At least 12 characters.")


class AccountOut(Out):
    """An agent as leads see one."""

    id: AgentId
    email: str = Field(description="For signing in.")
    name: str = Field(description="As visitors see it.")
    role: Literal["agent", "lead"] = Field(description="Leads also keep these accounts.")
    is_disabled: bool = Field(description="Whether signing in is refused.")
    seen_at: Moment | None = Field(description="When the console was last heard of.")


class AccountList(Out):
    """All agents, by name."""

    accounts: list[AccountOut] = Field(description="Disabled ones too.")


class CreateAccount(Body):
    """A new agent."""

    model_config = example(
        email="lea@soutien.example", name="Léa Roy", role="agent", password="quatre mots au hasard"
    )

    email: str = Field(
        max_length=320, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", description="For signing in."
    )
    name: AgentName
    role: Literal["agent", "lead"] = Field("agent", description="Leads also keep accounts.")
    password: str = Field(max_length=1_000, description="At least 12 characters.")


class ChangeAccount(Body):
    """What a lead changes of an account; whoever gets a new password is signed out."""

    model_config = example(is_disabled=True)

    name: AgentName | None = Field(None, description="As visitors see it.")
    role: Literal["agent", "lead"] | None = Field(None, description="Leads also keep accounts.")
    is_disabled: bool | None = Field(None, description="Whether signing in is refused.")
    password: str | None = Field(None, max_length=1_000, description="At least 12 characters.")


class SignedIn(Out):
    """The session; the token must come back as X-CSRF-Token with every change."""

    agent: AgentOut = Field(description="Who is signed in.")
    csrf_token: str = Field(description="Sent back as X-CSRF-Token with every change.")
    wait_goal_s: float = Field(description="From how long a wait on the console warns of it.")


class AgentRef(Out):
    """An agent by id and name."""

    id: AgentId
    name: str = Field(description="As visitors see it.")


class AgentList(Out):
    """Agents, by name."""

    agents: list[AgentRef] = Field(description="Those who may sign in.")
    next: Next
