"""Support agents, their sessions and failed sign-ins in memory, for tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core.agents import (
    KEY_CHARS,
    Account,
    AccountChange,
    Agent,
    AgentSession,
    KnownSession,
)
from bot.core.errors import NotFound


class MemoryAgents:
    """The `Agents` port in memory."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._passwords: dict[str, str] = {}
        self._sessions: dict[str, AgentSession] = {}
        self._failures: list[tuple[str, str, datetime]] = []

    def by_email(self, email: str) -> tuple[Agent, str] | None:
        """See the port."""
        wanted = email.strip().lower()
        found = next((agent for agent in self.all() if agent.email == wanted), None)
        return None if found is None else (found, self._passwords[found.id])

    def all(self) -> list[Agent]:
        """See the port."""
        return [account.agent for account in self.accounts() if not account.is_disabled]

    def accounts(self) -> list[Account]:
        """See the port."""
        return sorted(self._accounts.values(), key=lambda account: account.agent.name)

    def present(self, since: datetime) -> list[Agent]:
        """See the port."""
        return [
            account.agent
            for account in self.accounts()
            if not account.is_disabled and account.seen_at and account.seen_at >= since
        ]

    def add(self, agent: Agent, password_hash: str) -> None:
        """See the port."""
        email = agent.email.lower()
        known = next((a for a in self._accounts.values() if a.agent.email == email), None)
        agent = replace(agent, id=known.agent.id if known else agent.id, email=email)
        before = known or Account(agent, is_disabled=False, seen_at=None)
        self._accounts[agent.id] = replace(before, agent=agent)
        self._passwords[agent.id] = password_hash

    def change(self, agent_id: str, change: AccountChange) -> Account:
        """See the port."""
        if agent_id not in self._accounts:
            raise NotFound("No such agent.")
        before = self._accounts[agent_id]
        agent = replace(
            before.agent,
            name=change.name or before.agent.name,
            role=change.role or before.agent.role,
        )
        is_disabled = before.is_disabled if change.is_disabled is None else change.is_disabled
        after = self._accounts[agent_id] = replace(before, agent=agent, is_disabled=is_disabled)
        if change.password_hash is not None:
            self._passwords[agent_id] = change.password_hash
        if change.is_disabled or change.password_hash is not None:
            if change.but_session is None:
                after = self._accounts[agent_id] = replace(after, seen_at=None)
            self.end_other_sessions(agent_id, but=change.but_session or "")
        return after

    # --- Sessions ---

    def start_session(self, session: AgentSession, token_hash: str) -> None:
        """See the port."""
        self._sessions[token_hash] = session

    def session(self, token_hash: str, now: datetime) -> AgentSession | None:
        """See the port."""
        found = self._sessions.get(token_hash)
        if found is None or found.expires_at <= now:
            return None
        account = self._accounts[found.agent.id]
        if account.is_disabled:
            return None
        self._accounts[found.agent.id] = replace(account, seen_at=now)
        return replace(found, agent=account.agent)

    def sessions(self, agent_id: str, now: datetime) -> list[KnownSession]:
        """See the port."""
        own = [
            KnownSession(token[:KEY_CHARS], s.started_at, s.expires_at, s.device)
            for token, s in self._sessions.items()
            if s.agent.id == agent_id and s.expires_at > now
        ]
        own.sort(key=lambda session: session.key)
        return sorted(own, key=lambda session: session.expires_at, reverse=True)

    def end_session(self, token_hash: str) -> None:
        """See the port."""
        ended = self._sessions.pop(token_hash, None)
        if ended and not any(s.agent.id == ended.agent.id for s in self._sessions.values()):
            account = self._accounts[ended.agent.id]
            self._accounts[ended.agent.id] = replace(account, seen_at=None)

    def end_other_sessions(self, agent_id: str, *, but: str) -> None:
        """See the port."""
        self._sessions = {
            token: session
            for token, session in self._sessions.items()
            if session.agent.id != agent_id or token == but
        }

    def purge(self, now: datetime, failures_before: datetime) -> int:
        """See the port."""
        kept = {token: s for token, s in self._sessions.items() if s.expires_at > now}
        purged = len(self._sessions) - len(kept)
        self._sessions = kept
        self._failures = [one for one in self._failures if one[2] >= failures_before]
        return purged

    # --- Failed sign-ins ---

    def failed_sign_ins(self, email_hash: str, address: str, since: datetime) -> tuple[int, int]:
        """See the port."""
        recent = [failure for failure in self._failures if failure[2] >= since]
        return (
            sum((email, source) == (email_hash, address) for email, source, _ in recent),
            sum(source == address for _, source, _ in recent),
        )

    def add_failed_sign_in(self, email_hash: str, address: str, at: datetime) -> None:
        """See the port."""
        self._failures.append((email_hash, address, at))
