"""Turns: how a visitor's message is answered.

The gateway calls `receive` for every visitor message. The rules kept here: a message is stored
before it is acted on; one turn at a time per conversation, in the order of the messages; who owns
the conversation is read before the assistant is asked and again before its answer is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

from bot.core import handoff
from bot.core.conversations import Conversation, Message, Reply
from bot.core.errors import BadInput, Conflict, Unavailable
from bot.core.language import choose_language
from bot.core.payloads import ASK_PERSON, LEAVE_REQUEST, to_engine_text
from bot.core.privacy import Masked, mask
from bot.core.service_replies import TROUBLE, owner_unknown, privacy_notice, trouble

if TYPE_CHECKING:
    from bot.core.ports.clock import Clock
    from bot.core.ports.conversations import Conversations
    from bot.core.ports.desk import Desk
    from bot.core.ports.dialogue import Assistant, LanguageDetector, Phrases

# Longer than the assistant may take to answer, so that a live turn does not lose its lease.
TURN_LEASE = timedelta(seconds=30)
TURN_WAIT_S = 35.0
# Failures in a row after which a person is brought and no longer only offered.
FAILURES_BEFORE_HANDOFF = 2


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visitor sent: free text, or the payload of a button, under the sender's own id."""

    client_id: str
    text: str | None = None
    payload: str | None = None


def receive(
    conversation_id: str,
    visit: Visit,
    *,
    store: Conversations,
    assistant: Assistant,
    desk: Desk,
    phrases: Phrases,
    detector: LanguageDetector,
    clock: Clock,
    owner: str,
) -> list[Message]:
    """Returns what was said in answer to this visit; safe to call again with the same `client_id`.

    `owner` names the calling process in the lease, so that it can free its own leases on restart.

    Raises:
        BadInput: A payload that no message of this conversation offered.
        Conflict: The turns before this one did not end in time, or an agent's message came under
            this `client_id`.
    """
    message = store.find_visit(conversation_id, visit.client_id)
    if message is None:
        message = _store_visit(conversation_id, visit, store, detector, clock)
    answer_pending(
        conversation_id,
        up_to=message.id,
        store=store,
        assistant=assistant,
        desk=desk,
        phrases=phrases,
        clock=clock,
        owner=owner,
    )
    return store.answers_to(message.id)


def answer_pending(
    conversation_id: str,
    *,
    up_to: int,
    store: Conversations,
    assistant: Assistant,
    desk: Desk,
    phrases: Phrases,
    clock: Clock,
    owner: str,
) -> None:
    """Answers the visitor messages not yet answered, oldest first, up to message id `up_to`."""
    is_more = True
    while is_more:
        # A lease for each message: a row of slow answers would outlive a single one.
        with _turn(conversation_id, store, clock, owner):
            waiting = store.unanswered(conversation_id, up_to=up_to)
            for message in waiting[:1]:
                replies = _answer(message, store, assistant, desk, phrases, clock)
                store.finish_turn(message, replies, at=clock.now())
        is_more = len(waiting) > 1


def erase(conversation_id: str, *, store: Conversations, clock: Clock, owner: str) -> None:
    """Erases a conversation once the turn that runs in it has ended.

    In the middle of a turn the dialogue engine would write its own log of it anew.

    Raises:
        Conflict: The turn did not end in time.
    """
    with _turn(conversation_id, store, clock, owner):
        store.erase(conversation_id)


def say_unasked(
    conversation_id: str, reply: Reply, *, store: Conversations, clock: Clock, owner: str
) -> list[Message]:
    """Says something that answers no message, such as what came of files; in its turn.

    Raises:
        Conflict: A person has the conversation, or a turn did not end in time.
    """
    with _turn(conversation_id, store, clock, owner):
        if store.get(conversation_id).state in ("waiting", "agent"):
            raise Conflict("A person answers this conversation now; tell them about it.")
        return store.say(conversation_id, reply.author, [reply], at=clock.now())


def _store_visit(
    conversation_id: str,
    visit: Visit,
    store: Conversations,
    detector: LanguageDetector,
    clock: Clock,
) -> Message:
    conversation = store.get(conversation_id)
    if visit.payload is not None:
        button = store.find_button(conversation_id, visit.payload)
        if button is None:
            raise BadInput(
                "This button is not one that this conversation offered. "
                "Send the payload of a button from a message above, or a text."
            )
        return store.add_visit(
            conversation, visit.client_id, text=button.title, payload=visit.payload, at=clock.now()
        )
    masked = mask(visit.text or "", _said_before(conversation_id, store))
    language = choose_language(conversation.language, masked.text, detector)
    if language != conversation.language:
        conversation = store.set_language(conversation.id, language)
    return store.add_visit(
        conversation,
        visit.client_id,
        text=masked.text,
        payload=None,
        at=clock.now(),
        masked=masked.kinds,
    )


def _said_before(conversation_id: str, store: Conversations) -> Masked | None:
    """What the visitor wrote last, as it was kept: a card number may go on from there."""
    last = store.last_visit(conversation_id)
    return Masked(last.text, tuple(last.data.get("masked", ()))) if last else None


def _answer(
    message: Message,
    store: Conversations,
    assistant: Assistant,
    desk: Desk,
    phrases: Phrases,
    clock: Clock,
) -> list[Reply]:
    notices = privacy_notice(message, phrases)
    try:
        conversation = _owned(message, store)
        if (said := desk.answer(message, conversation)) is not None:
            return notices + said
        if message.payload == LEAVE_REQUEST:
            # The desk has taken it out of the queue.
            conversation = _owned(message, store)
        if conversation.state == "closed":
            change = handoff.reopen(handoff.Ownership.of(conversation))
            conversation = store.change_owner(conversation.id, change, at=clock.now())
        if conversation.state == "waiting":
            return notices + desk.tell_untold(conversation, message.language)
        if conversation.state == "agent":
            return notices
        replies = _ask(assistant, message, is_fresh_start=conversation.is_returning)
        # Another process may have given the conversation to an agent while the assistant thought.
        conversation = _owned(message, store)
    except _OwnerUnknown:
        return [*notices, owner_unknown(message.language, phrases)]
    if conversation.state in ("agent", "closed"):
        return notices
    if replies and replies[-1].topic != TROUBLE:
        return notices + replies
    # An answer that is empty, or ends in an apology of the actions', tells that something failed.
    # Whoever asks for a person then gets into the queue all the same, and whoever is in it already
    # is told so.
    said = notices + [reply for reply in replies if reply.topic != TROUBLE]
    failures = _failures_in_a_row(store.messages(conversation.id)) + 1
    is_queued = message.payload == ASK_PERSON or conversation.state == "waiting"
    if is_queued or failures >= FAILURES_BEFORE_HANDOFF:
        return [*said, desk.queue(conversation, "failed", message.language)]
    return [*said, trouble(message.language, phrases)]


class _OwnerUnknown(Exception):
    """Who has the conversation could not be read."""


def _owned(message: Message, store: Conversations) -> Conversation:
    """The conversation with a sound owner; whoever cannot know whose the word is keeps silent."""
    try:
        conversation = store.get(message.conversation_id)
        handoff.Ownership.of(conversation)
    except Unavailable:
        raise _OwnerUnknown from None
    return conversation


def _ask(assistant: Assistant, message: Message, *, is_fresh_start: bool) -> list[Reply]:
    """What the engine says; nothing if it did not answer."""
    try:
        return assistant.reply(
            message.conversation_id,
            to_engine_text(message),
            message.language,
            message.id,
            is_fresh_start=is_fresh_start,
        )
    except Unavailable:
        return []


def _failures_in_a_row(said: Sequence[Message]) -> int:
    """How many of the last answers were apologies for a failure.

    By their order and not by the message answered: of two quick messages the second is stored
    before the first is answered.
    """
    answers = [m for m in reversed(said) if m.author in ("bot", "system")]
    return sum(1 for _ in takewhile(lambda m: m.topic == TROUBLE, answers))


@contextmanager
def _turn(conversation_id: str, store: Conversations, clock: Clock, owner: str) -> Iterator[None]:
    holder = store.take_turn(
        conversation_id, owner=owner, lease=TURN_LEASE, wait_s=TURN_WAIT_S, clock=clock
    )
    try:
        yield
    finally:
        store.end_turn(conversation_id, holder)
