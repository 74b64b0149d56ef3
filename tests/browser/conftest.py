"""Chromium for all browser tests; the widget, and a busy desk, on a gateway without Rasa.

Two ways to the widget: `chat` opens a window of its own on a gateway of its own, for what happens
the same way everywhere; `visitor` is an open panel on a phone or a desk, in French or English. It
is shared by the tests of a module, each of which runs in all four places and leaves it as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from bot.core.language import Language
from tests.support.browsing import (
    CHROMIUM,
    FLAGS,
    PATIENCE_MS,
    PLACES,
    Chat,
    Complaints,
    Place,
    chat_in,
    open_chat,
    open_window,
)
from tests.support.desk_scenes import fill
from tests.support.desk_site import AGENTS, Desk, DeskSite, at_desk
from tests.support.pages import HelpSite

expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in item.path.parts:
            reason = f"{CHROMIUM} is missing: install Debian's chromium"
            item.add_marker(pytest.mark.skipif(not CHROMIUM.exists(), reason=reason))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=FLAGS,
            ignore_default_args=["--disable-back-forward-cache"],  # a real browser has one
        )
        yield opened
        opened.close()


@pytest.fixture
def help_site() -> Iterator[HelpSite]:
    """The gateway, and what the assistant says (`help_site.talk`)."""
    site = HelpSite()
    site.start()
    yield site
    site.stop()


@pytest.fixture
def complaints() -> Complaints:
    """What the pages complain of: errors of scripts, broken policies, refused requests."""
    return Complaints()


@pytest.fixture
def chat(
    browser: Browser, help_site: HelpSite, complaints: Complaints
) -> Iterator[Callable[..., Chat]]:
    """Opens the help in a window of its own: `chat("en", width=360)`."""
    opened: list[Chat] = []

    def begin(language: str = "fr", width: int = 1280, **options: object) -> Chat:
        chat = open_chat(browser, help_site.url, complaints, language, width, **options)
        opened.append(chat)
        return chat

    yield begin
    for one in opened:
        one.page.context.close()


@pytest.fixture(scope="module", params=PLACES, ids=str)
def place(request: pytest.FixtureRequest) -> Place:
    """One of the four; all tests of a module run in it before the next."""
    found: Place = request.param
    return found


@pytest.fixture(scope="module")
def shared_site() -> Iterator[HelpSite]:
    """The gateway that the four places share."""
    site = HelpSite()
    site.start()
    yield site
    site.stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskSite]:
    """A busy desk; its first agent has the conversation `talk-long`."""
    site = DeskSite(tmp_path_factory.mktemp("desk"), agent_lease_s=3_600)
    fill(site)
    site.start()
    site.services.desk.claim("talk-long", AGENTS[0])
    yield site
    site.stop()


@pytest.fixture(scope="module")
def _opened(browser: Browser, shared_site: HelpSite, place: Place) -> Iterator[Chat]:
    clipboard = ["clipboard-read", "clipboard-write"]
    window = open_window(browser, place.width, permissions=clipboard, reduced_motion="reduce")
    yield chat_in(window, shared_site.url, Complaints(), place.language).open()
    window.close()


@pytest.fixture
def visitor(_opened: Chat, shared_site: HelpSite) -> Iterator[Chat]:
    """The open panel in this place, in a talk; what a test did to page or line is undone."""
    # The test before may have begun a new one, or said a last word.
    expect(_opened.card("greeting")).to_be_attached()
    _opened.is_answered()
    yield _opened
    page = _opened.page
    page.context.set_offline(False)
    page.unroute_all()
    shared_site.talk.meanwhile = lambda: None
    shared_site.talk.lines.clear()


@pytest.fixture
def desk(browser: Browser, site: DeskSite) -> Iterator[Callable[..., Desk]]:
    """Opens a console: `desk("en", width=1024)`, as the first agent."""
    with ExitStack() as stack:

        def begin(language: Language = "fr", **options: object) -> Desk:
            return stack.enter_context(at_desk(browser, site.url, AGENTS[0], language, **options))

        yield begin
