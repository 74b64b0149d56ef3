"""Turns in memory, for tests: what `sql_turns.py` does with dicts."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.adapters.memory_talks import MemoryTalks
from bot.core.conversations import (
    Author,
    Button,
    Conversation,
    Message,
    Reply,
    admitted,
    after_turn,
    require_author,
)
from bot.core.errors import Conflict
from bot.core.ports.clock import Clock

_POLL_S = 0.002


class MemoryTurns(MemoryTalks):
    """The `Turns` port in memory."""

    def find_visit(
        self, conversation_id: str, client_id: str, *, author: Author = "visitor"
    ) -> Message | None:
        """See the port."""
        with self._lock:
            kept = self._kept.get(conversation_id)
            said = kept.messages.values() if kept else ()
            sent = (m for m in said if m.client_id == client_id)
            return next((require_author(m, author) for m in sent), None)

    def last_visit(self, conversation_id: str) -> Message | None:
        """See the port."""
        with self._lock:
            kept = self._kept.get(conversation_id)
            said = kept.messages.values() if kept else ()
            return next((m for m in reversed(list(said)) if m.author == "visitor"), None)

    def add_visit(
        self,
        conversation: Conversation,
        client_id: str,
        *,
        text: str,
        payload: str | None,
        at: datetime,
        masked: Sequence[str] = (),
    ) -> Message:
        """See the port."""
        with self._lock:
            kept = self._find(conversation.id)
            same = self.find_visit(conversation.id, client_id)
            if same is not None:
                return same
            visit = Reply("message", text, data={"masked": list(masked)} if masked else {})
            (message,) = self._add(kept, [visit], at=at, author="visitor")
            message = replace(
                message, language=conversation.language, client_id=client_id, payload=payload
            )
            kept.messages[message.id] = message
            kept.unanswered.add(message.id)
            kept.now = replace(kept.now, updated_at=at)
            return message

    def find_button(self, conversation_id: str, payload: str) -> Button | None:
        """See the port."""
        with self._lock:
            kept = self._kept.get(conversation_id)
            said = list(kept.messages.values()) if kept else []
            offered = (button for message in reversed(said) for button in message.buttons)
            return next((button for button in offered if button.payload == payload), None)

    def take_turn(
        self, conversation_id: str, *, owner: str, lease: timedelta, wait_s: float, clock: Clock
    ) -> str:
        """See the port."""
        holder = f"{owner}/{secrets.token_hex(4)}"
        deadline = time.monotonic() + wait_s
        while True:
            with self._lock:
                kept = self._find(conversation_id)
                now = clock.now()
                if kept.turn is None or kept.turn[1] < now:
                    kept.turn = (holder, now + lease)
                    return holder
            if time.monotonic() > deadline:
                raise Conflict("The message before this one is still being answered.")
            time.sleep(_POLL_S)

    def end_turn(self, conversation_id: str, holder: str) -> None:
        """See the port."""
        with self._lock:
            kept = self._kept.get(conversation_id)
            if kept and kept.turn and kept.turn[0] == holder:
                kept.turn = None

    def free_turns(self, owner: str) -> int:
        """See the port."""
        with self._lock:
            held = [k for k in self._kept.values() if k.turn and k.turn[0].startswith(f"{owner}/")]
            for kept in held:
                kept.turn = None
            return len(held)

    def unanswered(self, conversation_id: str, *, up_to: int) -> list[Message]:
        """See the port."""
        with self._lock:
            kept = self._kept.get(conversation_id)
            waiting = sorted(kept.unanswered) if kept else []
            return [kept.messages[id_] for id_ in waiting if kept and id_ <= up_to]

    def with_unanswered(self, before: datetime) -> list[tuple[str, int]]:
        """See the port."""
        with self._lock:
            found = []
            for id_, kept in self._kept.items():
                late = [m for m in kept.unanswered if kept.messages[m].created_at < before]
                if late:
                    found.append((id_, max(late)))
            return found

    def finish_turn(self, message: Message, replies: Sequence[Reply], *, at: datetime) -> None:
        """See the port."""
        with self._lock:
            kept = self._find(message.conversation_id)
            if message.id not in kept.unanswered:
                return
            kept.unanswered.remove(message.id)
            said = admitted(kept.now, replies)
            self._add(kept, said, at=at, reply_to=message.id)
            kept.now = replace(after_turn(kept.now, said), updated_at=at)

    def answers_to(self, message_id: int) -> list[Message]:
        """See the port."""
        with self._lock:
            return [m for m in self._all_messages() if m.reply_to == message_id]
