"""Rasa's conversation log in the project's own database, SQLite or PostgreSQL.

It keeps Rasa's table and Rasa's rule: what is new of a tracker are the events after those stored.
Rasa builds its queries and objects anew three times a turn, a third of its time; here they stand.
What cannot be read or stored is an error, which ends the turn; so is a turn that another Rasa has
overtaken.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import rasa.core.agent
import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.events import Event, SessionStarted
from rasa.shared.core.trackers import DialogueStateTracker

from bot.adapters.database import Database
from bot.core.errors import Conflict

_EVENTS = SQLTrackerStore.SQLEvent.__table__
_OF_SENDER = _EVENTS.c.sender_id == sa.bindparam("sender")
_SESSION_START = (
    sa.select(sa.func.max(_EVENTS.c.timestamp))
    .where(_OF_SENDER, _EVENTS.c.type_name == SessionStarted.type_name)
    .scalar_subquery()
)
_IN_SESSION = sa.or_(_EVENTS.c.timestamp >= _SESSION_START, _SESSION_START.is_(None))
_ALL = sa.select(_EVENTS.c.data).where(_OF_SENDER).order_by(_EVENTS.c.id)
_OF_SESSION = _ALL.where(_IN_SESSION)
_COUNT = sa.select(sa.func.count(_EVENTS.c.id)).where(_OF_SENDER, _IN_SESSION)
# Held, so that writers of one conversation take turns; SQLite has one writer anyway.
_HOLD_LAST = (
    sa.select(_EVENTS.c.id).where(_OF_SENDER).order_by(_EVENTS.c.id.desc()).limit(1)
).with_for_update()


def _as_it_is(store: TrackerStore) -> TrackerStore:
    return store


# Rasa wraps a store in one that takes a conversation it cannot read for a new one, and keeps what
# it cannot save in memory, where nobody looks again. It does so after this module is imported.
rasa.core.agent.FailSafeTrackerStore = _as_it_is


class HelpdeskTrackerStore(SQLTrackerStore):
    """Rasa's SQL store, with the address given whole as `url` in endpoints.yml."""

    engine: sa.Engine

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Rasa has made its table; from here on transactions are the project's.
        self.engine.dispose()
        self._database = Database(self.engine.url.render_as_string(hide_password=False))
        self.engine = self._database.engine
        self.sessionmaker.configure(bind=self.engine)

    @staticmethod
    def get_db_url(
        dialect: str = "sqlite",  # noqa: ARG004
        host: str | None = None,
        *args: Any,  # noqa: ARG004
        **kwargs: Any,  # noqa: ARG004
    ) -> sa.URL:
        """The address as given. Rasa's own builder calls a constructor that SQLAlchemy 2 lacks."""
        return sa.make_url(host or "sqlite://")

    async def _retrieve(
        self, sender_id: str, fetch_events_from_all_sessions: bool
    ) -> DialogueStateTracker | None:
        query = _ALL if fetch_events_from_all_sessions else _OF_SESSION
        with self._database.read() as connection:
            stored = connection.scalars(query, {"sender": sender_id}).all()
        if not stored:
            return None
        events = [json.loads(event) for event in stored]
        tracker = DialogueStateTracker.from_dict(sender_id, events, self.domain.slots)
        tracker.stored_count = len(stored)
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Stores the events that are not stored yet, all of them or none.

        Raises:
            Conflict: Since the tracker was read, somebody else has stored a turn.
            Unavailable: The database cannot be reached.
        """
        await self.stream_events(tracker)
        if not tracker.events:
            # A conversation begins; Rasa saves it before anything has happened.
            return
        sender = tracker.sender_id
        # Lost in a power failure, a turn of Rasa's is like one that a crash cut short.
        with self._database.write(is_durable=False) as connection:
            connection.execute(_HOLD_LAST, {"sender": sender})
            stored = connection.scalar(_COUNT, {"sender": sender}) or 0
            if stored != getattr(tracker, "stored_count", 0):
                # The gateway asks for one turn at a time: it has given up one of the two.
                raise Conflict("Another turn of this conversation was stored meanwhile.")
            new = [_row(sender, event) for event in islice(tracker.events, stored, None)]
            if new:
                connection.execute(_EVENTS.insert(), new)
        tracker.stored_count = stored + len(new)


def _row(sender: str, event: Event) -> dict[str, Any]:
    data = event.as_dict()
    return {
        "sender_id": sender,
        "type_name": event.type_name,
        "timestamp": data.get("timestamp"),
        "intent_name": data.get("parse_data", {}).get("intent", {}).get("name"),
        "action_name": data.get("name"),
        "data": json.dumps(data),
    }
