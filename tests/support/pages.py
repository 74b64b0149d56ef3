"""A gateway without Rasa, for tests of what shows in a browser: it starts in a blink.

The real app and its real pages over memory adapters; what the assistant says is written in the
test. `HostPages` plays the sites of others, at an origin of their own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.adapters.memory import ScriptedAssistant, memory_services
from bot.adapters.system_clock import SystemClock
from bot.core.conversations import Author, Reply
from bot.core.handoff import Ownership, Transfer
from bot.core.language import Language
from bot.core.ports.search import SectionSearch
from bot.gateway.app import create_app
from bot.settings import Settings
from tests.support.stack import free_ports, wait_for

# Two people who share a computer at a clinic.
VISITORS: dict[str, tuple[dict[str, Any], str]] = {
    name: (
        {
            "scope": "user",
            "external_id": f"demo-{name}",
            "name": name.title(),
            "email": f"{name}@erables.example.com",
            "email_verified": True,
            "site_number": "44170",
            "roles": ["user"],
        },
        f"{name} / {name}",
    )
    for name in ("linked", "admin")
}


class Talk(ScriptedAssistant):
    """Says for a text or payload what `lines` holds, else a plain answer."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, Sequence[Reply]] = {}

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
        otherwise = super().reply(conversation_id, text, language, message_id)
        said = self.said_to(conversation_id, text, language)
        return otherwise if said is None else list(said)

    def said_to(
        self, conversation_id: str, text: str, language: Language
    ) -> Sequence[Reply] | None:
        """What is said to this text; None for the plain answer."""
        return self.lines.get(text)


class Served:
    """An app on a port of its own, in a thread; it can stop and start again at the same port."""

    def __init__(self, make_app: Callable[[], Any]) -> None:
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self._make_app = make_app
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Starts it and waits until it answers."""
        config = uvicorn.Config(
            self._make_app(),
            port=self.port,
            log_level="critical",
            ws="none",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        server = self._server
        wait_for(lambda: server.started)

    def stop(self) -> None:
        """Cuts all connections and stops."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._server.force_exit = True
            self._thread.join(10)
        self._server = None


class HelpSite(Served):
    """The gateway with a scripted assistant."""

    def __init__(self, search: SectionSearch | None = None, **settings: Any) -> None:
        self.talk = Talk()
        self.services = memory_services(SystemClock(), assistant=self.talk, search=search)
        self.settings = Settings(_env_file=None, **settings)
        super().__init__(
            lambda: create_app(self.services, self.settings, owner="pages", demo_visitors=VISITORS)
        )

    def visitors_words(self, conversation_id: str) -> list[str]:
        """What the visitor has said in a conversation, as it is kept."""
        messages = self.services.conversations.messages(conversation_id)
        return [message.text for message in messages if message.author == "visitor"]

    def count_conversations(self) -> int:
        """How many conversations have been begun."""
        return self.services.figures.totals().conversations

    def say(self, conversation_id: str, author: Author, *replies: Reply) -> None:
        """Says something that answers nothing, as an agent or the system does."""
        now = self.services.clock.now()
        self.services.conversations.say(conversation_id, author, replies, at=now)
        self.services.events.publish(conversation_id)

    def change_owner(
        self, conversation_id: str, next_owner: Callable[[Ownership], Transfer]
    ) -> None:
        """Moves a conversation between bot, queue and agents."""
        store = self.services.conversations
        change = next_owner(Ownership.of(store.get(conversation_id)))
        store.change_owner(conversation_id, change, at=self.services.clock.now())
        self.services.events.publish(conversation_id)


class HostPages(Served):
    """Pages of other sites, by path: `pages["/clinic"] = "<html>…"`, with headers if need be."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.headers: dict[str, Mapping[str, str]] = {}
        super().__init__(lambda: Starlette(routes=[Route("/{path:path}", self._page)]))
        self.url = f"http://localhost:{self.port}"

    def _page(self, request: Request) -> Response:
        path = request.url.path
        if path not in self.pages:
            return Response(status_code=404)
        return HTMLResponse(self.pages[path], headers=self.headers.get(path))
