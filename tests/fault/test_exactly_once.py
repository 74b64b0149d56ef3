"""A thousand confirmed requests, a helpdesk that fails one call in three, processes killed.

Everything is real but the helpdesk: the gate, the database, the gateway's worker, Zendesk's client.
CI runs a bounded form; `make fault` (HELPDESK_FAULT_FULL=1) the whole, and prints its figures.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa

from bot.adapters import migrate
from bot.adapters.database import Database
from bot.adapters.sql_conversations import SqlConversations
from bot.adapters.sql_tickets import SqlTickets
from bot.adapters.tables import outbox, tickets
from tests.support import courier, postgres
from tests.support.builders import NOW, start
from tests.support.stack import wait_for
from tests.support.zendesk_server import PASSING, Fault, Received, ZendeskServer

FULL = os.environ.get("HELPDESK_FAULT_FULL") == "1"


@dataclass(frozen=True, slots=True)
class Load:
    """How much is asked of it. Of the kills, a fifth hit the process that files."""

    requests: int
    kills: int
    within_s: float


LOAD = Load(1000, 50, 1500) if FULL else Load(100, 10, 240)
SEED = 20261127


# Processes die here, not machines: nothing needs to outlive memory, and no disk sets the pace.
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database, brought up to date as the product does it."""
    with TemporaryDirectory(prefix="outbox-", dir=MEMORY) as folder:
        if request.param == "sqlite":
            url = f"sqlite:///{folder}/helpdesk.db"
            migrate.upgrade(url)
            yield url
            return
        if not postgres.IS_THERE:
            pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
        url = postgres.new_database("outbox")
        migrate.upgrade(url)
        yield url


# Started once with everything imported; a process that is forked from it is at work in no time.
NURSERY = multiprocessing.get_context("forkserver")
NURSERY.set_forkserver_preload([courier.__name__])


class Crew:
    """The processes at work; any of them may die at any moment and is started again."""

    def __init__(self) -> None:
        self._jobs: dict[str, Callable[[], ForkServerProcess]] = {}
        self._running: dict[str, ForkServerProcess] = {}

    def put_to_work(self, name: str, job: Callable[..., None], *arguments: object) -> None:
        """Starts a process under that name."""
        self._jobs[name] = lambda: NURSERY.Process(target=job, args=arguments, daemon=True)
        self._start(name)

    def kill(self, name: str) -> None:
        """Kills it on the spot, as `kill -9` does."""
        self._running[name].kill()

    def is_done(self, name: str) -> bool:
        """Whether it has ended by itself, and well."""
        return self._running[name].exitcode == 0

    def replace_the_dead(self) -> None:
        """Starts again whatever has died, under its old name."""
        for name, process in list(self._running.items()):
            if process.exitcode not in (None, 0):
                self._start(name)

    def dismiss(self) -> None:
        """Ends all."""
        for process in self._running.values():
            process.kill()
            process.join()

    def _start(self, name: str) -> None:
        process = self._jobs[name]()
        process.start()
        self._running[name] = process


class Havoc:
    """One call in three fails in one way or another; at some calls, somebody is killed.

    The blow falls while the helpdesk has the call in hand, and the helpdesk goes on with it: the
    caller, if it was the one, has sent what it will never know of.
    """

    def __init__(self, dice: random.Random, calls: int, kills: int, victims: list[str]) -> None:
        self._dice = dice
        self._at = sorted(dice.sample(range(5, calls), kills))
        self._victims = victims
        self.calls = 0
        self.killed: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.crew: Crew | None = None

    def __call__(self, _: Received) -> Fault:
        self.calls += 1
        if self._at and self.calls >= self._at[0] and self.crew is not None:
            self._at.pop(0)
            victim = self._dice.choice(self._victims)
            self.crew.kill(victim)
            self.killed[victim] += 1
        if self._dice.random() >= 1 / 3:
            return "none"
        fault = self._dice.choice(PASSING)
        self.faults[fault] += 1
        return fault


@pytest.fixture
def helpdesk(zendesk: ZendeskServer) -> ZendeskServer:
    zendesk.retry_after_s = 0.1
    return zendesk


def test_each_confirmed_request_is_one_ticket_whatever_fails_and_whoever_is_killed(
    address: str, helpdesk: ZendeskServer, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    database = Database(address)
    start(SqlConversations(database), courier.CONVERSATION)
    owners = ["gateway:a", "gateway:b"]
    dice = random.Random(SEED)
    havoc = Havoc(dice, LOAD.requests * 3, LOAD.kills - LOAD.kills // 5, owners)
    helpdesk.fault = havoc
    havoc.crew = crew = Crew()
    try:
        crew.put_to_work("visitor", courier.file, address, LOAD.requests)
        for owner in owners:
            crew.put_to_work(owner, courier.deliver, address, helpdesk.url, owner)
        blows = sorted(dice.sample(range(1, LOAD.requests), LOAD.kills // 5))

        def filed() -> int:
            with database.read() as connection:
                return connection.scalar(sa.select(sa.func.count()).select_from(tickets)) or 0

        def all_is_settled() -> bool:
            if blows and filed() >= blows[0]:
                blows.pop(0)
                crew.kill("visitor")
                havoc.killed["visitor"] += 1
            crew.replace_the_dead()
            counts = SqlTickets(database).backlog(NOW).counts
            is_over = not (set(counts) & {"pending", "in_flight", "unknown"})
            return is_over and crew.is_done("visitor")

        wait_for(all_is_settled, within_s=LOAD.within_s)
    finally:
        crew.dismiss()
    took_s = time.monotonic() - began

    with capsys.disabled():
        sys.stdout.write(
            f"\n{database.engine.name}: {filed()} requests, {len(helpdesk.tickets)} tickets, "
            f"{havoc.calls} calls, {havoc.faults.total()} failed {dict(havoc.faults)}, "
            f"killed {dict(havoc.killed)}, {took_s:.0f} s\n"
        )
    assert filed() == LOAD.requests
    assert havoc.killed.total() == LOAD.kills
    assert_each_once(database, helpdesk)
    database.dispose()


def assert_each_once(database: Database, helpdesk: ZendeskServer) -> None:
    """Fails unless each filed request is one ticket there, with one transcript, and none waits."""
    with database.read() as connection:
        references = list(connection.scalars(sa.select(tickets.c.reference)))
        rows = connection.execute(sa.select(outbox)).all()
    arrived = Counter(ticket["external_id"] for ticket in helpdesk.tickets.values())
    assert [key for key, count in arrived.items() if count > 1] == [], "twice"
    assert set(references) - set(arrived) == set(), "lost"
    assert set(arrived) - set(references) == set(), "invented"
    assert Counter((row.kind, row.state) for row in rows) == {
        ("ticket", "delivered"): len(references),
        ("transcript", "delivered"): len(references),
    }
    # Where the outbox says that a ticket is, there it is.
    assert {row.reference: row.external_id for row in rows if row.kind == "ticket"} == {
        ticket["external_id"]: str(id_) for id_, ticket in helpdesk.tickets.items()
    }
    assert Counter(len(said) for said in helpdesk.comments.values()) == {2: len(references)}


def test_two_workers_on_one_outbox_deliver_each_once(address: str, helpdesk: ZendeskServer) -> None:
    database = Database(address)
    start(SqlConversations(database), courier.CONVERSATION)
    crew = Crew()
    seen: Counter[int] = Counter()
    helpdesk.fault = lambda _: seen.update([threading.get_ident()]) or "none"
    try:
        crew.put_to_work("visitor", courier.file, address, 40)
        for owner in ("gateway:a", "gateway:b"):
            crew.put_to_work(owner, courier.deliver, address, helpdesk.url, owner)

        def all_is_settled() -> bool:
            counts = SqlTickets(database).backlog(NOW).counts
            return crew.is_done("visitor") and counts == {"delivered": 80}

        wait_for(all_is_settled, within_s=60)
    finally:
        crew.dismiss()
    # A connection each: both were at work, and each made its own calls.
    assert len(seen) == 2
    creations = [one for one in helpdesk.received if one.is_creation]
    assert len(creations) == 40
    assert_each_once(database, helpdesk)
    database.dispose()
