"""Health, readiness, and the demo's people (`operations.py`)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bot.gateway.schemas.wire import Out


class Health(Out):
    """Whether the process lives."""

    status: Literal["ok"] = Field("ok", description="Always `ok`: no answer means trouble.")


class Readiness(Out):
    """Whether each part that the service needs answers."""

    status: Literal["ready", "not_ready"] = Field(description="`ready` if every part answers.")
    checks: dict[str, Literal["ok", "failed"]] = Field(
        description="`database`, `dialogue_engine` and `action_server`."
    )


class DemoIdentity(Out):
    """A ready-signed visitor."""

    name: str = Field(description="What the account is an example of.", examples=["linked"])
    identity: str = Field(description="The JWT to begin a conversation with.")
    description: str = Field(description="In French and English.")


class DemoIdentities(Out):
    """All ready-signed visitors."""

    identities: list[DemoIdentity] = Field(description="In a fixed order.")


class DemoAgent(Out):
    """An agent to sign in as."""

    email: str = Field(description="For signing in.")
    password: str = Field(description="No secret: it works in the demo alone.")
    name: str = Field(description="As visitors see it.")


class DemoAgents(Out):
    """All demo agents."""

    agents: list[DemoAgent] = Field(description="In a fixed order.")
