"""Figures, and what the knowledge base lacks (`insights.py`)."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from bot.gateway.schemas.wire import LanguageCode, Moment, Out


class Votes(Out):
    """Feedback on answers."""

    helpful: int = Field(description="Answers that helped.")
    not_helpful: int = Field(description="Answers that did not.")


class ArticleCount(Out):
    """How often an article answered."""

    slug: str = Field(description="The article.", examples=["invoice-details"])
    count: int = Field(description="How often.")


class UnansweredQuestion(Out):
    """A question that got no answer."""

    text: str = Field(description="In the visitor's words.")
    language: LanguageCode
    created_at: Moment


class DayOut(Out):
    """The counts of one day, in the team's time zone."""

    day: date = Field(description="The day.", examples=["2026-03-10"])
    conversations: int = Field(description="Begun on that day.")
    contained: int = Field(description="Of these, used and never handed off.")
    handed_off: int = Field(description="Of these, handed to people.")
    abstained: int = Field(description="How often the bot said that it does not know.")
    helpful: int = Field(description="Answers that helped.")
    not_helpful: int = Field(description="Answers that did not.")
    wait_s: float | None = Field(description="Median wait for a person in seconds; null: none.")
    satisfaction: float | None = Field(description="Mean of the ratings, 1 to 5; null: none.")


class FailingOut(Out):
    """An article that was found unhelpful."""

    slug: str = Field(description="The article.", examples=["invoice-details"])
    shown: int = Field(description="How often it answered.")
    not_helpful: int = Field(description="How often that did not help.")


class RatingComment(Out):
    """What a visitor said of the help of people."""

    score: int | None = Field(description="1 to 5.")
    comment: str = Field(description="In the visitor's words.")
    rated_at: Moment | None = Field(description="When it was rated.")


class ReportOut(Out):
    """The figures of the last days."""

    days: list[DayOut] = Field(description="Oldest first; days without anything too.")
    reasons: dict[str, int] = Field(description="Why people were wanted, and how often.")
    outcomes: dict[str, int] = Field(description="How stays with people ended, and how often.")
    waits: int = Field(description="How many waited until an agent came.")
    median_wait_s: float | None = Field(description="Half of them waited no longer; seconds.")
    long_wait_s: float | None = Field(description="Nine of ten waited no longer; seconds.")
    scores: dict[int, int] = Field(description="Ratings from 1 to 5, and how many of each.")
    satisfaction: float | None = Field(description="Mean of the ratings; null without any.")
    comments: list[RatingComment] = Field(description="Newest first.")
    failing_articles: list[FailingOut] = Field(description="Most often unhelpful first.")


class GapQuestion(Out):
    """A question of a gap."""

    text: str = Field(description="In the visitor's words.")
    language: LanguageCode
    created_at: Moment


class NearestSection(Out):
    """The section that comes nearest to a gap, without answering it."""

    key: str = Field(description="Article and section.", examples=["invoice-details#csv"])
    heading: str = Field(description="Of the section.")
    title: str = Field(description="Of the article.")
    url: str = Field(description="Where the article can be read.")


class GapOut(Out):
    """Questions without an answer that mean the same, in whatever language."""

    id: str = Field(description="Stays the same while the questions do.")
    questions: list[GapQuestion] = Field(description="The one that speaks for all first.")
    nearest: NearestSection | None = Field(description="Null if nothing comes near.")


class Gaps(Out):
    """What the knowledge base lacks, most often asked first."""

    gaps: list[GapOut] = Field(description="Most often asked first.")


class ReplayedQuestion(Out):
    """What a question gets now."""

    text: str = Field(description="The question.")
    kind: str = Field(description="Of what was said: `answer`, `abstain` …", examples=["answer"])
    topic: str | None = Field(description="What it is about.", examples=["faq/invoice-details"])


class ReplayedGap(Out):
    """A gap after its questions were played again."""

    id: str = Field(description="The gap.")
    state: Literal["closed", "partly", "open"] = Field(
        description="Whether all, some or none of its questions are answered now."
    )
    questions: list[ReplayedQuestion] = Field(description="In the order of the gap.")


class Replay(Out):
    """Which gaps have closed."""

    gaps: list[ReplayedGap] = Field(description="In the order of the gaps.")


class Insights(Out):
    """Counts over all conversations, and a report of the last days."""

    report: ReportOut = Field(description="By day, with reasons, waits and ratings.")

    conversations: int = Field(description="All that were begun and not erased.")
    contained: int = Field(description="With a visitor's message, and never handed off.")
    handed_off: int = Field(description="That waited for a person at least once.")
    abstained: int = Field(description="How often the bot said that it does not know.")
    feedback: Votes = Field(description="What visitors thought of answers.")
    top_articles: list[ArticleCount] = Field(description="Most often shown first.")
    unanswered: list[UnansweredQuestion] = Field(description="Newest first.")
