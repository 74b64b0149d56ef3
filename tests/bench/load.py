"""`make load`: many visitors at once, and what becomes of their messages.

`crowd`: visitors who read, think and write, some in bursts of five, each with an event stream,
while agents' streams hang on. Whoever is put into the queue goes back to the bot: a bot that waits
for people costs nothing. `long`: one conversation of 500 turns. `grown`: a turn and a start
over a database that holds many conversations. `soak`: a small crowd for an hour, with memory over
time. Traffic goes to loopback only and ends by itself. Afterwards every transcript is compared with
what was sent and with what its stream showed: lost and doubled messages must be none, or the
command fails.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import httpx
import matplotlib as mpl
import numpy as np
import psutil
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bot.adapters.tables import conversations, messages
from bot.core.payloads import BACK_TO_BOT
from tests.bench.turns import RESULTS, commit
from tests.support import postgres
from tests.support.stack import RunningStack

mpl.use("svg")
import matplotlib.pyplot as plt

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
console = Console()
THINK_S = 6.0  # mean time between two messages of a visitor; people read and type
BURST_EVERY = 5  # one visitor in so many writes in bursts
BURST = 5
TEXTS = [
    line["text"]
    for line in map(json.loads, Path(__file__).with_name("questions.jsonl").open(encoding="utf-8"))
]
MUST_NOT_BE = ("lost", "doubled", "lost on the stream", "doubled on the stream")
# The last hundred turns of a long conversation may take so much longer than the first.
MOST_SLOWER = 1.5
# What a process may hold at the end of a soak, to what it held after a tenth of it.
MOST_GROWTH = 1.5
DatabaseKind = Annotated[Literal["sqlite", "postgresql"], typer.Option("--database")]


@dataclass
class Seen:
    """What one run saw: seconds of each turn with the moment it ended, and what went wrong."""

    turns: list[tuple[float, float]] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    memory_mb: dict[str, list[tuple[float, float]]] = field(default_factory=dict)


class Person:
    """A visitor: writes, and keeps the stream open. `sent` holds the client ids."""

    def __init__(self, client: httpx.AsyncClient, seen: Seen, chance: random.Random) -> None:
        self._client, self._seen, self._chance = client, seen, chance
        self.sent: list[str] = []
        self.streamed: list[int] = []

    async def talk(self, turns: int, think_s: float, writes_in_bursts: bool) -> None:
        """Opens a conversation, holds it for so many messages, and compares at the end."""
        await asyncio.sleep(self._chance.uniform(0, think_s))
        opened = (await self._client.post("/api/v1/conversations", json={"language": "fr"})).json()
        self._path = f"/api/v1/conversations/{opened['id']}"
        self._headers = {"Authorization": f"Bearer {opened['token']}"}
        self._first = opened["messages"][-1]["id"]
        stream = asyncio.create_task(self._listen())
        while len(self.sent) < turns:
            count = BURST if writes_in_bursts else 1
            await asyncio.gather(*(self._write() for _ in range(count)))
            await asyncio.sleep(self._chance.expovariate(1 / think_s))
        await self._compare()
        stream.cancel()
        with suppress(asyncio.CancelledError):
            await stream

    async def _write(self, payload: str | None = None) -> None:
        said = {"payload": payload} if payload else {"text": self._chance.choice(TEXTS)}
        body = {**said, "client_id": str(uuid.uuid4())}
        self.sent.append(body["client_id"])
        for _ in range(20):
            began = time.perf_counter()
            try:
                answer = await self._client.post(
                    f"{self._path}/messages", json=body, headers=self._headers
                )
            except httpx.TransportError as error:
                self._seen.faults[type(error).__name__] += 1
                continue
            self._seen.turns.append((time.monotonic(), time.perf_counter() - began))
            if answer.status_code in (409, 429):
                self._seen.faults[f"{answer.status_code}, asked again"] += 1
                await asyncio.sleep(float(answer.headers.get("Retry-After", "1")))
                continue
            if not answer.is_success:
                self._seen.faults[f"status {answer.status_code}"] += 1
                return
            answered = answer.json()
            if any(m["kind"] == "error" for m in answered["messages"]):
                self._seen.faults["apology"] += 1
            if not answered["messages"]:
                self._seen.faults["the bot was silent"] += 1
            if answered["state"] == "waiting" and payload is None:
                await self._back_to_bot()
            return
        self._seen.faults["given up"] += 1

    async def _back_to_bot(self) -> None:
        """Presses the button that the last words of the queue offered."""
        shown = (await self._client.get(self._path, headers=self._headers)).json()["messages"]
        offered = [m for m in shown if any(b["payload"] == BACK_TO_BOT for b in m["buttons"])]
        if offered:
            await self._write(payload=BACK_TO_BOT)

    async def _listen(self) -> None:
        """Follows the stream, and takes it up again where it broke, as the widget does."""
        while True:
            try:
                await self._follow()
                return
            except httpx.TransportError as error:
                self._seen.faults[f"a stream broke: {type(error).__name__}"] += 1
                await asyncio.sleep(1)  # as `retry:` says

    async def _follow(self) -> None:
        last = self.streamed[-1] if self.streamed else self._first
        headers = {**self._headers, "Last-Event-ID": str(last)}
        async with self._client.stream("GET", f"{self._path}/events", headers=headers) as events:
            name, number = "", 0
            async for line in events.aiter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("id: "):
                    number = int(line.removeprefix("id: "))
                elif line.startswith("data: ") and name == "message":
                    self.streamed.append(number)

    async def _compare(self) -> None:
        shown = (await self._client.get(self._path, headers=self._headers)).json()["messages"]
        written = [m["client_id"] for m in shown if m["author"] == "visitor"]
        ids = [m["id"] for m in shown if m["id"] > self._first]
        for _ in range(100):
            if len(self.streamed) >= len(ids):
                break
            await asyncio.sleep(0.1)
        self._seen.faults["lost"] += len(set(self.sent) - set(written))
        self._seen.faults["doubled"] += len(written) - len(set(written))
        self._seen.faults["lost on the stream"] += len(set(ids) - set(self.streamed))
        self._seen.faults["doubled on the stream"] += len(self.streamed) - len(set(self.streamed))


@app.command()
def crowd(
    visitors: int = 200,
    agents: int = 50,
    turns: int = 10,
    think_s: float = THINK_S,
    database: DatabaseKind = "sqlite",
) -> None:
    """Visitors who all talk at once, and agents' streams that hang on."""
    with _running(database) as stack:
        seen = asyncio.run(_crowd(stack, visitors, agents, turns, think_s))
    _report(f"crowd-{database}", seen)


@app.command()
def soak(minutes: float = 60, visitors: int = 20, database: DatabaseKind = "sqlite") -> None:
    """A small crowd for a long time; memory of each process over it."""
    turns = int(60 * minutes / THINK_S)
    with _running(database) as stack:
        seen = asyncio.run(_crowd(stack, visitors, 5, turns, THINK_S))
    _report(f"soak-{database}", seen)
    for process, sizes in seen.memory_mb.items():
        warm, last = sizes[len(sizes) // 10][1], sizes[-1][1]
        console.print(f"{process}: {last / warm:.2f} times what it held after a tenth of the time")
        if last > MOST_GROWTH * warm:
            raise typer.Exit(1)


@app.command()
def long(turns: int = 500) -> None:
    """One conversation that does not end: the last hundred turns against the first."""
    seen = Seen()

    async def scene(url: str) -> None:
        async with _client(url) as client:
            await Person(client, seen, random.Random(0)).talk(turns, 0.001, False)

    with _running("sqlite") as stack:
        asyncio.run(scene(stack.url))
    times = [1000 * took for _, took in seen.turns]
    first, last = (np.percentile(part, 95) for part in (times[:100], times[-100:]))
    console.print(f"p95 of the first 100 turns {first:.0f} ms, of the last {last:.0f} ms")
    console.print(f"ratio {last / first:.2f}")
    _report("long", seen)
    if last > MOST_SLOWER * first:
        raise typer.Exit(1)


@app.command()
def grown(stored: int = 100_000) -> None:
    """A turn and a start over an empty database and over one that holds many conversations."""
    table = Table("conversations stored", "ready after", "median turn", "queue")
    for count in (0, stored):
        with _running("sqlite", stored=count) as stack:
            seen = Seen()

            async def scene(url: str, seen: Seen = seen) -> float:
                async with _client(url) as client:
                    await Person(client, seen, random.Random(0)).talk(40, 0.001, False)
                    await _sign_in(client)
                    began = time.perf_counter()
                    await client.get("/api/v1/agent/conversations", params={"state": "waiting"})
                    return time.perf_counter() - began

            queue_s = asyncio.run(scene(stack.url))
            median_ms = 1000 * float(np.median([took for _, took in seen.turns]))
            row = (f"{count:,}", f"{stack.ready_s:.1f} s", f"{median_ms:.0f} ms")
            table.add_row(*row, f"{1000 * queue_s:.0f} ms")
    console.print(table)


async def _crowd(
    stack: RunningStack, visitors: int, agents: int, turns: int, think_s: float
) -> Seen:
    seen, chance = Seen(), random.Random(0)
    async with _client(stack.url) as client:
        await _sign_in(client)
        watching = [asyncio.create_task(_watch_queue(client, seen)) for _ in range(agents)]
        weighing = asyncio.create_task(_weigh(stack, seen))
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("Messages", total=visitors * turns)
            people = [Person(client, seen, random.Random(chance.random())) for _ in range(visitors)]
            talks = [
                asyncio.create_task(person.talk(turns, think_s, number % BURST_EVERY == 0))
                for number, person in enumerate(people)
            ]
            while not all(talk.done() for talk in talks):
                progress.update(task, completed=sum(len(person.sent) for person in people))
                await asyncio.sleep(0.5)
        for talk in talks:
            talk.result()
        for background in (*watching, weighing):
            background.cancel()
        await asyncio.gather(*watching, weighing, return_exceptions=True)
    return seen


async def _sign_in(client: httpx.AsyncClient) -> None:
    agent = (await client.get("/api/v1/demo/agents")).json()["agents"][0]
    body = {"email": agent["email"], "password": agent["password"]}
    (await client.post("/api/v1/agent/session", json=body)).raise_for_status()


async def _watch_queue(client: httpx.AsyncClient, seen: Seen) -> None:
    async with client.stream("GET", "/api/v1/agent/events") as events:
        async for _ in events.aiter_lines():
            pass
    seen.faults["an agent's stream ended"] += 1


async def _weigh(stack: RunningStack, seen: Seen) -> None:
    while True:
        for name in stack.processes.processes:
            if pid := stack.pid(name):
                size = psutil.Process(pid).memory_info().rss / 1024**2
                seen.memory_mb.setdefault(name, []).append((time.monotonic(), size))
        await asyncio.sleep(1)


@asynccontextmanager
async def _client(url: str) -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=2000, max_keepalive_connections=500)
    timeout = httpx.Timeout(60, pool=None)
    async with httpx.AsyncClient(
        base_url=url, timeout=timeout, limits=limits, trust_env=False
    ) as client:
        yield client


@contextmanager
def _running(database: str, stored: int = 0) -> Iterator[RunningStack]:
    with tempfile.TemporaryDirectory() as folder:
        url = postgres.new_database("load") if database == "postgresql" else None
        stack = RunningStack(Path(folder), url, limit_visitor=0)
        _fill(stack, stored)
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()
            stack.database.dispose()


def _fill(stack: RunningStack, count: int) -> None:
    """Closed conversations of the last year, a question and an answer each."""
    now = datetime.now(UTC)
    for start in range(0, count, 5000):
        chosen = range(start, min(start + 5000, count))
        moments = {n: now - timedelta(minutes=5 * n) for n in chosen}
        ids = {n: secrets.token_urlsafe(18) for n in chosen}
        with stack.database.write() as connection:
            connection.execute(
                conversations.insert(), [_closed(ids[n], moments[n]) for n in chosen]
            )
            connection.execute(
                messages.insert(),
                [row for n in chosen for row in _exchange(ids[n], moments[n], TEXTS[n % 1000])],
            )


def _closed(conversation_id: str, at: datetime) -> dict[str, Any]:
    return {
        "id": conversation_id,
        "token_hash": conversation_id,
        "language": "fr",
        "state": "closed",
        "abstentions": 0,
        "was_handed_off": False,
        "created_at": at,
        "updated_at": at,
    }


def _exchange(conversation_id: str, at: datetime, text: str) -> Iterator[dict[str, Any]]:
    common = {
        "conversation_id": conversation_id,
        "language": "fr",
        "text": text,
        "buttons": [],
        "sources": [],
        "data": {},
        "created_at": at,
    }
    sent = {"client_id": str(uuid.uuid4()), "answered_at": at}
    said = {"client_id": None, "answered_at": None}
    yield {**common, "author": "visitor", "kind": "message", "topic": None, **sent}
    yield {**common, "author": "bot", "kind": "answer", "topic": "faq/past-invoices", **said}


def _report(name: str, seen: Seen) -> None:
    times_ms = np.array([1000 * took for _, took in seen.turns])
    p50, p95, p99 = np.percentile(times_ms, (50, 95, 99))
    ends = [ended for ended, _ in seen.turns]
    rate = len(ends) / max(1e-9, max(ends) - min(ends))
    console.print(
        f"{len(times_ms):,} turns, {rate:.1f} a second: "
        f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms",
        highlight=False,
    )
    table = Table("fault", "times")
    for fault, count in sorted(seen.faults.items()):
        table.add_row(fault, str(count))
    console.print(table)
    for process, sizes in seen.memory_mb.items():
        first, most, last = sizes[0][1], max(size for _, size in sizes), sizes[-1][1]
        console.print(f"{process}: {first:.0f} MB at first, {most:.0f} at most, {last:.0f} at last")
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"load-{name}-{commit()}.svg"
    _draw(seen, file)
    console.print(f"plot: {file}")
    if any(seen.faults[fault] for fault in MUST_NOT_BE):
        raise typer.Exit(1)


def _draw(seen: Seen, file: Path) -> None:
    start = min(ended for ended, _ in seen.turns)
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4))
    left.scatter([e - start for e, _ in seen.turns], [1000 * t for _, t in seen.turns], s=4)
    left.set(title="turns", xlabel="seconds", ylabel="ms", yscale="log")
    for process, sizes in seen.memory_mb.items():
        right.plot([at - start for at, _ in sizes], [size for _, size in sizes], label=process)
    right.set(title="memory", xlabel="seconds", ylabel="MB", ylim=(0, None))
    if seen.memory_mb:
        right.legend()
    figure.tight_layout()
    figure.savefig(file)


if __name__ == "__main__":
    app()
