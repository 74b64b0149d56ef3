"""The guard in front of the app: what it takes for late, and what it leaves alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

from bot.adapters.shares_local import LocalShares
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
