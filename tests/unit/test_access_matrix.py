"""Who may call what: every call of the API, taken from the app itself, with every kind of caller.

A call without a row here fails, so that nobody adds one without saying whom it is for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from bot.core.services import Services
from bot.gateway.access import hash_password
from bot.gateway.app import create_app
from bot.settings import Settings
from tests.support.builders import an_agent

PASSWORD = "quatre mots tout simples"
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
    for role in ("agent", "lead"):
        agent = an_agent(role, email=f"{role}@soutien.example.com", role=role)
        services.agents.add(agent, hash_password(PASSWORD))
    return create_app(services, Settings(_env_file=None), owner="test", demo_visitors={})


@pytest.fixture
def http(app: FastAPI) -> Iterator[TestClient]:
    client = TestClient(app, base_url="http://console.example", raise_server_exceptions=False)
    yield client
    client.close()


def status_of(http: TestClient, method: str, path: str, headers: dict[str, str]) -> int:
    address = re.sub(r"{\w+}", "no-such-thing", path)
    with http.stream(method, address, headers=headers) as answer:
        return answer.status_code


def signed_in(http: TestClient, role: str) -> dict[str, str]:
    """The headers of an agent of this role; the cookie is the client's."""
    body = {"email": f"{role}@soutien.example.com", "password": PASSWORD}
    return {"X-CSRF-Token": http.post("/api/v1/agent/session", json=body).json()["csrf_token"]}


def test_every_call_of_the_app_has_its_row_and_every_row_its_call(app: FastAPI) -> None:
    assert calls_of(app) == set().union(*MATRIX.values())


def test_nobody_gets_past_the_door_without_a_token_or_a_session(http: TestClient) -> None:
    for kind, refused in (("its visitor", 404), ("agents", 401), ("leads", 401)):
        for method, path in sorted(MATRIX[kind]):
            assert status_of(http, method, path, {}) == refused, f"{method} {path}"


def test_a_visitor_s_token_opens_its_own_conversation_and_nothing_else(http: TestClient) -> None:
    opened = http.post("/api/v1/conversations", json={}).json()
    headers = {"Authorization": f"Bearer {opened['token']}"}
    for kind, refused in (("its visitor", 404), ("agents", 401), ("leads", 401)):
        for method, path in sorted(MATRIX[kind]):
            assert status_of(http, method, path, headers) == refused, f"{method} {path}"
    own = http.get(f"/api/v1/conversations/{opened['id']}", headers=headers)
    assert own.status_code == 200


@pytest.mark.parametrize("role", ["agent", "lead"])
def test_a_role_may_call_what_its_row_says(http: TestClient, role: str) -> None:
    headers = signed_in(http, role)
    for method, path in sorted(MATRIX["its visitor"]):
        assert status_of(http, method, path, headers) == 404, f"{method} {path}"
    for method, path in sorted(MATRIX["leads"]):
        is_refused = status_of(http, method, path, headers) == 403
        assert is_refused is (role == "agent"), f"{method} {path}"
    ends_itself = ("DELETE", "/api/v1/agent/session")
    streams = ("GET", "/api/v1/agent/events")
    for method, path in sorted(MATRIX["agents"] - {ends_itself, streams}):
        assert status_of(http, method, path, headers) not in (401, 403), f"{method} {path}"


def test_a_change_without_the_csrf_token_is_refused_to_every_role(http: TestClient) -> None:
    signed_in(http, "lead")
    for method, path in sorted(MATRIX["agents"] | MATRIX["leads"]):
        if method != "GET":
            assert status_of(http, method, path, {}) == 403, f"{method} {path}"
