"""Shares that several gateways count together, over Redis: one round trip, by Redis's own clock.

Each gateway counts as well, and refuses by itself whom its own count refuses, so that a flood does
not reach Redis. While Redis is away its own count is all there is: nobody is turned away for that,
and a caller has at most as many shares as there are gateways.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence

import redis
import structlog

from bot.adapters.shares_local import LocalShares
from bot.core.ports.shares import Draw

log = structlog.get_logger()
# A call waits for Redis no longer than this, and not again for a while.
ANSWER_WITHIN_S = 0.25
REST_AFTER_FAILURE_S = 5.0
# In braces what a Redis Cluster chooses the node by: keys that are asked together lie together.
PREFIX = "helpdesk:{shares}:"
# Nothing is left behind: a bucket goes when it would be full again.
_DRAW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local left, is_there = {}, true
for i, key in ipairs(KEYS) do
  local burst, per_ms = tonumber(ARGV[3 * i - 2]), ARGV[3 * i - 1] / 60000
  local kept = redis.call('HMGET', key, 'left', 'at')
  left[i] = burst
  if kept[1] then
    left[i] = math.min(burst, kept[1] + math.max(0, now - kept[2]) * per_ms)
  end
  is_there = is_there and left[i] >= 1
end
for i, key in ipairs(KEYS) do
  if is_there and ARGV[3 * i] == '1' then
    local burst, per_ms = tonumber(ARGV[3 * i - 2]), ARGV[3 * i - 1] / 60000
    redis.call('HSET', key, 'left', left[i] - 1, 'at', now)
    redis.call('PEXPIRE', key, math.ceil((burst - left[i] + 1) / per_ms))
  end
  left[i] = tostring(left[i])
end
return left
"""


class RedisShares:
    """The `Shares` port over Redis. Safe to use from several threads."""

    is_remote = True

    def __init__(self, url: str) -> None:
        self._own = LocalShares()
        client = redis.Redis.from_url(
            url, socket_timeout=ANSWER_WITHIN_S, socket_connect_timeout=ANSWER_WITHIN_S
        )
        self._draw = client.register_script(_DRAW)
        self._ask_from = 0.0

    def draw(self, asked: Sequence[Draw]) -> list[float]:
        """See the port."""
        own = self._own.draw(asked)
        if min(own) < 1 or time.monotonic() < self._ask_from:
            return own
        figures = [
            figure for draw in asked for figure in (draw.burst, draw.per_minute, int(draw.is_taken))
        ]
        try:
            left = self._draw(keys=[_name(draw) for draw in asked], args=figures)
        except redis.RedisError as error:
            self._ask_from = time.monotonic() + REST_AFTER_FAILURE_S
            log.warning("each gateway limits by its own count", error=type(error).__name__)
            return own
        return [float(one) for one in left]


def _name(draw: Draw) -> str:
    """The bucket's key in Redis: nobody reads addresses or sites there."""
    return PREFIX + hashlib.sha256(draw.key.encode()).hexdigest()[:32]
