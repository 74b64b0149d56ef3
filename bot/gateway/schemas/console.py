"""The queue, and a conversation with all that an agent needs (`console.py`)."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from bot.gateway.schemas.messages import MessageOut
from bot.gateway.schemas.team import AgentRef
from bot.gateway.schemas.tickets import TicketRef
from bot.gateway.schemas.wire import (
    Body,
    ConversationId,
    LanguageCode,
    Moment,
    Next,
    Out,
    StateCode,
    example,
)


class ConversationRow(Out):
    """A conversation in the queue."""

    id: ConversationId
    language: LanguageCode
    state: StateCode
    visitor: str | None = Field(description="Name of a signed-in visitor; null if anonymous.")
    site: str | None = Field(description="Site number of a signed-in visitor.")
    topic: str | None = Field(description="Of the last answer.", examples=["fees/not_linked"])
    summary: str = Field(description="What the visitor asked last, shortened.")
    waiting_since: Moment | None = Field(
        description="Since when a person is waited for; null where nobody waits."
    )
    assignee: AgentRef | None = Field(description="The agent who has or had it.")
    priority: Literal["normal", "high"] = Field(description="High after anger or a failure.")
    reason: str | None = Field(description="Why a person is wanted.", examples=["abstained"])
    updated_at: Moment


class ConversationList(Out):
    """The queue."""

    conversations: list[ConversationRow] = Field(
        description="Those who wait, longest first; those with an agent; closed, newest first."
    )
    next: Next


class IdentityOut(Out):
    """Who the vendor's site says is writing."""

    name: str = Field(description="As the vendor's site tells it.")
    email: str = Field(description="As the vendor's site tells it.")
    external_id: str = Field(description="The Ocean user.")
    site_number: str | None = Field(description="The site signed in to.", examples=["44170"])
    roles: list[str] = Field(description="Roles at that site.", examples=[["site_admin"]])
    verified: Literal[True] = Field(True, description="Always true: signed by the vendor's site.")


class NoteOut(Out):
    """What an agent wrote for colleagues."""

    id: int = Field(description="Grows with time.")
    author: str = Field(description="The agent's name.")
    text: str = Field(description="Plain text.")
    created_at: Moment


class ConversationDetail(ConversationRow):
    """A conversation with all that an agent needs."""

    messages: list[MessageOut] = Field(description="All of them, oldest first.")
    identity: IdentityOut | None = Field(description="Null if nobody vouches for the visitor.")
    slots: dict[str, Any] = Field(description="What an unfinished request holds so far.")
    diagnosis: dict[str, Any] | None = Field(description="The last fee diagnosis, with evidence.")
    tickets: list[TicketRef] = Field(description="Filed in this conversation, newest first.")
    notes: list[NoteOut] = Field(description="For colleagues; no visitor sees them. Oldest first.")
    page_url: str | None = Field(description="The page on which the visitor began.")
    created_at: Moment


class AgentMessage(Body):
    """An agent's reply, in Markdown."""

    model_config = example(text="Bonjour, je regarde **votre compte**.")

    text: str = Field(min_length=1, pattern=r"\S", description="Markdown, 1 to 4,000 characters.")
    client_id: UUID | None = Field(
        None, description="Chosen by the sender; the same one twice is said once."
    )


class WriteNote(Body):
    """A note for colleagues."""

    model_config = example(text="Rappeler la clinique jeudi.")

    text: str = Field(
        min_length=1, max_length=2_000, pattern=r"\S", description="Never shown to the visitor."
    )


class TransferTo(Body):
    """The colleague who takes over."""

    model_config = example(agent="agt_4f1c9d2e8a70")

    agent: str = Field(max_length=40, description="The colleague's id.")


class Resolve(Body):
    """How a conversation ended, for colleagues."""

    model_config = example(note="Réglé au téléphone.")

    note: str | None = Field(None, max_length=2_000, description="Never shown to the visitor.")
