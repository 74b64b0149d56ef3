"""What goes over the wire: the public HTTP contract as models. `docs/http.md` tells it in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, model_validator

from bot.core import conversations as core
from bot.gateway.render import markdown_to_html, plain_to_html

LanguageCode = Literal["fr", "en"]
StateCode = Literal["bot", "waiting", "agent", "closed"]


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[datetime, PlainSerializer(_rfc3339, return_type=str)]


class Body(BaseModel):
    """A request body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """Something that goes out; made of the core's own object with `model_validate`."""

    model_config = ConfigDict(from_attributes=True)


# --- Visitor -------------------------------------------------------------------------------------


class StartConversation(Body):
    """How a conversation begins."""

    language: LanguageCode | None = Field(None, description="The page's language; French if none.")
    identity: str | None = Field(
        None, max_length=8_192, description="The JWT by which the vendor's site vouches."
    )
    page_url: str | None = Field(None, max_length=2_048, description="The page of the widget.")


class SendMessage(Body):
    """A text, or the payload of a button that this conversation was offered."""

    text: str | None = Field(None, description="1 to 4,000 characters.")
    payload: str | None = Field(None, min_length=1, max_length=2_000)
    client_id: UUID = Field(description="Chosen by the sender; the same one twice acts once.")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.text is None) == (self.payload is None):
            raise ValueError("give either text or payload")
        if self.text is not None and not self.text.strip():
            raise ValueError("text is empty; write at least one character")
        return self


class SendFeedback(Body):
    """What the visitor thought of an answer."""

    helpful: bool
    comment: str | None = Field(None, max_length=2_000)


class ButtonOut(Out):
    """A choice under a message."""

    title: str
    payload: str


class SourceOut(Out):
    """The section that an answer was taken from."""

    slug: str
    section: str
    title: str
    url: str
    language: LanguageCode
    digest: str = Field(description="Of the section as shown.")


class MessageOut(Out):
    """A message of the transcript."""

    id: int
    author: Literal["visitor", "bot", "agent", "system"]
    kind: core.Kind = Field(description="`message` for what a visitor or an agent wrote.")
    topic: str | None
    text: str = Field(description="Markdown.")
    html: str = Field(description="Sanitised HTML of the same.")
    language: LanguageCode
    buttons: list[ButtonOut]
    sources: list[SourceOut]
    created_at: Moment
    client_id: str | None = Field(description="Of a visitor's message: the id it was sent with.")

    @classmethod
    def of(cls, message: core.Message) -> MessageOut:
        """The message as it goes out: without what is for agents only."""
        html = plain_to_html if message.author == "visitor" else markdown_to_html
        return cls(
            id=message.id,
            author=message.author,
            kind=message.kind,
            topic=message.topic,
            text=message.text,
            html=html(message.text),
            language=message.language,
            buttons=[ButtonOut.model_validate(button) for button in message.buttons],
            sources=[SourceOut.model_validate(source) for source in message.sources],
            created_at=message.created_at,
            client_id=message.client_id,
        )

    @classmethod
    def all_of(cls, messages: Iterable[core.Message]) -> list[MessageOut]:
        """The messages as they go out, in order."""
        return [cls.of(message) for message in messages]


class Started(Out):
    """A new conversation. The token opens this conversation alone; it is told only once."""

    id: str
    token: str
    language: LanguageCode
    state: StateCode
    messages: list[MessageOut]


class Answered(Out):
    """What was said in answer."""

    messages: list[MessageOut]
    state: StateCode


class Transcript(Out):
    """The whole conversation, for a reload."""

    id: str
    language: LanguageCode
    state: StateCode
    messages: list[MessageOut]


# --- Agent ---------------------------------------------------------------------------------------


class SignIn(Body):
    """An agent's credentials."""

    email: str = Field(max_length=320)
    password: str = Field(max_length=1_000)


class AgentOut(Out):
    """A signed-in agent."""

    id: str
    name: str
    email: str
    role: str


class SignedIn(Out):
    """The session; the token must come back as X-CSRF-Token with every change."""

    agent: AgentOut
    csrf_token: str


class AgentRef(Out):
    """An agent by id and name."""

    id: str
    name: str


class AgentList(Out):
    """Agents, by name."""

    agents: list[AgentRef]
    next: str | None


class ConversationRow(Out):
    """A conversation in the queue."""

    id: str
    language: LanguageCode
    state: StateCode
    visitor: str | None = Field(description="Name of a signed-in visitor; null if anonymous.")
    site: str | None
    topic: str | None
    summary: str
    waiting_since: Moment | None
    assignee: AgentRef | None
    priority: Literal["normal", "high"]
    updated_at: Moment


class ConversationList(Out):
    """The queue, oldest wait first."""

    conversations: list[ConversationRow]
    next: str | None


class IdentityOut(Out):
    """Who the vendor's site says is writing."""

    name: str
    email: str
    external_id: str
    site_number: str | None
    roles: list[str]
    verified: Literal[True] = True


class TicketRef(Out):
    """A ticket by its reference."""

    reference: str
    kind: str
    state: str


class ConversationDetail(ConversationRow):
    """A conversation with all that an agent needs."""

    messages: list[MessageOut]
    identity: IdentityOut | None
    slots: dict[str, Any] = Field(description="What an unfinished request holds so far.")
    diagnosis: dict[str, Any] | None = Field(description="The last fee diagnosis, with evidence.")
    tickets: list[TicketRef]


class AgentMessage(Body):
    """An agent's reply, in Markdown."""

    text: str = Field(min_length=1, max_length=core.MAX_TEXT_CHARS, pattern=r"\S")


class TransferTo(Body):
    """The colleague who takes over."""

    agent: str = Field(max_length=40)


class Resolve(Body):
    """How a conversation ended, for colleagues."""

    note: str | None = Field(None, max_length=2_000)


class DeliveryOut(Out):
    """Where the ticket is on its way to the helpdesk."""

    state: str
    attempts: int
    last_error: str | None
    external_id: str | None


class TicketOut(Out):
    """A ticket."""

    reference: str
    kind: str
    state: str
    requester_name: str
    requester_email: str
    site_number: str
    language: str
    fields: dict[str, Any]
    checklist: dict[str, bool]
    to_confirm: bool
    conversation_id: str | None
    created_at: Moment
    updated_at: Moment
    delivery: DeliveryOut | None


class HistoryOut(Out):
    """One line of a ticket's history."""

    at: Moment
    who: str
    what: str


class TicketDetail(TicketOut):
    """A ticket with its history."""

    history: list[HistoryOut]


class TicketList(Out):
    """Tickets, newest first."""

    tickets: list[TicketOut]
    next: str | None


class ChangeTicket(Body):
    """What an agent changes of a ticket."""

    state: Literal["open", "in_progress", "done", "rejected"] | None = None
    checklist: dict[str, bool] | None = None


class Votes(Out):
    """Feedback on answers."""

    helpful: int
    not_helpful: int


class ArticleCount(Out):
    """How often an article answered."""

    slug: str
    count: int


class UnansweredQuestion(Out):
    """A question that got no answer."""

    text: str
    language: LanguageCode
    created_at: Moment


class Insights(Out):
    """Counts over all conversations."""

    conversations: int
    contained: int = Field(description="With a visitor's message, and never handed off.")
    handed_off: int
    abstained: int
    feedback: Votes
    top_articles: list[ArticleCount]
    unanswered: list[UnansweredQuestion]


# --- Operations and demo -------------------------------------------------------------------------


class Health(Out):
    """Whether the process lives."""

    status: Literal["ok"] = "ok"


class Readiness(Out):
    """Whether each part that the service needs answers."""

    status: Literal["ready", "not_ready"]
    checks: dict[str, Literal["ok", "failed"]]


class DemoIdentity(Out):
    """A ready-signed visitor."""

    name: str
    identity: str
    description: str


class DemoIdentities(Out):
    """All ready-signed visitors."""

    identities: list[DemoIdentity]


class DemoAgent(Out):
    """An agent to sign in as."""

    email: str
    password: str
    name: str


class DemoAgents(Out):
    """All demo agents."""

    agents: list[DemoAgent]
