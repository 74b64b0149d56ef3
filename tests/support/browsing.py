"""A visitor at a browser window: what is clicked, typed and seen, in the product's own words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    expect,
)

from bot.core.language import Language
from tests.support.stack import wait_for

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 15_000
HEIGHTS = {360: 740, 768: 1024, 1280: 900}
WORDS = {
    "fr": {"launcher": "Besoin d’aide?", "box": "Votre message", "send": "Envoyer"},
    "en": {"launcher": "Need help?", "box": "Your message", "send": "Send"},
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where and in which language somebody asks for help."""

    language: Language
    width: int

    @property
    def is_phone(self) -> bool:
        """Whether the panel takes the whole screen."""
        return self.width < 480

    def __str__(self) -> str:
        return f"{self.language}-{self.width}"


PLACES = (Place("fr", 360), Place("fr", 1280), Place("en", 360), Place("en", 1280))


class Complaints(list[str]):
    """Errors of scripts, broken policies, and refused requests, as far as nobody wanted them."""

    def hear(self, page: Page) -> None:
        """Listens to a page from now on."""
        page.on("pageerror", lambda error: self.append(str(error)))
        page.on("console", self._line)
        page.on("response", self._answer)

    def _line(self, line: ConsoleMessage) -> None:
        # Refused requests are heard of below, with their address.
        if line.type == "error" and not line.text.startswith("Failed to load resource"):
            self.append(line.text)

    def _answer(self, response: Response) -> None:
        # A console that finds nobody signed in asks to sign in.
        is_wanted = response.status == 401 and response.url.endswith("/agent/session")
        if response.status >= 400 and not is_wanted:
            self.append(f"{response.status} {response.url}")


class Chat:
    """The widget on a page."""

    def __init__(self, page: Page, language: str = "fr") -> None:
        self.page = page
        self.words = WORDS[language]
        self.log = page.get_by_role("log")
        self.panel = page.locator("helpdesk-widget .panel")
        self.launcher = page.locator("helpdesk-widget .launcher")
        self.box = page.get_by_role("textbox", name=self.words["box"])
        self.banner = page.locator("helpdesk-widget .banner")

    def open(self) -> Chat:
        """Opens the panel and waits for the greeting."""
        self.launcher.click()
        expect(self.card("greeting")).to_be_visible(timeout=PATIENCE_MS)
        return self

    def say(self, text: str) -> None:
        """Types a message and presses Enter."""
        self.box.fill(text)
        self.box.press("Enter")

    def card(self, kind: str) -> Locator:
        """The newest message of a kind."""
        return self.log.locator(f'article[data-kind="{kind}"]').last

    def own(self, text: str | re.Pattern[str]) -> Locator:
        """The visitor's own messages with this text."""
        return self.log.locator('article[data-author="visitor"]').filter(has_text=text)

    def sees(self, text: str | re.Pattern[str]) -> None:
        """Waits until a text stands in the log."""
        expect(self.log.get_by_text(text).last).to_be_visible(timeout=PATIENCE_MS)

    def is_sent(self, text: str) -> None:
        """Waits until the gateway has the visitor's message, which stands there once."""
        expect(self.own(text)).to_have_count(1)
        expect(self.own(text)).to_have_attribute("data-status", "sent", timeout=PATIENCE_MS)

    def reload(self) -> Chat:
        """Reloads the page and opens the panel again."""
        self.page.reload()
        return self.open()

    def is_answered(self) -> None:
        """Waits until nothing said is still on its way; the stream may show it before that."""
        wait_for(lambda: not self.kept().get("unsent"))

    def kept(self) -> dict[str, Any]:
        """What the tab remembers."""
        script = "JSON.parse(sessionStorage.getItem('helpdesk-widget') ?? '{}')"
        found: dict[str, Any] = self.page.evaluate(script)
        return found


def open_window(browser: Browser, width: int = 1280, **options: Any) -> BrowserContext:
    """A window that shares nothing with the others."""
    size = {"width": width, "height": HEIGHTS.get(width, 900)}
    context = browser.new_context(**{"locale": "fr-CA", "viewport": size, **options})
    context.set_default_timeout(PATIENCE_MS)
    return context


def open_chat(
    browser: Browser,
    url: str,
    complaints: Complaints,
    language: str = "fr",
    width: int = 1280,
    **options: Any,
) -> Chat:
    """The support page of a help site, with the panel still closed."""
    return chat_in(open_window(browser, width, **options), url, complaints, language)


def chat_in(
    context: BrowserContext, url: str, complaints: Complaints, language: str = "fr"
) -> Chat:
    """The support page in a new tab of a window."""
    page = context.new_page()
    complaints.hear(page)
    page.goto(f"{url}/?lang={language}")
    return Chat(page, language)


def sent(page: Page, path_end: str) -> list[Request]:
    """The requests to addresses that end so, from now on, as they come."""
    requests: list[Request] = []
    page.on("request", lambda r: requests.append(r) if r.url.endswith(path_end) else None)
    return requests


def overflow_px(locator: Locator) -> int:
    """By how many pixels a part is wider than the room it has; 0 is right."""
    wider: int = locator.evaluate("node => Math.max(0, node.scrollWidth - node.clientWidth)")
    return wider


def faults(page: Page, context: str | None = None, rules: Sequence[str] = ()) -> list[str]:
    """What axe finds wrong, as "rule: node"; with `rules`, by these alone."""
    options = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else None
    found = Axe().run(page, context=context, options=options).response["violations"]
    return [f"{fault['id']}: {node['html']}" for fault in found for node in fault["nodes"]]
