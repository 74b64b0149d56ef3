"""Wake-up calls between gateways, over Redis: for more than one gateway.

A call carries a topic and no content, since the database has that. So Redis may fail at any moment:
streams then find new messages by looking every few seconds, as they do anyway.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Sequence

import redis
import structlog

from bot.adapters.events_local import LocalEvents

log = structlog.get_logger()
CHANNEL = "helpdesk:events"
# A visitor's message waits for Redis no longer than this, and not again for a while.
SEND_WITHIN_S = 0.25
REST_AFTER_FAILURE_S = 5.0
LISTEN_FOR_S = 1.0


class RedisEvents:
    """The `Events` port over Redis. `publish` may be called from any thread and never fails.

    The process's own waiters are woken without Redis.
    """

    def __init__(self, url: str) -> None:
        self._local = LocalEvents()
        self._sender = redis.Redis.from_url(
            url, socket_timeout=SEND_WITHIN_S, socket_connect_timeout=SEND_WITHIN_S
        )
        self._receiver = redis.Redis.from_url(url, socket_connect_timeout=SEND_WITHIN_S)
        self._name = secrets.token_hex(8)  # its own calls come back to it
        self._send_from = 0.0
        self._stopped = threading.Event()
        self._listener = threading.Thread(target=self._listen, name="events", daemon=True)
        self._listener.start()

    def publish(self, topic: str) -> None:
        """See the port."""
        self._local.publish(topic)
        if time.monotonic() < self._send_from:
            return
        try:
            self._sender.publish(CHANNEL, f"{self._name} {topic}")
        except redis.RedisError as error:
            self._send_from = time.monotonic() + REST_AFTER_FAILURE_S
            log.warning(
                "other gateways were not woken; they look every few seconds", error=str(error)
            )

    def position(self) -> int:
        """See the port."""
        return self._local.position()

    async def wait(self, topics: Sequence[str], since: int, timeout_s: float) -> int:
        """See the port."""
        return await self._local.wait(topics, since, timeout_s)

    def close(self) -> None:
        """Stops listening."""
        self._stopped.set()
        self._listener.join(timeout=2 * LISTEN_FOR_S)

    def _listen(self) -> None:
        while not self._stopped.is_set():
            try:
                self._hear()
            except redis.RedisError as error:
                log.warning("Redis is not there; streams look every few seconds", error=str(error))
                self._stopped.wait(LISTEN_FOR_S)

    def _hear(self) -> None:
        with self._receiver.pubsub(ignore_subscribe_messages=True) as calls:
            calls.subscribe(CHANNEL)
            while not self._stopped.is_set():
                call = calls.get_message(timeout=LISTEN_FOR_S)
                sender, _, topic = call["data"].decode().partition(" ") if call else ("", "", "")
                if topic and sender != self._name:
                    self._local.publish(topic)
