"""The agents' calls about conversations.

Tickets stand in tickets.py, accounts in team.py, figures and gaps in insights.py, help with a reply
in writing.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from bot.core import handoff
from bot.core.agents import Agent, typing_until
from bot.core.conversations import (
    URGENT_REASONS,
    Conversation,
    Message,
    QueueFilter,
    Reply,
    place_of,
)
from bot.core.handoff import Ownership
from bot.core.privacy import mask
from bot.core.services import Services
from bot.core.tickets import TicketFilter
from bot.gateway.access import (
    ChangingAgent,
    ReadingAgent,
    ServicesDep,
    SessionKey,
    check_origin,
)
from bot.gateway.errors import require_length, responses
from bot.gateway.limits import Place
from bot.gateway.schemas.console import (
    AgentMessage,
    ConversationDetail,
    ConversationList,
    ConversationRow,
    IdentityOut,
    NoteOut,
    Resolve,
    TransferTo,
    WriteNote,
)
from bot.gateway.schemas.messages import MAX_MESSAGE_ID, MessageOut, SendSignal
from bot.gateway.schemas.team import AgentRef
from bot.gateway.schemas.tickets import TicketRef
from bot.gateway.schemas.wire import (
    ROWS,
    Cursor,
    Limit,
    Nothing,
    OfConversation,
    Words,
    empty_means,
    read_cursor,
    write_cursor,
)
from bot.gateway.stream import (
    CONSOLE,
    STREAMS_OF_AGENT,
    agent_events,
    event_response,
    last_event_id,
)

router = APIRouter(prefix="/api/v1/agent", tags=["agent"], dependencies=[Depends(check_origin)])
SUMMARY_CHARS = 140
# A conversation's slots are what the visitor has said, not how the form keeps its place.
_SHOWN_SLOTS = (
    "products",
    "requester_name",
    "requester_email",
    "site_number",
    "emr_vendor",
    "reason",
)


@router.get("/conversations", responses=responses(401))
def list_conversations(
    agent: ReadingAgent,
    services: ServicesDep,
    state: Annotated[
        Literal["waiting", "agent", "closed"] | None,
        Query(description="Who has it: nobody yet, an agent, nobody any more."),
        empty_means(None),
    ] = None,
    language: Annotated[
        Literal["fr", "en"] | None, Query(description="What it is held in."), empty_means(None)
    ] = None,
    topic: Annotated[str | None, Query(max_length=80, description="Its beginning.")] = None,
    site: Annotated[
        str | None,
        Query(pattern=r"^\d{1,6}$", description="Site number of a signed-in visitor."),
        empty_means(None),
    ] = None,
    priority: Annotated[
        Literal["normal", "high"] | None,
        Query(description="High after anger or a failure."),
        empty_means(None),
    ] = None,
    mine: Annotated[bool, Query(description="One's own alone."), empty_means(False)] = False,
    q: Words = None,
    limit: Limit = ROWS,
    cursor: Cursor = None,
) -> ConversationList:
    """The queue: those who wait, longest first; those with an agent; closed ones, newest first."""
    wanted = QueueFilter(
        state=state,
        language=language,
        topic=topic or None,
        site=site,
        is_urgent=None if priority is None else priority == "high",
        assignee_id=agent.id if mine else None,
        q=q,
    )
    found = services.conversations.queue(wanted, limit=limit + 1, after=read_cursor(cursor))
    return ConversationList(
        conversations=[ConversationRow(**row) for row in _rows(found[:limit], services)],
        next=write_cursor(place_of(found[limit - 1])) if len(found) > limit else None,
    )


@router.get("/conversations/{conversation_id}", responses=responses(401, 404))
def read_conversation(
    conversation_id: OfConversation, _agent: ReadingAgent, services: ServicesDep
) -> ConversationDetail:
    """A conversation with its transcript and all that is known."""
    return _detail(services.conversations.get(conversation_id), services)


@router.post("/conversations/{conversation_id}/claim", responses=responses(401, 403, 404, 409))
def claim(
    conversation_id: OfConversation,
    agent: ChangingAgent,
    services: ServicesDep,
    _body: Nothing | None = None,
) -> ConversationDetail:
    """Gives the conversation to the calling agent."""
    return _announce(services.desk.claim(conversation_id, agent), services)


@router.post(
    "/conversations/{conversation_id}/messages", responses=responses(401, 403, 404, 409, 413)
)
def write_message(
    conversation_id: OfConversation, body: AgentMessage, agent: ChangingAgent, services: ServicesDep
) -> ConversationDetail:
    """Writes to the visitor; what must not be kept is masked here too."""
    require_length(body.text)
    client_id = str(body.client_id) if body.client_id else None
    store = services.conversations
    said = client_id and store.find_visit(conversation_id, client_id, author="agent")
    # Sent again since the answer was lost: it is said, whoever has the conversation by now.
    if not said:
        _say(conversation_id, body.text, client_id, agent, services)
    return _announce(store.get(conversation_id), services)


@router.post("/conversations/{conversation_id}/transfer", responses=responses(401, 403, 404, 409))
def transfer(
    conversation_id: OfConversation, body: TransferTo, agent: ChangingAgent, services: ServicesDep
) -> ConversationDetail:
    """Gives the conversation to a colleague."""
    return _announce(services.desk.transfer(conversation_id, agent, body.agent), services)


@router.post(
    "/conversations/{conversation_id}/return-to-bot", responses=responses(401, 403, 404, 409)
)
def return_to_bot(
    conversation_id: OfConversation,
    agent: ChangingAgent,
    services: ServicesDep,
    _body: Nothing | None = None,
) -> ConversationDetail:
    """Gives the conversation back to the bot."""
    return _announce(services.desk.give_back(conversation_id, agent), services)


@router.post("/conversations/{conversation_id}/resolve", responses=responses(401, 403, 404, 409))
def resolve(
    conversation_id: OfConversation,
    agent: ChangingAgent,
    services: ServicesDep,
    body: Resolve | None = None,
) -> ConversationDetail:
    """Ends the conversation; the bot answers again when the visitor writes."""
    note = mask(body.note).text if body and body.note else None
    return _announce(services.desk.resolve(conversation_id, agent, note), services)


@router.post("/conversations/{conversation_id}/notes", responses=responses(401, 403, 404))
def write_note(
    conversation_id: OfConversation, body: WriteNote, agent: ChangingAgent, services: ServicesDep
) -> ConversationDetail:
    """Writes a note for colleagues; anybody may, whoever has the conversation."""
    at = services.clock.now()
    services.records.add_note(conversation_id, agent, mask(body.text).text, at=at)
    services.events.publish(CONSOLE)
    return _detail(services.conversations.get(conversation_id), services)


@router.post(
    "/conversations/{conversation_id}/signals", status_code=204, responses=responses(401, 403, 404)
)
def signal(
    conversation_id: OfConversation, body: SendSignal, agent: ChangingAgent, services: ServicesDep
) -> None:
    """Tells the visitor that the agent who has the conversation is typing, or has read.

    Without effect for anybody else: the conversation may have changed hands on the way here.
    """
    owned = Ownership.of(services.conversations.get(conversation_id))
    if (owned.state, owned.assignee_id) != ("agent", agent.id):
        return
    services.records.signal(
        conversation_id,
        "agent",
        typing_until=typing_until(services.clock.now(), body.typing),
        read=body.read,
    )


@router.post("/presence", status_code=204, responses=responses(401, 403))
def be_present(_agent: ChangingAgent, _body: Nothing | None = None) -> None:
    """Answers a `ping` of the stream: the console is open, its agent keeps what is claimed."""


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}, **responses(401)},
)
def follow_queue(
    agent: ReadingAgent,
    session: SessionKey,
    services: ServicesDep,
    request: Request,
    after: Annotated[
        int | None,
        Query(ge=0, le=MAX_MESSAGE_ID, description="As Last-Event-ID, which wins."),
        empty_means(None),
    ] = None,
) -> StreamingResponse:
    """Server-Sent Events: `queue` when it changed, `message` in one's own conversations."""
    resume = last_event_id(request)
    if resume is None:
        resume = services.conversations.newest_message_id() if after is None else after
    place = Place("agent", agent.id, STREAMS_OF_AGENT)
    return event_response(agent_events(agent.id, session, resume, services), request, place)


def _say(
    conversation_id: str, text: str, client_id: str | None, agent: Agent, services: Services
) -> None:
    owned = Ownership.of(services.conversations.get(conversation_id))
    handoff.require_agent(owned, agent.id)
    masked = mask(text)
    data = {"masked": list(masked.kinds)} if masked.kinds else {}
    # Whoever sends has stopped typing: said first, or the visitor would see both for a while.
    services.records.signal(conversation_id, "agent", typing_until=services.clock.now())
    services.conversations.say(
        conversation_id,
        "agent",
        [Reply("message", masked.text, data=data)],
        at=services.clock.now(),
        while_owned=owned,
        client_id=client_id,
    )


def _announce(conversation: Conversation, services: Services) -> ConversationDetail:
    services.events.publish(conversation.id)
    services.events.publish(CONSOLE)
    return _detail(conversation, services)


def _detail(conversation: Conversation, services: Services) -> ConversationDetail:
    (row,) = _rows([conversation], services)
    messages = services.conversations.messages(conversation.id)
    draft = services.conversations.draft(conversation.id)
    stored = draft.to_json() if draft else {}
    identity = conversation.identity
    tickets = services.tickets.find(TicketFilter(conversation_id=conversation.id), limit=50)
    return ConversationDetail(
        **row,
        messages=MessageOut.all_of(messages),
        identity=IdentityOut.model_validate(identity) if identity else None,
        slots={name: stored[name] for name in _SHOWN_SLOTS if stored.get(name)},
        diagnosis=next((m.data for m in reversed(messages) if _has_finding(m)), None),
        tickets=[TicketRef.model_validate(ticket) for ticket in tickets],
        notes=[NoteOut.model_validate(note) for note in services.records.notes(conversation.id)],
        page_url=conversation.page_url,
        created_at=conversation.created_at,
    )


def _has_finding(message: Message) -> bool:
    # Some that were kept by earlier versions have words alone.
    return message.kind == "diagnosis" and "finding" in message.data


def _rows(found: Sequence[Conversation], services: Services) -> list[dict[str, Any]]:
    words = services.conversations.last_questions([c.id for c in found])
    names: dict[str, Agent] = {agent.id: agent for agent in services.agents.all()}
    return [
        {
            "id": c.id,
            "language": c.language,
            "state": c.state,
            "visitor": c.identity.name if c.identity else None,
            "site": c.identity.site_number if c.identity else None,
            "topic": c.topic,
            "summary": _shortened(words.get(c.id, "")),
            # Kept of one whom an agent has, who may go back to that place; but nobody waits now.
            "waiting_since": c.waiting_since if c.state == "waiting" else None,
            "assignee": _assignee(c, names),
            "priority": "high" if c.handoff_reason in URGENT_REASONS else "normal",
            "reason": c.handoff_reason,
            "updated_at": c.updated_at,
        }
        for c in found
    ]


def _assignee(conversation: Conversation, names: dict[str, Agent]) -> AgentRef | None:
    agent = names.get(conversation.assignee_id or "")
    return AgentRef.model_validate(agent) if agent else None


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SUMMARY_CHARS else line[: SUMMARY_CHARS - 1].rstrip() + "…"
