"""Who may reach what: every route with every kind of caller, and things of somebody else."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bot.adapters.sql_audit import SqlAudit
from bot.core.audit import first_fault
from tests.support.problems import assert_problem
from tests.support.stack import AgentClient, RunningStack, Visitor

Visit = Callable[..., Visitor]
OPEN = {
    ("POST", "/api/v1/conversations"),
    ("POST", "/api/v1/agent/session"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/api/v1/demo/identities"),
    ("GET", "/api/v1/demo/agents"),
}
# What a call needs to get past the check of its body: a refusal must not come from there.
BODIES: dict[str, dict[str, Any]] = {
    "/messages": {"text": "x", "client_id": str(uuid.uuid4())},
    "/feedback": {"helpful": True},
    "/transfer": {"agent": "x"},
    "/resolve": {},
}


@pytest.fixture(scope="module")
def routes(stack: RunningStack) -> list[tuple[str, str]]:
    """Every documented call."""
    paths = httpx.get(f"{stack.url}/openapi.json", trust_env=False).json()["paths"]
    return [(method.upper(), path) for path, calls in paths.items() for method in calls]


def attempt(
    http: httpx.Client, method: str, path: str, victim: Visitor, **headers: str
) -> httpx.Response:
    """One call on the victim's objects."""
    first_message = victim.opening.messages[0]["id"]
    values = {"conversation_id": victim.id, "message_id": first_message}
    address = re.sub(r"{(\w+)}", lambda m: str(values.get(m[1], "OCN-AAAA-AAAA")), path)
    body = next((body for end, body in BODIES.items() if path.endswith(end)), {})
    json = body if method in ("POST", "PATCH") else None
    return http.request(method, address, json=json, headers=headers)


def guarded(routes: list[tuple[str, str]], prefix: str) -> list[tuple[str, str]]:
    return [route for route in routes if route[1].startswith(prefix) and route not in OPEN]


@pytest.fixture
def http(stack: RunningStack) -> Any:
    with httpx.Client(base_url=stack.url, trust_env=False, timeout=20) as client:
        yield client


def test_every_route_is_either_open_on_purpose_or_guarded(routes: list[tuple[str, str]]) -> None:
    visitors, agents = guarded(routes, "/api/v1/conversations"), guarded(routes, "/api/v1/agent")
    assert set(routes) == {*OPEN, *visitors, *agents}
    assert len(visitors) >= 5
    assert len(agents) >= 14


@pytest.mark.parametrize("token", [None, "of another", "x", "x" * 10_000, "Bearer", "'; --"])
def test_a_conversation_opens_for_its_own_token_alone(
    http: httpx.Client, routes: list[tuple[str, str]], visit: Visit, token: str | None
) -> None:
    victim, attacker = visit(), visit()
    given = attacker.token if token == "of another" else token
    headers = {} if given is None else {"Authorization": f"Bearer {given}"}
    before = victim.messages()
    for method, path in guarded(routes, "/api/v1/conversations"):
        assert_problem(attempt(http, method, path, victim, **headers), 404)
    assert victim.messages() == before


def test_an_unknown_conversation_and_a_wrong_token_are_answered_alike(
    http: httpx.Client, visit: Visit
) -> None:
    headers = {"Authorization": f"Bearer {visit().token}"}
    answers = [
        http.get(f"/api/v1/conversations/{id}", headers=headers).json()
        for id in (visit().id, "no-such-conversation")
    ]
    assert answers[0] == answers[1]


def test_a_visitor_s_token_opens_nothing_of_the_agents(
    http: httpx.Client, routes: list[tuple[str, str]], visit: Visit
) -> None:
    visitor = visit()
    for method, path in guarded(routes, "/api/v1/agent"):
        bearer = f"Bearer {visitor.token}"
        cookie = f"helpdesk_agent={visitor.token}"
        answer = attempt(http, method, path, visitor, Authorization=bearer, Cookie=cookie)
        assert_problem(answer, 401)


def test_every_change_by_an_agent_needs_the_csrf_token(
    http: httpx.Client, routes: list[tuple[str, str]], visit: Visit, agents: list[AgentClient]
) -> None:
    victim = visit()
    cookie = "; ".join(f"{c.name}={c.value}" for c in agents[0].http.cookies.jar)
    for method, path in guarded(routes, "/api/v1/agent"):
        if method == "GET":
            continue
        for token in ("", "guess", agents[1].csrf):
            answer = attempt(
                http, method, path, victim, **{"Cookie": cookie, "X-CSRF-Token": token}
            )
            assert_problem(answer, 403)


def test_no_call_of_a_page_of_another_origin_is_taken(
    http: httpx.Client, routes: list[tuple[str, str]], visit: Visit, agent: AgentClient
) -> None:
    victim = visit()
    cookie = "; ".join(f"{c.name}={c.value}" for c in agent.http.cookies.jar)
    for origin in ("https://evil.example", "null", "http://127.0.0.1.evil.example"):
        for method, path in routes:
            if not path.startswith(("/api/v1/conversations", "/api/v1/agent")):
                continue
            answer = attempt(
                http,
                method,
                path,
                victim,
                **{
                    "Origin": origin,
                    "Cookie": cookie,
                    "X-CSRF-Token": agent.csrf,
                    "Authorization": f"Bearer {victim.token}",
                },
            )
            assert_problem(answer, 403)
            assert "access-control-allow-origin" not in answer.headers


def test_an_agent_changes_no_conversation_that_another_one_has(
    visit: Visit, agents: list[AgentClient]
) -> None:
    visitor = visit()
    visitor.say("Je veux parler à quelqu’un")
    agents[0].act(visitor.id, "claim")
    for action, body in (
        ("messages", {"text": "c’est moi"}),
        ("transfer", {"agent": agents[1].id}),
        ("return-to-bot", {}),
        ("resolve", {}),
        ("claim", {}),
    ):
        assert agents[1].try_to(visitor.id, action, **body).status_code in (403, 409), action
    assert agents[0].conversation(visitor.id)["assignee"]["id"] == agents[0].id
    agents[0].act(visitor.id, "resolve")


def test_a_session_that_ended_opens_nothing(stack: RunningStack) -> None:
    listed = httpx.get(f"{stack.url}/api/v1/demo/agents", trust_env=False).json()["agents"]
    leaving = AgentClient(stack.url, listed[1]["email"], listed[1]["password"])
    cookie = "; ".join(f"{c.name}={c.value}" for c in leaving.http.cookies.jar)
    assert leaving.http.delete("/session").status_code == 204
    answer = httpx.get(
        f"{stack.url}/api/v1/agent/tickets", headers={"Cookie": cookie}, trust_env=False
    )
    assert_problem(answer, 401)


def test_every_access_of_an_agent_leaves_its_trace(
    stack: RunningStack, visit: Visit, agent: AgentClient
) -> None:
    visitor = visit()
    agent.conversation(visitor.id)
    agent.try_to(visitor.id, "claim")
    log = SqlAudit(stack.database)
    traced = [(s.entry.actor, s.entry.action) for s in log.entries(visitor.id)]
    path = "/api/v1/agent/conversations/{conversation_id}"
    assert traced == [(agent.id, f"GET {path}"), (agent.id, f"POST {path}/claim")]
    assert first_fault(log.entries(), b"") is None
