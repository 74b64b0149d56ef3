"""How long the console's queue takes to load: 200 waiting conversations, 2,000 closed ones.

`python -m tests.bench.queue` fills a database of its own, asks the gateway's app as a console does,
and prints medians in milliseconds; the goal is under 100 ms.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

from fastapi.testclient import TestClient
from rich.console import Console

from bot.adapters import migrate
from bot.adapters.database import Database
from bot.adapters.tables import conversations, handoffs, messages
from bot.core.agents import Agent
from bot.gateway.access import hash_password
from bot.gateway.app import create_app
from bot.settings import Settings
from bot.wiring import build
from tests.support.builders import an_identity

WAITING, CLOSED = 200, 2_000
ROUNDS = 30
AGENT = Agent("agt_bench", "bench@soutien.example", "Bench", "agent")
PASSWORD = "quatre mots tout simples"


def fill(database: Database, now: datetime) -> None:
    """Conversations of a few messages each, written in bulk."""
    talks, said, stays = [], [], []
    for number in range(WAITING + CLOSED):
        at, id_ = now - timedelta(minutes=number), f"talk-{number}"
        is_waiting = number < WAITING
        talks.append(
            {
                "id": id_,
                "token_hash": "hash",
                "language": "fr" if number % 3 else "en",
                "state": "waiting" if is_waiting else "closed",
                "identity": asdict(an_identity(site_number="4411")) if number % 2 else None,
                "topic": "faq/past-invoices",
                "abstentions": 0,
                "handoff_reason": "asked",
                "was_handed_off": True,
                "waiting_since": at,
                "assignee_id": None if is_waiting else AGENT.id,
                "created_at": at,
                "updated_at": at,
            }
        )
        said += [_message(id_, at, author) for author in ("bot", "visitor", "bot", "visitor")]
        stays.append({"conversation_id": id_, "reason": "asked", "asked_at": at})
    with database.write() as connection:
        connection.execute(conversations.insert(), talks)
        connection.execute(messages.insert(), said)
        connection.execute(handoffs.insert(), stays)


def _message(id_: str, at: datetime, author: str) -> dict[str, object]:
    return {
        "conversation_id": id_,
        "author": author,
        "kind": "message" if author == "visitor" else "answer",
        "topic": None if author == "visitor" else "faq/past-invoices",
        "text": "Où se trouve la facture du mois dernier de notre clinique?",
        "language": "fr",
        "buttons": [],
        "sources": [],
        "data": {},
        "created_at": at,
    }


def measure(client: TestClient, path: str) -> tuple[float, float]:
    """Medians of the time on the clock, and of the work, which a busy machine does not add to."""
    clock, processor = [], []
    for _ in range(ROUNDS):
        began, worked = time.perf_counter(), time.process_time()
        answer = client.get(path)
        clock.append((time.perf_counter() - began) * 1000)
        processor.append((time.process_time() - worked) * 1000)
        assert answer.status_code == 200, answer.text
    return statistics.median(clock), statistics.median(processor)


def main() -> None:
    """Prints a line for each list that the console loads."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database_url=f"sqlite:///{Path(folder) / 'queue.db'}")
        migrate.upgrade(settings.database_url)
        services = build(settings)
        services.agents.add(AGENT, hash_password(PASSWORD))
        database = Database(settings.database_url)
        fill(database, services.clock.now())
        database.dispose()
        app = create_app(services, settings, owner="bench", demo_visitors={})
        client = TestClient(app, base_url="http://bench.example/api/v1/agent/")
        signed = client.post("session", json={"email": AGENT.email, "password": PASSWORD})
        assert signed.status_code == 200, signed.text
        for path in (
            "conversations?state=waiting&limit=200",
            "conversations?state=closed&limit=50",
            "conversations?limit=50",
            "conversations?q=clinique&limit=50",
            "insights",
        ):
            clock, processor = measure(client, path)
            Console().print(f"{path:40} {clock:6.1f} ms, {processor:6.1f} of them work")


if __name__ == "__main__":
    main()
