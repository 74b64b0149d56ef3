"""How long the console's queue takes to load: 200 waiting conversations, 2,000 closed ones.

`python -m tests.bench.queue` fills a database of its own, asks the gateway's app as a console does,
and prints median and 95th percentile in milliseconds; the goal is under 100 ms.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from fastapi.testclient import TestClient
from rich.console import Console

from bot.adapters import migrate
from bot.core import handoff
from bot.core.agents import Agent
from bot.core.conversations import Conversation, Reply
from bot.core.handoff import Ownership
from bot.core.ports import Services
from bot.gateway.access import hash_password
from bot.gateway.app import create_app
from bot.settings import Settings
from bot.wiring import build
from tests.support.builders import a_conversation, an_answer, an_identity

WAITING, CLOSED = 200, 2_000
ROUNDS = 30
AGENT = Agent("agt_bench", "bench@soutien.example", "Bench", "agent")
PASSWORD = "quatre mots tout simples"


def fill(services: Services) -> None:
    """Conversations of a few messages each."""
    services.agents.add(AGENT, hash_password(PASSWORD))
    now = services.clock.now()
    for number in range(WAITING + CLOSED):
        at = now - timedelta(minutes=number)
        talk = a_conversation(
            f"talk-{number}",
            language="fr" if number % 3 else "en",
            identity=an_identity(site_number=str(4000 + number % 50)) if number % 2 else None,
            created_at=at,
            updated_at=at,
        )
        _talk(services, talk, is_closed=number >= WAITING)


def _talk(services: Services, talk: Conversation, *, is_closed: bool) -> None:
    store, at = services.conversations, talk.created_at
    store.start(talk, "hash", [Reply("greeting", "Bonjour!", "greeting")])
    for turn in range(3):
        text = f"Où se trouve la facture numéro {turn} de notre clinique?"
        visit = store.add_visit(talk, f"{talk.id}-{turn}", text=text, payload=None, at=at)
        store.finish_turn(visit, [an_answer("Voici la marche à suivre.")], at=at)
    change = handoff.ask_person(Ownership.of(talk), at, "asked")
    store.change_owner(talk.id, change, at=at)
    if is_closed:
        held = store.change_owner(talk.id, handoff.claim(change.after, AGENT.id), at=at)
        store.change_owner(talk.id, handoff.resolve(Ownership.of(held), AGENT.id), at=at)


def measure(client: TestClient, path: str) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        answer = client.get(path)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.text
    return statistics.median(took), statistics.quantiles(took, n=20)[-1]


def main() -> None:
    """Prints a line for each list that the console loads."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database_url=f"sqlite:///{Path(folder) / 'queue.db'}")
        migrate.upgrade(settings.database_url)
        services = build(settings)
        fill(services)
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
            median, high = measure(client, path)
            Console().print(f"{path:40} median {median:6.1f} ms   p95 {high:6.1f} ms")


if __name__ == "__main__":
    main()
