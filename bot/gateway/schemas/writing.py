"""Help with a reply: preview, suggested sections, canned replies (`writing.py`)."""

from __future__ import annotations

from pydantic import Field

from bot.gateway.schemas.wire import LanguageCode, Out


class Preview(Out):
    """A text as the visitor would see it."""

    html: str = Field(description="Sanitised HTML.")


class SuggestionOut(Out):
    """A section that may answer the visitor's last question."""

    key: str = Field(description="Article and section.", examples=["invoice-details#csv"])
    heading: str = Field(description="Of the section.")
    title: str = Field(description="Of the article.")
    url: str = Field(description="Where the article can be read.")
    language: LanguageCode
    text: str = Field(description="The section in Markdown, as it can be sent.")


class Suggestions(Out):
    """Sections for the visitor's last question, best first."""

    question: str = Field(description="The question; empty if none was asked.")
    suggestions: list[SuggestionOut] = Field(description="Best first; none without a question.")


class CannedReply(Out):
    """A reply that agents send often, in both languages, with {placeholders}."""

    key: str = Field(description="Names the reply.", examples=["hello"])
    fr: str = Field(description="Markdown with {agent}, {visitor}, {site}.")
    en: str = Field(description="Markdown with {agent}, {visitor}, {site}.")


class CannedReplies(Out):
    """All canned replies, in the order of their file."""

    replies: list[CannedReply] = Field(description="In the order of their file.")
