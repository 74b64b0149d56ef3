"""The guard in front of the app: what it takes for late, and what it leaves alone."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

from bot.adapters.shares_local import LocalShares
from bot.core.ports.shares import Draw, Shares
from bot.gateway import errors, guard
from bot.gateway.guard import Guard
from bot.gateway.limits import Limits
from bot.settings import Settings


@pytest.fixture
def http(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A guarded app so busy that whatever it reads, it reads after the time for a body."""
    monkeypatch.setattr(guard, "BODY_WITHIN_S", 0.0)
    app = FastAPI()
    errors.install(app)

    @app.get("/events")
    async def events() -> StreamingResponse:
        async def some() -> AsyncIterator[str]:
            yield "data: first\n\n"
            yield "data: last\n\n"

        return StreamingResponse(some())

    @app.post("/messages")
    async def take(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    app.add_middleware(Guard, settings=Settings(_env_file=None), limits=Limits(LocalShares()))
    with TestClient(app) as client:
        yield client


def test_a_stream_that_opens_late_is_not_cut_off(http: TestClient) -> None:
    # Under load it was: the stream listens for its end only once it has begun, and that counted
    # as a body that had not come.
    assert http.get("/events").text == "data: first\n\ndata: last\n\n"


def test_a_body_that_has_arrived_is_taken_however_late_it_is_read(http: TestClient) -> None:
    assert http.post("/messages", content=b"12345").json() == {"bytes": 5}


# --- Limits by address ---------------------------------------------------------------------------


def from_afar(shares: Shares) -> httpx.AsyncClient:
    """A client at another address than this machine's, of a guarded app with one call."""
    app = FastAPI()

    @app.get("/api/call")
    @app.get("/healthz")
    async def answer() -> str:
        return "answered"

    app.add_middleware(Guard, settings=Settings(_env_file=None), limits=Limits(shares))
    transport = httpx.ASGITransport(app, client=("203.0.113.7", 1))
    return httpx.AsyncClient(transport=transport, base_url="http://gateway")


def test_what_is_counted_here_costs_no_thread() -> None:
    threads = set()

    def now() -> float:
        threads.add(threading.get_ident())
        return time.monotonic()

    async def call() -> httpx.Response:
        async with from_afar(LocalShares(now)) as client:
            return await client.get("/api/call")

    assert asyncio.run(call()).json() == "answered"
    assert threads == {threading.get_ident()}


class SlowShares:
    """Shares counted by another process that answers only once it is let."""

    is_remote = True

    def __init__(self) -> None:
        self.is_asked, self.may_answer = threading.Event(), threading.Event()

    def draw(self, asked: Sequence[Draw]) -> list[float]:
        self.is_asked.set()
        assert self.may_answer.wait(20)
        return [draw.burst for draw in asked]


def test_while_another_process_is_asked_others_are_served() -> None:
    shares = SlowShares()

    async def calls() -> tuple[bool, str]:
        async with from_afar(shares) as client:
            waiting = asyncio.create_task(client.get("/api/call"))
            await asyncio.to_thread(shares.is_asked.wait, 20)
            assert (await client.get("/healthz")).json() == "answered"
            was_waiting = not waiting.done()
            shares.may_answer.set()
            return was_waiting, (await waiting).json()

    assert asyncio.run(calls()) == (True, "answered")
