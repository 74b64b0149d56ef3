"""Conversations in SQL: messages, turns, drafts, feedback."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from bot.adapters.database import Database
from bot.adapters.sql_tickets import take_back_transcripts
from bot.adapters.tables import conversations, drafts, errands, feedback, handoffs, messages
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
    SourceLink,
    admitted,
    after_turn,
)
from bot.core.errands import Errand
from bot.core.errors import Conflict, NotFound
from bot.core.handoff import Ownership, Transfer
from bot.core.language import Language
from bot.core.ports.clock import Clock

# Waiting for a turn: short at first, since most turns end within some ten milliseconds.
_POLL_S = (0.005, 0.01, 0.02, 0.05)

# What every turn asks several times stands ready: to build a query costs as much as to run it.
_GOT = select(conversations).where(conversations.c.id == sa.bindparam("id"))
_VISIT = select(messages).where(
    messages.c.conversation_id == sa.bindparam("conversation_id"),
    messages.c.client_id == sa.bindparam("client_id"),
)
_TOUCHED = (
    conversations.update()
    .where(conversations.c.id == sa.bindparam("touched"))
    .returning(conversations)
)
# Held until the transaction ends; the number means this order and nothing else.
_ORDER = sa.text("SELECT pg_advisory_xact_lock(724601)")
_TOKEN_HASH = select(conversations.c.token_hash).where(conversations.c.id == sa.bindparam("id"))
_ADD_VISIT = messages.insert().returning(messages)
_ADD_SAID = messages.insert().returning(messages.c.id)
_MARK_ANSWERED = messages.update().where(
    messages.c.id == sa.bindparam("answered"), messages.c.answered_at.is_(None)
)
_BY_VISITOR = select(messages).where(
    messages.c.conversation_id == sa.bindparam("conversation_id"), messages.c.author == "visitor"
)
_LAST_VISIT = _BY_VISITOR.order_by(messages.c.id.desc()).limit(1)
_UNANSWERED = _BY_VISITOR.where(
    messages.c.answered_at.is_(None), messages.c.id <= sa.bindparam("up_to")
).order_by(messages.c.id)
_ANSWERS = (
    select(messages)
    .where(messages.c.reply_to == sa.bindparam("message_id"))
    .order_by(messages.c.id)
)
_TAKE_TURN = (
    conversations.update()
    .where(
        conversations.c.id == sa.bindparam("taken"),
        sa.or_(
            conversations.c.turn_until.is_(None), conversations.c.turn_until < sa.bindparam("now")
        ),
    )
    .values(turn_owner=sa.bindparam("holder"), turn_until=sa.bindparam("until"))
)
_END_TURN = (
    conversations.update()
    .where(
        conversations.c.id == sa.bindparam("ended"),
        conversations.c.turn_owner == sa.bindparam("holder"),
    )
    .values(turn_owner=None, turn_until=None)
)


class SqlConversations:
    """The `Conversations` port over SQL."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def start(self, conversation: Conversation, token_hash: str, greeting: Sequence[Reply]) -> None:
        """See the port."""
        row = asdict(conversation)
        with self._db.write() as connection:
            connection.execute(
                conversations.insert().values(**row, token_hash=token_hash, was_handed_off=False)
            )
            _add(connection, conversation, greeting, at=conversation.created_at)

    def get(self, conversation_id: str) -> Conversation:
        """See the port."""
        with self._db.read() as connection:
            return _get(connection, conversation_id)

    def token_hash(self, conversation_id: str) -> str:
        """See the port."""
        with self._db.read() as connection:
            found = connection.scalar(_TOKEN_HASH, {"id": conversation_id})
        if found is None:
            raise _not_found()
        return str(found)

    def set_language(self, conversation_id: str, language: Language) -> Conversation:
        """See the port."""
        with self._db.write() as connection:
            connection.execute(
                conversations.update()
                .where(conversations.c.id == conversation_id)
                .values(language=language)
            )
            return _get(connection, conversation_id)

    def set_identity(self, conversation_id: str, identity: Identity) -> Conversation:
        """See the port."""
        with self._db.write() as connection:
            connection.execute(
                conversations.update()
                .where(conversations.c.id == conversation_id)
                .values(identity=asdict(identity))
            )
            return _get(connection, conversation_id)

    # --- Visitor messages and turns ---

    def find_visit(self, conversation_id: str, client_id: str) -> Message | None:
        """See the port."""
        with self._db.read() as connection:
            return _find_visit(connection, conversation_id, client_id)

    def last_visit(self, conversation_id: str) -> Message | None:
        """See the port."""
        with self._db.read() as connection:
            sought = {"conversation_id": conversation_id}
            row = connection.execute(_LAST_VISIT, sought).one_or_none()
        return None if row is None else _message(row)

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
        values = {
            "conversation_id": conversation.id,
            "author": "visitor",
            "kind": "message",
            "text": text,
            "language": conversation.language,
            "buttons": [],
            "sources": [],
            "data": {"masked": list(masked)} if masked else {},
            "created_at": at,
            "client_id": client_id,
            "payload": payload,
        }
        try:
            with self._db.write() as connection:
                _touch(connection, conversation.id, at)
                _keep_order(connection)
                return _message(connection.execute(_ADD_VISIT, values).one())
        except IntegrityError:
            # The same client id at the same time, from a retry or a second tab.
            found = self.find_visit(conversation.id, client_id)
            if found is None:
                raise _not_found() from None
            return found

    def find_button(self, conversation_id: str, payload: str) -> Button | None:
        """See the port."""
        query = (
            select(messages.c.buttons)
            .where(messages.c.conversation_id == conversation_id, messages.c.author != "visitor")
            .order_by(messages.c.id.desc())
        )
        with self._db.read() as connection:
            for offered in connection.scalars(query):
                for button in offered:
                    if button["payload"] == payload:
                        return Button(**button)
        return None

    def take_turn(
        self, conversation_id: str, *, owner: str, lease: timedelta, wait_s: float, clock: Clock
    ) -> str:
        """See the port."""
        holder = f"{owner}/{secrets.token_hex(4)}"
        deadline = time.monotonic() + wait_s
        attempt = 0
        while True:
            now = clock.now()
            with self._db.write(is_durable=False) as connection:
                wish = {
                    "taken": conversation_id,
                    "holder": holder,
                    "now": now,
                    "until": now + lease,
                }
                taken = connection.execute(_TAKE_TURN, wish).rowcount
                if not taken:
                    _get(connection, conversation_id)
            if taken:
                return holder
            if time.monotonic() > deadline:
                raise Conflict(
                    "The message before this one is still being answered. Try again in a moment."
                )
            time.sleep(_POLL_S[min(attempt, len(_POLL_S) - 1)])
            attempt += 1

    def end_turn(self, conversation_id: str, holder: str) -> None:
        """See the port."""
        with self._db.write(is_durable=False) as connection:
            connection.execute(_END_TURN, {"ended": conversation_id, "holder": holder})

    def free_turns(self, owner: str) -> int:
        """See the port."""
        with self._db.write() as connection:
            return connection.execute(
                conversations.update()
                .where(conversations.c.turn_owner.startswith(f"{owner}/", autoescape=True))
                .values(turn_owner=None, turn_until=None)
            ).rowcount

    def unanswered(self, conversation_id: str, *, up_to: int) -> list[Message]:
        """See the port."""
        sought = {"conversation_id": conversation_id, "up_to": up_to}
        with self._db.read() as connection:
            return [_message(row) for row in connection.execute(_UNANSWERED, sought)]

    def with_unanswered(self, before: datetime) -> list[tuple[str, int]]:
        """See the port."""
        query = (
            select(messages.c.conversation_id, func.max(messages.c.id))
            .where(
                messages.c.author == "visitor",
                messages.c.answered_at.is_(None),
                messages.c.created_at < before,
            )
            .group_by(messages.c.conversation_id)
        )
        with self._db.read() as connection:
            return [(row[0], row[1]) for row in connection.execute(query)]

    def finish_turn(self, message: Message, replies: Sequence[Reply], *, at: datetime) -> None:
        """See the port."""
        with self._db.write() as connection:
            conversation = _touch(connection, message.conversation_id, at)
            answered = {"answered": message.id, "answered_at": at}
            if not connection.execute(_MARK_ANSWERED, answered).rowcount:
                return
            said = admitted(conversation, replies)
            _add(connection, conversation, said, at=at, reply_to=message.id)
            after = after_turn(conversation, said)
            _touch(
                connection,
                conversation.id,
                at,
                abstentions=after.abstentions,
                topic=after.topic,
                is_returning=after.is_returning,
            )

    def answers_to(self, message_id: int) -> list[Message]:
        """See the port."""
        with self._db.read() as connection:
            return [
                _message(row) for row in connection.execute(_ANSWERS, {"message_id": message_id})
            ]

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
        with self._db.write() as connection:
            conversation = _get(connection, conversation_id)
            first = client_id and _find_visit(connection, conversation_id, client_id)
            if first:
                return [first]
            # The touched row is locked: it is read once more as nobody can change it now.
            conversation = _touch(connection, conversation_id, at)
            if while_owned is not None and Ownership.of(conversation) != while_owned:
                raise _changed_hands()
            ids = _add(connection, conversation, replies, at=at, author=author, client_id=client_id)
            rows = connection.execute(
                select(messages).where(messages.c.id.in_(ids)).order_by(messages.c.id)
            )
            return [_message(row) for row in rows]

    def messages(self, conversation_id: str, after: int = 0) -> list[Message]:
        """See the port."""
        query = (
            select(messages)
            .where(messages.c.conversation_id == conversation_id, messages.c.id > after)
            .order_by(messages.c.id)
        )
        with self._db.read() as connection:
            return [_message(row) for row in connection.execute(query)]

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
        before, after = transfer.before, transfer.after
        with self._db.write() as connection:
            if before != after:
                changed = connection.execute(
                    conversations.update()
                    .where(
                        conversations.c.id == conversation_id,
                        conversations.c.state == before.state,
                        conversations.c.assignee_id.is_(before.assignee_id)
                        if before.assignee_id is None
                        else conversations.c.assignee_id == before.assignee_id,
                    )
                    .values(
                        state=after.state,
                        assignee_id=after.assignee_id,
                        waiting_since=after.waiting_since,
                        handoff_reason=after.reason,
                        abstentions=0,
                        updated_at=at,
                        is_returning=sa.or_(
                            conversations.c.is_returning, sa.literal(after.state != "bot")
                        ),
                        was_handed_off=sa.or_(
                            conversations.c.was_handed_off,
                            sa.literal(after.state in ("waiting", "agent")),
                        ),
                    )
                ).rowcount
                if not changed:
                    _get(connection, conversation_id)
                    raise _changed_hands()
                _note_stay(connection, conversation_id, transfer, at)
                conversation = _get(connection, conversation_id)
                _add(connection, conversation, saying, at=at)
            return _get(connection, conversation_id)

    def queue(self, wanted: QueueFilter, *, limit: int, cursor: int) -> list[Conversation]:
        """See the port."""
        query = (
            select(conversations)
            .where(*_wanted(wanted))
            .order_by(
                conversations.c.waiting_since.is_(None),
                conversations.c.waiting_since,
                conversations.c.updated_at.desc(),
                conversations.c.id,
            )
            .limit(limit)
            .offset(cursor)
        )
        with self._db.read() as connection:
            return [conversation_of(row) for row in connection.execute(query)]

    def last_questions(self, conversation_ids: Sequence[str]) -> dict[str, str]:
        """See the port."""
        is_wanted = messages.c.conversation_id.in_(list(conversation_ids))
        on_topic = select(messages.c.reply_to).where(is_wanted, messages.c.kind.in_(TOPIC_KINDS))
        texts = select(messages.c.conversation_id, messages.c.text).where(
            is_wanted,
            messages.c.author == "visitor",
            messages.c.payload.is_(None),
        )
        found: dict[str, str] = {}
        with self._db.read() as connection:
            for query in (texts, texts.where(messages.c.id.in_(on_topic))):
                for conversation_id, text in connection.execute(query.order_by(messages.c.id)):
                    found[conversation_id] = text
        return found

    def messages_of_assignee(self, agent_id: str, after: int) -> list[Message]:
        """See the port."""
        query = (
            select(messages)
            .join(conversations, conversations.c.id == messages.c.conversation_id)
            .where(
                conversations.c.assignee_id == agent_id,
                conversations.c.state == "agent",
                messages.c.id > after,
            )
            .order_by(messages.c.id)
        )
        with self._db.read() as connection:
            return [_message(row) for row in connection.execute(query)]

    def newest_message_id(self) -> int:
        """See the port."""
        with self._db.read() as connection:
            return int(connection.scalar(select(func.max(messages.c.id))) or 0)

    # --- Drafts, feedback, erasure, counts ---

    def draft(self, conversation_id: str) -> Draft | None:
        """See the port."""
        query = select(drafts.c.fields).where(drafts.c.conversation_id == conversation_id)
        with self._db.read() as connection:
            fields = connection.scalar(query)
        return None if fields is None else Draft.from_json(fields)

    def save_draft(self, conversation_id: str, draft: Draft, *, at: datetime) -> None:
        """See the port."""
        values = {"fields": draft.to_json(), "updated_at": at}
        with self._db.write() as connection:
            _get(connection, conversation_id)
            changed = connection.execute(
                drafts.update().where(drafts.c.conversation_id == conversation_id).values(**values)
            ).rowcount
            if not changed:
                connection.execute(
                    drafts.insert().values(conversation_id=conversation_id, **values)
                )

    def drop_draft(self, conversation_id: str) -> None:
        """See the port."""
        with self._db.write() as connection:
            connection.execute(drafts.delete().where(drafts.c.conversation_id == conversation_id))

    def errand(self, conversation_id: str) -> Errand | None:
        """See the port."""
        query = select(errands.c.fields).where(errands.c.conversation_id == conversation_id)
        with self._db.read() as connection:
            fields = connection.scalar(query)
        return None if fields is None else Errand.from_json(fields)

    def save_errand(self, conversation_id: str, errand: Errand, *, at: datetime) -> None:
        """See the port."""
        values = {"fields": errand.to_json(), "updated_at": at}
        with self._db.write() as connection:
            _get(connection, conversation_id)
            changed = connection.execute(
                errands.update()
                .where(errands.c.conversation_id == conversation_id)
                .values(**values)
            ).rowcount
            if not changed:
                connection.execute(
                    errands.insert().values(conversation_id=conversation_id, **values)
                )

    def drop_errand(self, conversation_id: str) -> None:
        """See the port."""
        with self._db.write() as connection:
            connection.execute(errands.delete().where(errands.c.conversation_id == conversation_id))

    def add_feedback(
        self,
        conversation_id: str,
        message_id: int,
        *,
        helpful: bool,
        comment: str | None,
        at: datetime,
    ) -> None:
        """See the port."""
        about = select(messages.c.id).where(
            messages.c.id == message_id,
            messages.c.conversation_id == conversation_id,
            messages.c.author != "visitor",
        )
        with self._db.write() as connection:
            if connection.scalar(about) is None:
                raise NotFound("No such message in this conversation.")
            connection.execute(feedback.delete().where(feedback.c.message_id == message_id))
            connection.execute(
                feedback.insert().values(
                    message_id=message_id,
                    conversation_id=conversation_id,
                    helpful=helpful,
                    comment=comment,
                    created_at=at,
                )
            )

    def erase(self, conversation_id: str) -> None:
        """See the port."""
        with self._db.write() as connection:
            take_back_transcripts(connection, conversation_id)
            connection.execute(conversations.delete().where(conversations.c.id == conversation_id))
            # Rasa keeps its own log of the conversation in this database once it has run.
            if sa.inspect(connection).has_table("events"):
                connection.execute(
                    sa.text("DELETE FROM events WHERE sender_id = :id"), {"id": conversation_id}
                )


def _wanted(wanted: QueueFilter) -> list[sa.ColumnElement[bool]]:
    """The conditions of a filter."""
    row = conversations.c
    conditions = [row.state == wanted.state if wanted.state else row.state != "bot"]
    if wanted.language:
        conditions.append(row.language == wanted.language)
    if wanted.topic:
        conditions.append(row.topic.startswith(wanted.topic, autoescape=True))
    if wanted.site:
        conditions.append(row.identity["site_number"].as_string() == wanted.site)
    if wanted.is_urgent is not None:
        is_urgent = func.coalesce(row.handoff_reason, "").in_(URGENT_REASONS)
        conditions.append(is_urgent if wanted.is_urgent else sa.not_(is_urgent))
    if wanted.assignee_id:
        conditions.append(row.assignee_id == wanted.assignee_id)
    if wanted.q:
        said = select(messages.c.conversation_id).where(
            messages.c.text.icontains(wanted.q, autoescape=True)
        )
        named = sa.cast(row.identity, sa.Text).icontains(wanted.q, autoescape=True)
        conditions.append(sa.or_(row.id.in_(said), named))
    return conditions


def _note_stay(
    connection: sa.Connection, conversation_id: str, transfer: Transfer, at: datetime
) -> None:
    """Keeps when a stay with people began, was taken up and ended."""
    before, after = transfer.before, transfer.after
    of_this = handoffs.c.conversation_id == conversation_id
    newest = select(func.max(handoffs.c.id)).where(of_this).scalar_subquery()
    if transfer.outcome is not None:
        ended = {"ended_at": at, "outcome": transfer.outcome}
        connection.execute(handoffs.update().where(handoffs.c.id == newest).values(ended))
    if after.state == "agent" and before.state == "waiting":
        claimed = {"claimed_at": at, "agent_id": after.assignee_id}
        connection.execute(handoffs.update().where(handoffs.c.id == newest).values(claimed))
    if after.state == "waiting" or (after.state == "agent" and before.state == "bot"):
        is_claimed = after.state == "agent"
        connection.execute(
            handoffs.insert().values(
                conversation_id=conversation_id,
                reason=after.reason or "asked",
                asked_at=at,
                claimed_at=at if is_claimed else None,
                agent_id=after.assignee_id,
            )
        )


def _add(
    connection: sa.Connection,
    conversation: Conversation,
    replies: Sequence[Reply],
    *,
    at: datetime,
    author: Author | None = None,
    reply_to: int | None = None,
    client_id: str | None = None,
) -> list[int]:
    _keep_order(connection)
    ids = []
    for reply in replies:
        row = {
            "conversation_id": conversation.id,
            "author": author or reply.author,
            "kind": reply.kind,
            "topic": reply.topic,
            "text": reply.text,
            "language": conversation.language,
            "buttons": [asdict(button) for button in reply.buttons],
            "sources": [asdict(source) for source in reply.sources],
            "data": reply.data,
            "created_at": at,
            "reply_to": reply_to,
            "client_id": client_id,
        }
        ids.append(int(connection.execute(_ADD_SAID, row).scalar_one()))
    return ids


def _keep_order(connection: sa.Connection) -> None:
    """Before a message is added: its id becomes greater than any that may still be committed.

    An agent follows many conversations by one id, and would miss a message that came to be seen
    after one with a greater id. SQLite has one writer at a time in any case.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_ORDER)


def _touch(
    connection: sa.Connection, conversation_id: str, at: datetime, **values: Any
) -> Conversation:
    """Marks the conversation changed, before a message is added to it, and gives it."""
    changed = {"touched": conversation_id, "updated_at": at, **values}
    row = connection.execute(_TOUCHED, changed).one_or_none()
    if row is None:
        raise _not_found()
    return conversation_of(row)


def _get(connection: sa.Connection, conversation_id: str) -> Conversation:
    row = connection.execute(_GOT, {"id": conversation_id}).one_or_none()
    if row is None:
        raise _not_found()
    return conversation_of(row)


def _find_visit(connection: sa.Connection, conversation_id: str, client_id: str) -> Message | None:
    sought = {"conversation_id": conversation_id, "client_id": client_id}
    row = connection.execute(_VISIT, sought).one_or_none()
    return None if row is None else _message(row)


def conversation_of(row: sa.Row[Any]) -> Conversation:
    """The conversation of a row."""
    identity = row.identity
    return Conversation(
        id=row.id,
        language=row.language,
        state=row.state,
        identity=identity and Identity(**{**identity, "roles": tuple(identity["roles"])}),
        page_url=row.page_url,
        topic=row.topic,
        abstentions=row.abstentions,
        handoff_reason=row.handoff_reason,
        waiting_since=row.waiting_since,
        assignee_id=row.assignee_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        is_returning=row.is_returning,
    )


def _message(row: sa.Row[Any]) -> Message:
    return Message(
        id=row.id,
        conversation_id=row.conversation_id,
        author=row.author,
        kind=row.kind,
        topic=row.topic,
        text=row.text,
        language=row.language,
        buttons=tuple(Button(**button) for button in row.buttons),
        sources=tuple(SourceLink(**source) for source in row.sources),
        data=row.data,
        created_at=row.created_at,
        payload=row.payload,
        client_id=row.client_id,
        reply_to=row.reply_to,
    )


def _not_found() -> NotFound:
    return NotFound("No such conversation.")


def _changed_hands() -> Conflict:
    return Conflict("The conversation has changed hands meanwhile. Look again.")
