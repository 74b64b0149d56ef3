"""Rasa's REST channel for the gateway alone; Rasa's own answers whoever calls, token or not.

Nothing is said of a turn that is not stored: Rasa's own channel gives out what was collected
before a failure, and the next turn would not know of it. Nor does a server without a model say
that all is well.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.door import close_door
from bot.nlu.quiet_log import quieten

log = structlog.get_logger()
# Longer than the gateway, or a proxy between, keeps an idle connection.
KEEP_ALIVE_S = 120


class GatewayChannel(InputChannel):
    """The channel `rest`; through it the door closes before every route of the server."""

    @classmethod
    def name(cls) -> str:
        """As Rasa's own, by which its address goes."""
        return "rest"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes of Rasa's own channel, as far as the gateway needs them."""
        routes = Blueprint("gateway_channel")

        @routes.listener("before_server_start")
        async def _(app: Sanic, _loop: AbstractEventLoop) -> None:
            quieten()
            app.config.KEEP_ALIVE_TIMEOUT = KEEP_ALIVE_S
            close_door(app)
            # Before every route, since containers ask Rasa's own, "/", whether they may be used.
            app.register_middleware(_refuse_without_model, "request")

        @routes.get("/")
        async def health(_request: Request) -> HTTPResponse:
            return json({"status": "ok"})

        @routes.post("/webhook")
        async def receive(request: Request) -> HTTPResponse:
            asked = request.json
            collected = CollectingOutputChannel()
            message = UserMessage(
                asked["message"],
                collected,
                asked["sender"],
                input_channel=self.name(),
                metadata=asked.get("metadata"),
            )
            try:
                await on_new_message(message)
            except Exception:
                # Logged here, where the log is quiet; Sanic's own would hold words.
                log.exception("the turn failed and is not stored")
                return json({"error": "The turn failed; nothing of it is stored."}, status=503)
            return json(collected.messages)

        return routes


async def _refuse_without_model(request: Request) -> HTTPResponse | None:
    # Rasa starts all the same when its model cannot be loaded, and answers nothing to anybody.
    agent = getattr(request.app.ctx, "agent", None)
    if agent is not None and agent.is_ready():
        return None
    return json({"error": "There is no dialogue model. The log says why."}, status=503)
