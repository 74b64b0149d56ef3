"""Who may call what: every call of the API, taken from the app itself.

A call without a row here fails, so that nobody adds one without saying whom it is for.
"""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from bot.core.ports import Services
from bot.gateway.app import create_app
from bot.settings import Settings

OPEN = (
    "POST /api/v1/conversations",
    "POST /api/v1/agent/session",
    "GET /api/v1/demo/identities",
    "GET /api/v1/demo/agents",
)
OF_ONE_CONVERSATION = (
    "GET,DELETE",
    "POST /messages",
    "GET /events",
    "POST /messages/{message_id}/feedback",
    "PUT /identity",
    "POST /files",
    "POST /signals",
)
OF_AGENTS = (
    "GET,DELETE /session",
    "GET,DELETE /sessions",
    "PUT /password",
    "GET /agents",
    "GET /events",
    "POST /presence",
    "GET /replies",
    "POST /preview",
    "GET /tickets",
    "GET,PATCH /tickets/{reference}",
    "POST /tickets/{reference}/retry-delivery",
    "GET /insights",
    "GET /insights/gaps",
    "GET /insights/gaps/{gap_id}/draft",
    "POST /insights/gaps/replay",
    "GET /conversations",
    "GET /conversations/{conversation_id}",
    *(
        f"POST /conversations/{{conversation_id}}/{action}"
        for action in "claim messages notes signals transfer return-to-bot resolve".split()
    ),
    "GET /conversations/{conversation_id}/suggestions",
)
OF_LEADS = ("GET,POST /accounts", "PATCH /accounts/{agent_id}")


def rows(prefix: str, listed: tuple[str, ...]) -> set[tuple[str, str]]:
    """(method, path) of calls written as "GET,POST /path"."""
    pairs = [line.partition(" ")[::2] for line in listed]
    return {(method, prefix + path) for methods, path in pairs for method in methods.split(",")}


MATRIX = {
    "anybody": rows("", OPEN),
    "its visitor": rows("/api/v1/conversations/{conversation_id}", OF_ONE_CONVERSATION),
    "agents": rows("/api/v1/agent", OF_AGENTS),
    "leads": rows("/api/v1/agent", OF_LEADS),
}


def calls_of(app: FastAPI) -> set[tuple[str, str]]:
    """Every call below /api that the app answers, documented or not."""
    found = set()
    waiting = [*app.routes]
    while waiting:
        route = waiting.pop()
        waiting += getattr(getattr(route, "original_router", None), "routes", ())
        if isinstance(route, APIRoute) and route.path.startswith("/api"):
            found |= {(method, route.path) for method in route.methods or ()}
    return found


@pytest.fixture
def app(services: Services) -> FastAPI:
    return create_app(services, Settings(_env_file=None), owner="test", demo_visitors={})


def test_every_call_of_the_app_has_its_row_and_every_row_its_call(app: FastAPI) -> None:
    assert calls_of(app) == set().union(*MATRIX.values())
