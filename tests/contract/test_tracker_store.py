"""Rasa's log of a conversation in the project's database: what Rasa's own store would keep."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa
from rasa.core.agent import Agent
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
from bot.core.errors import Conflict, Unavailable
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
def another_store(stores: Stores) -> Callable[[], HelpdeskTrackerStore]:
    """Opens the log as each Rasa does by itself."""
    assert isinstance(stores.database, Database)
    url = stores.database.engine.url.render_as_string(hide_password=False)
    return lambda: HelpdeskTrackerStore(host=url, domain=DOMAIN)


@pytest.fixture
def store(another_store: Callable[[], HelpdeskTrackerStore]) -> HelpdeskTrackerStore:
    return another_store()


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


@pytest.mark.parametrize("stores", DATABASES, indirect=True)
def test_what_rasa_cannot_read_or_store_is_an_error(store: HelpdeskTrackerStore) -> None:
    play(store, "a")
    rasas = Agent(tracker_store=store, domain=DOMAIN).tracker_store
    tracker = asyncio.run(rasas.retrieve("a"))
    assert tracker is not None
    with store.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE events RENAME TO gone"))
    try:
        with pytest.raises(Unavailable):
            asyncio.run(rasas.get_or_create_tracker("a"))
        tracker.update(UserUttered("Julie Tremblay"), DOMAIN)
        with pytest.raises(Unavailable):
            asyncio.run(rasas.save(tracker))
    finally:
        with store.engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE gone RENAME TO events"))
    # Nothing of it is found afterwards, in memory or elsewhere.
    assert said(asyncio.run(rasas.retrieve("a"))) == said(tracker)[:-1]


@pytest.mark.parametrize("sender", ["new", "old"])
@pytest.mark.parametrize("stores", DATABASES, indirect=True)
def test_a_turn_that_another_rasa_has_overtaken_is_not_stored(
    store: HelpdeskTrackerStore, another_store: Callable[[], HelpdeskTrackerStore], sender: str
) -> None:
    late = another_store()
    play(store, "old")
    slow, quick = (
        asyncio.run(s.get_or_create_tracker(sender, append_action_listen=False))
        for s in (late, store)
    )
    quick.update_with_events([UserUttered("Les kiosques"), BotUttered("À quel nom?")], DOMAIN)
    # Longer than the other: of its end it could be thought that it is not stored yet.
    for text in ("Tout", "Et aussi les rappels"):
        slow.update_with_events([UserUttered(text), BotUttered("Noté.")], DOMAIN)
    asyncio.run(store.save(quick))
    with pytest.raises(Conflict):
        asyncio.run(late.save(slow))
    assert said(asyncio.run(late.retrieve(sender))) == said(quick)
    # Whoever reads again may write again.
    again = asyncio.run(late.retrieve(sender))
    assert again is not None
    again.update(UserUttered("Merci"), DOMAIN)
    asyncio.run(late.save(again))
    assert said(asyncio.run(store.retrieve(sender))) == said(again)


@pytest.mark.parametrize("stores", DATABASES, indirect=True)
def test_of_turns_stored_at_the_same_moment_one_is_kept_whole(
    another_store: Callable[[], HelpdeskTrackerStore],
) -> None:
    writers = [another_store() for _ in range(2)]
    play(writers[0], "a")
    barrier = Barrier(len(writers))

    def write(store: HelpdeskTrackerStore) -> list[dict[str, object]] | None:
        tracker = asyncio.run(store.retrieve("a"))
        assert tracker is not None
        tracker.update_with_events([UserUttered("Tout"), BotUttered("Noté.")], DOMAIN)
        barrier.wait()
        try:
            asyncio.run(store.save(tracker))
        except Conflict:
            return None
        return said(tracker)

    with ThreadPoolExecutor(len(writers)) as pool:
        for _ in range(20):
            stored = [turn for turn in pool.map(write, writers) if turn is not None]
            assert stored == [said(asyncio.run(writers[0].retrieve("a")))]
