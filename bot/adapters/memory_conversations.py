"""Conversations in memory, for tests: what `sql_conversations.py` does with dicts.

Safe to use from several threads, as the database is. The contract suite compares the two.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.agents import Note, Side, Signal
from bot.core.cancellation import Draft
from bot.core.conversations import (
    TOPIC_KINDS,
    URGENT_REASONS,
    Author,
    Button,
    Conversation,
    Identity,
    Message,
    QueueFilter,
    Reply,
    admitted,
    after_turn,
)
from bot.core.errands import Errand
from bot.core.errors import Conflict, NotFound
from bot.core.handoff import Ownership, Transfer
from bot.core.insights import Stay
from bot.core.language import Language
from bot.core.ports.clock import Clock

_POLL_S = 0.002


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


class MemoryConversations:
    """The `Conversations` port in memory; `on_erase` is called with the id of one that goes."""

    def __init__(self, on_erase: Callable[[str], None] = lambda _: None) -> None:
        self._lock = threading.RLock()
        self._kept: dict[str, Kept] = {}
        self._newest_id = 0
        self._on_erase = on_erase

    def start(self, conversation: Conversation, token_hash: str, greeting: Sequence[Reply]) -> None:
        """See the port."""
        with self._lock:
            kept = self._kept[conversation.id] = Kept(conversation, token_hash)
            self._add(kept, greeting, at=conversation.created_at)

    def get(self, conversation_id: str) -> Conversation:
        """See the port."""
        with self._lock:
            return self._find(conversation_id).now

    def token_hash(self, conversation_id: str) -> str:
        """See the port."""
        with self._lock:
            return self._find(conversation_id).token_hash

    def set_language(self, conversation_id: str, language: Language) -> Conversation:
        """See the port."""
        with self._lock:
            kept = self._find(conversation_id)
            kept.now = replace(kept.now, language=language)
            return kept.now

    def set_identity(self, conversation_id: str, identity: Identity) -> Conversation:
        """See the port."""
        with self._lock:
            kept = self._find(conversation_id)
            kept.now = replace(kept.now, identity=identity)
            return kept.now

    # --- Visitor messages and turns ---

    def find_visit(self, conversation_id: str, client_id: str) -> Message | None:
        """See the port."""
        with self._lock:
            kept = self._kept.get(conversation_id)
            said = kept.messages.values() if kept else ()
            return next((m for m in said if m.client_id == client_id), None)

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

    def say(
        self,
        conversation_id: str,
        author: Author,
        replies: Sequence[Reply],
        *,
        at: datetime,
        while_owned: Ownership | None = None,
        client_id: str | None = None,
    ) -> list[Message]:
        """See the port."""
        with self._lock:
            kept = self._find(conversation_id)
            first = self.find_visit(conversation_id, client_id) if client_id else None
            if first is not None:
                return [first]
            if while_owned is not None and Ownership.of(kept.now) != while_owned:
                raise Conflict("The conversation has changed hands meanwhile. Look again.")
            kept.now = replace(kept.now, updated_at=at)
            added = self._add(kept, replies, at=at, author=author)
            if client_id:
                added = [replace(message, client_id=client_id) for message in added]
                kept.messages.update({message.id: message for message in added})
            return added

    def messages(self, conversation_id: str, after: int = 0) -> list[Message]:
        """See the port."""
        with self._lock:
            kept = self._kept.get(conversation_id)
            return [m for m in kept.messages.values() if m.id > after] if kept else []

    # --- Ownership and the queue ---

    def change_owner(
        self,
        conversation_id: str,
        transfer: Transfer,
        *,
        at: datetime,
        saying: Sequence[Reply] = (),
    ) -> Conversation:
        """See the port."""
        with self._lock:
            kept = self._find(conversation_id)
            before, after = transfer.before, transfer.after
            if before == after:
                return kept.now
            found = (kept.now.state, kept.now.assignee_id)
            if found != (before.state, before.assignee_id):
                raise Conflict("The conversation has changed hands meanwhile. Look again.")
            kept.was_handed_off |= after.state in ("waiting", "agent")
            kept.now = replace(
                kept.now,
                state=after.state,
                assignee_id=after.assignee_id,
                waiting_since=after.waiting_since,
                handoff_reason=after.reason,
                abstentions=0,
                updated_at=at,
                is_returning=kept.now.is_returning or after.state != "bot",
            )
            _note_stay(kept, transfer, at)
            self._add(kept, saying, at=at)
            return kept.now

    def queue(self, wanted: QueueFilter, *, limit: int, cursor: int) -> list[Conversation]:
        """See the port."""
        with self._lock:
            found = [kept.now for kept in self._kept.values() if _is_wanted(kept, wanted)]
        # Sorting keeps the order of equals: what decides least is sorted by first.
        found.sort(key=lambda c: c.id)
        found.sort(key=lambda c: c.updated_at, reverse=True)
        found.sort(key=lambda c: c.waiting_since or datetime.max.replace(tzinfo=UTC))
        return found[cursor : cursor + limit]

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

    # --- Drafts, feedback, erasure, counts ---

    def draft(self, conversation_id: str) -> Draft | None:
        """See the port."""
        with self._lock:
            kept = self._kept.get(conversation_id)
            return Draft.from_json(kept.draft) if kept and kept.draft else None

    def save_draft(self, conversation_id: str, draft: Draft, *, at: datetime) -> None:  # noqa: ARG002
        """See the port."""
        with self._lock:
            self._find(conversation_id).draft = draft.to_json()

    def drop_draft(self, conversation_id: str) -> None:
        """See the port."""
        with self._lock:
            if conversation_id in self._kept:
                self._kept[conversation_id].draft = None

    def errand(self, conversation_id: str) -> Errand | None:
        """See the port."""
        with self._lock:
            kept = self._kept.get(conversation_id)
            return Errand.from_json(kept.errand) if kept and kept.errand else None

    def save_errand(self, conversation_id: str, errand: Errand, *, at: datetime) -> None:  # noqa: ARG002
        """See the port."""
        with self._lock:
            self._find(conversation_id).errand = errand.to_json()

    def drop_errand(self, conversation_id: str) -> None:
        """See the port."""
        with self._lock:
            if conversation_id in self._kept:
                self._kept[conversation_id].errand = None

    def add_feedback(
        self,
        conversation_id: str,
        message_id: int,
        *,
        helpful: bool,
        comment: str | None,  # noqa: ARG002
        at: datetime,
    ) -> None:
        """See the port."""
        with self._lock:
            kept = self._kept.get(conversation_id)
            about = kept.messages.get(message_id) if kept else None
            if kept is None or about is None or about.author == "visitor":
                raise NotFound("No such message in this conversation.")
            kept.feedback[message_id] = helpful
            kept.voted_at[message_id] = at

    def erase(self, conversation_id: str) -> None:
        """See the port."""
        with self._lock:
            self._kept.pop(conversation_id, None)
        self._on_erase(conversation_id)

    # --- For the desk and the figures in memory ---

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


def _mentions(kept: Kept, words: str) -> bool:
    identity = kept.now.identity
    texts = [m.text for m in kept.messages.values()]
    if identity:
        texts += [identity.name, identity.email, identity.external_id, identity.site_number or ""]
    return any(words in text.lower() for text in texts)


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


def _note_stay(kept: Kept, transfer: Transfer, at: datetime) -> None:
    before, after = transfer.before, transfer.after
    last = len(kept.stays) - 1
    if transfer.outcome is not None and kept.stays:
        kept.stays[last] = replace(kept.stays[last], outcome=transfer.outcome)
        kept.ended_at[last] = at
    if after.state == "agent" and before.state == "waiting" and kept.stays:
        kept.stays[last] = replace(kept.stays[last], claimed_at=at)
    if after.state == "waiting" or (after.state == "agent" and before.state == "bot"):
        claimed_at = at if after.state == "agent" else None
        kept.stays.append(Stay(after.reason or "asked", at, claimed_at))
