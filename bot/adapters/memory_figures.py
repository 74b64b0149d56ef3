"""What has happened, in memory: `sql_figures.py` over the conversations in memory."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from bot.adapters.memory_talks import MemoryTalks
from bot.core.insights import (
    MOST_ARTICLES,
    MOST_UNANSWERED,
    Begun,
    Facts,
    Shown,
    Totals,
    Unanswered,
)


class MemoryFigures:
    """The `Figures` port in memory, over conversations in memory."""

    def __init__(self, conversations: MemoryTalks) -> None:
        self._talks = conversations

    def facts(self, since: datetime) -> Facts:
        """See the port."""
        talks = self._talks.all_kept()
        said = [m for kept in talks for m in kept.messages.values() if m.created_at >= since]
        votes = {id_: helpful for kept in talks for id_, helpful in kept.feedback.items()}
        return Facts(
            conversations=[
                Begun(
                    kept.now.created_at,
                    any(m.author == "visitor" for m in kept.messages.values()),
                    kept.was_handed_off,
                )
                for kept in talks
                if kept.now.created_at >= since
            ],
            stays=[s for kept in talks for s in kept.stays if s.asked_at >= since],
            answers=[
                Shown(m.created_at, str(m.topic).removeprefix("faq/"), votes.get(m.id))
                for m in said
                if m.kind == "answer"
            ],
            abstentions=[m.created_at for m in said if m.kind == "abstain"],
        )

    def totals(self) -> Totals:
        """See the port."""
        talks = self._talks.all_kept()
        said = {m.id: m for kept in talks for m in kept.messages.values()}
        handed_off = sum(kept.was_handed_off for kept in talks)
        used = len({m.conversation_id for m in said.values() if m.author == "visitor"})
        votes = Counter(vote for kept in talks for vote in kept.feedback.values())
        topics = Counter(m.topic for m in said.values() if m.kind == "answer")
        ranked = sorted(topics.items(), key=lambda topic: (-topic[1], str(topic[0])))
        asked = [said[m.reply_to] for m in said.values() if m.kind == "abstain" and m.reply_to]
        asked.sort(key=lambda question: -question.id)
        return Totals(
            conversations=len(talks),
            contained=max(0, used - handed_off),
            handed_off=handed_off,
            abstained=sum(m.kind == "abstain" for m in said.values()),
            helpful=votes[True],
            not_helpful=votes[False],
            top_articles=[
                (str(topic).removeprefix("faq/"), count) for topic, count in ranked[:MOST_ARTICLES]
            ],
            unanswered=[
                Unanswered(m.text, m.language, m.created_at) for m in asked[:MOST_UNANSWERED]
            ],
        )

    def unanswered(self, since: datetime, limit: int) -> list[Unanswered]:
        """See the port."""
        said = {m.id: m for kept in self._talks.all_kept() for m in kept.messages.values()}
        asked = {
            m.reply_to
            for m in said.values()
            if m.kind == "abstain" and m.created_at >= since and m.reply_to
        }
        found: dict[str, Unanswered] = {}
        for id_ in sorted(asked, reverse=True):
            question = said[id_]
            if question.payload is None:
                one = Unanswered(question.text, question.language, question.created_at)
                found.setdefault(question.text.strip().lower(), one)
        return list(found.values())[:limit]
