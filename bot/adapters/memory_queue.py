"""What agents see of all conversations, in memory, for tests: `sql_queue.py` with dicts."""

from __future__ import annotations

from collections.abc import Sequence

from bot.adapters.memory_talks import Kept, MemoryTalks
from bot.core.conversations import (
    CLOSED_GROUP,
    TOPIC_KINDS,
    URGENT_REASONS,
    Conversation,
    Message,
    QueueFilter,
    place_of,
)
from bot.core.places import Place


class MemoryQueue(MemoryTalks):
    """The `Queue` port in memory."""

    def queue(
        self, wanted: QueueFilter, *, limit: int, after: Place | None = None
    ) -> list[Conversation]:
        """See the port."""
        with self._lock:
            found = [kept.now for kept in self._kept.values() if _is_wanted(kept, wanted)]
        found.sort(key=lambda c: _order(place_of(c)))
        behind = [c for c in found if after is None or _order(place_of(c)) > _order(after)]
        return behind[:limit]

    def last_questions(self, conversation_ids: Sequence[str]) -> dict[str, str]:
        """See the port."""
        with self._lock:
            said = self._all_messages()
            on_topic = {m.reply_to for m in said if m.kind in TOPIC_KINDS}
            asked = [
                m
                for m in said
                if m.conversation_id in conversation_ids
                and m.author == "visitor"
                and m.payload is None
            ]
            asked.sort(key=lambda m: (m.id in on_topic, m.id))
            return {m.conversation_id: m.text for m in asked}

    def messages_of_assignee(self, agent_id: str, after: int) -> list[Message]:
        """See the port."""
        with self._lock:
            own = {
                id_
                for id_, kept in self._kept.items()
                if (kept.now.state, kept.now.assignee_id) == ("agent", agent_id)
            }
            return [m for m in self._all_messages() if m.conversation_id in own and m.id > after]

    def newest_message_id(self) -> int:
        """See the port."""
        with self._lock:
            return max((m.id for m in self._all_messages()), default=0)


def _order(place: Place) -> tuple[int, float, str]:
    at = place.at.timestamp()
    return (place.group, -at if place.group == CLOSED_GROUP else at, place.id)


def _is_wanted(kept: Kept, wanted: QueueFilter) -> bool:
    now = kept.now
    site = now.identity.site_number if now.identity else None
    is_urgent = now.handoff_reason in URGENT_REASONS
    return (
        (now.state == wanted.state if wanted.state else now.state != "bot")
        and wanted.language in (None, now.language)
        and (not wanted.topic or (now.topic or "").startswith(wanted.topic))
        and wanted.site in (None, site)
        and wanted.is_urgent in (None, is_urgent)
        and wanted.assignee_id in (None, now.assignee_id)
        and (not wanted.q or _mentions(kept, wanted.q.lower()))
    )


def _mentions(kept: Kept, words: str) -> bool:
    identity = kept.now.identity
    texts = [m.text for m in kept.messages.values()]
    if identity:
        texts += [identity.name, identity.email, identity.external_id, identity.site_number or ""]
    return any(words in text.lower() for text in texts)
