"""What visitors send and get: conversations, messages, files (`chat.py`, `files.py`)."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from fastapi import UploadFile
from pydantic import Field, model_validator

from bot.gateway.schemas.messages import MessageOut
from bot.gateway.schemas.wire import (
    Body,
    ConversationId,
    LanguageCode,
    Moment,
    Out,
    StateCode,
    example,
)


class StartConversation(Body):
    """How a conversation begins."""

    model_config = example(language="fr", page_url="https://clinique.example.com/facturation")

    language: LanguageCode | None = Field(None, description="The page's language; French if none.")
    identity: str | None = Field(
        None, max_length=8_192, description="The JWT by which the vendor's site vouches."
    )
    page_url: str | None = Field(None, max_length=2_048, description="The page of the widget.")


class RenewIdentity(Body):
    """A fresh token of the person in whose name the conversation was begun."""

    model_config = example(identity="eyJhbGciOiJIUzI1NiIsImtpZCI6ImFwcF8yMDI2In0.eyJzY29wZSI6…")

    identity: str = Field(
        max_length=8_192, description="The JWT by which the vendor's site vouches."
    )


class IdentityRenewed(Out):
    """Who goes on, and until when accounts are told of."""

    external_id: str = Field(description="The Ocean user, as before.", examples=["demo-roy"])
    site_number: str | None = Field(description="The site signed in to.", examples=["44170"])
    expires_at: Moment


class SendMessage(Body):
    """A text, or the payload of a button that this conversation was offered."""

    model_config = example(
        text="Où sont mes anciennes factures?", client_id="0b7c4b1e-6d3e-4a51-9d0f-3f2f6f0a7c11"
    )

    text: str | None = Field(None, description="1 to 4,000 characters.")
    payload: str | None = Field(
        None, min_length=1, max_length=2_000, description="As it stands in the button."
    )
    client_id: UUID = Field(description="Chosen by the sender; the same one twice acts once.")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.text is None) == (self.payload is None):
            raise ValueError("give either text or payload")
        if self.text is not None and not self.text.strip():
            raise ValueError("text is empty; write at least one character")
        return self


class SendFiles(Body):
    """Two CSV files that a site admin exports from Ocean."""

    model_config = example(users="users.csv", items="bill-items.csv")

    users: UploadFile = Field(description="The users list (“Export Users”), at most 2 MiB.")
    items: UploadFile = Field(description="The bill items (“Bill Item Report”), at most 2 MiB.")


class SendFeedback(Body):
    """What the visitor thought of an answer."""

    model_config = example(helpful=True, comment="Parfait, merci!")

    helpful: bool = Field(description="Whether the answer helped.")
    comment: str | None = Field(None, max_length=2_000, description="In the visitor's words.")


class Started(Out):
    """A new conversation. The token opens this conversation alone; it is told only once."""

    id: ConversationId
    token: str = Field(description="Bearer token of this conversation.")
    language: LanguageCode
    state: StateCode
    messages: list[MessageOut] = Field(description="The greeting.")


class Answered(Out):
    """What was said in answer."""

    messages: list[MessageOut] = Field(description="In order; none while a person answers.")
    state: StateCode


class Transcript(Out):
    """The whole conversation, for a reload."""

    id: ConversationId
    language: LanguageCode
    state: StateCode
    messages: list[MessageOut] = Field(description="All of them, oldest first.")
