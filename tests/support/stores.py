"""The stores that the contract suites hold to one promise: in memory, SQLite and PostgreSQL.

PostgreSQL takes part where there is one (tests/support/postgres.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from bot.adapters.database import Database
from bot.adapters.helpdesk_builtin import BuiltinHelpdesk
from bot.adapters.memory import MemoryAudit
from bot.adapters.memory_agents import MemoryAgents
from bot.adapters.memory_conversations import MemoryConversations
from bot.adapters.memory_desk import MemoryDeskRecords
from bot.adapters.memory_figures import MemoryFigures
from bot.adapters.memory_tickets import MemoryHelpdesk, MemoryTickets
from bot.adapters.sql_agents import SqlAgents
from bot.adapters.sql_audit import SqlAudit
from bot.adapters.sql_conversations import SqlConversations
from bot.adapters.sql_desk import SqlDeskRecords
from bot.adapters.sql_figures import SqlFigures
from bot.adapters.sql_tickets import SqlTickets
from bot.adapters.tables import metadata
from bot.core.ports.agents import Agents
from bot.core.ports.clock import Clock
from bot.core.ports.conversations import Conversations
from bot.core.ports.desk import DeskRecords
from bot.core.ports.figures import Figures
from bot.core.ports.helpdesk import Helpdesk
from bot.core.ports.privacy import Audit
from bot.core.ports.tickets import TicketStore
from tests.support import postgres

Given = TypeVar("Given")
DATABASES = ["sqlite", *(["postgresql"] if postgres.IS_THERE else [])]
BACKENDS = ["memory", *DATABASES]


@dataclass(frozen=True, slots=True)
class Stores:
    """One set of adapters over one empty store; `database` is None in memory."""

    conversations: Conversations
    records: DeskRecords
    figures: Figures
    tickets: TicketStore
    agents: Agents
    helpdesk: Helpdesk
    audit: Audit
    database: Database | None


def meanwhile(stores: Stores, call: Callable[[], Given], *statements: sa.Executable) -> Given:
    """What a call gives that comes before the transaction of these statements has ended."""
    assert stores.database is not None
    with ThreadPoolExecutor(1) as threads:
        with stores.database.write() as connection:
            for statement in statements:
                connection.execute(statement)
            second = threads.submit(call)
            wait([second], timeout=0.5)
        return second.result()


@contextmanager
def open_stores(backend: str, folder: Path, clock: Clock) -> Iterator[Stores]:
    """Stores of that backend, closed at the end."""
    if backend == "memory":
        tickets = MemoryTickets()
        conversations = MemoryConversations(on_erase=tickets.forget_conversation)
        yield Stores(
            conversations,
            MemoryDeskRecords(conversations),
            MemoryFigures(conversations),
            tickets,
            MemoryAgents(),
            MemoryHelpdesk(),
            MemoryAudit(),
            None,
        )
        return
    url = f"sqlite:///{folder / 'stores.db'}" if backend == "sqlite" else postgres.server_url()
    database = Database(url)
    metadata.create_all(database.engine)
    try:
        with database.write() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
            # Rasa's own; tests make it in several shapes.
            connection.execute(sa.text("DROP TABLE IF EXISTS events"))
        yield Stores(
            SqlConversations(database),
            SqlDeskRecords(database),
            SqlFigures(database),
            SqlTickets(database),
            SqlAgents(database),
            BuiltinHelpdesk(database, clock),
            SqlAudit(database),
            database,
        )
    finally:
        database.dispose()
