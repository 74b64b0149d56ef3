"""Wake-up calls: one suite over a single process and over Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from bot.adapters import events_local
from bot.adapters.events_local import LocalEvents
from bot.adapters.events_redis import RedisEvents
from bot.core.ports.events import Events
from tests.support.redis import RedisServer
from tests.support.stack import wait_for

WITHIN_S = 10.0


@pytest.fixture
def pair(redis_server: RedisServer) -> Iterator[tuple[RedisEvents, RedisEvents]]:
    """Two gateways' ends, each known to hear the other."""
    first, second = RedisEvents(redis_server.url), RedisEvents(redis_server.url)
    for one, other in ((first, second), (second, first)):
        wait_for(lambda one=one, other=other: heard(one, other))
    yield first, second
    first.close()
    second.close()


@pytest.fixture(params=["local", "redis"])
def events(request: pytest.FixtureRequest) -> Events:
    if request.param == "local":
        return LocalEvents()
    ends: tuple[RedisEvents, RedisEvents] = request.getfixturevalue("pair")
    return ends[0]


def heard(one: Events, other: Events) -> bool:
    """Whether a call of one reaches the other, now."""
    since = other.position()
    one.publish("hello")
    return asyncio.run(other.wait(["hello"], since, 0.2)) > since


def test_who_waits_for_a_topic_is_woken_by_it(events: Events) -> None:
    async def scene() -> tuple[int, int]:
        since = events.position()
        waiting = asyncio.create_task(events.wait(["a", "b"], since, WITHIN_S))
        await asyncio.sleep(0)
        events.publish("b")
        return since, await waiting

    since, position = asyncio.run(scene())
    assert position > since


def test_a_call_before_the_wait_is_not_missed(events: Events) -> None:
    since = events.position()
    events.publish("a")
    assert asyncio.run(events.wait(["a"], since, WITHIN_S)) > since


def test_another_topic_wakes_nobody(events: Events) -> None:
    async def scene() -> bool:
        waiting = asyncio.create_task(events.wait(["a"], events.position(), WITHIN_S))
        await asyncio.sleep(0)
        events.publish("b")
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        waiting.cancel()
        return bool(done)

    assert not asyncio.run(scene())


def test_a_call_crosses_from_one_gateway_to_another(pair: tuple[RedisEvents, RedisEvents]) -> None:
    first, second = pair
    since = second.position()
    first.publish("conversation")
    assert asyncio.run(second.wait(["conversation"], since, WITHIN_S)) > since


def test_without_redis_the_own_process_is_woken_and_nothing_fails(
    pair: tuple[RedisEvents, RedisEvents], redis_server: RedisServer
) -> None:
    first, second = pair
    redis_server.kill()
    try:
        since = first.position()
        first.publish("a")
        assert asyncio.run(first.wait(["a"], since, WITHIN_S)) > since
    finally:
        redis_server.start()
    wait_for(lambda: heard(first, second), within_s=20)


def test_of_many_topics_the_oldest_are_forgotten_and_no_call_is_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(events_local, "MOST_TOPICS", 2)
    events = LocalEvents()
    since = events.position()
    for topic in ("old", "a", "b", "a"):
        events.publish(topic)
    assert len(events._last) == 2
    now = events.position()
    assert asyncio.run(events.wait(["old"], since, WITHIN_S)) > since
    assert asyncio.run(events.wait(["old", "never"], now, 0.05)) == now
