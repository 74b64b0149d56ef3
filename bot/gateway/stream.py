"""Server-Sent Events. The database is the stream: a wake-up only says that it is worth reading.

Each pass reads the messages after the last one sent, so a lost wake-up, another gateway's message
or a reconnect costs a moment and never a message.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from bot.core.agents import Side, Signal
from bot.core.conversations import Message
from bot.core.errors import HelpdeskError, NotFound
from bot.core.services import Services
from bot.core.waits import Outlook
from bot.gateway.guard import caller
from bot.gateway.limits import Limits, Place
from bot.gateway.schemas.messages import MAX_MESSAGE_ID, MessageOut

# The topic under which everything that concerns agents is published.
CONSOLE = "console"
# How long what another process did may go unseen if no wake-up comes: where people talk or wait,
# and where there is the bot alone. Streams are many, so those of the bot look seldom.
POLL_S = 1.0
POLL_BOT_S = 5.0
HEARTBEAT_S = 15.0
# How often a console is asked whether it is there: several times in a lease, however short.
PING_S = 15.0
PINGS_PER_LEASE = 6
# What nobody need be told: nothing has been signalled.
_NO_SIGNAL = json.dumps({"typing": False, "read": 0})
_BOT_HAS_IT = json.dumps({"state": "bot"})
# Tabs of one person, and people behind one address.
STREAMS_OF_CONVERSATION = 10
STREAMS_OF_AGENT = 60
STREAMS_OF_ADDRESS = 200


def event_response(events: AsyncIterator[str], request: Request, place: Place) -> StreamingResponse:
    """The events as a response that no proxy holds back, if there is room for one more stream.

    Raises:
        TooMany: The conversation or agent, the address, or the gateway has as many as it may.
    """
    limits: Limits = request.app.state.limits
    places = [place, Place("gateway", "", request.app.state.settings.limit_streams)]
    address = caller(request.scope)
    if address:
        places.append(Place("address", address, STREAMS_OF_ADDRESS))
    limits.require_stream(places)

    async def while_counted() -> AsyncIterator[str]:
        # Counted from here on: a response that never begins must not hold a place for ever.
        with limits.stream(places):
            async for event in events:
                yield event

    return StreamingResponse(
        while_counted(),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def last_event_id(request: Request) -> int | None:
    """The id after which the client wants to go on; None if it says none that makes sense."""
    given = request.headers.get("last-event-id", "")
    is_id = given.isascii() and given.isdigit() and len(given) <= len(str(MAX_MESSAGE_ID))
    return min(int(given), MAX_MESSAGE_ID) if is_id else None


async def visitor_events(
    conversation_id: str, after: int, services: Services
) -> AsyncIterator[str]:
    """What happens in one conversation, until it is erased or the visitor leaves.

    `message`, `state` (with the prospects of a visitor who waits, and the name of the agent who has
    the conversation), and `agent`: whether the agent is typing, and how far the agent has read.
    """
    told: dict[str, str] = {}
    clock = asyncio.get_running_loop().time
    heard = clock()
    yield "retry: 1000\n\n"
    while True:
        position = services.events.position()
        try:
            fresh, news = await run_in_threadpool(_visitor_news, conversation_id, after, services)
        except NotFound:
            return
        except HelpdeskError:
            await services.events.wait((), position, POLL_S)
            continue
        for message in fresh:
            after = message.id
            heard = clock()
            yield _frame("message", MessageOut.of(message).model_dump_json(), after)
        for event, data in news.items():
            if told.get(event, _NO_SIGNAL) != data:
                heard = clock()
                yield _frame(event, data, after)
        told = news
        if clock() >= heard + HEARTBEAT_S:
            heard = clock()
            yield ": still here\n\n"
        poll_s = POLL_BOT_S if news["state"] == _BOT_HAS_IT else POLL_S
        await services.events.wait((conversation_id,), position, poll_s)


def _visitor_news(
    conversation_id: str, after: int, services: Services
) -> tuple[list[Message], dict[str, str]]:
    """The messages after that one; the state and the agent's signals as they are now, by event."""
    fresh = services.conversations.messages(conversation_id, after)
    conversation = services.conversations.get(conversation_id)
    state: dict[str, object] = {"state": conversation.state}
    if conversation.state == "waiting":
        state |= _prospects(services.desk.outlook(conversation_id))
    if conversation.state == "agent":
        names = {agent.id: agent.name for agent in services.agents.all()}
        # A disabled agent's conversations wait for somebody else to take them.
        state["agent"] = names.get(conversation.assignee_id or "")
    news = {"state": json.dumps(state)}
    if conversation.state == "agent":
        news["agent"] = _signal(services, conversation_id, "agent")
    return fresh, news


def _prospects(outlook: Outlook) -> dict[str, int]:
    """The place in the queue, and how long the wait may be where that can honestly be said."""
    if outlook.within_min is None or not (outlook.is_open and outlook.is_staffed):
        return {"place": outlook.place}
    return {"place": outlook.place, "within_min": outlook.within_min}


def _signal(services: Services, conversation_id: str, side: Side) -> str:
    found = services.records.signals(conversation_id).get(side, Signal())
    until = found.typing_until
    is_typing = until is not None and until > services.clock.now()
    return json.dumps({"typing": is_typing, "read": found.read})


async def agent_events(
    agent_id: str, session: str, after: int, services: Services
) -> AsyncIterator[str]:
    """What an agent follows, until the console goes or the session of this key ends.

    `queue` when lists should be read again: when they changed, and with each ping, should a wake-up
    be lost; `message` and `visitor` (typing, read) in the agent's own conversations; `ping`, which
    the console answers with POST /presence: a stream alone does not show that anybody is at the
    other end.
    """
    since = services.events.position()
    clock = asyncio.get_running_loop().time
    ping_s = min(PING_S, services.desk.lease.total_seconds() / PINGS_PER_LEASE)
    next_ping = clock() + ping_s
    told: dict[str, str] = {}
    is_changed = False
    yield "retry: 1000\n\n"
    yield _frame("queue", "{}", after)
    while True:
        try:
            if not await run_in_threadpool(_is_signed_in, agent_id, session, services):
                return
            fresh = await run_in_threadpool(
                services.conversations.messages_of_assignee, agent_id, after
            )
            news = await run_in_threadpool(_agent_news, agent_id, services)
        except HelpdeskError:
            await services.events.wait((), since, POLL_S)
            continue
        for message in fresh:
            after = message.id
            yield _frame("message", _of_conversation(message), after)
        for conversation_id, data in news.items():
            if told.get(conversation_id, _NO_SIGNAL) != data:
                shown = {"conversation": conversation_id, **json.loads(data)}
                yield _frame("visitor", json.dumps(shown), after)
        told = news
        is_due = clock() >= next_ping
        if is_changed or is_due:
            yield _frame("queue", "{}", after)
        if is_due:
            next_ping = clock() + ping_s
            yield _frame("ping", "{}", after)
        newest = await services.events.wait((CONSOLE,), since, POLL_S)
        is_changed, since = newest > since, newest


def _is_signed_in(agent_id: str, session: str, services: Services) -> bool:
    """Whether the session goes on. To ask so shows nobody at the other end, as a call would."""
    open_ones = services.agents.sessions(agent_id, services.clock.now())
    return any(one.key == session for one in open_ones)


def _agent_news(agent_id: str, services: Services) -> dict[str, str]:
    """The visitors' signals in the conversations that the agent has, by conversation."""
    own = [c.id for c in services.records.held() if c.assignee_id == agent_id]
    return {id_: _signal(services, id_, "visitor") for id_ in own}


def _of_conversation(message: Message) -> str:
    shown = MessageOut.of(message).model_dump(mode="json")
    return json.dumps({"conversation": message.conversation_id, "message": shown})


def _frame(event: str, data: str, message_id: int) -> str:
    return f"event: {event}\nid: {message_id}\ndata: {data}\n\n"
