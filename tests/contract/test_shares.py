"""Shares of what may be asked for: one suite over a process's memory and over Redis."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from bot.adapters.shares_local import MOST_KEYS, LocalShares
from bot.adapters.shares_redis import PREFIX, RedisShares
from bot.core.ports.shares import Draw, Shares
from tests.support.redis import RedisServer

# So slow that nothing comes back while a test runs.
A_DAY = 1 / 1440


@pytest.fixture
def kept(redis_server: RedisServer) -> Iterator[redis.Redis]:
    """What lies in Redis; nothing at first."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
        yield client


@pytest.fixture(params=["local", "redis"])
def shares(request: pytest.FixtureRequest) -> Shares:
    if request.param == "local":
        return LocalShares()
    request.getfixturevalue("kept")
    return RedisShares(request.getfixturevalue("redis_server").url)


def is_granted(shares: Shares, *asked: Draw) -> bool:
    return min(shares.draw(asked)) >= 1


def test_a_bucket_gives_its_burst_and_each_caller_has_one(shares: Shares) -> None:
    asked = [is_granted(shares, Draw("a", burst=3, per_minute=A_DAY)) for _ in range(5)]
    assert asked == [True] * 3 + [False] * 2
    assert is_granted(shares, Draw("b", burst=3, per_minute=A_DAY))


def test_only_shares_in_redis_are_asked_off_the_event_loop(
    shares: Shares, request: pytest.FixtureRequest
) -> None:
    assert shares.is_remote == (request.node.callspec.params["shares"] == "redis")


def test_what_is_taken_comes_back_at_the_rate_and_no_further_than_the_burst() -> None:
    clock = [0.0]
    shares, draw = LocalShares(lambda: clock[0]), Draw("a", burst=3, per_minute=6)
    for _ in range(3):
        shares.draw([draw])
    clock[0] = 10.0
    assert shares.draw([draw]) == pytest.approx([1.0])
    clock[0] = 10_000.0
    assert shares.draw([draw]) == [3.0]


def test_in_redis_it_comes_back_alike(redis_server: RedisServer, kept: redis.Redis) -> None:
    draw = Draw("a", burst=3, per_minute=6)
    for _ in range(3):
        RedisShares(redis_server.url).draw([draw])
    (key,) = kept.scan_iter()
    kept.hincrbyfloat(key, "at", -10_000)
    # With a process of its own memory each time: what counts lies in Redis.
    assert RedisShares(redis_server.url).draw([draw]) == pytest.approx([1.0], abs=0.5)
    kept.hincrbyfloat(key, "at", -10_000_000)
    assert RedisShares(redis_server.url).draw([draw]) == [3.0]


def test_of_several_none_is_taken_unless_all_are_there(shares: Shares) -> None:
    wide, narrow = Draw("wide", 2, A_DAY), Draw("narrow", 1, A_DAY)
    assert is_granted(shares, wide, narrow)
    assert not is_granted(shares, wide, narrow)
    assert is_granted(shares, wide)
    assert not is_granted(shares, wide)


def test_what_is_only_looked_at_is_not_taken(shares: Shares) -> None:
    look = Draw("a", 1, A_DAY, is_taken=False)
    assert [is_granted(shares, look) for _ in range(3)] == [True] * 3
    assert is_granted(shares, Draw("a", 1, A_DAY))
    assert not is_granted(shares, look)


def test_many_threads_together_get_no_more_than_there_is(shares: Shares) -> None:
    draw = Draw("a", burst=50, per_minute=A_DAY)
    with ThreadPoolExecutor(8) as pool:
        granted = list(pool.map(lambda _: is_granted(shares, draw), range(80)))
    assert granted.count(True) == 50


def test_memory_stays_bounded_however_many_call() -> None:
    shares = LocalShares()
    for number in range(MOST_KEYS + 100):
        shares.draw([Draw(str(number), 1, 1)])
    assert len(shares) == MOST_KEYS


# --- Between gateways ----------------------------------------------------------------------------


def test_two_gateways_give_no_more_than_one(redis_server: RedisServer, kept: redis.Redis) -> None:
    gateways = [RedisShares(redis_server.url) for _ in range(2)]
    draw = Draw("a", burst=10, per_minute=A_DAY)
    granted = [is_granted(gateways[number % 2], draw) for number in range(20)]
    assert granted == [True] * 10 + [False] * 10


def test_a_flood_is_refused_without_asking_redis(
    redis_server: RedisServer, kept: redis.Redis
) -> None:
    shares, draw = RedisShares(redis_server.url), Draw("a", 1, A_DAY)
    shares.draw([draw])
    before = kept.info("commandstats")["cmdstat_evalsha"]["calls"]
    assert not any(is_granted(shares, draw) for _ in range(100))
    assert kept.info("commandstats")["cmdstat_evalsha"]["calls"] == before


def test_while_redis_is_away_each_gateway_counts_for_itself() -> None:
    server = RedisServer()
    shares = RedisShares(server.url)
    draw = Draw("a", burst=3, per_minute=A_DAY)
    assert is_granted(shares, draw)
    server.kill()
    assert [is_granted(shares, draw) for _ in range(3)] == [True, True, False]


def test_redis_learns_no_address_and_forgets_whom_nothing_limits_any_more(
    redis_server: RedisServer, kept: redis.Redis
) -> None:
    RedisShares(redis_server.url).draw([Draw("calls: 203.0.113.7", burst=5, per_minute=6)])
    (key,) = kept.scan_iter()
    assert key.decode().startswith(PREFIX)
    assert b"203.0" not in key
    assert 0 < kept.pttl(key) <= 10_000
