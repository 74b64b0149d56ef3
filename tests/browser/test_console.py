"""Agents and visitors at the same time, in real browsers: nobody is talked over, nothing is lost.

Two agents at their consoles, visitors over HTTP as their widgets do. The transcripts of both ends
and of the database must be the same, whatever is closed, reloaded, cut off or restarted in between.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.adapters.tables import agents as agents_table
from bot.adapters.tables import messages
from bot.settings import DEMO_AGENTS
from tests.browser.test_pages import CHROMIUM, FLAGS, PATIENCE_MS
from tests.support.stack import RunningStack, Visitor, wait_for

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing")
WISHES = {"fr": "Je veux parler à une personne", "en": "I want to talk to a person"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield opened
        opened.close()


def console(browser: Browser, stack: RunningStack, number: int, language: str = "fr") -> Page:
    """The console of the first or second demo agent, in a browser of its own."""
    context = browser.new_context(locale=f"{language}-CA", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{stack.url}/console")
    page.locator("#sign-in-email").fill(DEMO_AGENTS[number].email)
    page.locator("#sign-in-password").fill(DEMO_AGENTS[number].password)
    page.locator(".sign-in button[type=submit]").click()
    expect(page.locator("#live")).to_have_class("online")
    return page


def open_talk(page: Page, visitor: Visitor) -> None:
    page.goto(f"{page.url.split('#')[0]}#/conversations/{visitor.id}")
    expect(page.locator("#conversation-title")).to_be_visible()


def claim(page: Page, visitor: Visitor) -> None:
    open_talk(page, visitor)
    page.locator("#act-claim").click()
    expect(page.locator("#reply")).to_be_visible()


def reply(page: Page, text: str) -> None:
    page.locator("#reply").fill(text)
    page.locator("#reply").press("Control+Enter")
    expect(page.locator("#reply")).to_have_value("", timeout=30_000)


def shown(page: Page) -> list[str]:
    """The texts in the console's log, oldest first, as plain words."""
    texts = page.locator(".log article .body").all_inner_texts()
    return [_plain(text) for text in texts]


def _plain(text: str) -> str:
    return re.sub(r"[\s*#>]+", " ", text).strip()


def stored(stack: RunningStack, visitor: Visitor) -> list[str]:
    query = sa.select(messages.c.text).where(messages.c.conversation_id == visitor.id)
    with stack.database.read() as connection:
        return [_plain(text) for text in connection.scalars(query.order_by(messages.c.id))]


def assert_same_everywhere(page: Page, stack: RunningStack, visitor: Visitor) -> None:
    """Console, visitor and database tell the same, and nothing twice."""
    kept = stored(stack, visitor)
    assert [_plain(m["text"]) for m in visitor.messages()] == kept
    wait_for(lambda: len(shown(page)) == len(kept))
    said = [text for text in kept if text.startswith(("mot ", "agent "))]
    assert len(said) == len(set(said))
    assert [text for text in shown(page) if text.startswith(("mot ", "agent "))] == said


@pytest.fixture
def waiting(visit: Callable[..., Visitor]) -> list[Visitor]:
    """Three visitors who wait, of both languages."""
    visitors = [visit("fr"), visit("en"), visit("fr")]
    for visitor, language in zip(visitors, ("fr", "en", "fr"), strict=True):
        assert visitor.say(WISHES[language]).state == "waiting"
    return visitors


def test_a_tab_that_dies_gives_the_visitor_back_to_the_queue(
    browser: Browser, stack: RunningStack, waiting: list[Visitor]
) -> None:
    page = console(browser, stack, 0)
    visitor = waiting[2]
    claim(page, visitor)
    page.context.close()
    # As if its lease had run out since.
    with stack.database.write() as connection:
        connection.execute(
            agents_table.update()
            .where(agents_table.c.email == DEMO_AGENTS[0].email)
            .values(seen_at=None)
        )
    wait_for(lambda: visitor.transcript()["state"] == "waiting", within_s=150)
    assert visitor.messages()[-1]["topic"] == "handoff/away"
    other = console(browser, stack, 1, "en")
    claim(other, visitor)
    reply(other, "agent la relève")
    assert_same_everywhere(other, stack, visitor)


def test_two_agents_claim_at_once_and_the_loser_is_told(
    browser: Browser, stack: RunningStack, waiting: list[Visitor]
) -> None:
    first, second = console(browser, stack, 0), console(browser, stack, 1, "en")
    visitor = waiting[0]
    for page in (first, second):
        open_talk(page, visitor)
    # The second console still shows what was; its click comes too late.
    second.route("**/agent/events", lambda route: route.abort())
    first.locator("#act-claim").click()
    expect(first.locator("#reply")).to_be_visible()
    second.evaluate("() => document.getElementById('act-claim')?.click()")
    expect(second.locator(".locked")).to_be_visible()
    joined = [m for m in visitor.messages() if m["topic"] == "handoff/joined"]
    assert len(joined) == 1
    assert_same_everywhere(first, stack, visitor)


def test_three_talks_at_once_stay_apart_through_reloads_of_both_sides(
    browser: Browser, stack: RunningStack, waiting: list[Visitor]
) -> None:
    page = console(browser, stack, 0)
    for number, visitor in enumerate(waiting):
        claim(page, visitor)
        reply(page, f"agent {number} bonjour")
        visitor.say(f"mot {number} merci")
    page.reload()
    for number, visitor in enumerate(waiting):
        open_talk(page, visitor)
        reply(page, f"agent {number} encore")
        assert_same_everywhere(page, stack, visitor)


def test_what_was_being_typed_outlives_a_reload(
    browser: Browser, stack: RunningStack, waiting: list[Visitor]
) -> None:
    page = console(browser, stack, 0)
    claim(page, waiting[0])
    page.locator("#reply").fill("agent pas encore envoyé")
    page.reload()
    expect(page.locator("#reply")).to_have_value("agent pas encore envoyé")


def test_a_cut_network_is_shown_and_made_up_for_on_both_sides(
    browser: Browser, stack: RunningStack, waiting: list[Visitor]
) -> None:
    page = console(browser, stack, 0)
    visitor = waiting[1]
    claim(page, visitor)
    page.context.set_offline(True)
    expect(page.locator("#offline")).to_be_visible()
    visitor.say("mot pendant la coupure")
    page.locator("#reply").fill("agent pendant la coupure")
    page.locator("#reply").press("Control+Enter")
    page.context.set_offline(False)
    expect(page.locator("#reply")).to_have_value("", timeout=60_000)
    expect(page.locator("#live")).to_have_class("online", timeout=60_000)
    with visitor.events(0) as stream:
        heard = [next(stream) for _ in range(len(stored(stack, visitor)))]
    assert [_plain(e.data["text"]) for e in heard if e.name == "message"][-2:] == stored(
        stack, visitor
    )[-2:]
    assert_same_everywhere(page, stack, visitor)


@pytest.mark.parametrize(("language", "scheme"), [("fr", "light"), ("en", "dark")])
def test_axe_finds_nothing_wrong_in_any_view(
    browser: Browser,
    stack: RunningStack,
    waiting: list[Visitor],
    language: str,
    scheme: Any,
) -> None:
    page = console(browser, stack, 0, language)
    page.emulate_media(color_scheme=scheme)
    claim(page, waiting[0])
    faults = []
    for view, sign in (
        (f"conversations/{waiting[0].id}", "#conversation-title"),
        ("tickets", ".filters"),
        ("insights", ".uplot"),
        ("team", "#team-sessions"),
    ):
        page.goto(f"{page.url.split('#')[0]}#/{view}")
        expect(page.locator(sign).first).to_be_visible()
        found = Axe().run(page).response["violations"]
        faults += [f"{view}: {one['id']} {one['nodes'][0]['target']}" for one in found]
    assert faults == []


def test_a_gateway_that_restarts_amid_a_talk_costs_no_word(
    browser: Browser, stack: RunningStack, waiting: list[Visitor]
) -> None:
    page = console(browser, stack, 0)
    visitor = waiting[0]
    claim(page, visitor)
    page.locator("#reply").fill("agent pendant la panne")
    stack.processes.kill("gateway")
    page.locator("#reply").press("Control+Enter")
    expect(page.locator("#live")).to_have_class("offline")
    stack.wait_until_ready()
    # The console sends again by itself, under the same id.
    expect(page.locator("#reply")).to_have_value("", timeout=60_000)
    visitor.say("mot après la panne")
    assert_same_everywhere(page, stack, visitor)
