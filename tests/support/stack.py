"""One running assistant for the whole test session, and the people who use it over HTTP.

The real gateway, Rasa and action server, on free ports over a fresh database with the demo data.
Start-up takes some twenty seconds, so every suite shares the fixture `stack`; a test that kills
something leaves it ready again, and all tests keep to conversations and site numbers of their own.
HELPDESK_TEST_DATABASE=postgresql runs it on PostgreSQL instead of SQLite.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from bot.adapters.database import Database
from bot.launcher import Stack
from bot.settings import ROOT, Settings
from bot.training import MODEL
from tests.support import postgres
from tests.support.ports import free_ports

READY_WITHIN_S = 300.0
ANSWER_WITHIN_S = 40.0
POLL_S = 0.05
DATABASE = os.environ.get("HELPDESK_TEST_DATABASE", "sqlite")
Message = dict[str, Any]
Found = TypeVar("Found")


class RunningStack:
    """The three processes; `stop` and `start` keep ports and database."""

    def __init__(self, folder: Path, database_url: str | None = None, **chosen: Any) -> None:
        gateway, rasa, actions = free_ports(3)
        self._logs = folder / "log"
        self.settings = Settings(
            port=gateway,
            rasa_port=rasa,
            action_port=actions,
            database_url=database_url or _new_database(folder),
            **chosen,
        )
        self.url = f"http://127.0.0.1:{gateway}"
        for command in ("migrate", "demo-data"):
            run_command(command, self.settings.database_url)
        self.database = Database(self.settings.database_url)
        self._processes: Stack | None = None

    def start(self) -> None:
        """Starts all three and waits until they answer."""
        self._processes = Stack(self.settings, self._logs)
        self._processes.__enter__()
        self.ready_s = self._processes.wait_until_ready(READY_WITHIN_S)

    def stop(self) -> None:
        """Stops all three, if they run."""
        if self._processes is not None:
            self._processes.__exit__()
            self._processes = None

    @property
    def processes(self) -> Stack:
        """The launcher's own view of the running processes."""
        assert self._processes is not None, "the stack has been stopped"
        return self._processes

    def wait_until_ready(self) -> None:
        """Waits until database, dialogue engine and action server answer."""
        self.processes.wait_until_ready(READY_WITHIN_S)

    def pid(self, name: str) -> int | None:
        """The process id of "gateway", "rasa" or "actions"; None while it is down."""
        child = self.processes.processes[name].child
        return None if child is None else child.pid


def _new_database(folder: Path) -> str:
    if DATABASE == "postgresql":
        return postgres.new_database("stack")
    assert DATABASE == "sqlite", f"HELPDESK_TEST_DATABASE={DATABASE}: sqlite or postgresql"
    return f"sqlite:///{folder / 'helpdesk.db'}"


def run_command(command: str, database_url: str) -> None:
    """Runs one of the product's own commands on a database."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", command],
        cwd=ROOT,
        env={**os.environ, "HELPDESK_DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@dataclass(frozen=True, slots=True)
class Turn:
    """What was said in answer to one message."""

    messages: list[Message]
    state: str

    @property
    def heard(self) -> list[str]:
        """Kind and topic of each message, such as "answer faq/past-invoices"."""
        return [f"{message['kind']} {message['topic']}" for message in self.messages]

    @property
    def text(self) -> str:
        """All that was said."""
        return "\n\n".join(message["text"] for message in self.messages)

    @property
    def sources(self) -> list[str]:
        """The sections shown, as "slug#anchor"."""
        return [f"{s['slug']}#{s['section']}" for m in self.messages for s in m["sources"]]


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event; `id` is of the last message before it."""

    name: str
    id: int
    data: Any


class Visitor:
    """Somebody who writes in one conversation."""

    def __init__(self, url: str, language: str | None = "fr", identity: str | None = None) -> None:
        self.http = httpx.Client(base_url=f"{url}/api/v1", timeout=ANSWER_WITHIN_S, trust_env=False)
        wishes = {"language": language, "identity": identity}
        started = self.http.post(
            "/conversations", json={name: wish for name, wish in wishes.items() if wish}
        )
        assert started.status_code == 201, started.text
        opened = started.json()
        self.id: str = opened["id"]
        self.token: str = opened["token"]
        self.opening = Turn(opened["messages"], opened["state"])
        self.path = f"/conversations/{self.id}"
        self.http.headers["Authorization"] = f"Bearer {self.token}"

    def send(self, **body: Any) -> httpx.Response:
        """Posts a message as it is; a fresh client id is added if none is given."""
        return self.http.post(
            f"{self.path}/messages", json={"client_id": str(uuid.uuid4()), **body}
        )

    def say(self, text: str) -> Turn:
        """Writes, and gives what was said in answer."""
        return _turn(self.send(text=text))

    def press(self, title: str) -> Turn:
        """Presses the newest button of that title."""
        return _turn(self.send(payload=self.button(title)))

    def button(self, title: str) -> str:
        """The payload of the newest button of that title."""
        offered = [b for m in self.messages() for b in m["buttons"]]
        matching = [b["payload"] for b in offered if b["title"] == title]
        assert matching, f"no button {title!r} among {[b['title'] for b in offered]}"
        return str(matching[-1])

    def transcript(self) -> dict[str, Any]:
        """The conversation as a reload shows it."""
        answer = self.http.get(self.path)
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def messages(self) -> list[Message]:
        """All messages so far."""
        said: list[Message] = self.transcript()["messages"]
        return said

    @contextmanager
    def events(self, last_event_id: int | None = None) -> Iterator[Iterator[Event]]:
        """The event stream; reading waits for the next event, at most for a heartbeat."""
        headers = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
        with self.http.stream("GET", f"{self.path}/events", headers=headers) as response:
            assert response.status_code == 200
            yield read_events(response.iter_lines())


class AgentClient:
    """A signed-in agent of the console."""

    def __init__(self, url: str, email: str, password: str) -> None:
        self.http = httpx.Client(
            base_url=f"{url}/api/v1/agent", timeout=ANSWER_WITHIN_S, trust_env=False
        )
        answer = self.http.post("/session", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        self.id: str = answer.json()["agent"]["id"]
        self.name: str = answer.json()["agent"]["name"]
        self.csrf: str = answer.json()["csrf_token"]
        self.http.headers["X-CSRF-Token"] = self.csrf

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """What a call that reads answers."""
        return _json(self.http.get(path, params=query))

    def conversation(self, conversation_id: str) -> dict[str, Any]:
        """A conversation with all that agents see of it."""
        return self.get(f"/conversations/{conversation_id}")

    def act(self, conversation_id: str, action: str, **body: Any) -> dict[str, Any]:
        """Claims, writes, transfers, returns or resolves; gives the conversation as it is now."""
        return _json(self.try_to(conversation_id, action, **body))

    def try_to(self, conversation_id: str, action: str, **body: Any) -> httpx.Response:
        """The same, whatever the answer."""
        path = f"/conversations/{conversation_id}/{action}"
        return self.http.post(path, json=body) if body else self.http.post(path)

    def tickets(self, **query: Any) -> list[dict[str, Any]]:
        """Tickets, newest first."""
        found: list[dict[str, Any]] = self.get("/tickets", limit=500, **query)["tickets"]
        return found

    @contextmanager
    def events(self, last_event_id: int | None = None) -> Iterator[Iterator[Event]]:
        """The agent's event stream, without the pings that a console would answer."""
        headers = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
        with self.http.stream("GET", "/events", headers=headers) as response:
            assert response.status_code == 200
            heard = read_events(response.iter_lines())
            yield (event for event in heard if event.name != "ping")


def read_events(lines: Iterable[str]) -> Iterator[Event]:
    """The events of a stream, without heartbeats and the like."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
            continue
        if "data" in fields:
            yield Event(fields["event"], int(fields["id"]), json.loads(fields["data"]))
        fields = {}


def wait_for(condition: Callable[[], Found], within_s: float = 15.0) -> Found:
    """The first value of `condition` that counts as true; fails when there is none in time."""
    deadline = time.monotonic() + within_s
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s; at last: {found!r}"
        time.sleep(POLL_S)


def _turn(answer: httpx.Response) -> Turn:
    body = _json(answer)
    return Turn(body["messages"], body["state"])


def _json(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, f"{answer.status_code}: {answer.text}"
    body: dict[str, Any] = answer.json()
    return body


# --- Fixtures ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The running assistant."""
    assert MODEL.exists(), "there is no dialogue model: run `make train`"
    running = RunningStack(tmp_path_factory.mktemp("stack"))
    try:
        running.start()
        yield running
    finally:
        running.stop()
        running.database.dispose()


@pytest.fixture(scope="session")
def identities(stack: RunningStack) -> dict[str, str]:
    """The demo's signed identities by name."""
    answer = httpx.get(f"{stack.url}/api/v1/demo/identities", trust_env=False)
    return {one["name"]: one["identity"] for one in answer.json()["identities"]}


@pytest.fixture
def visit(stack: RunningStack, identities: dict[str, str]) -> Iterator[Callable[..., Visitor]]:
    """Begins a conversation: `visit("en", who="admin")`."""
    begun: list[Visitor] = []

    def begin(language: str | None = "fr", who: str | None = None) -> Visitor:
        begun.append(Visitor(stack.url, language, identities[who] if who else None))
        return begun[-1]

    yield begin
    for visitor in begun:
        visitor.http.close()


@pytest.fixture(scope="session")
def agents(stack: RunningStack) -> list[AgentClient]:
    """The two demo agents, signed in."""
    listed = httpx.get(f"{stack.url}/api/v1/demo/agents", trust_env=False).json()["agents"]
    return [AgentClient(stack.url, one["email"], one["password"]) for one in listed]


@pytest.fixture
def agent(agents: list[AgentClient]) -> AgentClient:
    """The first of the two."""
    return agents[0]


_site_numbers = itertools.count(610_001)


@pytest.fixture
def site_number() -> str:
    """A site number of the test's own: the same request for the same site is filed only once."""
    return str(next(_site_numbers))
