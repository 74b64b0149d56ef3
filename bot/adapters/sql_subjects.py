"""Which conversations, tickets and accounts are a person's, by what the operator knows of them.

Called by `sql_records.py` alone. What is somebody else's and only mentions the person is told
apart: it is neither erased nor handed out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func, select

from bot.adapters.tables import (
    account_users,
    conversations,
    drafts,
    errands,
    feedback,
    handoffs,
    messages,
    notes,
    outbox,
    ticket_history,
    tickets,
)
from bot.core.erasure import Subject, holds_address


def conversation_ids(
    connection: sa.Connection, subject: Subject
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The subject's own conversations, and what else mentions the subject's address.

    The latter are ids of conversations and references of requests.
    """
    identity = conversations.c.identity
    if subject.conversation_id:
        matches: Any = conversations.c.id == subject.conversation_id
    elif subject.external_id:
        matches = identity["external_id"].as_string() == subject.external_id
    else:
        matches = sa.or_(
            func.lower(identity["email"].as_string()) == subject.address,
            *(
                conversations.c.id.in_(select(of).where(func.lower(email) == subject.address))
                for of, email in (
                    (tickets.c.conversation_id, tickets.c.requester_email),
                    (drafts.c.conversation_id, drafts.c.fields["requester_email"].as_string()),
                )
            ),
        )
    own = dict.fromkeys(connection.scalars(select(conversations.c.id).where(matches)))
    mentioning: dict[str, None] = {}
    for conversation_id, is_own in _mentions(connection, subject.address):
        (own if is_own else mentioning)[conversation_id] = None
    others = [one for one in mentioning if one not in own]
    return tuple(own), (*others, *_mentioning_requests(connection, subject.address))


def _mentions(connection: sa.Connection, address: str) -> Iterator[tuple[str, bool]]:
    """Where the address stands in somebody's words, and whether it is the writer's own.

    It is taken for that where nobody is signed in and the visitor wrote it.
    """
    if not address:
        return
    yes, no = sa.true(), sa.false()
    words = sa.union_all(
        select(messages.c.conversation_id, messages.c.text, messages.c.author == "visitor"),
        select(errands.c.conversation_id, errands.c.fields["email"].as_string(), yes),
        select(feedback.c.conversation_id, feedback.c.comment, yes),
        select(handoffs.c.conversation_id, handoffs.c.comment, yes),
        select(notes.c.conversation_id, notes.c.text, no),
    ).subquery()
    of, text, is_visitors = words.c
    is_anonymous = conversations.c.identity["external_id"].as_string().is_(None)
    query = (
        select(of, text, sa.and_(is_visitors, is_anonymous))
        .join(conversations, conversations.c.id == of)
        .where(_may_hold(text, address))
    )
    for conversation_id, said, is_own in connection.execute(query):
        if holds_address(said, address):
            yield conversation_id, bool(is_own)


def _mentioning_requests(connection: sa.Connection, address: str) -> list[str]:
    """Requests of others with the address in their history, such as of who asked for the same."""
    if not address:
        return []
    what, email = ticket_history.c.what, tickets.c.requester_email
    query = (
        select(ticket_history.c.reference, what)
        .join(tickets, tickets.c.reference == ticket_history.c.reference)
        .where(_may_hold(what, address), func.lower(email) != address)
    )
    found = connection.execute(query)
    return list(dict.fromkeys(ref for ref, said in found if holds_address(said, address)))


def _may_hold(text: sa.ColumnElement[str], address: str) -> sa.ColumnElement[bool]:
    """A first choice, that `holds_address` narrows down.

    It lets pass whatever stands between the parts of an address that is spelled out, and whatever a
    database makes of letters with accents and of signs.
    """
    like = "".join("%" if c in "@." else c if c.isascii() and c.isalnum() else "_" for c in address)
    return func.lower(text).like(f"%{like}%")


def ticket_references(
    connection: sa.Connection, subject: Subject, ids: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The subject's tickets, and the numbers that they have in the helpdesk."""
    if subject.conversation_id:
        matches: Any = tickets.c.conversation_id.in_(ids)
    elif subject.external_id:
        matches = tickets.c.requester_id == subject.external_id
    else:
        matches = func.lower(tickets.c.requester_email) == subject.address
    references = tuple(connection.scalars(select(tickets.c.reference).where(matches)))
    delivered = connection.scalars(
        select(outbox.c.external_id).where(
            outbox.c.reference.in_(references), outbox.c.external_id.is_not(None)
        )
    )
    return references, tuple(sorted({str(found) for found in delivered}))


def count_users(connection: sa.Connection, subject: Subject) -> int:
    """How many Ocean users of the account tables the subject is."""
    if subject.conversation_id:
        return 0
    matches = (
        account_users.c.external_id == subject.external_id
        if subject.external_id
        else func.lower(account_users.c.email) == subject.address
    )
    return int(
        connection.scalar(select(func.count()).select_from(account_users).where(matches)) or 0
    )
