"""Rasa's log of a conversation in the project's database: what Rasa's own store would keep."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    Event,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.adapters.database import Database
from bot.nlu.tracker_store import HelpdeskTrackerStore
from tests.support.stores import DATABASES, Stores

TABLE = SQLTrackerStore.SQLEvent.__table__
DOMAIN = Domain.from_dict(
    {"slots": {"language": {"type": "text", "mappings": [{"type": "custom"}]}}}
)
TURNS: list[list[Event]] = [
    [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")],
    [UserUttered("Où est ma facture?", {"name": "faq"}), SlotSet("language", "fr")],
    [BotUttered("Dans **Admin**."), ActionExecuted("action_listen")],
    [Restarted(), SessionStarted(), UserUttered("Merci", {"name": "thank"})],
]


@pytest.fixture
def store(stores: Stores) -> HelpdeskTrackerStore:
    assert isinstance(stores.database, Database)
    url = stores.database.engine.url.render_as_string(hide_password=False)
    return HelpdeskTrackerStore(host=url, domain=DOMAIN)


def play(store: SQLTrackerStore, sender: str) -> None:
    """Plays the turns, each on the tracker as it is stored."""
    for at, events in enumerate(TURNS):
        tracker = asyncio.run(store.get_or_create_tracker(sender, append_action_listen=False))
        for place, event in enumerate(events):
            event.timestamp = 1000.0 + 10 * at + place
            tracker.update(event, DOMAIN)
        asyncio.run(store.save(tracker))


def said(tracker: DialogueStateTracker | None) -> list[dict[str, object]]:
    assert tracker is not None
    return [event.as_dict() for event in tracker.events]


@pytest.mark.parametrize("stores", DATABASES, indirect=True)
def test_it_keeps_and_finds_what_rasas_own_store_does(store: HelpdeskTrackerStore) -> None:
    own = SQLTrackerStore.__new__(SQLTrackerStore)
    own.__dict__.update(store.__dict__)
    play(store, "ours")
    play(own, "rasas")
    with store.engine.connect() as connection:
        rows = connection.execute(sa.select(TABLE).order_by(TABLE.c.id))
        stored = [row._asdict() for row in rows]
    by_sender: dict[str, list[object]] = {"ours": [], "rasas": []}
    for row in stored:
        by_sender[row.pop("sender_id")].append({**row, "id": None})
    assert by_sender["ours"] == by_sender["rasas"]
    assert len(by_sender["ours"]) == sum(map(len, TURNS))
    for read in (own.retrieve, own.retrieve_full_tracker):
        ours = getattr(store, read.__name__)
        assert said(asyncio.run(ours("ours"))) == said(asyncio.run(read("ours")))


@pytest.mark.parametrize("stores", DATABASES, indirect=True)
def test_what_is_stored_is_not_stored_again(store: HelpdeskTrackerStore) -> None:
    play(store, "a")
    tracker = asyncio.run(store.retrieve("a"))
    assert tracker is not None
    before = said(tracker)
    asyncio.run(store.save(tracker))
    assert said(asyncio.run(store.retrieve("a"))) == before


@pytest.mark.parametrize("stores", DATABASES, indirect=True)
def test_nobody_has_a_log_before_anything_has_happened(store: HelpdeskTrackerStore) -> None:
    asyncio.run(store.get_or_create_tracker("new", append_action_listen=False))
    assert asyncio.run(store.retrieve("new")) is None
