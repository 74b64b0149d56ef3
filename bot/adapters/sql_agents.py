"""Support agents, their sessions and failed sign-ins in SQL."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func, select

from bot.adapters.database import Database
from bot.adapters.tables import agent_sessions, agents, failed_sign_ins
from bot.core.agents import (
    KEY_CHARS,
    SEEN_EVERY,
    Account,
    AccountChange,
    Agent,
    AgentSession,
    KnownSession,
)
from bot.core.errors import NotFound


class SqlAgents:
    """The `Agents` port over SQL. Emails are compared in lower case."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def by_email(self, email: str) -> tuple[Agent, str] | None:
        """See the port."""
        query = select(agents).where(
            agents.c.email == email.strip().lower(), agents.c.is_disabled.is_(False)
        )
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (_agent(row), row.password_hash)

    def all(self) -> list[Agent]:
        """See the port."""
        return [account.agent for account in self.accounts() if not account.is_disabled]

    def accounts(self) -> list[Account]:
        """See the port."""
        with self._db.read() as connection:
            rows = connection.execute(select(agents).order_by(agents.c.name))
            return [_account(row) for row in rows]

    def present(self, since: datetime) -> list[Agent]:
        """See the port."""
        query = (
            select(agents)
            .where(agents.c.seen_at >= since, agents.c.is_disabled.is_(False))
            .order_by(agents.c.name)
        )
        with self._db.read() as connection:
            return [_agent(row) for row in connection.execute(query)]

    def add(self, agent: Agent, password_hash: str) -> None:
        """See the port."""
        values = {**asdict(agent), "email": agent.email.lower(), "password_hash": password_hash}
        with self._db.write() as connection:
            known = agents.c.email == values["email"]
            if connection.scalar(select(agents.c.id).where(known)):
                connection.execute(
                    agents.update()
                    .where(known)
                    .values(name=agent.name, role=agent.role, password_hash=password_hash)
                )
            else:
                connection.execute(agents.insert().values(**values, is_disabled=False))

    def change(self, agent_id: str, change: AccountChange) -> Account:
        """See the port."""
        values = {
            name: value
            for name, value in asdict(change).items()
            if value is not None and name != "but_session"
        }
        signs_out = bool(change.is_disabled) or change.password_hash is not None
        with self._db.write() as connection:
            if values:
                if signs_out and change.but_session is None:
                    values["seen_at"] = None
                connection.execute(agents.update().where(agents.c.id == agent_id).values(values))
            if signs_out:
                _end_sessions(connection, agent_id, but=change.but_session or "")
            row = connection.execute(select(agents).where(agents.c.id == agent_id)).one_or_none()
        if row is None:
            raise NotFound("No such agent.")
        return _account(row)

    # --- Sessions ---

    def start_session(self, session: AgentSession, token_hash: str) -> None:
        """See the port."""
        with self._db.write() as connection:
            connection.execute(
                agent_sessions.insert().values(
                    token_hash=token_hash,
                    agent_id=session.agent.id,
                    csrf_token=session.csrf_token,
                    expires_at=session.expires_at,
                    started_at=session.started_at,
                    device=session.device,
                )
            )

    def session(self, token_hash: str, now: datetime) -> AgentSession | None:
        """See the port."""
        kept = agent_sessions.c
        query = (
            select(agents, kept.csrf_token, kept.expires_at, kept.started_at, kept.device)
            .join(agent_sessions, kept.agent_id == agents.c.id)
            .where(
                kept.token_hash == token_hash,
                kept.expires_at > now,
                agents.c.is_disabled.is_(False),
            )
        )
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        if row.seen_at is None or row.seen_at + SEEN_EVERY <= now:
            with self._db.write(is_durable=False) as connection:
                connection.execute(agents.update().where(agents.c.id == row.id).values(seen_at=now))
        return AgentSession(_agent(row), row.csrf_token, row.expires_at, row.started_at, row.device)

    def sessions(self, agent_id: str, now: datetime) -> list[KnownSession]:
        """See the port."""
        kept = agent_sessions.c
        query = (
            select(kept.token_hash, kept.started_at, kept.expires_at, kept.device)
            .where(kept.agent_id == agent_id, kept.expires_at > now)
            .order_by(kept.expires_at.desc(), kept.token_hash)
        )
        with self._db.read() as connection:
            return [
                KnownSession(token_hash[:KEY_CHARS], started_at, expires_at, device)
                for token_hash, started_at, expires_at, device in connection.execute(query)
            ]

    def end_session(self, token_hash: str) -> None:
        """See the port."""
        kept = agent_sessions.c
        with self._db.write() as connection:
            agent_id = connection.scalar(
                agent_sessions.delete()
                .where(kept.token_hash == token_hash)
                .returning(kept.agent_id)
            )
            others = select(func.count()).where(kept.agent_id == agent_id)
            if agent_id is not None and not connection.scalar(others):
                connection.execute(
                    agents.update().where(agents.c.id == agent_id).values(seen_at=None)
                )

    def end_other_sessions(self, agent_id: str, *, but: str) -> None:
        """See the port."""
        with self._db.write() as connection:
            _end_sessions(connection, agent_id, but)

    def purge(self, now: datetime, failures_before: datetime) -> int:
        """See the port."""
        with self._db.write() as connection:
            connection.execute(
                failed_sign_ins.delete().where(failed_sign_ins.c.at < failures_before)
            )
            return connection.execute(
                agent_sessions.delete().where(agent_sessions.c.expires_at <= now)
            ).rowcount

    # --- Failed sign-ins ---

    def failed_sign_ins(self, email_hash: str, address: str, since: datetime) -> tuple[int, int]:
        """See the port."""
        row = failed_sign_ins.c
        with self._db.read() as connection:
            of_email, of_address = (
                connection.scalar(select(func.count()).where(which, row.at >= since)) or 0
                for which in (
                    sa.and_(row.email_hash == email_hash, row.address == address),
                    row.address == address,
                )
            )
        return of_email, of_address

    def add_failed_sign_in(self, email_hash: str, address: str, at: datetime) -> None:
        """See the port."""
        values = {"email_hash": email_hash, "address": address, "at": at}
        with self._db.write(is_durable=False) as connection:
            connection.execute(failed_sign_ins.insert().values(values))


def _end_sessions(connection: sa.Connection, agent_id: str, but: str) -> None:
    kept = agent_sessions.c
    connection.execute(
        agent_sessions.delete().where(kept.agent_id == agent_id, kept.token_hash != but)
    )


def _agent(row: sa.Row[Any]) -> Agent:
    return Agent(row.id, row.email, row.name, row.role)


def _account(row: sa.Row[Any]) -> Account:
    return Account(_agent(row), row.is_disabled, row.seen_at)
