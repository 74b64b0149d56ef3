"""Support agents and their sessions in SQL."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from bot.adapters.database import Database
from bot.adapters.tables import agent_sessions, agents
from bot.core.agents import Agent, AgentSession


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
        query = select(agents).where(agents.c.is_disabled.is_(False)).order_by(agents.c.name)
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

    def start_session(self, session: AgentSession, token_hash: str) -> None:
        """See the port."""
        with self._db.write() as connection:
            connection.execute(
                agent_sessions.insert().values(
                    token_hash=token_hash,
                    agent_id=session.agent.id,
                    csrf_token=session.csrf_token,
                    expires_at=session.expires_at,
                )
            )

    def session(self, token_hash: str, now: datetime) -> AgentSession | None:
        """See the port."""
        query = (
            select(agents, agent_sessions.c.csrf_token, agent_sessions.c.expires_at)
            .join(agent_sessions, agent_sessions.c.agent_id == agents.c.id)
            .where(
                agent_sessions.c.token_hash == token_hash,
                agent_sessions.c.expires_at > now,
                agents.c.is_disabled.is_(False),
            )
        )
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else AgentSession(_agent(row), row.csrf_token, row.expires_at)

    def end_session(self, token_hash: str) -> None:
        """See the port."""
        with self._db.write() as connection:
            connection.execute(
                agent_sessions.delete().where(agent_sessions.c.token_hash == token_hash)
            )


def _agent(row: sa.Row[Any]) -> Agent:
    return Agent(row.id, row.email, row.name, row.role)
