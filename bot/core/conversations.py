"""Conversations: what one is, and how a visitor's message is answered.

The gateway calls `receive` for every visitor message. The rules kept here: a message is stored
before it is acted on; one turn at a time per conversation, in the order of the messages; who owns
the conversation is read before the assistant is asked and again before its answer is stored.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import dropwhile, takewhile
from typing import TYPE_CHECKING, Any, Literal

from bot.core import handoff
from bot.core.errors import BadInput, Conflict, NotAllowed, Unavailable
from bot.core.language import Language, choose_language
from bot.core.privacy import Masked, mask

if TYPE_CHECKING:
    from bot.core.ports.clock import Clock
    from bot.core.ports.conversations import Conversations
    from bot.core.ports.desk import Desk
    from bot.core.ports.dialogue import Assistant, LanguageDetector, Phrases
    from knowledge_base.article import Section

State = Literal["bot", "waiting", "agent", "closed"]
Author = Literal["visitor", "bot", "agent", "system"]
Kind = Literal[
    "greeting",
    "answer",
    "clarify",
    "diagnosis",
    "form",
    "recap",
    "ticket",
    "handoff",
    "abstain",
    "smalltalk",
    "notice",
    "error",
    # What a visitor or an agent wrote, as opposed to what the assistant said.
    "message",
]

# Kinds that the service says, not the bot.
_SYSTEM_KINDS: frozenset[Kind] = frozenset({"notice", "handoff", "error"})
# Reasons for which a person is wanted at once.
URGENT_REASONS = ("angry", "failed")
# Kinds that show that the bot understood: they end a row of abstentions.
_UNDERSTOOD_KINDS: frozenset[Kind] = frozenset(
    {"answer", "clarify", "diagnosis", "form", "recap", "ticket"}
)
TOPIC_KINDS: frozenset[Kind] = _UNDERSTOOD_KINDS | {"abstain"}

TROUBLE = "service/trouble"

MAX_TEXT_CHARS = 4_000
# Longer than the assistant may take to answer, so that a live turn does not lose its lease.
TURN_LEASE = timedelta(seconds=30)
TURN_WAIT_S = 35.0
# The gateway itself acts on the first, and on the second when the engine fails. The third leaves
# the queue, and the engine collects the message for the team.
BACK_TO_BOT = "/back_to_bot"
ASK_PERSON = "/ask_person"
LEAVE_REQUEST = "/leave_request"
# Failures in a row after which a person is brought and no longer only offered.
FAILURES_BEFORE_HANDOFF = 2


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in visitor, as the vendor's own site vouched for. Never built from what is typed.

    `email` is empty unless it was verified. `ends_at`, in seconds since 1970, is when the vouching
    ends; None for one kept from before that was noted.
    """

    external_id: str
    name: str
    email: str
    email_verified: bool
    site_number: str | None
    roles: tuple[str, ...]
    ends_at: int | None = None

    @property
    def is_site_admin(self) -> bool:
        """Whether the vendor says that this person administers the site."""
        return "site_admin" in self.roles or "admin" in self.roles

    @property
    def expires_at(self) -> datetime | None:
        """When the vouching ends."""
        return None if self.ends_at is None else datetime.fromtimestamp(self.ends_at, UTC)

    def has_ended(self, now: datetime) -> bool:
        """Whether nobody vouches for this person any more."""
        return self.ends_at is not None and now.timestamp() >= self.ends_at


@dataclass(frozen=True, slots=True)
class Button:
    """A choice offered under a message; its payload is accepted in this conversation only."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True)
class SourceLink:
    """The section that an answer was taken from; `digest` is of the section as shown."""

    slug: str
    section: str
    title: str
    url: str
    language: Language
    digest: str

    @classmethod
    def of(cls, section: Section) -> SourceLink:
        """Where the words of a section come from: our own page of the article, at that section."""
        return cls(
            slug=section.slug,
            section=section.anchor,
            title=section.article_title,
            url=f"/articles/{section.language}/{section.slug}#{section.anchor}",
            language=section.language,
            digest=section.digest,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """Something to be said: a message before it is stored. `data` is for agents only."""

    kind: Kind
    text: str
    topic: str | None = None
    buttons: tuple[Button, ...] = ()
    sources: tuple[SourceLink, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def author(self) -> Author:
        """Who says it, unless a person does."""
        return "system" if self.kind in _SYSTEM_KINDS else "bot"


@dataclass(frozen=True, slots=True)
class Message:
    """A stored message. Ids grow with time within a conversation and are never used again."""

    id: int
    conversation_id: str
    author: Author
    kind: Kind
    topic: str | None
    text: str
    language: Language
    buttons: tuple[Button, ...]
    sources: tuple[SourceLink, ...]
    data: dict[str, Any]
    created_at: datetime
    payload: str | None = None
    client_id: str | None = None
    reply_to: int | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """One visitor's conversation. `abstentions` counts those in a row, up to now.

    `is_returning`: people have had it since the dialogue engine last answered, which must then
    forget the form that it may be in the middle of.
    """

    id: str
    language: Language
    state: State
    identity: Identity | None
    page_url: str | None
    topic: str | None
    abstentions: int
    handoff_reason: str | None
    waiting_since: datetime | None
    assignee_id: str | None
    created_at: datetime
    updated_at: datetime
    is_returning: bool = False

    def as_of(self, now: datetime) -> Conversation:
        """The conversation without an identity that has ended: it opens no account any more."""
        ended = self.identity is not None and self.identity.has_ended(now)
        return replace(self, identity=None) if ended else self


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which conversations an agent wants to see; None means any, but never those of the bot."""

    state: str | None = None
    language: str | None = None
    topic: str | None = None
    site: str | None = None
    is_urgent: bool | None = None
    assignee_id: str | None = None
    q: str | None = None


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
        Conflict: The turns before this one did not end in time.
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


def renew_identity(
    conversation: Conversation, identity: Identity, store: Conversations
) -> Conversation:
    """Goes on in the name of the same person, with what the vendor's site says of them now.

    Raises:
        NotAllowed: The conversation is somebody else's, or was begun by nobody in particular:
            whoever holds its token would read what this person is told.
    """
    before = conversation.identity
    if before is None or before.external_id != identity.external_id:
        raise NotAllowed(
            "This conversation was not begun by that person. Begin a new one with this identity."
        )
    return store.set_identity(conversation.id, identity)


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
    notices = _privacy_notice(message, phrases)
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
        if conversation.state != "bot":
            return notices
        replies = _ask(assistant, message, is_fresh_start=conversation.is_returning)
        # Another process may have given the conversation to an agent while the assistant thought.
        conversation = _owned(message, store)
    except _OwnerUnknown:
        return [*notices, _owner_unknown(message.language, phrases)]
    if conversation.state in ("agent", "closed"):
        return notices
    if replies:
        return notices + replies
    # An empty answer is how the dialogue engine tells that something behind it failed. Whoever asks
    # for a person then gets into the queue all the same, and whoever is in it already is told so.
    failures = _failures_in_a_row(store.messages(conversation.id), before=message.id) + 1
    is_queued = message.payload == ASK_PERSON or conversation.state == "waiting"
    if is_queued or failures >= FAILURES_BEFORE_HANDOFF:
        return [*notices, desk.queue(conversation, "failed", message.language)]
    return [*notices, trouble(message.language, phrases)]


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


def _owner_unknown(language: Language, phrases: Phrases) -> Reply:
    return Reply("notice", phrases.say("utter_owner_unknown", language), "service/owner-unknown")


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


def _failures_in_a_row(said: Sequence[Message], before: int) -> int:
    """How many of the last answers before that message were apologies for a failure."""
    answers = [m for m in reversed(said) if m.author in ("bot", "system") and m.id < before]
    return sum(1 for _ in takewhile(lambda m: m.topic == TROUBLE, answers))


def _privacy_notice(message: Message, phrases: Phrases) -> list[Reply]:
    if not message.data.get("masked"):
        return []
    return [Reply("notice", phrases.say("utter_masked", message.language), "privacy/masked")]


def after_turn(conversation: Conversation, replies: Sequence[Reply]) -> Conversation:
    """The conversation with what an answer changes of it.

    That is: abstentions in a row, the topic, and whether the engine has answered since people had
    it.
    """
    kinds = {reply.kind for reply in replies}
    abstentions = conversation.abstentions
    if "abstain" in kinds:
        abstentions += 1
    elif kinds & _UNDERSTOOD_KINDS:
        abstentions = 0
    topics = [reply.topic for reply in replies if reply.topic and reply.kind in TOPIC_KINDS]
    return replace(
        conversation,
        abstentions=abstentions,
        topic=topics[-1] if topics else conversation.topic,
        is_returning=conversation.is_returning and not any(r.author == "bot" for r in replies),
    )


def admitted(conversation: Conversation, replies: Sequence[Reply]) -> list[Reply]:
    """Those of the replies that may be said now, by whoever has the conversation as it is stored.

    A store asks in the transaction that would say them: while an agent has it, or has just ended
    it, the bot is silent, however late its answer comes.
    """
    if conversation.state in ("agent", "closed"):
        return [reply for reply in replies if reply.author == "system"]
    return list(replies)


def trouble(language: Language, phrases: Phrases) -> Reply:
    """The apology when nothing could be answered, with the offer of a person."""
    return Reply(
        "error",
        phrases.say("utter_trouble", language),
        TROUBLE,
        (person_button(language, phrases),),
    )


def person_button(language: Language, phrases: Phrases) -> Button:
    """The offer of a person."""
    return Button(phrases.say("utter_button_person", language), ASK_PERSON)


def greeting(language: Language, phrases: Phrases) -> Reply:
    """What a conversation opens with."""
    text = phrases.say("utter_welcome", language)
    return Reply("greeting", text, "greeting", starting_buttons(language, phrases))


def starting_buttons(language: Language, phrases: Phrases) -> tuple[Button, ...]:
    """What a visitor may want to start with."""
    return (
        Button(
            phrases.say("utter_button_invoice_detail", language),
            payload("choose_section", section="invoice-details#csv"),
        ),
        Button(phrases.say("utter_button_fees", language), payload("ask_fee_check")),
        Button(phrases.say("utter_button_cancel", language), payload("request_cancellation")),
    )


def to_engine_text(message: Message) -> str:
    """The text for the dialogue engine: a payload as issued, or free text that is no command.

    Rasa reads a leading "/" as a command, whoever wrote it, also after spaces of any kind; only
    issued payloads may begin so. What cannot be seen before the slash goes with it.
    """
    if message.payload is not None:
        return message.payload
    return "".join(dropwhile(_may_hide_a_command, message.text)) or "?"


def _may_hide_a_command(character: str) -> bool:
    is_invisible = character.isspace() or unicodedata.category(character).startswith("C")
    return character == "/" or is_invisible


def payload(intent: str, **entities: str) -> str:
    """The payload of a button that stands for an intent: `/intent{"entity": "value"}`."""
    return f"/{intent}" + (json.dumps(entities, ensure_ascii=False) if entities else "")


@contextmanager
def _turn(conversation_id: str, store: Conversations, clock: Clock, owner: str) -> Iterator[None]:
    holder = store.take_turn(
        conversation_id, owner=owner, lease=TURN_LEASE, wait_s=TURN_WAIT_S, clock=clock
    )
    try:
        yield
    finally:
        store.end_turn(conversation_id, holder)
