"""The agents' calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Cookie, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from bot.core import handoff
from bot.core.agents import SESSION_LENGTH, Agent, AgentSession
from bot.core.conversations import Conversation, Reply
from bot.core.errors import BadInput, Conflict
from bot.core.handoff import Ownership, Transfer
from bot.core.ports import Services
from bot.core.privacy import mask
from bot.core.tickets import DeliveryState, Ticket, TicketFilter, parse_change
from bot.gateway import access
from bot.gateway.access import ChangingAgent, LimitsDep, ReadingAgent, ServicesDep, check_origin
from bot.gateway.errors import responses
from bot.gateway.guard import caller
from bot.gateway.limits import Place
from bot.gateway.schemas import (
    AgentList,
    AgentMessage,
    AgentOut,
    AgentRef,
    ChangeTicket,
    ConversationDetail,
    ConversationList,
    ConversationRow,
    IdentityOut,
    Insights,
    MessageOut,
    Resolve,
    SignedIn,
    SignIn,
    TicketDetail,
    TicketList,
    TicketOut,
    TicketRef,
    TransferTo,
)
from bot.gateway.stream import (
    CONSOLE,
    STREAMS_OF_AGENT,
    agent_events,
    event_response,
    last_event_id,
)

router = APIRouter(prefix="/api/v1/agent", tags=["agent"], dependencies=[Depends(check_origin)])
Limit = Annotated[int, Query(ge=1, le=500, description="How many at the most.")]
Cursor = Annotated[
    str | None, Query(pattern=r"^[0-9]{1,9}$", description="The `next` of the page before.")
]
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


# --- Session -------------------------------------------------------------------------------------


@router.post("/session", responses=responses(401, 403))
def sign_in(
    body: SignIn, services: ServicesDep, limits: LimitsDep, request: Request, response: Response
) -> SignedIn:
    """Signs an agent in and sets the session cookie."""
    address = caller(request.scope)
    session, token = access.sign_in(body.email, body.password, services, limits, address)
    response.set_cookie(
        access.COOKIE,
        token,
        max_age=int(SESSION_LENGTH.total_seconds()),
        path="/api/v1/agent",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return SignedIn(agent=AgentOut.model_validate(session.agent), csrf_token=session.csrf_token)


@router.get("/session", responses=responses(401))
def read_session(session: Annotated[AgentSession, Depends(access.agent_session)]) -> SignedIn:
    """Who is signed in, for a reload of the console."""
    return SignedIn(agent=AgentOut.model_validate(session.agent), csrf_token=session.csrf_token)


@router.delete("/session", status_code=204, responses=responses(401, 403))
def sign_out(
    _agent: ChangingAgent,
    services: ServicesDep,
    response: Response,
    token: Annotated[str, Cookie(alias=access.COOKIE, include_in_schema=False)] = "",
) -> None:
    """Signs the agent out."""
    services.agents.end_session(access.digest(token))
    response.delete_cookie(access.COOKIE, path="/api/v1/agent")


@router.get("/agents", responses=responses(401))
def list_agents(_agent: ReadingAgent, services: ServicesDep) -> AgentList:
    """Colleagues to transfer a conversation to."""
    return AgentList(
        agents=[AgentRef.model_validate(agent) for agent in services.agents.all()], next=None
    )


# --- Conversations -------------------------------------------------------------------------------


@router.get("/conversations", responses=responses(401))
def list_conversations(
    _agent: ReadingAgent,
    services: ServicesDep,
    state: Literal["waiting", "agent", "closed"] | None = None,
    language: Literal["fr", "en"] | None = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ConversationList:
    """The queue, oldest wait first."""
    start = int(cursor or 0)
    found = services.conversations.queue(
        state=state, language=language, q=q or None, limit=limit + 1, cursor=start
    )
    return ConversationList(
        conversations=[ConversationRow(**row) for row in _rows(found[:limit], services)],
        next=str(start + limit) if len(found) > limit else None,
    )


@router.get("/conversations/{conversation_id}", responses=responses(401, 404))
def read_conversation(
    conversation_id: str, _agent: ReadingAgent, services: ServicesDep
) -> ConversationDetail:
    """A conversation with its transcript and all that is known."""
    return _detail(services.conversations.get(conversation_id), services)


@router.post("/conversations/{conversation_id}/claim", responses=responses(401, 403, 404, 409))
def claim(conversation_id: str, agent: ChangingAgent, services: ServicesDep) -> ConversationDetail:
    """Gives the conversation to the calling agent."""
    now = _ownership(conversation_id, services)
    change = handoff.claim(now, agent.id)
    text = ("utter_agent_joined", agent.name) if change.before != change.after else None
    return _hand_over(conversation_id, change, text, "handoff/joined", services)


@router.post("/conversations/{conversation_id}/messages", responses=responses(401, 403, 404))
def write_message(
    conversation_id: str, body: AgentMessage, agent: ChangingAgent, services: ServicesDep
) -> ConversationDetail:
    """Writes to the visitor; what must not be kept is masked here too."""
    handoff.require_agent(_ownership(conversation_id, services), agent.id)
    masked = mask(body.text)
    data = {"masked": list(masked.kinds)} if masked.kinds else {}
    reply = Reply("message", masked.text, data=data)
    services.conversations.say(conversation_id, "agent", [reply], at=services.clock.now())
    return _announce(conversation_id, services)


@router.post("/conversations/{conversation_id}/transfer", responses=responses(401, 403, 404, 409))
def transfer(
    conversation_id: str, body: TransferTo, agent: ChangingAgent, services: ServicesDep
) -> ConversationDetail:
    """Gives the conversation to a colleague."""
    colleague = next((a for a in services.agents.all() if a.id == body.agent), None)
    if colleague is None:
        raise BadInput("No such agent. GET /api/v1/agent/agents lists them.")
    change = handoff.transfer(_ownership(conversation_id, services), agent.id, colleague.id)
    text = ("utter_agent_transferred", colleague.name)
    return _hand_over(conversation_id, change, text, "handoff/joined", services)


@router.post(
    "/conversations/{conversation_id}/return-to-bot", responses=responses(401, 403, 404, 409)
)
def return_to_bot(
    conversation_id: str, agent: ChangingAgent, services: ServicesDep
) -> ConversationDetail:
    """Gives the conversation back to the bot."""
    change = handoff.back_to_bot(_ownership(conversation_id, services), by=agent.id)
    services.conversations.drop_draft(conversation_id)
    text = ("utter_agent_returned", agent.name)
    return _hand_over(conversation_id, change, text, "handoff/left", services)


@router.post("/conversations/{conversation_id}/resolve", responses=responses(401, 403, 404, 409))
def resolve(
    conversation_id: str,
    agent: ChangingAgent,
    services: ServicesDep,
    body: Resolve | None = None,
) -> ConversationDetail:
    """Ends the conversation; the bot answers again when the visitor writes."""
    change = handoff.resolve(_ownership(conversation_id, services), agent.id)
    services.conversations.drop_draft(conversation_id)
    note = {"note": mask(body.note).text, "by": agent.id} if body and body.note else {}
    text = ("utter_resolved", agent.name)
    return _hand_over(conversation_id, change, text, "handoff/left", services, note)


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}, **responses(401)},
)
def follow_queue(agent: ReadingAgent, services: ServicesDep, request: Request) -> StreamingResponse:
    """Server-Sent Events: `queue` when it changed, `message` in one's own conversations."""
    after = last_event_id(request)
    if after is None:
        after = services.conversations.newest_message_id()
    place = Place("agent", agent.id, STREAMS_OF_AGENT)
    return event_response(agent_events(agent.id, after, services), request, place)


# --- Tickets and insights ------------------------------------------------------------------------


@router.get("/tickets", responses=responses(401))
def list_tickets(
    _agent: ReadingAgent,
    services: ServicesDep,
    kind: Literal["cancellation", "billing_review", "support_request"] | None = None,
    state: Literal["open", "in_progress", "done", "rejected", "withdrawn"] | None = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
    delivery: DeliveryState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> TicketList:
    """Tickets, newest first; `delivery=dead` and `=rejected` are those that wait for a person."""
    start = int(cursor or 0)
    wanted = TicketFilter(kind=kind, state=state, q=q or None, delivery=delivery)
    found = services.tickets.find(wanted, limit=limit + 1, cursor=start)
    return TicketList(
        tickets=[TicketOut(**_known(ticket, services)) for ticket in found[:limit]],
        next=str(start + limit) if len(found) > limit else None,
    )


@router.get("/tickets/{reference}", responses=responses(401, 404))
def read_ticket(reference: str, _agent: ReadingAgent, services: ServicesDep) -> TicketDetail:
    """A ticket with its history."""
    return _ticket(reference, services)


@router.patch("/tickets/{reference}", responses=responses(401, 403, 404))
def change_ticket(
    reference: str, body: ChangeTicket, agent: ChangingAgent, services: ServicesDep
) -> TicketDetail:
    """Changes state or check-list."""
    change = parse_change(body.state, body.checklist)
    services.tickets.change(reference, change, who=agent.name, at=services.clock.now())
    return _ticket(reference, services)


@router.post("/tickets/{reference}/retry-delivery", responses=responses(401, 403, 404, 409))
def retry_delivery(reference: str, agent: ChangingAgent, services: ServicesDep) -> TicketDetail:
    """Sends again what of the ticket the helpdesk has not got; nothing arrives twice."""
    if not services.tickets.retry(reference, who=agent.name, at=services.clock.now()):
        raise Conflict("There is nothing to send again: all of it is delivered or under way.")
    return _ticket(reference, services)


@router.get("/insights", responses=responses(401))
def read_insights(_agent: ReadingAgent, services: ServicesDep) -> Insights:
    """Counts over all conversations."""
    return Insights(**services.conversations.insights())


# --- Shared --------------------------------------------------------------------------------------


def _ownership(conversation_id: str, services: Services) -> Ownership:
    return Ownership.of(services.conversations.get(conversation_id))


def _hand_over(
    conversation_id: str,
    change: Transfer,
    announcement: tuple[str, str] | None,
    topic: str,
    services: Services,
    data: dict[str, Any] | None = None,
) -> ConversationDetail:
    """Stores the new owner, then tells the visitor."""
    conversation = services.conversations.change_owner(conversation_id, change)
    if announcement:
        name, agent_name = announcement
        text = services.phrases.say(name, conversation.language, agent=agent_name)
        services.conversations.say(
            conversation_id,
            "system",
            [Reply("handoff", text, topic, data=data or {})],
            at=services.clock.now(),
        )
    return _announce(conversation_id, services)


def _announce(conversation_id: str, services: Services) -> ConversationDetail:
    services.events.publish(conversation_id)
    services.events.publish(CONSOLE)
    return _detail(services.conversations.get(conversation_id), services)


def _detail(conversation: Conversation, services: Services) -> ConversationDetail:
    (row,) = _rows([conversation], services)
    messages = services.conversations.messages(conversation.id)
    draft = services.conversations.draft(conversation.id)
    stored = draft.to_json() if draft else {}
    identity = conversation.identity
    tickets = services.tickets.find(
        TicketFilter(conversation_id=conversation.id), limit=50, cursor=0
    )
    return ConversationDetail(
        **row,
        messages=MessageOut.all_of(messages),
        identity=IdentityOut.model_validate(identity) if identity else None,
        slots={name: stored[name] for name in _SHOWN_SLOTS if stored.get(name)},
        diagnosis=next((m.data for m in reversed(messages) if m.kind == "diagnosis"), None),
        tickets=[TicketRef.model_validate(ticket) for ticket in tickets],
    )


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
            "waiting_since": c.waiting_since,
            "assignee": _assignee(c, names),
            "priority": "high" if c.handoff_reason in ("angry", "failed") else "normal",
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


def _ticket(reference: str, services: Services) -> TicketDetail:
    ticket = services.tickets.get(reference)
    return TicketDetail(
        **_known(ticket, services),
        history=services.tickets.history(ticket.reference),
        deliveries=services.tickets.deliveries(ticket.reference),
    )


def _known(ticket: Ticket, services: Services) -> dict[str, Any]:
    return {**asdict(ticket), "delivery": services.tickets.delivery(ticket.reference)}
