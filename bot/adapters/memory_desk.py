"""What the support desk keeps, in memory: `sql_desk.py` over the conversations in memory."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.adapters.memory_conversations import MemoryConversations
from bot.core.agents import Agent, Note, Side, Signal
from bot.core.conversations import Conversation


class MemoryDeskRecords:
    """The `DeskRecords` port in memory, over conversations in memory."""

    def __init__(self, conversations: MemoryConversations) -> None:
        self._talks = conversations
        self._lock = threading.RLock()

    # --- The queue ---

    def place_in_queue(self, conversation_id: str) -> int:
        """See the port."""
        waiting = [k.now for k in self._talks.all_kept() if k.now.state == "waiting"]
        waiting.sort(key=lambda c: (c.waiting_since, c.id))
        ids = [c.id for c in waiting]
        return ids.index(conversation_id) + 1 if conversation_id in ids else 0

    def recent_waits(self, since: datetime, limit: int) -> list[timedelta]:
        """See the port."""
        stays = [
            stay
            for kept in self._talks.all_kept()
            for stay in kept.stays
            if stay.claimed_at and stay.claimed_at >= since
        ]
        stays.sort(key=lambda stay: stay.claimed_at or stay.asked_at, reverse=True)
        return [wait for stay in stays if (wait := stay.wait) is not None][:limit]

    def held(self) -> list[Conversation]:
        """See the port."""
        return [kept.now for kept in self._talks.all_kept() if kept.now.state == "agent"]

    def untold_waiting(self, before: datetime) -> list[Conversation]:
        """See the port."""
        found = [
            kept.now
            for kept in self._talks.all_kept()
            if kept.now.state == "waiting"
            and kept.stays[-1].asked_at < before
            and len(kept.stays) - 1 not in kept.told
        ]
        return sorted(found, key=lambda c: c.waiting_since or c.created_at)

    def mark_told(self, conversation_id: str, *, at: datetime) -> bool:  # noqa: ARG002
        """See the port."""
        with self._lock:
            kept = self._talks.kept(conversation_id)
            last = len(kept.stays) - 1
            if last < 0 or last in kept.told or last in kept.ended_at:
                return False
            kept.told.add(last)
            return True

    def unhelpful_votes(self, conversation_id: str) -> int:
        """See the port."""
        kept = self._talks.kept(conversation_id)
        since = max(kept.ended_at.values(), default=None)
        return sum(
            not helpful and (since is None or kept.voted_at[message_id] > since)
            for message_id, helpful in kept.feedback.items()
        )

    # --- How it went, notes, signals ---

    def last_topic(self, conversation_id: str, *, before: int) -> str | None:
        """See the port."""
        said = [m for m in self._talks.messages(conversation_id) if m.id < before]
        return said[-1].topic if said else None

    def rate(self, conversation_id: str, score: int, *, at: datetime) -> None:
        """See the port."""
        stays = self._talks.kept(conversation_id).stays
        if stays:
            stays[-1] = replace(stays[-1], score=score, rated_at=at)

    def comment_rating(self, conversation_id: str, comment: str) -> None:
        """See the port."""
        stays = self._talks.kept(conversation_id).stays
        if stays:
            stays[-1] = replace(stays[-1], comment=comment)

    def add_note(self, conversation_id: str, agent: Agent, text: str, *, at: datetime) -> None:
        """See the port."""
        with self._lock:
            kept = self._talks.kept(conversation_id).notes
            kept.append(Note(len(kept) + 1, agent.name, text, at))

    def notes(self, conversation_id: str) -> list[Note]:
        """See the port."""
        return list(self._talks.kept(conversation_id).notes)

    def signal(
        self,
        conversation_id: str,
        who: Side,
        *,
        typing_until: datetime | None = None,
        read: int | None = None,
    ) -> None:
        """See the port."""
        with self._lock:
            kept = self._talks.kept(conversation_id).signals
            kept[who] = kept.get(who, Signal()).then(typing_until, read)

    def signals(self, conversation_id: str) -> Mapping[Side, Signal]:
        """See the port."""
        return dict(self._talks.kept(conversation_id).signals)
