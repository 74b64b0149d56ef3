"""Rasa's REST channel with a door before it: Rasa's own answers whoever calls, token or not."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.channels.rest import RestInput
from sanic import Blueprint, Sanic
from sanic.request import Request

from bot.door import close_door
from bot.nlu.quiet_log import quieten

# Longer than the gateway, or a proxy between, keeps an idle connection.
KEEP_ALIVE_S = 120


class GatewayChannel(RestInput):
    """The channel `rest`; through it the door closes before every route of the server."""

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Rasa's routes."""
        routes: Blueprint = super().blueprint(on_new_message)

        @routes.listener("before_server_start")
        async def _(app: Sanic, _loop: AbstractEventLoop) -> None:
            quieten()
            app.config.KEEP_ALIVE_TIMEOUT = KEEP_ALIVE_S
            close_door(app)

        return routes

    def _extract_input_channel(self, req: Request) -> str:  # noqa: ARG002 - not the caller's choice
        return str(self.name())
