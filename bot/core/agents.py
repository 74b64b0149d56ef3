"""Support agents and their sign-in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

SESSION_LENGTH = timedelta(hours=10)


@dataclass(frozen=True, slots=True)
class Agent:
    """A person of the support team."""

    id: str
    email: str
    name: str
    role: Literal["agent", "lead"]


@dataclass(frozen=True, slots=True)
class AgentSession:
    """A signed-in agent; `csrf_token` must come back with every call that changes something."""

    agent: Agent
    csrf_token: str
    expires_at: datetime
