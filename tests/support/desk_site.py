"""A gateway without Rasa, with a database and two agents: for what happens between people.

The real app and its worker over SQLite; a start builds all of it anew, as a process does. The
assistant answers plainly, and brings a person to whoever asks for one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.adapters import migrate
from bot.adapters.memory import FixedDetector, MemorySearch
from bot.core.agents import Agent
from bot.core.conversations import Message, Reply
from bot.core.language import Language
from bot.core.services import Services
from bot.gateway.access import hash_password
from bot.gateway.app import create_app
from bot.settings import Settings
from bot.wiring import build
from tests.support.browsing import open_window
from tests.support.pages import VISITORS, Served, Talk

WISHES: dict[Language, str] = {
    "fr": "Je veux parler à une personne",
    "en": "I want to talk to a person",
}
AGENTS = (
    Agent("agt_anais", "anais@soutien.example", "Anaïs Roy", "lead"),
    Agent("agt_marc", "marc@soutien.example", "Marc Ouellet", "agent"),
)
PASSWORD = "quatre mots tout simples"


class DeskSite(Served):
    """The gateway; `services` are those of the present run."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.talk = _WillingTalk(self)
        self.search = MemorySearch()
        self.settings = Settings(
            _env_file=None, database_url=f"sqlite:///{folder / 'desk.db'}", **settings
        )
        migrate.upgrade(self.settings.database_url)
        self.services = self._build()
        for agent in AGENTS:
            self.services.agents.add(agent, hash_password(PASSWORD))
        super().__init__(self._app)

    def messages(self, conversation_id: str) -> list[Message]:
        """The conversation as the database has it."""
        return self.services.conversations.messages(conversation_id)

    def _app(self) -> Any:
        self.services = self._build()
        return create_app(self.services, self.settings, owner="desk", demo_visitors=VISITORS)

    def _build(self) -> Services:
        return replace(
            build(self.settings),
            assistant=self.talk,
            search=self.search,
            detector=FixedDetector(),
            probes={},
        )


class _WillingTalk(Talk):
    def __init__(self, site: DeskSite) -> None:
        super().__init__()
        self._site = site

    def said_to(
        self, conversation_id: str, text: str, language: Language
    ) -> Sequence[Reply] | None:
        """A wish for a person is granted."""
        if text not in WISHES.values():
            return super().said_to(conversation_id, text, language)
        services = self._site.services
        conversation = services.conversations.get(conversation_id)
        return [services.desk.queue(conversation, "asked", language)]


class Desk:
    """An agent at the console."""

    def __init__(self, window: BrowserContext, url: str) -> None:
        self.page: Page = window.new_page()
        self.page.goto(f"{url}/console")

    def sign_in(self, agent: Agent, password: str = PASSWORD) -> Desk:
        """Signs in, and waits for the stream."""
        self.page.locator("#sign-in-email").fill(agent.email)
        self.page.locator("#sign-in-password").fill(password)
        self.page.locator(".sign-in button[type=submit]").click()
        expect(self.page.locator("#live")).to_have_class("online")
        return self

    def open(self, conversation_id: str) -> None:
        """Shows a conversation."""
        self.page.goto(f"{self.page.url.split('#')[0]}#/conversations/{conversation_id}")
        shown = self.page.locator(f'.log[data-conversation="{conversation_id}"]')
        expect(shown).to_be_visible()

    def go(self, view: str, sign: str) -> Page:
        """Shows what stands at this address, and waits for its sign."""
        self.page.goto(f"{self.page.url.split('#')[0]}#/{view}")
        expect(self.page.locator(sign).first).to_be_visible()
        return self.page

    def claim(self, conversation_id: str) -> None:
        """Opens a conversation and claims it."""
        self.open(conversation_id)
        self.page.locator("#act-claim").click()
        expect(self.page.locator("#reply")).to_be_visible()

    def write(self, text: str) -> None:
        """Sends a reply in the conversation that is shown; does not wait for its arrival."""
        self.page.locator("#reply").fill(text)
        self.page.locator("#reply").press("Control+Enter")

    def has_sent(self) -> None:
        """Waits until the server has what was sent."""
        expect(self.page.locator("#reply")).to_have_value("")

    def shown_ids(self) -> list[int]:
        """Of the messages shown, in the order shown."""
        found = self.page.locator(".log article").evaluate_all(
            "nodes => nodes.map((node) => Number(node.dataset.id))"
        )
        return [int(one) for one in found]


@contextmanager
def at_desk(
    browser: Browser,
    url: str,
    agent: Agent,
    language: Language = "fr",
    password: str = PASSWORD,
    **options: Any,
) -> Iterator[Desk]:
    """An agent signed in at a console in a window of its own."""
    window = open_window(browser, locale=f"{language}-CA", **options)
    yield Desk(window, url).sign_in(agent, password)
    window.close()
