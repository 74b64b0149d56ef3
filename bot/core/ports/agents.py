"""The port to the store of support agents, their sessions and failed sign-ins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.agents import Account, AccountChange, Agent, AgentSession, KnownSession


class Agents(Protocol):
    """Keeps support agents, their sessions, and failed attempts to sign in."""

    def by_email(self, email: str) -> tuple[Agent, str] | None:
        """The agent and the hash of the password; None for nobody, or somebody disabled."""

    def all(self) -> list[Agent]:
        """Agents who may sign in, by name."""

    def accounts(self) -> list[Account]:
        """All agents, disabled ones too, by name."""

    def present(self, since: datetime) -> list[Agent]:
        """Agents whose console was heard of since then."""

    def add(self, agent: Agent, password_hash: str) -> None:
        """Adds an agent, or gives an existing email that name, role and password."""

    def change(self, agent_id: str, change: AccountChange) -> Account:
        """Changes an account. Whoever is disabled, or gets a new password, is signed out.

        Raises:
            NotFound: No such agent.
        """

    def start_session(self, session: AgentSession, token_hash: str) -> None:
        """Keeps a session."""

    def session(self, token_hash: str, now: datetime) -> AgentSession | None:
        """The session of this token, unless it has expired or its agent is disabled.

        Notes that the agent is there: `present` tells of it from now on.
        """

    def sessions(self, agent_id: str, now: datetime) -> list[KnownSession]:
        """The agent's sessions that have not expired, newest first."""

    def end_session(self, token_hash: str) -> None:
        """Forgets the session; with the last one the agent is no longer there."""

    def end_other_sessions(self, agent_id: str, *, but: str) -> None:
        """Forgets the agent's sessions, except the one with this hash of its token."""

    def purge(self, now: datetime, failures_before: datetime) -> int:
        """Deletes expired sessions and failures from before then; gives how many sessions."""

    def failed_sign_ins(self, email_hash: str, address: str, since: datetime) -> tuple[int, int]:
        """How many there were since then: from this address with this email, and with any."""

    def add_failed_sign_in(self, email_hash: str, address: str, at: datetime) -> None:
        """Notes that a sign-in failed."""
