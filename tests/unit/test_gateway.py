"""What the gateway refuses or survives by itself, over services in memory."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any

import jwt
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client import generate_latest
from starlette.requests import Request

from bot.adapters.memory import HeldClock, ScriptedAssistant, memory_services
from bot.core.agents import TYPING_FOR, Signal
from bot.core.delivery import deliver_due
from bot.core.services import Services
from bot.gateway.access import digest, hash_password
from bot.gateway.app import create_app
from bot.gateway.limits import UNKNOWN_REFERENCES
from bot.gateway.metrics import registry
from bot.gateway.stream import last_event_id
from bot.gateway.worker import LEFT_BEHIND_AFTER, Worker
from bot.settings import DEMO_KEY_ID, Settings
from tests.support.builders import NOW, a_ticket, an_agent, an_answer, start
from tests.support.problems import assert_problem

CLIENT_ID = "0b7c4b1e-6d3e-4a51-9d0f-3f2f6f0a7c11"
CONVERSATIONS = "/api/v1/conversations"


@pytest.fixture
def settings() -> Settings:
    return Settings(_env_file=None)


@pytest.fixture
def http(services: Services, settings: Settings) -> TestClient:
    return TestClient(create_app(services, settings, owner="test", demo_visitors={}))


@pytest.fixture
def visit(http: TestClient) -> str:
    """The address of a conversation whose token the client sends from now on."""
    started = http.post(CONVERSATIONS, json={}).json()
    http.headers["Authorization"] = f"Bearer {started['token']}"
    return f"{CONVERSATIONS}/{started['id']}"


def identity(settings: Settings, **claims: Any) -> str:
    told = {"scope": "user", "exp": int(time.time()) + 300, **claims}
    secret = settings.identity_keys[DEMO_KEY_ID].get_secret_value()
    return jwt.encode(told, secret, algorithm="HS256", headers={"kid": DEMO_KEY_ID})


# --- Bodies that cannot be read ------------------------------------------------------------------


def test_a_body_that_cannot_be_read_is_told_what_it_must_be(http: TestClient, visit: str) -> None:
    latin = {"Content-Type": "application/json"}
    no_text = http.post(f"{visit}/messages", content=b'{"text": "\xe9"}', headers=latin)
    assert_problem(no_text, 422, "JSON must be in UTF-8")
    broken = {"Content-Type": "multipart/form-data"}
    no_form = http.post(f"{visit}/files", content=b"--cut off", headers=broken)
    assert_problem(no_form, 422, "a form whole")


# --- Guessing at requests ------------------------------------------------------------------------


@pytest.fixture
def guessed(settings: Settings, clock: HeldClock) -> FastAPI:
    """A gateway where whatever is asked for is not found, and no store counts that."""
    not_found = an_answer("Introuvable.", topic="ticket/not-found")
    services = memory_services(clock, assistant=ScriptedAssistant([not_found]))
    return create_app(services, settings, owner="test", demo_visitors={})


def guesses(app: FastAPI, address: str) -> Iterator[int]:
    """The status of each guess, all from one address and one conversation."""
    http = TestClient(app, client=(address, 1))
    started = http.post(CONVERSATIONS, json={}).json()
    headers = {"Authorization": f"Bearer {started['token']}"}
    while True:
        guess = {"text": "OCN-7K3M-9QXT", "client_id": str(uuid.uuid4())}
        path = f"{CONVERSATIONS}/{started['id']}/messages"
        yield http.post(path, json=guess, headers=headers).status_code


def test_a_conversation_that_guesses_references_is_stopped(guessed: FastAPI) -> None:
    # From the gateway's own machine, which has no limit by address.
    most = int(UNKNOWN_REFERENCES.burst)
    statuses = list(islice(guesses(guessed, "127.0.0.1"), most + 1))
    assert statuses == [200] * most + [429]
    assert next(guesses(guessed, "127.0.0.1")) == 200


def test_an_address_that_guesses_from_ever_new_conversations_is_stopped(guessed: FastAPI) -> None:
    most = int(UNKNOWN_REFERENCES.burst)
    statuses = [next(guesses(guessed, "203.0.113.7")) for _ in range(most + 1)]
    assert statuses == [200] * most + [429]
    assert next(guesses(guessed, "203.0.113.8")) == 200


@pytest.mark.parametrize("external_id", ["", "  ", None])
def test_an_identity_without_a_user_opens_no_conversation(
    http: TestClient, settings: Settings, external_id: str | None
) -> None:
    token = identity(settings, external_id=external_id)
    assert_problem(http.post(CONVERSATIONS, json={"identity": token}), 401)


def test_a_text_that_no_database_keeps_is_refused(http: TestClient, visit: str) -> None:
    sent = {"text": "Bonjour\x00", "client_id": CLIENT_ID}
    assert_problem(http.post(f"{visit}/messages", json=sent), 422, "NUL")


@pytest.mark.parametrize("message_id", ["0", "-1", "9" * 40])
def test_feedback_on_an_id_that_cannot_be_is_refused(
    http: TestClient, visit: str, message_id: str
) -> None:
    answer = http.post(f"{visit}/messages/{message_id}/feedback", json={"helpful": True})
    assert_problem(answer, 422)


@pytest.mark.parametrize(
    ("sent", "after"),
    [("12", 12), ("", None), ("-3", None), ("²", None), ("9" * 10, 2**31 - 1), ("9" * 5000, None)],
)
def test_a_stream_goes_on_after_an_id_that_makes_sense(sent: str, after: int | None) -> None:
    headers = [(b"last-event-id", sent.encode("latin-1"))]
    assert last_event_id(Request({"type": "http", "headers": headers})) == after


def test_a_late_sign_of_reading_does_not_end_the_typing(
    http: TestClient, visit: str, services: Services, clock: HeldClock
) -> None:
    def kept(**signal: object) -> Signal:
        assert http.post(f"{visit}/signals", json=signal).status_code == 204
        return services.records.signals(visit.split("/")[-1])["visitor"]

    until = clock.now() + TYPING_FOR
    assert kept(typing=True) == Signal(until, 0)
    assert kept(read=1) == Signal(until, 1)
    assert kept(typing=False) == Signal(clock.now(), 1)


def test_one_conversation_at_fault_keeps_no_other_from_its_answer(clock: HeldClock) -> None:
    assistant = ScriptedAssistant(RuntimeError("a mistake of ours"), [an_answer()])
    services = memory_services(clock, assistant=assistant)
    for id_ in ("first", "second"):
        kept = start(services.conversations, id_)
        services.conversations.add_visit(kept, "1", text="Allo", payload=None, at=NOW)
    clock.advance(LEFT_BEHIND_AFTER + timedelta(seconds=1))
    Worker(services, "test", Settings(_env_file=None).retention)._answer_left_behind()
    assert [m.kind for m in services.conversations.messages("second")] == ["message", "answer"]


# --- What waits for a person ---------------------------------------------------------------------


@pytest.fixture
def agent(http: TestClient, services: Services) -> TestClient:
    """The client, signed in as an agent."""
    signed_in = an_agent()
    services.agents.add(signed_in, hash_password("a-password-of-the-tests"))
    session = http.post(
        "/api/v1/agent/session",
        json={"email": signed_in.email, "password": "a-password-of-the-tests"},
    )
    http.headers["X-CSRF-Token"] = session.json()["csrf_token"]
    http.cookies.update(session.cookies)
    return http


def test_the_audit_log_keeps_no_name_that_was_searched_for_but_can_tell_that_it_was(
    agent: TestClient, services: Services
) -> None:
    agent.get("/api/v1/agent/conversations", params={"q": " Manon Thibodeau"})
    *_, searched = services.audit.entries()
    assert searched.entry.details == {"q_sha256": digest("manon thibodeau")[:16]}


def test_an_agent_finds_a_dead_letter_and_has_it_tried_again(
    agent: TestClient, services: Services, clock: HeldClock
) -> None:
    ticket = services.tickets.open(a_ticket(), "{}", who="assistant")
    services.tickets.open(a_ticket(request_key="another"), "{}", who="assistant")
    (row,) = services.tickets.lease_due(clock.now(), timedelta(seconds=60), 1)
    services.tickets.settle(replace(row, state="rejected", last_error="requester InvalidValue"))

    listed = agent.get("/api/v1/agent/tickets", params={"delivery": "rejected"}).json()["tickets"]
    assert [one["reference"] for one in listed] == [ticket.reference]
    assert listed[0]["delivery"]["last_error"] == "requester InvalidValue"

    path = f"/api/v1/agent/tickets/{ticket.reference}/retry-delivery"
    retried = agent.post(path).json()
    assert [one["state"] for one in retried["deliveries"]] == ["pending"]
    assert retried["history"][-1]["what"] == "delivery: tried again"

    deliver_due(services.tickets, services.helpdesk, clock)
    assert_problem(agent.post(path), 409, "nothing to send again")
    assert_problem(agent.post(path.replace(ticket.reference, "OCN-AAAA-AAAA")), 404)


def test_the_outbox_is_measured(services: Services, clock: HeldClock) -> None:
    services.tickets.open(a_ticket(), "{}", who="assistant")
    worker = Worker(services, "test", Settings(_env_file=None).retention)
    clock.advance(timedelta(seconds=90))
    worker._measure()
    shown = generate_latest(registry).decode()
    assert 'helpdesk_outbox{state="pending"} 1.0' in shown
    assert 'helpdesk_outbox{state="dead"} 0.0' in shown
    assert "helpdesk_outbox_wait_seconds 90.0" in shown
    worker._deliver()
    worker._measure()
    assert "helpdesk_outbox_wait_seconds 0.0" in generate_latest(registry).decode()


def test_a_worker_leaves_a_helpdesk_alone_that_asks_for_it(
    services: Services, clock: HeldClock
) -> None:
    helpdesk = services.helpdesk
    for number in range(2):
        services.tickets.open(a_ticket(request_key=str(number)), "{}", who="assistant")
    helpdesk.faults.append("busy")  # type: ignore[attr-defined]
    worker = Worker(services, "test", Settings(_env_file=None).retention)
    worker._deliver()
    clock.advance(timedelta(seconds=29))
    worker._deliver()
    assert helpdesk.tickets == []  # type: ignore[attr-defined]
    clock.advance(timedelta(seconds=10))
    worker._deliver()
    assert len(helpdesk.tickets) == 2  # type: ignore[attr-defined]
