"""The console on the whole product: a gateway that is killed amid a talk costs no word.

What two agents and three visitors do to one another stands in test_console_together.py, what each
view shows in test_console_views.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from bot.adapters.tables import messages
from bot.settings import DEMO_AGENTS
from tests.support.browsing import open_window
from tests.support.stack import RunningStack, Visitor, wait_for


def console(browser: Browser, stack: RunningStack) -> Page:
    """The console of the first demo agent, in a browser of its own."""
    page = open_window(browser).new_page()
    page.goto(f"{stack.url}/console")
    page.locator("#sign-in-email").fill(DEMO_AGENTS[0].email)
    page.locator("#sign-in-password").fill(DEMO_AGENTS[0].password)
    page.locator(".sign-in button[type=submit]").click()
    expect(page.locator("#live")).to_have_class("online")
    return page


def plain(text: str) -> str:
    return re.sub(r"[\s*#>]+", " ", text).strip()


def stored(stack: RunningStack, visitor: Visitor) -> list[str]:
    query = sa.select(messages.c.text).where(messages.c.conversation_id == visitor.id)
    with stack.database.read() as connection:
        return [plain(text) for text in connection.scalars(query.order_by(messages.c.id))]


def test_a_gateway_that_is_killed_amid_a_talk_costs_no_word(
    browser: Browser, stack: RunningStack, visit: Callable[..., Visitor]
) -> None:
    visitor = visit("fr")
    assert visitor.say("Je veux parler à une personne").state == "waiting"
    page = console(browser, stack)
    page.goto(f"{page.url.split('#')[0]}#/conversations/{visitor.id}")
    page.locator("#act-claim").click()
    page.locator("#reply").fill("agent pendant la panne")
    stack.processes.kill("gateway")
    page.locator("#reply").press("Control+Enter")
    expect(page.locator("#live")).to_have_class("offline")
    stack.wait_until_ready()
    # The console sends again by itself, under the same id.
    expect(page.locator("#reply")).to_have_value("", timeout=60_000)
    visitor.say("mot après la panne")
    kept = stored(stack, visitor)
    assert [text for text in kept if text.startswith(("agent ", "mot "))] == [
        "agent pendant la panne",
        "mot après la panne",
    ]
    assert [plain(message["text"]) for message in visitor.messages()] == kept
    shown = page.locator(".log article .body")
    wait_for(lambda: [plain(text) for text in shown.all_inner_texts()] == kept)
    page.context.close()
