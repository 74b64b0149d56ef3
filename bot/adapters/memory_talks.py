"""All that is kept of conversations in memory, as the stores of tests share it.

Safe to use from several threads, as a database is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.core.agents import Note, Side, Signal
from bot.core.conversations import Author, Conversation, Message, Reply
from bot.core.errors import NotFound
from bot.core.insights import Stay


@dataclass
class Kept:
    """All that is kept of one conversation."""

    now: Conversation
    token_hash: str
    messages: dict[int, Message] = field(default_factory=dict)
    unanswered: set[int] = field(default_factory=set)
    draft: Mapping[str, Any] | None = None
    errand: Mapping[str, Any] | None = None
    feedback: dict[int, bool] = field(default_factory=dict)
    turn: tuple[str, datetime] | None = None
    was_handed_off: bool = False
    # Beside each stay with people: when it ended, and when the visitor was told that it takes long.
    stays: list[Stay] = field(default_factory=list)
    ended_at: dict[int, datetime] = field(default_factory=dict)
    told: set[int] = field(default_factory=set)
    voted_at: dict[int, datetime] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    signals: dict[Side, Signal] = field(default_factory=dict)


class MemoryTalks:
    """What all stores of conversations in memory work on.

    `on_erase` is called with the id of a conversation that goes.
    """

    def __init__(self, on_erase: Callable[[str], None] = lambda _: None) -> None:
        self._lock = threading.RLock()
        self._kept: dict[str, Kept] = {}
        self._newest_id = 0
        self._on_erase = on_erase

    def kept(self, conversation_id: str) -> Kept:
        """All that is kept of one conversation; NotFound if there is none."""
        with self._lock:
            return self._find(conversation_id)

    def all_kept(self) -> list[Kept]:
        """The same of every conversation."""
        with self._lock:
            return list(self._kept.values())

    def _find(self, conversation_id: str) -> Kept:
        if conversation_id not in self._kept:
            raise NotFound("No such conversation.")
        return self._kept[conversation_id]

    def _all_messages(self) -> list[Message]:
        said = [m for kept in self._kept.values() for m in kept.messages.values()]
        return sorted(said, key=lambda m: m.id)

    def _add(
        self,
        kept: Kept,
        replies: Sequence[Reply],
        *,
        at: datetime,
        author: Author | None = None,
        reply_to: int | None = None,
    ) -> list[Message]:
        added = []
        for reply in replies:
            self._newest_id += 1
            message = Message(
                id=self._newest_id,
                conversation_id=kept.now.id,
                author=author or reply.author,
                kind=reply.kind,
                topic=reply.topic,
                text=reply.text,
                language=kept.now.language,
                buttons=reply.buttons,
                sources=reply.sources,
                data=reply.data,
                created_at=at,
                reply_to=reply_to,
            )
            kept.messages[message.id] = message
            added.append(message)
        return added
