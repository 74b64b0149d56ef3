"""Server-Sent Events. The database is the stream: a wake-up only says that it is worth reading.

Each pass reads the messages after the last one sent, so a lost wake-up, another gateway's message
or a reconnect costs a moment and never a message.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from bot.core.conversations import Message
from bot.core.errors import HelpdeskError, NotFound
from bot.core.ports import Services
from bot.gateway.guard import caller
from bot.gateway.limits import Limits, Place
from bot.gateway.schemas import MAX_MESSAGE_ID, MessageOut

# The topic under which everything that concerns agents is published.
CONSOLE = "console"
# How long another process's message may go unseen, and how many silent passes make a heartbeat.
POLL_S = 1.0
PASSES_PER_HEARTBEAT = 15
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
    """Messages and state changes of one conversation, until it is erased or the visitor leaves."""
    state: str | None = None
    silent = 0
    yield "retry: 1000\n\n"
    while True:
        position = services.events.position()
        try:
            conversation = await run_in_threadpool(services.conversations.get, conversation_id)
            fresh = await run_in_threadpool(services.conversations.messages, conversation_id, after)
        except NotFound:
            return
        except HelpdeskError:
            await services.events.wait((), position, POLL_S)
            continue
        for message in fresh:
            after = message.id
            yield _frame("message", MessageOut.of(message).model_dump_json(), after)
        if conversation.state != state:
            state = conversation.state
            yield _frame("state", json.dumps({"state": state}), after)
            silent = 0
        silent = 0 if fresh else silent + 1
        if silent >= PASSES_PER_HEARTBEAT:
            silent = 0
            yield ": still here\n\n"
        await services.events.wait((conversation_id,), position, POLL_S)


async def agent_events(agent_id: str, after: int, services: Services) -> AsyncIterator[str]:
    """`queue` when the queue has changed, `message` for messages in the agent's conversations."""
    silent = 0
    seen = services.events.position()
    yield "retry: 1000\n\n"
    yield _frame("queue", "{}", after)
    while True:
        position = services.events.position()
        try:
            fresh = await run_in_threadpool(
                services.conversations.messages_of_assignee, agent_id, after
            )
        except HelpdeskError:
            await services.events.wait((), position, POLL_S)
            continue
        for message in fresh:
            after = message.id
            yield _frame("message", _of_conversation(message), after)
        if position != seen:
            seen = position
            yield _frame("queue", "{}", after)
        silent = 0 if fresh else silent + 1
        if silent >= PASSES_PER_HEARTBEAT:
            silent = 0
            yield ": still here\n\n"
        await services.events.wait((CONSOLE,), position, POLL_S)


def _of_conversation(message: Message) -> str:
    shown = MessageOut.of(message).model_dump(mode="json")
    return json.dumps({"conversation": message.conversation_id, "message": shown})


def _frame(event: str, data: str, message_id: int) -> str:
    return f"event: {event}\nid: {message_id}\ndata: {data}\n\n"
