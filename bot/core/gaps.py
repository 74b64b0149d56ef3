"""What the knowledge base lacks: finding the gaps, drafting an article, and trying again.

A gap closes when its questions, asked once more in the very same way, are answered.
"""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from textwrap import shorten
from typing import TYPE_CHECKING, Literal

from bot.core.conversations import Conversation, Message
from bot.core.errors import Unavailable
from bot.core.insights import Gap, Unanswered, group
from bot.core.language import LANGUAGES, Language
from bot.core.payloads import to_engine_text

if TYPE_CHECKING:
    from bot.core.services import Services
    from knowledge_base.article import Section

LOOKED_BACK = timedelta(days=90)
MOST_QUESTIONS = 200
# Each question takes as long as a turn; more than these would keep the caller waiting.
MOST_REPLAYED = 60
# The likeness from which a section comes near a question, as the search scores it (0 to 1): what a
# question about anything else finds stays under it.
NEAR_AT = 0.5
SLUG_CHARS = 40
TITLE_CHARS = 120
State = Literal["closed", "partly", "open"]
_TODO: dict[Language, str] = {
    "fr": "À écrire : une réponse courte, avec les étapes en liste numérotée.",
    "en": "To be written: a short answer, with the steps as a numbered list.",
}
# Where the answer may stand at the vendor's, until the author names the page.
_HELP_CENTRE: dict[Language, str] = {
    "fr": "https://support.cognisantmd.com/hc/fr",
    "en": "https://support.cognisantmd.com/hc/en-us",
}
_ASKED: dict[Language, str] = {"fr": "Questions restées sans réponse", "en": "Unanswered questions"}


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a question gets now: the kind and topic of the first thing said."""

    text: str
    kind: str
    topic: str | None


def find_gaps(services: Services) -> list[Gap]:
    """The gaps of the last three months, most often asked first."""
    since = services.clock.now() - LOOKED_BACK
    questions = services.figures.unanswered(since, MOST_QUESTIONS)
    return group(questions, services.search.likeness([one.text for one in questions]))


def nearest(gap: Gap, language: Language, services: Services) -> Section | None:
    """The section nearest to the question that speaks for the gap; None if none is near."""
    found = services.search.find(gap.questions[0].text, language, 1)
    return found[0].section if found and found[0].score >= NEAR_AT else None


def replay(gap: Gap, services: Services) -> list[Replayed]:
    """Asks the questions of the gap again, each in a conversation of its own, erased after it."""
    return [_ask_again(question, services) for question in gap.questions]


def state_of(replayed: Sequence[Replayed]) -> State:
    """Whether all, some or none of a gap's questions are answered."""
    answered = [one.kind == "answer" for one in replayed]
    if all(answered):
        return "closed"
    return "partly" if any(answered) else "open"


def draft_article(gap: Gap, found: Section | None, today: date) -> str:
    """Two stubs in one file, French and English, to be finished and put with the articles.

    Status is draft: nothing of it is shown to visitors before somebody publishes it.
    """
    slug = _slug(gap.questions[0].text)
    return "\n\n".join(_stub(gap, found, slug, language, today) for language in LANGUAGES)


def _ask_again(question: Unanswered, services: Services) -> Replayed:
    now = services.clock.now()
    scratch = Conversation(
        id=f"replay-{secrets.token_urlsafe(18)}",
        language=question.language,
        state="bot",
        identity=None,
        page_url=None,
        topic=None,
        abstentions=0,
        handoff_reason=None,
        waiting_since=None,
        assignee_id=None,
        created_at=now,
        updated_at=now,
    )
    services.conversations.start(scratch, secrets.token_hex(32), ())
    try:
        said = services.assistant.reply(
            scratch.id, to_engine_text(_spoken(scratch, question)), question.language, 0
        )
    except Unavailable:
        said = []
    finally:
        services.conversations.erase(scratch.id)
    if not said:
        return Replayed(question.text, "error", None)
    return Replayed(question.text, said[0].kind, said[0].topic)


def _spoken(scratch: Conversation, question: Unanswered) -> Message:
    return Message(
        id=0,
        conversation_id=scratch.id,
        author="visitor",
        kind="message",
        topic=None,
        text=question.text,
        language=question.language,
        buttons=(),
        sources=(),
        data={},
        created_at=scratch.created_at,
    )


def _stub(gap: Gap, found: Section | None, slug: str, language: Language, today: date) -> str:
    own = [q.text for q in gap.questions if q.language == language]
    title = shorten((own or [gap.questions[0].text])[0], TITLE_CHARS, placeholder="…")
    asked = "\n".join(f"- {' '.join(q.text.split())}" for q in gap.questions)
    # No question may end the comment that holds it, "--->" neither.
    asked = re.sub("-(?=-)", "- ", asked)
    related = f"[{found.slug}]" if found else "[]"
    return f"""<!-- {language}/{slug}.md -->
---
slug: {slug}
title: {json.dumps(title.replace('"', "'"), ensure_ascii=False)}
language: {language}
audience: anyone
sections: [{slug}]
related: {related}
source_url: {_HELP_CENTRE[language]}
reviewed_on: {today.isoformat()}
status: draft
---

## {title} {{#{slug}}}

{_TODO[language]}

<!-- {_ASKED[language]}:
{asked}
-->
"""


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_CHARS].strip("-") or "question"
