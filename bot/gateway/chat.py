"""The visitor's calls."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import StreamingResponse

from bot.core import conversations as core
from bot.core import turns
from bot.core.agents import typing_until
from bot.core.audit import Entry
from bot.core.conversations import Conversation
from bot.core.privacy import mask, mask_address
from bot.core.service_replies import greeting
from bot.gateway.access import (
    LimitsDep,
    ServicesDep,
    SettingsDep,
    VisitorConversation,
    check_origin,
    digest,
    read_identity,
)
from bot.gateway.errors import TooMany, require_length, responses
from bot.gateway.guard import caller
from bot.gateway.limits import UNKNOWN_REFERENCES, Ask, Limits, Place, a_minute
from bot.gateway.metrics import count_turn, time_turn
from bot.gateway.schemas.chat import (
    Answered,
    IdentityRenewed,
    RenewIdentity,
    SendFeedback,
    SendMessage,
    StartConversation,
    Started,
    Transcript,
)
from bot.gateway.schemas.messages import MAX_MESSAGE_ID, MessageOut, SendSignal
from bot.gateway.stream import (
    CONSOLE,
    STREAMS_OF_CONVERSATION,
    event_response,
    last_event_id,
    visitor_events,
)

router = APIRouter(
    prefix="/api/v1/conversations", tags=["visitor"], dependencies=[Depends(check_origin)]
)
MessageId = Annotated[int, Path(ge=1, le=MAX_MESSAGE_ID, description="The answer.")]


@router.post("", status_code=201, responses=responses(401, 403, 413))
def start_conversation(
    body: StartConversation, services: ServicesDep, settings: SettingsDep
) -> Started:
    """Begins a conversation and greets."""
    identity = None if body.identity is None else read_identity(body.identity, settings)
    now = services.clock.now()
    token = secrets.token_urlsafe(32)
    conversation = Conversation(
        id=secrets.token_urlsafe(18),
        language=body.language or "fr",
        state="bot",
        identity=identity,
        page_url=mask_address(body.page_url) if body.page_url else None,
        topic=None,
        abstentions=0,
        handoff_reason=None,
        waiting_since=None,
        assignee_id=None,
        created_at=now,
        updated_at=now,
    )
    services.conversations.start(
        conversation, digest(token), [greeting(conversation.language, services.phrases)]
    )
    return Started(
        id=conversation.id,
        token=token,
        language=conversation.language,
        state=conversation.state,
        messages=MessageOut.all_of(services.conversations.messages(conversation.id)),
    )


@router.post("/{conversation_id}/messages", responses=responses(403, 404, 409, 413))
def send_message(
    body: SendMessage,
    conversation: VisitorConversation,
    services: ServicesDep,
    limits: LimitsDep,
    request: Request,
) -> Answered:
    """Takes a message and gives what the bot says in answer; a person's answer comes by events."""
    _require_share(conversation, limits, request)
    require_length(body.text or "")
    with time_turn():
        answers = turns.receive(
            conversation.id,
            turns.Visit(str(body.client_id), body.text, body.payload),
            store=services.conversations,
            assistant=services.assistant,
            desk=services.desk,
            phrases=services.phrases,
            detector=services.detector,
            clock=services.clock,
            owner=request.app.state.owner,
        )
    after = services.conversations.get(conversation.id)
    services.events.publish(conversation.id)
    if "bot" not in (conversation.state, after.state) or conversation.state != after.state:
        services.events.publish(CONSOLE)
    count_turn(answers)
    if any(answer.topic in ("ticket/not-found", "ticket/locked") for answer in answers):
        for guess in _guesses(conversation, request):
            # The answer stands: the next question is refused.
            with suppress(TooMany):
                limits.take(guess)
    return Answered(messages=MessageOut.all_of(answers), state=after.state)


def _require_share(conversation: Conversation, limits: Limits, request: Request) -> None:
    """Raises TooMany if the visitor, or the visitor's site, has sent more than its share."""
    settings = request.app.state.settings
    visitor = a_minute("messages in this conversation", settings.limit_visitor)
    asked = [(visitor, conversation.id)]
    site = conversation.identity.site_number if conversation.identity else None
    if site:
        asked.append((a_minute("messages from this site", settings.limit_site), site))
    limits.take(*asked, left_of=_guesses(conversation, request))


def _guesses(conversation: Conversation, request: Request) -> list[Ask]:
    """Under what guessed references count: the conversation, and its address if it has one."""
    return [(UNKNOWN_REFERENCES, key) for key in (conversation.id, caller(request.scope)) if key]


@router.get("/{conversation_id}", responses=responses(404))
def read_conversation(conversation: VisitorConversation, services: ServicesDep) -> Transcript:
    """The whole transcript."""
    return Transcript(
        id=conversation.id,
        language=conversation.language,
        state=conversation.state,
        messages=MessageOut.all_of(services.conversations.messages(conversation.id)),
    )


@router.put("/{conversation_id}/identity", responses=responses(401, 403, 404))
def renew_identity(
    body: RenewIdentity,
    conversation: VisitorConversation,
    services: ServicesDep,
    settings: SettingsDep,
) -> IdentityRenewed:
    """Goes on with a fresh token of the same person; accounts are told of until it ends."""
    renewed = core.renew_identity(
        conversation, read_identity(body.identity, settings), services.conversations
    )
    return IdentityRenewed.model_validate(renewed.identity)


@router.get(
    "/{conversation_id}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}, **responses(404)},
)
def follow_conversation(
    conversation: VisitorConversation, services: ServicesDep, request: Request
) -> StreamingResponse:
    """Server-Sent Events: `message` and `state`; `Last-Event-ID` resumes without a gap."""
    after = last_event_id(request)
    if after is None:
        # Of this conversation: one of another may be newer than one that is being written here.
        said = services.conversations.messages(conversation.id)
        after = said[-1].id if said else 0
    place = Place("conversation", conversation.id, STREAMS_OF_CONVERSATION)
    return event_response(visitor_events(conversation.id, after, services), request, place)


@router.post(
    "/{conversation_id}/messages/{message_id}/feedback",
    status_code=204,
    responses=responses(403, 404),
)
def give_feedback(
    message_id: MessageId,
    body: SendFeedback,
    conversation: VisitorConversation,
    services: ServicesDep,
) -> None:
    """Keeps whether an answer helped; a second one that did not brings a person."""
    services.conversations.add_feedback(
        conversation.id,
        message_id,
        helpful=body.helpful,
        comment=mask(body.comment).text if body.comment else None,
        at=services.clock.now(),
    )
    if services.desk.hear_vote(conversation.id, helpful=body.helpful):
        services.events.publish(conversation.id)
        services.events.publish(CONSOLE)


@router.post("/{conversation_id}/signals", status_code=204, responses=responses(403, 404))
def signal(body: SendSignal, conversation: VisitorConversation, services: ServicesDep) -> None:
    """Tells the agent that the visitor is typing, or how far the visitor has read."""
    services.records.signal(
        conversation.id,
        "visitor",
        typing_until=typing_until(services.clock.now(), body.typing),
        read=body.read,
    )


@router.delete("/{conversation_id}", status_code=204, responses=responses(403, 404, 409))
def erase_conversation(
    conversation: VisitorConversation, services: ServicesDep, request: Request
) -> None:
    """Erases the conversation; tickets stay, their link to it goes."""
    turns.erase(
        conversation.id,
        store=services.conversations,
        clock=services.clock,
        owner=request.app.state.owner,
    )
    services.audit.add(Entry(services.clock.now(), "visitor", "erase", conversation.id))
    services.events.publish(conversation.id)
    services.events.publish(CONSOLE)
