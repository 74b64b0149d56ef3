"""Health, metrics, demo, pages and the published contract; what differs in production."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr, ValidationError

from bot.adapters import migrate
from bot.gateway.app import create_app
from bot.settings import DEMO_AGENTS, DEMO_KEY_ID, Settings
from bot.wiring import build
from tests.support.problems import assert_problem
from tests.support.stack import AgentClient, RunningStack

# Every call that the contract promises. Its own words for a variable part do not matter.
PROMISED = """
POST /api/v1/conversations
POST /api/v1/conversations/{}/messages
GET /api/v1/conversations/{}
GET /api/v1/conversations/{}/events
POST /api/v1/conversations/{}/messages/{}/feedback
DELETE /api/v1/conversations/{}
PUT /api/v1/conversations/{}/identity
POST /api/v1/conversations/{}/files
POST /api/v1/agent/session
DELETE /api/v1/agent/session
GET /api/v1/agent/conversations
GET /api/v1/agent/conversations/{}
POST /api/v1/agent/conversations/{}/claim
POST /api/v1/agent/conversations/{}/messages
POST /api/v1/agent/conversations/{}/transfer
POST /api/v1/agent/conversations/{}/return-to-bot
POST /api/v1/agent/conversations/{}/resolve
GET /api/v1/agent/events
GET /api/v1/agent/tickets
GET /api/v1/agent/tickets/{}
PATCH /api/v1/agent/tickets/{}
GET /api/v1/agent/insights
GET /healthz
GET /readyz
GET /metrics
GET /api/v1/demo/identities
GET /api/v1/demo/agents
""".strip().splitlines()
IDENTITY_NAMES = [
    "linked",
    "unlinked_subscribed",
    "unlinked_unsubscribed",
    "no_subscription_site",
    "delegate",
    "non_admin",
    "admin",
]
KEYS = {"app_2026": SecretStr("a-key-of-the-clinic-s-own-making")}


@pytest.fixture
def http(stack: RunningStack) -> Iterator[httpx.Client]:
    """A client of the running gateway, with nobody signed in."""
    with httpx.Client(base_url=stack.url, trust_env=False, timeout=10) as client:
        yield client


@pytest.fixture(scope="module")
def contract(stack: RunningStack) -> dict[str, Any]:
    """The contract as it is published."""
    published: dict[str, Any] = httpx.get(f"{stack.url}/openapi.json", trust_env=False).json()
    return published


def operations(contract: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The documented calls by "METHOD /path/{}"."""
    return {
        f"{method.upper()} {re.sub(r'{[^}]+}', '{}', path)}": operation
        for path, methods in contract["paths"].items()
        for method, operation in methods.items()
    }


# --- The published contract ----------------------------------------------------------------------


@pytest.mark.parametrize("call", PROMISED)
def test_every_promised_call_is_documented(contract: dict[str, Any], call: str) -> None:
    assert operations(contract)[call]["description"]


def test_every_documented_error_is_a_problem(contract: dict[str, Any]) -> None:
    found = {
        (call, status): set(response.get("content", {}))
        for call, operation in operations(contract).items()
        for status, response in operation["responses"].items()
        if int(status) >= 400 and call != "GET /readyz"
    }
    assert set().union(*found.values()) == {"application/problem+json"}
    assert all(found.values())


def test_a_call_that_needs_a_session_documents_its_refusal(contract: dict[str, Any]) -> None:
    needing = {c: o for c, o in operations(contract).items() if " /api/v1/agent/" in c}
    assert all("401" in operation["responses"] for operation in needing.values())
    changing = {c: o for c, o in needing.items() if not c.startswith("GET")}
    assert all("403" in operation["responses"] for operation in changing.values())


def test_every_field_is_described(contract: dict[str, Any]) -> None:
    undescribed = {
        f"{name}.{field}"
        for name, schema in contract["components"]["schemas"].items()
        for field, value in schema.get("properties", {}).items()
        if not value.get("description")
    }
    assert undescribed == set()


def test_every_parameter_is_described(contract: dict[str, Any]) -> None:
    undescribed = {
        f"{call} {parameter['name']}"
        for call, operation in operations(contract).items()
        for parameter in operation.get("parameters", ())
        if not parameter.get("description")
    }
    assert undescribed == set()


def test_every_request_body_refuses_unknown_fields_and_has_an_example(
    contract: dict[str, Any],
) -> None:
    schemas = contract["components"]["schemas"].values()
    bodies = [schema for schema in schemas if "additionalProperties" in schema]
    assert len(bodies) == 16
    for body in bodies:
        assert body["additionalProperties"] is False
        (example,) = body["examples"]
        assert set(body.get("required", ())) <= set(example) <= set(body["properties"])


# --- Health and metrics --------------------------------------------------------------------------


def test_the_process_says_that_it_lives(http: httpx.Client) -> None:
    assert http.get("/healthz").json() == {"status": "ok"}


def test_readiness_names_each_part(http: httpx.Client) -> None:
    answer = http.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["checks"] == {
        "database": "ok",
        "dialogue_engine": "ok",
        "action_server": "ok",
    }


def test_metrics_count_turns_and_deliveries(http: httpx.Client) -> None:
    answer = http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    for name in ("helpdesk_turns_total", "helpdesk_turn_seconds_bucket", "helpdesk_deliveries"):
        assert name in answer.text


# --- Pages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", "text/html"), ("/console", "text/html"), ("/widget.js", "text/javascript")],
)
def test_the_pages_are_served_and_may_load_nothing_from_elsewhere(
    http: httpx.Client, path: str, kind: str
) -> None:
    answer = http.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


# --- Demo ----------------------------------------------------------------------------------------


def test_the_demo_lists_its_visitors_ready_signed(http: httpx.Client) -> None:
    listed = http.get("/api/v1/demo/identities").json()
    assert set(listed) == {"identities"}
    assert [one["name"] for one in listed["identities"]] == IDENTITY_NAMES
    for one in listed["identities"]:
        assert set(one) == {"name", "identity", "description"}
        started = http.post("/api/v1/conversations", json={"identity": one["identity"]})
        assert started.status_code == 201, one["name"]


def test_the_demo_lists_two_agents_who_can_sign_in(
    http: httpx.Client, agents: list[AgentClient]
) -> None:
    listed = http.get("/api/v1/demo/agents").json()
    assert set(listed) == {"agents"}
    assert [one["name"] for one in listed["agents"]] == [agent.name for agent in agents]
    assert len(agents) == 2


@pytest.mark.parametrize("audience", [None, "helpdesk"])
def test_with_keys_of_one_s_own_the_demo_s_people_are_listed_all_the_same(
    tmp_path: Path, audience: str | None
) -> None:
    visitor = ({"scope": "user", "external_id": "demo-roy"}, "Somebody")
    chosen = {"identity_keys": KEYS, "identity_audience": audience}
    http = in_process(tmp_path, visitors={"linked": visitor}, **chosen)
    assert [one["name"] for one in http.get("/api/v1/demo/agents").json()["agents"]] == [
        agent.name for agent in DEMO_AGENTS
    ]
    (listed,) = http.get("/api/v1/demo/identities").json()["identities"]
    assert jwt.get_unverified_header(listed["identity"])["kid"] == "app_2026"
    started = http.post("/api/v1/conversations", json={"identity": listed["identity"]})
    assert started.status_code == 201


def test_where_no_signature_is_believed_the_demo_has_agents_and_no_visitors(tmp_path: Path) -> None:
    http = in_process(tmp_path, identity_keys={})
    assert http.get("/api/v1/demo/identities").json() == {"identities": []}
    assert http.get("/api/v1/demo/agents").status_code == 200


# --- Production ----------------------------------------------------------------------------------


def in_process(
    folder: Path, address: str = "127.0.0.1", *, visitors: Any = None, **chosen: Any
) -> TestClient:
    """A gateway of its own for these settings, called from this address; Rasa is not there."""
    settings = Settings(database_url=f"sqlite:///{folder / 'own.db'}", **chosen)
    migrate.upgrade(settings.database_url)
    app = create_app(build(settings), settings, owner="test", demo_visitors=visitors or {})
    return TestClient(app, base_url="http://127.0.0.1", client=(address, 50_000))


def test_production_has_no_demo(tmp_path: Path) -> None:
    http = in_process(tmp_path, env="production", identity_keys=KEYS)
    for path in ("/api/v1/demo/identities", "/api/v1/demo/agents"):
        assert_problem(http.get(path), 404)
    demo = DEMO_AGENTS[0]
    credentials = {"email": demo.email, "password": demo.password}
    assert_problem(http.post("/api/v1/agent/session", json=credentials), 401)


def test_production_does_not_believe_the_demo_s_signature(tmp_path: Path) -> None:
    http = in_process(tmp_path, env="production", identity_keys=KEYS)
    secret = Settings().identity_keys[DEMO_KEY_ID].get_secret_value()
    claims = {"scope": "user", "external_id": "demo-roy", "exp": 4_000_000_000}
    identity = jwt.encode(claims, secret, headers={"kid": DEMO_KEY_ID})
    assert_problem(http.post("/api/v1/conversations", json={"identity": identity}), 401)


def test_production_refuses_to_start_with_the_default_secret() -> None:
    with pytest.raises(ValidationError, match="HELPDESK_IDENTITY_KEYS"):
        Settings(env="production")


def test_production_refuses_the_default_secret_under_another_name() -> None:
    secret = Settings().identity_keys[DEMO_KEY_ID]
    with pytest.raises(ValidationError, match="HELPDESK_IDENTITY_KEYS"):
        Settings(env="production", identity_keys={"app_2026": secret})


def test_metrics_are_told_outside_for_the_token_alone(tmp_path: Path) -> None:
    closed = in_process(tmp_path, address="203.0.113.7")
    assert_problem(closed.get("/metrics"), 404)
    unset = in_process(tmp_path, address="203.0.113.7", metrics_token=SecretStr(""))
    assert_problem(unset.get("/metrics"), 404)
    opened = in_process(tmp_path, address="203.0.113.7", metrics_token=SecretStr("let-me-in"))
    assert_problem(opened.get("/metrics", headers={"Authorization": "Bearer guess"}), 404)
    answer = opened.get("/metrics", headers={"Authorization": "Bearer let-me-in"})
    assert answer.status_code == 200


def test_a_gateway_whose_engine_is_away_is_not_ready(tmp_path: Path) -> None:
    answer = in_process(tmp_path, rasa_port=9, action_port=9).get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "not_ready",
        "checks": {"database": "ok", "dialogue_engine": "failed", "action_server": "failed"},
    }


def test_an_origin_on_the_list_may_embed_the_widget(tmp_path: Path) -> None:
    origin = "https://clinique.example"
    http = in_process(tmp_path, allowed_origins=(origin,))
    answer = http.post("/api/v1/conversations", json={}, headers={"Origin": origin})
    assert answer.status_code == 201
    assert answer.headers["access-control-allow-origin"] == origin
    foreign = {"Origin": "https://elsewhere.example"}
    assert_problem(http.post("/api/v1/conversations", json={}, headers=foreign), 403)
