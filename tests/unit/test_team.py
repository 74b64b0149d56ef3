"""Agents' own calls: signing in and its limits, sessions, passwords, accounts; and notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from bot import agent_commands
from bot.adapters.memory import HeldClock
from bot.core.agents import (
    FAILURES_OF_ADDRESS,
    FAILURES_OF_EMAIL,
    FAILURES_WITHIN,
    Agent,
    check_password,
)
from bot.core.conversations import Reply
from bot.core.errors import BadInput
from bot.core.privacy import mask
from bot.core.services import Services
from bot.gateway.access import digest, hash_password
from bot.gateway.app import create_app
from bot.settings import Settings
from tests.support.builders import an_agent, start
from tests.support.problems import assert_problem

PASSWORD = "quatre mots tout simples"
LEAD = an_agent("lead", email="lead@soutien.example.com", role="lead")
PLAIN = an_agent("plain", email="plain@soutien.example.com")


@pytest.fixture(autouse=True)
def _agents(services: Services) -> None:
    for agent in (LEAD, PLAIN):
        services.agents.add(agent, hash_password(PASSWORD))


@pytest.fixture
def client(services: Services) -> Iterator[TestClient]:
    app = create_app(services, Settings(_env_file=None), owner="test", demo_visitors={})
    # Without its lifespan: no worker runs beside the test.
    client = TestClient(app, base_url="http://console.example/api/v1/agent")
    yield client
    client.close()


def sign_in(client: TestClient, agent: Agent = LEAD, password: str = PASSWORD) -> TestClient:
    answer = client.post("session", json={"email": agent.email, "password": password})
    assert answer.status_code == 200, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return client


# --- Signing in ----------------------------------------------------------------------------------


def test_guessing_a_password_is_stopped_and_then_not_even_the_right_one_is_looked_at(
    client: TestClient, clock: HeldClock
) -> None:
    for _ in range(FAILURES_OF_EMAIL):
        assert_problem(client.post("session", json={"email": LEAD.email, "password": "no"}), 401)
    right = {"email": LEAD.email, "password": PASSWORD}
    refused = client.post("session", json=right)
    assert_problem(refused, 429)
    assert int(refused.headers["retry-after"]) == FAILURES_WITHIN.total_seconds()
    # A colleague at the same address is not locked out with it.
    assert client.post("session", json={**right, "email": PLAIN.email}).status_code == 200
    clock.advance(FAILURES_WITHIN + timedelta(seconds=1))
    assert client.post("session", json=right).status_code == 200


def test_an_unknown_email_is_counted_like_a_known_one(client: TestClient) -> None:
    ghost = {"email": "ghost@soutien.example.com", "password": "no"}
    answers = [client.post("session", json=ghost).status_code for _ in range(FAILURES_OF_EMAIL + 1)]
    assert answers == [401] * FAILURES_OF_EMAIL + [429]


def test_an_address_that_tries_one_agent_after_the_other_is_stopped(
    client: TestClient, services: Services, clock: HeldClock
) -> None:
    right = {"email": LEAD.email, "password": PASSWORD}
    for number in range(FAILURES_OF_ADDRESS):
        services.agents.add_failed_sign_in(digest(f"{number}"), "testclient", clock.now())
    assert_problem(client.post("session", json=right), 429)
    elsewhere = TestClient(client.app, base_url=client.base_url, client=("203.0.113.7", 1))
    assert elsewhere.post("session", json=right).status_code == 200


def test_one_s_sessions_are_listed_and_the_others_can_be_ended(client: TestClient) -> None:
    other = TestClient(client.app, base_url=str(client.base_url))
    sign_in(other)
    sign_in(client)
    sessions = client.get("sessions").json()["sessions"]
    assert [one["is_this"] for one in sessions].count(True) == 1
    assert len(sessions) == 2
    assert client.delete("sessions").status_code == 204
    assert other.get("session").status_code == 401
    assert client.get("session").status_code == 200


def test_a_new_password_ends_other_sessions_and_the_old_password(client: TestClient) -> None:
    other = TestClient(client.app, base_url=str(client.base_url))
    sign_in(other)
    sign_in(client)
    wrong = {"current": "not it", "new": "un tout autre secret"}
    assert_problem(client.put("password", json=wrong), 403)
    assert_problem(client.put("password", json={"current": PASSWORD, "new": "court"}), 422)
    assert client.put("password", json={**wrong, "current": PASSWORD}).status_code == 204
    assert client.get("session").status_code == 200
    assert other.get("session").status_code == 401
    old = {"email": LEAD.email, "password": PASSWORD}
    assert_problem(other.post("session", json=old), 401)
    sign_in(other, password="un tout autre secret")


@pytest.mark.parametrize(
    "password", ["court", "aaaaaaaaaaaaaaaa", "plain@soutien.example.com", "abababababab"]
)
def test_a_password_that_is_easily_guessed_is_refused(password: str) -> None:
    with pytest.raises(BadInput):
        check_password(password, PLAIN)


# --- Accounts ------------------------------------------------------------------------------------


def test_a_lead_adds_an_agent_who_can_then_sign_in(client: TestClient) -> None:
    sign_in(client)
    wish = {"email": "New@soutien.example.com", "name": "Léa Roy", "password": PASSWORD}
    added = client.post("accounts", json=wish)
    assert added.status_code == 201
    assert (added.json()["email"], added.json()["role"]) == ("new@soutien.example.com", "agent")
    assert_problem(client.post("accounts", json=wish), 409)
    sign_in(client, replace(PLAIN, email="new@soutien.example.com"))


def test_a_disabled_agent_is_out_at_once_and_can_come_back(client: TestClient) -> None:
    theirs = sign_in(TestClient(client.app, base_url=str(client.base_url)), PLAIN)
    sign_in(client)
    assert client.patch("accounts/plain", json={"is_disabled": True}).json()["is_disabled"]
    assert_problem(theirs.get("conversations"), 401)
    refused = theirs.post("session", json={"email": PLAIN.email, "password": PASSWORD})
    assert_problem(refused, 401)
    assert client.patch("accounts/plain", json={"is_disabled": False}).status_code == 200
    sign_in(theirs, PLAIN)


def test_only_leads_see_or_change_accounts(client: TestClient) -> None:
    sign_in(client, PLAIN)
    assert_problem(client.get("accounts"), 403)
    assert_problem(client.patch("accounts/lead", json={"is_disabled": True}), 403)
    wish = {"email": "new@soutien.example.com", "name": "Léa", "password": PASSWORD}
    assert_problem(client.post("accounts", json=wish), 403)


def test_a_name_that_visitors_would_not_see_is_refused_and_spaces_around_one_go(
    client: TestClient,
) -> None:
    sign_in(client)
    wish = {"email": "new@soutien.example.com", "name": " ", "password": PASSWORD}
    assert_problem(client.post("accounts", json=wish), 422)
    assert_problem(client.patch("accounts/plain", json={"name": " "}), 422)
    assert client.post("accounts", json={**wish, "name": " Léa "}).json()["name"] == "Léa"
    assert client.patch("accounts/plain", json={"name": " Zoé "}).json()["name"] == "Zoé"


@pytest.mark.parametrize("change", [{"is_disabled": True}, {"role": "agent"}])
def test_a_lead_cannot_lock_herself_out(client: TestClient, change: dict[str, object]) -> None:
    sign_in(client)
    assert_problem(client.patch("accounts/lead", json=change), 403)
    assert client.get("accounts").status_code == 200


# --- Presence, notes, signals --------------------------------------------------------------------


def test_a_console_that_answers_pings_keeps_its_conversations(
    client: TestClient, services: Services, clock: HeldClock
) -> None:
    start(services.conversations, "c")
    sign_in(client)
    assert client.post("conversations/c/claim").json()["assignee"]["id"] == "lead"
    for _ in range(10):
        clock.advance(services.desk.lease)
        assert client.post("presence").status_code == 204
        assert services.desk.reclaim() == []
    clock.advance(services.desk.lease + timedelta(seconds=1))
    assert services.desk.reclaim() == ["c"]


def test_a_note_is_for_colleagues_and_masked_like_all_that_is_kept(
    client: TestClient, services: Services
) -> None:
    kept = start(services.conversations, "c")
    sign_in(client)
    note = client.post("conversations/c/notes", json={"text": "Mot de passe: hunter2secret"})
    assert note.status_code == 200
    assert "hunter2secret" not in note.text
    assert len(note.json()["notes"]) == 1
    assert services.conversations.messages(kept.id) == []


def test_an_agent_sees_that_something_was_masked_in_a_message_and_never_what(
    client: TestClient, services: Services
) -> None:
    kept = start(services.conversations, "c")
    sign_in(client)
    client.post("conversations/c/claim")
    for number, text in enumerate(("Mot de passe: hunter2secret", "Tout est clair.")):
        masked = mask(text)
        services.conversations.add_visit(
            kept,
            str(number),
            text=masked.text,
            payload=None,
            at=kept.created_at,
            masked=masked.kinds,
        )
    shown = client.get("conversations/c")
    said = [m["is_masked"] for m in shown.json()["messages"] if m["author"] == "visitor"]
    assert said == [True, False]
    assert "hunter2" not in shown.text


def test_only_who_has_the_conversation_signals_in_it(
    client: TestClient, services: Services
) -> None:
    start(services.conversations, "c")
    sign_in(client)
    assert client.post("conversations/c/signals", json={"typing": True}).status_code == 204
    assert services.records.signals("c") == {}
    client.post("conversations/c/claim")
    assert client.post("conversations/c/signals", json={"typing": True}).status_code == 204
    assert services.records.signals("c")["agent"].typing_until is not None


def test_the_same_message_sent_twice_by_a_console_reaches_the_visitor_once(
    client: TestClient, services: Services
) -> None:
    start(services.conversations, "c")
    sign_in(client)
    client.post("conversations/c/claim")
    message = {"text": "Bonjour!", "client_id": "0b7c4b1e-6d3e-4a51-9d0f-3f2f6f0a7c11"}
    for _ in range(2):
        assert client.post("conversations/c/messages", json=message).status_code == 200
    said = [m for m in services.conversations.messages("c") if m.author == "agent"]
    assert [m.text for m in said] == ["Bonjour!"]


def test_a_client_id_that_the_other_side_has_used_loses_no_message(
    client: TestClient, services: Services
) -> None:
    visitors = TestClient(client.app, base_url="http://console.example/api/v1/conversations")
    begun = visitors.post("", json={}).json()
    visitors.headers["Authorization"] = f"Bearer {begun['token']}"
    mine, theirs = str(uuid4()), str(uuid4())
    sign_in(client)
    path = f"conversations/{begun['id']}"
    client.post(f"{path}/claim")
    client.post(f"{path}/messages", json={"text": "Bonjour", "client_id": theirs})
    visitors.post(f"{begun['id']}/messages", json={"text": "Allô", "client_id": mine})
    answers = (
        visitors.post(f"{begun['id']}/messages", json={"text": "Autre", "client_id": theirs}),
        client.post(f"{path}/messages", json={"text": "Autre", "client_id": mine}),
    )
    for answer in answers:
        assert_problem(answer, 409, "client_id")
    written = [m for m in visitors.get(begun["id"]).json()["messages"] if m["kind"] == "message"]
    assert [(m["text"], m["client_id"]) for m in written] == [("Bonjour", None), ("Allô", mine)]


def test_agents_see_the_last_diagnosis_that_found_something(
    client: TestClient, services: Services
) -> None:
    told = Reply("diagnosis", "Non lié.", "fees/not_linked", data={"finding": "not_linked"})
    start(services.conversations, "c", told, Reply("diagnosis", "Expiré.", "fees/unverified"))
    start(services.conversations, "d", Reply("diagnosis", "Expiré.", "fees/unverified"))
    sign_in(client)
    assert client.get("conversations/c").json()["diagnosis"] == {"finding": "not_linked"}
    assert client.get("conversations/d").json()["diagnosis"] is None


def test_an_agent_s_text_of_4000_characters_is_taken_and_one_more_is_not(
    client: TestClient, services: Services
) -> None:
    start(services.conversations, "c")
    sign_in(client)
    client.post("conversations/c/claim")
    for path in ("conversations/c/messages", "preview"):
        assert client.post(path, json={"text": "é" * 4_000}).status_code == 200
        assert_problem(client.post(path, json={"text": "é" * 4_001}), 413, "4,000")
    assert [len(m.text) for m in services.conversations.messages("c") if m.author == "agent"] == [
        4_000
    ]


def test_a_preview_is_what_the_visitor_would_see_and_harmless(client: TestClient) -> None:
    sign_in(client)
    answer = client.post("preview", json={"text": "**Oui** <script>alert(1)</script>"})
    assert "<strong>Oui</strong>" in answer.json()["html"]
    assert "<script" not in answer.json()["html"]


def test_canned_replies_stand_in_both_languages(client: TestClient) -> None:
    sign_in(client)
    replies = client.get("replies").json()["replies"]
    assert len(replies) >= 10
    assert all(reply["fr"] and reply["en"] for reply in replies)


# --- The command line ----------------------------------------------------------------------------


def test_the_command_line_keeps_accounts_too(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.wiring.services", lambda: services)
    run = CliRunner()

    def agents(*words: str) -> str:
        done = run.invoke(agent_commands.app, list(words), env={"NEW_PASSWORD": PASSWORD})
        assert done.exit_code == 0, done.output
        return done.output

    agents("add", "zoe@soutien.example.com", "Zoé", "--lead")
    found = services.agents.by_email("zoe@soutien.example.com")
    assert found is not None
    assert (found[0].name, found[0].role) == ("Zoé", "lead")
    agents("role", "zoe@soutien.example.com")
    agents("disable", "zoe@soutien.example.com")
    assert services.agents.by_email("zoe@soutien.example.com") is None
    agents("enable", "zoe@soutien.example.com")
    assert "Zoé" in agents("list")
