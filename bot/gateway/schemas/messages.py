"""A message as it goes out, and what each side signals: the same for visitors and agents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from bot.core import conversations as core
from bot.gateway.render import markdown_to_html, plain_to_html
from bot.gateway.schemas.wire import Body, LanguageCode, Moment, Out, example

# The largest that the database's integers hold.
MAX_MESSAGE_ID = 2**31 - 1


class SendSignal(Body):
    """What one side lets the other see of it."""

    model_config = example(typing=True, read=12)

    typing: bool | None = Field(
        None, description="Whether something is being typed right now; absent: as before."
    )
    read: int | None = Field(
        None, ge=0, le=MAX_MESSAGE_ID, description="The last message that was seen."
    )


class ButtonOut(Out):
    """A choice under a message."""

    title: str = Field(description="What stands on the button.")
    payload: str = Field(description="What to send when it is pressed.")


class SourceOut(Out):
    """The section that an answer was taken from."""

    slug: str = Field(description="The article.", examples=["invoice-details"])
    section: str = Field(description="The section of the article.", examples=["csv"])
    title: str = Field(description="Title of the article.")
    url: str = Field(description="Where the article can be read.")
    language: LanguageCode
    digest: str = Field(description="Of the section as shown.")


class MessageOut(Out):
    """A message of the transcript."""

    id: int = Field(description="Grows with time within a conversation.")
    author: Literal["visitor", "bot", "agent", "system"] = Field(description="Who says it.")
    kind: core.Kind = Field(description="`message` for what a visitor or an agent wrote.")
    topic: str | None = Field(description="What it is about.", examples=["faq/invoice-details"])
    text: str = Field(description="Markdown.")
    html: str = Field(description="Sanitised HTML of the same.")
    language: LanguageCode
    buttons: list[ButtonOut] = Field(description="Choices that are offered.")
    sources: list[SourceOut] = Field(description="Where the words come from.")
    created_at: Moment
    client_id: str | None = Field(
        description="Of a visitor's message: the id it was sent with, in lower case with hyphens."
    )
    is_masked: bool = Field(
        description="Whether something that must not be kept was masked in it; never what."
    )

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
            client_id=message.client_id if message.author == "visitor" else None,
            is_masked=bool(message.data.get("masked")),
        )

    @classmethod
    def all_of(cls, messages: Iterable[core.Message]) -> list[MessageOut]:
        """The messages as they go out, in order."""
        return [cls.of(message) for message in messages]
