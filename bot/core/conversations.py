"""Conversations: what one is, what is said in it, and what an answer changes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

from bot.core.errors import Conflict, NotAllowed
from bot.core.language import Language
from bot.core.places import Place

if TYPE_CHECKING:
    from bot.core.ports.conversations import Conversations
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
# The queue's groups, in order: those who wait, those with an agent, and what is closed.
_IN_HAND = ("waiting", "agent")
CLOSED_GROUP = len(_IN_HAND)
# Kinds that are about something. What is not asked back or abstained on shows that the bot
# understood, which ends a row of abstentions.
TOPIC_KINDS: frozenset[Kind] = frozenset(
    {"answer", "clarify", "diagnosis", "form", "recap", "ticket", "abstain"}
)

# The topic of the question which of some things is meant. A choice of tickets, or the offer of a
# second answer, is of kind "clarify" too, but those were understood.
WHICH = "clarify"

MAX_TEXT_CHARS = 4_000


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


def require_author(message: Message, author: Author) -> Message:
    """The message that was found under a client id, if this author sent it.

    Raises:
        Conflict: Somebody else did: what comes now is another message, and must not be lost.
    """
    if message.author != author:
        raise Conflict(
            "Another message of this conversation has this client_id. Send yours under a new one."
        )
    return message


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


def place_of(conversation: Conversation) -> Place:
    """Where it stands in the queue.

    Those who wait come first and those with an agent next, either longest first: since they began
    to wait, or to talk if they never waited. What is closed follows, touched last first. Nothing
    that is said while somebody waits or is with an agent moves a row between two pages.
    """
    if conversation.state not in _IN_HAND:
        return Place(CLOSED_GROUP, conversation.updated_at, conversation.id)
    since = conversation.waiting_since or conversation.created_at
    return Place(_IN_HAND.index(conversation.state), since, conversation.id)


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


def after_turn(conversation: Conversation, replies: Sequence[Reply]) -> Conversation:
    """The conversation with what an answer changes of it.

    That is: abstentions in a row, the topic, and whether the engine has answered since people had
    it.
    """
    on_topic = [reply for reply in replies if _is_on_topic(reply)]
    abstentions = conversation.abstentions
    if any(reply.kind == "abstain" for reply in replies):
        abstentions += 1
    elif on_topic and not any(map(_is_unclear, replies)):
        abstentions = 0
    topics = [reply.topic for reply in on_topic if reply.topic]
    return replace(
        conversation,
        abstentions=abstentions,
        topic=topics[-1] if topics else conversation.topic,
        is_returning=conversation.is_returning and not any(r.author == "bot" for r in replies),
    )


def unclear_in_a_row(transcript: Sequence[Message]) -> int:
    """How many messages were not understood since one was, or since people were brought."""
    said = (message for message in reversed(transcript) if message.author != "visitor")
    count = 0
    for _, one_answer in groupby(said, key=lambda message: message.reply_to):
        answer = list(one_answer)
        is_unclear = any(map(_is_unclear, answer))
        is_understood = any(map(_is_on_topic, answer)) and not is_unclear
        if is_understood or any(message.kind == "handoff" for message in answer):
            break
        count += is_unclear
    return count


def _is_on_topic(said: Reply | Message) -> bool:
    # That a ticket cannot be shown is a notice, but tickets are what is spoken of.
    return said.kind in TOPIC_KINDS or (said.topic or "").startswith("ticket/")


def _is_unclear(said: Reply | Message) -> bool:
    return said.kind == "abstain" or (said.kind == "clarify" and said.topic == WHICH)


def admitted(conversation: Conversation, replies: Sequence[Reply]) -> list[Reply]:
    """Those of the replies that may be said now, by whoever has the conversation as it is stored.

    A store asks in the transaction that would say them: while an agent has it, or has just ended
    it, the bot is silent, however late its answer comes.
    """
    if conversation.state in ("agent", "closed"):
        return [reply for reply in replies if reply.author == "system"]
    return list(replies)
