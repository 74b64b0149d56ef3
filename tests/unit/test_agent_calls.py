"""The agents' calls over HTTP: their lists and pages while these change, and what is refused."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from bot.adapters.memory import HeldClock
from bot.core import handoff
from bot.core.handoff import Ownership
from bot.core.services import Services
from bot.core.tickets import request_key
from bot.gateway.access import hash_password
from bot.gateway.app import create_app
from bot.settings import Settings
from tests.support.builders import NOW, a_ticket, an_agent, start

PASSWORD = "quatre mots tout simples"


@pytest.fixture
def http(services: Services) -> Iterator[TestClient]:
    """A gateway with one agent, who is signed in."""
    services.agents.add(an_agent("marc", email="marc@soutien.example.com"), hash_password(PASSWORD))
    app = create_app(services, Settings(_env_file=None), owner="test", demo_visitors={})
    client = TestClient(app, base_url="http://console.example")
    body = {"email": "marc@soutien.example.com", "password": PASSWORD}
    signed_in = client.post("/api/v1/agent/session", json=body).json()
    client.headers["X-CSRF-Token"] = signed_in["csrf_token"]
    yield client
    client.close()


def wait_for_a_person(services: Services, id_: str, minutes: int = 0) -> None:
    at = NOW + timedelta(minutes=minutes)
    now = Ownership.of(start(services.conversations, id_))
    services.conversations.change_owner(id_, handoff.ask_person(now, at, "asked"), at=at)


def file(services: Services, number: int) -> str:
    opened = replace(
        a_ticket(request_key=request_key("cancellation", str(number))),
        created_at=NOW + timedelta(minutes=number),
    )
    return services.tickets.open(opened, "{}", who="assistant").reference


def read(http: TestClient, plural: str, **query: Any) -> Any:
    answer = http.get(f"/api/v1/agent/{plural}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_filter_without_a_value_is_not_asked_for(http: TestClient, services: Services) -> None:
    wait_for_a_person(services, "a")
    filed = file(services, 1)
    names = ("state", "language", "topic", "site", "priority", "mine", "q", "limit", "cursor")
    found = read(http, "conversations", **dict.fromkeys(names, ""))
    assert [row["id"] for row in found["conversations"]] == ["a"]
    names = ("kind", "state", "q", "delivery", "limit", "cursor")
    found = read(http, "tickets", **dict.fromkeys(names, ""))
    assert [row["reference"] for row in found["tickets"]] == [filed]


def test_who_is_claimed_between_two_pages_takes_nobody_s_place(
    http: TestClient, services: Services
) -> None:
    for minutes, id_ in enumerate("abc"):
        wait_for_a_person(services, id_, minutes)
    first = read(http, "conversations", state="waiting", limit=2)
    assert [row["id"] for row in first["conversations"]] == ["a", "b"]
    assert http.post("/api/v1/agent/conversations/a/claim").status_code == 200
    then = read(http, "conversations", state="waiting", limit=2, cursor=first["next"])
    assert [row["id"] for row in then["conversations"]] == ["c"]
    assert then["next"] is None


def test_a_ticket_filed_between_two_pages_shows_none_twice(
    http: TestClient, services: Services
) -> None:
    filed = [file(services, number) for number in range(3)]
    first = read(http, "tickets", limit=2)
    file(services, 9)
    then = read(http, "tickets", limit=2, cursor=first["next"])
    shown = [row["reference"] for page in (first, then) for row in page["tickets"]]
    assert shown == filed[::-1]


def invented(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


def test_a_cursor_that_no_list_has_given_is_refused(http: TestClient) -> None:
    for cursor in (
        "2",
        "-1",
        "é",
        "AAAA",
        "x" * 199,
        invented("0 2026-13-10T15:00:00+00:00 a"),
        invented("0 0001-01-01T00:00:00+14:00 a"),
        invented("0 2026-03-10T15:00:00 a"),
        invented("0 2026-03-10T15:00:00+00:00 a\x00"),
    ):
        for plural in ("conversations", "tickets"):
            answer = http.get(f"/api/v1/agent/{plural}", params={"cursor": cursor})
            assert answer.status_code == 422, cursor
            assert "`next` of the page before" in answer.json()["detail"]


def test_since_when_somebody_waits_is_told_of_those_who_wait_alone(
    http: TestClient, services: Services, clock: HeldClock
) -> None:
    for minutes, id_ in enumerate(("closed", "claimed", "waits")):
        wait_for_a_person(services, id_, minutes)
    for path in ("closed/claim", "closed/resolve", "claimed/claim"):
        shown = http.post(f"/api/v1/agent/conversations/{path}").json()
        assert shown["waiting_since"] is None
    rows = read(http, "conversations")["conversations"]
    assert [(row["id"], row["waiting_since"] is None) for row in rows] == [
        ("waits", False),
        ("claimed", True),
        ("closed", True),
    ]


def test_a_check_list_has_no_items_of_another_kind_of_ticket(
    http: TestClient, services: Services
) -> None:
    filed = a_ticket(kind="support_request", checklist={"processed": False})
    services.tickets.open(filed, "{}", who="assistant")
    path = f"/api/v1/agent/tickets/{filed.reference}"
    answer = http.patch(path, json={"checklist": {"emr_vendor_told": True}})
    assert answer.status_code == 422
    assert "allowed: processed." in answer.json()["detail"]
    assert services.tickets.get(filed.reference).checklist == {"processed": False}
    assert http.patch(path, json={"checklist": {"processed": True}}).status_code == 200


def test_a_call_that_says_all_by_its_address_takes_no_fields(
    http: TestClient, services: Services
) -> None:
    wait_for_a_person(services, "a")
    filed = file(services, 1)
    paths = (
        "conversations/a/claim",
        "conversations/a/return-to-bot",
        "presence",
        f"tickets/{filed}/retry-delivery",
        "insights/gaps/replay",
    )
    for path in paths:
        answer = http.post(f"/api/v1/agent/{path}", json={"agent": "agt_1"})
        assert (answer.status_code, "agent" in answer.json()["detail"]) == (422, True), path
    assert services.conversations.get("a").state == "waiting"
    for path in paths:
        assert http.post(f"/api/v1/agent/{path}").status_code < 300, path
        assert http.post(f"/api/v1/agent/{path}", json={}).status_code in (200, 204, 403, 409), path
