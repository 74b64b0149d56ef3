"""The streams: what wakes a console, and what does not; what reaches a visitor unasked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.adapters.memory import HeldClock
from bot.adapters.memory_conversations import MemoryConversations
from bot.adapters.memory_desk import MemoryDeskRecords
from bot.core.agents import KEY_CHARS, SESSION_LENGTH, AccountChange, AgentSession
from bot.core.conversations import Conversation
from bot.core.errors import Unavailable
from bot.core.services import Services
from bot.gateway.stream import CONSOLE, POLL_S, agent_events, visitor_events
from tests.support.builders import NOW, an_agent, an_answer, start

# Longer than a pass of the stream, which looks by itself once in POLL_S.
SILENCE_S = POLL_S + 0.3
WITHIN_S = 10.0
TOKEN_HASH = "hash-of-the-console"
SESSION = TOKEN_HASH[:KEY_CHARS]


@pytest.fixture(autouse=True)
def _signed_in(services: Services) -> None:
    agent = an_agent("agent-1")
    services.agents.add(agent, "hash-of-a-password")
    services.agents.start_session(AgentSession(agent, "csrf", NOW + SESSION_LENGTH), TOKEN_HASH)


class Listener:
    """A console's end of the stream."""

    def __init__(self, events: AsyncIterator[str]) -> None:
        self._events = events
        self._pending: asyncio.Task[str] | None = None

    async def hears(self, within_s: float) -> str | None:
        """The name of the next event, "end" after the last.

        None if none comes in time, and then it may still come.
        """
        while True:
            self._pending = self._pending or asyncio.ensure_future(
                anext(self._events, "event: end")
            )
            done, _ = await asyncio.wait([self._pending], timeout=within_s)
            if not done:
                return None
            frame, self._pending = self._pending.result(), None
            if frame.startswith("event: "):
                return frame.splitlines()[0].removeprefix("event: ")

    def stop(self) -> None:
        if self._pending is not None:
            self._pending.cancel()


def test_the_bot_s_talks_wake_no_console_and_a_change_of_the_queue_does(
    services: Services,
) -> None:
    async def scene() -> list[str | None]:
        console = Listener(agent_events("agent-1", SESSION, 0, services))
        heard = [await console.hears(WITHIN_S)]
        for number in range(500):
            services.events.publish(f"talk-{number}")
        heard.append(await console.hears(SILENCE_S))
        services.events.publish(CONSOLE)
        heard.append(await console.hears(WITHIN_S))
        heard.append(await console.hears(SILENCE_S))
        console.stop()
        return heard

    assert asyncio.run(scene()) == ["queue", None, "queue", None]


def test_a_change_while_the_database_is_away_is_told_once_it_is_back(
    services: Services,
) -> None:
    class AwayAtFirst(MemoryDeskRecords):
        passes = 0

        def held(self) -> list[Conversation]:
            self.passes += 1
            if self.passes == 1:
                services.events.publish(CONSOLE)
                raise Unavailable("The database is away.")
            return super().held()

    conversations = services.conversations
    assert isinstance(conversations, MemoryConversations)
    away = replace(services, records=AwayAtFirst(conversations))

    async def scene() -> list[str | None]:
        console = Listener(agent_events("agent-1", SESSION, 0, away))
        heard = [await console.hears(WITHIN_S) for _ in range(2)]
        console.stop()
        return heard

    assert asyncio.run(scene()) == ["queue", "queue"]


def test_a_short_lease_has_several_pings_and_each_makes_up_for_a_lost_wake_up(
    services: Services,
) -> None:
    short = replace(services, desk=replace(services.desk, lease=timedelta(seconds=5)))

    async def scene() -> list[str | None]:
        console = Listener(agent_events("agent-1", SESSION, 0, short))
        heard = [await console.hears(WITHIN_S) for _ in range(3)]
        console.stop()
        return heard

    assert asyncio.run(scene()) == ["queue", "queue", "ping"]


@pytest.mark.parametrize("ending", ["signed out", "new password", "disabled", "expired"])
def test_a_console_hears_nothing_after_the_end_of_its_session(
    services: Services, clock: HeldClock, ending: str
) -> None:
    def end_session() -> None:
        match ending:
            case "signed out":
                services.agents.end_session(TOKEN_HASH)
            case "new password":
                services.agents.change("agent-1", AccountChange(password_hash="another"))
            case "disabled":
                services.agents.change("agent-1", AccountChange(is_disabled=True))
            case _:
                clock.advance(SESSION_LENGTH)

    async def scene() -> list[str | None]:
        console = Listener(agent_events("agent-1", SESSION, 0, services))
        heard = [await console.hears(WITHIN_S), await console.hears(SILENCE_S)]
        end_session()
        services.events.publish(CONSOLE)
        heard.append(await console.hears(WITHIN_S))
        console.stop()
        return heard

    assert asyncio.run(scene()) == ["queue", None, "end"]
    # To look whether the session goes on shows nobody at the other end.
    assert services.agents.present(NOW) == []


def test_what_another_process_wrote_reaches_the_visitor_without_a_wake_up(
    services: Services,
) -> None:
    async def scene() -> list[str | None]:
        kept = start(services.conversations)
        visitor = Listener(visitor_events(kept.id, 0, services))
        heard = [await visitor.hears(WITHIN_S)]
        services.conversations.say(kept.id, "system", [an_answer()], at=NOW)
        heard.append(await visitor.hears(WITHIN_S))
        visitor.stop()
        return heard

    assert asyncio.run(scene()) == ["state", "message"]
