"""What every store of agents and their sessions promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.agents import AccountChange, AgentSession
from bot.core.ports.agents import Agents
from tests.support.builders import NOW, an_agent
from tests.support.stores import Stores

SESSION = AgentSession(an_agent(), "csrf", NOW + timedelta(hours=10))


@pytest.fixture
def store(stores: Stores) -> Agents:
    return stores.agents


def test_an_agent_is_found_by_email_however_it_is_written(store: Agents) -> None:
    store.add(an_agent(email="Amelie@Soutien.Example.com"), "hash-1")
    found = store.by_email("  AMELIE@soutien.example.com ")
    assert found == (an_agent(email="amelie@soutien.example.com"), "hash-1")
    assert store.by_email("nobody@soutien.example.com") is None


def test_agents_are_listed_by_name(store: Agents) -> None:
    for id_, name in (("a", "Zoé"), ("b", "Marc"), ("c", "Amélie")):
        store.add(an_agent(id_, name=name), "hash")
    assert [agent.name for agent in store.all()] == ["Amélie", "Marc", "Zoé"]


def test_adding_a_known_email_changes_name_role_and_password_and_keeps_the_id(
    store: Agents,
) -> None:
    store.add(an_agent(), "hash-1")
    store.add(an_agent("another-id", email=an_agent().email, name="Amélie", role="lead"), "hash-2")
    assert store.by_email(an_agent().email) == (an_agent(name="Amélie", role="lead"), "hash-2")
    assert len(store.all()) == 1


def test_a_session_is_found_by_its_token_until_it_ends(store: Agents) -> None:
    store.add(an_agent(), "hash")
    store.start_session(SESSION, "token-1")
    assert store.session("token-1", NOW) == SESSION
    assert store.session("token-2", NOW) is None
    store.end_session("token-1")
    store.end_session("token-1")
    assert store.session("token-1", NOW) is None


def test_a_session_expires(store: Agents) -> None:
    store.add(an_agent(), "hash")
    store.start_session(SESSION, "token")
    assert store.session("token", SESSION.expires_at - timedelta(seconds=1)) == SESSION
    assert store.session("token", SESSION.expires_at) is None


def test_a_session_shows_the_agent_as_she_is_now(store: Agents) -> None:
    store.add(an_agent(), "hash")
    store.start_session(SESSION, "token")
    store.add(an_agent(name="Amélie", role="lead"), "hash")
    assert store.session("token", NOW) == replace(
        SESSION, agent=an_agent(name="Amélie", role="lead")
    )


def test_whoever_is_disabled_is_signed_out_and_stays_out(stores: Stores) -> None:
    store = stores.agents
    store.add(an_agent(), "hash")
    store.start_session(SESSION, "token")
    store.change("agent-1", AccountChange(is_disabled=True))
    assert store.session("token", NOW) is None
    assert store.by_email(an_agent().email) is None
    assert store.all() == []
