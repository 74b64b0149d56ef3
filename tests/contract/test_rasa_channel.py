"""Rasa's channel: what the gateway hears of a turn, and when a server says that it is of use."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest
from rasa.core.channels.channel import UserMessage, register
from sanic import Sanic
from sanic.response import text
from sanic.server import AsyncioServer

from bot.adapters.probes import answers_http
from bot.adapters.rasa_http import RasaAssistant
from bot.core.errors import Unavailable
from bot.nlu.channel import GatewayChannel
from tests.support.ports import free_ports

# What the gateway asks, and what containers ask, whether Rasa may be used.
HEALTH = ("/webhooks/rest/", "/")


class _Agent:
    """Rasa's agent as the channel sees it."""

    def __init__(self, *, has_model: bool = True, is_stored: bool = True) -> None:
        self._has_model = has_model
        self._is_stored = is_stored

    def is_ready(self) -> bool:
        return self._has_model

    async def handle_message(self, message: UserMessage) -> None:
        if not self._has_model:
            return
        assert (message.sender_id, message.input_channel) == ("c", "rest")
        assert message.metadata == {"language": "fr", "message_id": 7}
        await message.output_channel.send_text_message("c", f"{message.text}, à quel nom?")
        if not self._is_stored:
            raise Unavailable("Could not write to the database.")


Serve = Callable[["_Agent | None"], str]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Sanic, str]]:
    """A server with the channel and with Rasa's own route "/"; there is one Sanic to a process."""
    app = Sanic("rasa_with_our_channel", configure_logging=False)
    app.add_route(lambda _: text("Hello from Rasa"), "/", name="root")
    register([GatewayChannel()], app, "/webhooks/")
    (port,) = free_ports(1)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> AsyncioServer:
        running = await app.create_server("127.0.0.1", port, return_asyncio_server=True)
        assert running is not None
        await running.startup()
        await running.before_start()
        return running

    running = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    yield app, f"http://127.0.0.1:{port}"
    loop.call_soon_threadsafe(running.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


@pytest.fixture
def serve(server: tuple[Sanic, str]) -> Serve:
    """Puts this agent into the server, or none; gives its address."""

    def with_agent(agent: _Agent | None) -> str:
        app, url = server
        app.ctx.agent = agent
        return url

    return with_agent


def ask(url: str) -> list[str]:
    return [reply.text for reply in RasaAssistant(url, 10, {}).reply("c", "Bonjour", "fr", 7)]


def test_what_was_said_in_a_turn_that_is_stored_is_given_out(serve: Serve) -> None:
    url = serve(_Agent())
    assert ask(url) == ["Bonjour, à quel nom?"]
    assert all(answers_http(url + path, {})() for path in HEALTH)


def test_nothing_is_said_of_a_turn_that_is_not_stored(serve: Serve) -> None:
    with pytest.raises(Unavailable):
        ask(serve(_Agent(is_stored=False)))


@pytest.mark.parametrize("agent", [_Agent(has_model=False), None])
def test_a_server_without_a_model_is_not_ready(serve: Serve, agent: _Agent | None) -> None:
    url = serve(agent)
    for path in HEALTH:
        assert httpx.get(url + path, trust_env=False).status_code == 503
        assert not answers_http(url + path, {})()
    with pytest.raises(Unavailable):
        ask(url)
