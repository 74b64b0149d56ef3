"""The dialogue engine over Rasa's REST channel, on loopback.

Rasa answers 200 with an empty list when an action failed; that is handed on as it is, and the core
treats it as a failure. A message is never sent twice from here: Rasa would act on it twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

import httpx
import structlog

from bot.core.conversations import Button, Reply, SourceLink
from bot.core.errors import Unavailable
from bot.core.language import Language

log = structlog.get_logger()
# Rasa works on one message after the other. Those beyond wait here and not there, where each would
# be given up with all that were sent before it still to be worked on.
AT_ONCE = 16


class RasaAssistant:
    """The `Assistant` port over HTTP. `timeout_s` is how long a reply may take, with all its calls.

    A turn that outlived its lease would be taken up by somebody else, and Rasa act on it twice.
    `secret` is the header by which Rasa knows the gateway.
    """

    def __init__(self, base_url: str, timeout_s: float, secret: Mapping[str, str]) -> None:
        self._timeout_s = timeout_s
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._client = httpx.Client(
            base_url=base_url,
            headers=dict(secret),
            limits=httpx.Limits(max_connections=AT_ONCE),
            trust_env=False,
            # On loopback Rasa listens without TLS: no certificates need be read.
            verify=base_url.startswith("https:"),
        )

    def reply(
        self,
        conversation_id: str,
        text: str,
        language: Language,
        message_id: int,
        *,
        is_fresh_start: bool = False,
    ) -> list[Reply]:
        """See the port."""
        ends_at = time.monotonic() + self._timeout_s
        if not self._places.acquire(timeout=self._timeout_s):
            raise Unavailable("The dialogue engine has too much to do.")
        try:
            if is_fresh_start:
                # Rasa's own command: it forgets slots and the open form. It is not said on.
                self._ask(conversation_id, "/restart", language, 0, ends_at)
            return self._ask(conversation_id, text, language, message_id, ends_at)
        finally:
            self._places.release()

    def _ask(
        self,
        conversation_id: str,
        text: str,
        language: Language,
        message_id: int,
        ends_at: float,
    ) -> list[Reply]:
        left_s = ends_at - time.monotonic()
        if left_s <= 0:
            raise Unavailable("The dialogue engine did not answer in time.")
        try:
            response = self._client.post(
                "/webhooks/rest/webhook",
                json={
                    "sender": conversation_id,
                    "message": text,
                    "metadata": {"language": language, "message_id": message_id},
                },
                timeout=httpx.Timeout(left_s, connect=min(1.0, left_s)),
            )
            response.raise_for_status()
            said = response.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            log.warning(
                "the dialogue engine did not answer",
                conversation_id=conversation_id,
                error=type(error).__name__,
            )
            raise Unavailable(
                f"The dialogue engine did not answer ({type(error).__name__})."
            ) from error
        if not isinstance(said, list):
            raise Unavailable("The dialogue engine answered something other than a list.")
        try:
            return [_reply(item) for item in said]
        except (KeyError, TypeError, AttributeError) as error:
            raise Unavailable("The dialogue engine said something unreadable.") from error


def _reply(item: dict[str, Any]) -> Reply:
    custom = item.get("custom")
    if custom is None:
        # A sentence without a kind comes from a plain response of the domain.
        return Reply("smalltalk", str(item.get("text", "")))
    return Reply(
        kind=custom["kind"],
        text=custom["text"],
        topic=custom.get("topic"),
        buttons=tuple(Button(**button) for button in custom.get("buttons", ())),
        sources=tuple(SourceLink(**source) for source in custom.get("sources", ())),
        data=custom.get("data", {}),
    )
