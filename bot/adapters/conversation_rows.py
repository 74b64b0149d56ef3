"""Conversations and their messages as rows: read and written within somebody's transaction.

What the SQL stores of conversations share. What every turn asks several times stands ready: to
build a query costs as much as to run it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from bot.adapters.tables import conversations, messages
from bot.core.conversations import (
    Author,
    Button,
    Conversation,
    Identity,
    Message,
    Reply,
    SourceLink,
    require_author,
)
from bot.core.errors import NotFound

_GOT = select(conversations).where(conversations.c.id == sa.bindparam("id"))
_LOCKED = (
    select(conversations.c.id).where(conversations.c.id == sa.bindparam("id")).with_for_update()
)
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
_ADD_SAID = messages.insert().returning(messages.c.id)


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


def message_of(row: sa.Row[Any]) -> Message:
    """The message of a row."""
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


def read_conversation(connection: sa.Connection, conversation_id: str) -> Conversation:
    """The conversation as it is now; raises `NotFound` for one that does not exist."""
    row = connection.execute(_GOT, {"id": conversation_id}).one_or_none()
    if row is None:
        raise not_found()
    return conversation_of(row)


def lock_conversation(connection: sa.Connection, conversation_id: str) -> None:
    """Nobody else changes it until the transaction ends; raises `NotFound` as reading it does.

    Taken before something is looked for that is added where it is missing: otherwise two that look
    at the same moment both add it.
    """
    if connection.scalar(_LOCKED, {"id": conversation_id}) is None:
        raise not_found()


def read_visit(
    connection: sa.Connection, conversation_id: str, client_id: str, author: Author
) -> Message | None:
    """The message that this author sent under this client id, if one came.

    Raises `Conflict` for one of somebody else.
    """
    sought = {"conversation_id": conversation_id, "client_id": client_id}
    row = connection.execute(_VISIT, sought).one_or_none()
    return None if row is None else require_author(message_of(row), author)


def touch_conversation(
    connection: sa.Connection, conversation_id: str, at: datetime, **values: Any
) -> Conversation:
    """Marks the conversation changed, before a message is added to it, and gives it."""
    changed = {"touched": conversation_id, "updated_at": at, **values}
    row = connection.execute(_TOUCHED, changed).one_or_none()
    if row is None:
        raise not_found()
    return conversation_of(row)


def add_messages(
    connection: sa.Connection,
    conversation: Conversation,
    replies: Sequence[Reply],
    *,
    at: datetime,
    author: Author | None = None,
    reply_to: int | None = None,
    client_id: str | None = None,
) -> list[int]:
    """Adds what is said, by the one who says such things or by `author`; gives the ids."""
    keep_order(connection)
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


def keep_order(connection: sa.Connection) -> None:
    """Before a message is added: its id becomes greater than any that may still be committed.

    An agent follows many conversations by one id, and would miss a message that came to be seen
    after one with a greater id. SQLite has one writer at a time in any case.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_ORDER)


def not_found() -> NotFound:
    """What is raised for a conversation that does not exist."""
    return NotFound("No such conversation.")
