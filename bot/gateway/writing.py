"""The agents' calls that help with a reply: canned replies, suggested sections, a preview."""

from __future__ import annotations

from pathlib import Path

import yaml
from fastapi import APIRouter, Depends

from bot.core.services import Services
from bot.gateway.access import ChangingAgent, ReadingAgent, ServicesDep, SettingsDep, check_origin
from bot.gateway.errors import require_length, responses
from bot.gateway.render import markdown_to_html
from bot.gateway.schemas.console import AgentMessage
from bot.gateway.schemas.wire import OfConversation
from bot.gateway.schemas.writing import (
    CannedReplies,
    CannedReply,
    Preview,
    SuggestionOut,
    Suggestions,
)

router = APIRouter(prefix="/api/v1/agent", tags=["agent"], dependencies=[Depends(check_origin)])
MOST_SUGGESTIONS = 3


@router.get("/replies", responses=responses(401))
def list_replies(_agent: ReadingAgent, settings: SettingsDep) -> CannedReplies:
    """The replies that agents send often; read anew each time, so that a change shows at once."""
    read = yaml.safe_load(Path(settings.replies).read_text(encoding="utf-8")) or {}
    return CannedReplies(
        replies=[CannedReply(key=key, fr=both["fr"], en=both["en"]) for key, both in read.items()]
    )


@router.post("/preview", responses=responses(401, 403, 413))
def preview(body: AgentMessage, _agent: ChangingAgent) -> Preview:
    """The text as the visitor would see it; nothing is sent."""
    require_length(body.text)
    return Preview(html=markdown_to_html(body.text))


@router.get("/conversations/{conversation_id}/suggestions", responses=responses(401, 404))
def suggest(
    conversation_id: OfConversation, _agent: ReadingAgent, services: ServicesDep
) -> Suggestions:
    """Sections that may answer what the visitor asked last, in the visitor's language."""
    question = _last_question(conversation_id, services)
    language = services.conversations.get(conversation_id).language
    found = services.search.find(question, language, MOST_SUGGESTIONS) if question else ()
    return Suggestions(
        question=question,
        suggestions=[
            SuggestionOut(
                key=one.section.key,
                heading=one.section.heading,
                title=one.section.article_title,
                url=one.section.url,
                language=language,
                text=f"**{one.section.heading}**\n\n{one.section.body}",
            )
            for one in found
        ],
    )


def _last_question(conversation_id: str, services: Services) -> str:
    """What the visitor wrote last, short courtesies and the wish for a person left aside."""
    said = services.conversations.messages(conversation_id)
    texts = [m.text for m in reversed(said) if m.author == "visitor" and m.payload is None]
    long_enough = [text for text in texts if len(text.split()) > 3]
    kept = services.conversations.last_questions([conversation_id]).get(conversation_id, "")
    return (long_enough[0] if long_enough else "") or kept
