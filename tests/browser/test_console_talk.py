"""A visitor at the widget and agents at the console: what each sees of the other, and what not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browsing import Chat, Complaints, open_chat
from tests.support.desk_site import AGENTS, WISHES, Desk, DeskSite, at_desk


@dataclass(frozen=True)
class Talk:
    """An English visitor who waits, a French agent, and an English one."""

    site: DeskSite
    chat: Chat
    first: Desk
    second: Desk

    @property
    def id(self) -> str:
        found: str = self.chat.kept()["id"]
        return found


@pytest.fixture
def talk(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, complaints: Complaints
) -> Iterator[Talk]:
    site = DeskSite(tmp_path_factory.mktemp("talk"))
    with ExitStack() as stack:
        site.start()
        stack.callback(site.stop)
        chat = open_chat(browser, site.url, complaints, "en", locale="en-CA")
        stack.callback(chat.page.context.close)
        chat.open().say(WISHES["en"])
        desks = [
            stack.enter_context(at_desk(browser, site.url, AGENTS[0], "fr")),
            stack.enter_context(at_desk(browser, site.url, AGENTS[1], "en")),
        ]
        for desk in desks:
            expect(desk.page.locator(".rows .row")).to_have_count(1)
        yield Talk(site, chat, *desks)
        assert complaints == []


def test_agent_and_visitor_see_each_other_type_and_read(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Typing ends here only if its end is told, however slow this machine is.
    monkeypatch.setattr("bot.core.agents.TYPING_FOR", timedelta(minutes=5))
    page, chat = talk.first.page, talk.chat
    visitor_types = page.get_by_text("Le visiteur écrit…")
    agent_types = chat.panel.locator(".typing").get_by_text(f"{AGENTS[0].name} is typing…")
    talk.first.claim(talk.id)
    chat.sees(f"{AGENTS[0].name} has joined")

    chat.box.press_sequentially("It is urgent")
    expect(visitor_types).to_be_visible()
    chat.box.press("Enter")
    expect(visitor_types).to_be_hidden()
    expect(page.locator(".log")).to_contain_text("It is urgent")
    expect(chat.own("It is urgent").locator(".status")).to_have_text("Read")

    page.locator("#reply").press_sequentially("**Hello**")
    expect(agent_types).to_be_visible()
    page.locator("#reply").fill("")
    expect(agent_types).to_be_hidden()
    page.locator("#reply").press_sequentially("**Hello**, how may I help?")
    expect(agent_types).to_be_visible()
    page.locator("#reply-preview").click()
    expect(page.locator(".preview strong")).to_have_text("Hello")
    page.locator("#reply").press("Control+Enter")
    chat.sees("how may I help?")
    expect(agent_types).to_be_hidden()
    expect(page.get_by_text("Lu par le visiteur")).to_be_visible()

    chat.box.press_sequentially("Wait")
    expect(visitor_types).to_be_visible()
    chat.box.fill("")
    expect(visitor_types).to_be_hidden()


def test_notes_are_seen_by_colleagues_and_not_by_the_visitor(talk: Talk) -> None:
    page = talk.first.page
    talk.first.claim(talk.id)
    page.locator("#reply").fill("À rappeler demain.")
    page.locator("#reply-note").click()
    expect(page.locator(".notes")).to_contain_text("À rappeler demain.")
    talk.second.open(talk.id)
    expect(talk.second.page.locator(".notes")).to_contain_text("À rappeler demain.")
    assert "rappeler" not in talk.chat.reload().log.inner_text()


def test_a_conversation_goes_to_a_colleague_then_to_the_bot_and_the_visitor_is_told(
    talk: Talk,
) -> None:
    first, second = talk.first.page, talk.second.page
    talk.first.claim(talk.id)
    talk.chat.sees(f"{AGENTS[0].name} has joined the conversation")
    first.locator("#act-transfer").click()
    first.locator("#transfer-agent").select_option(label=AGENTS[1].name)
    first.locator("dialog button.primary").click()
    expect(first.locator(".locked")).to_contain_text(AGENTS[1].name)
    talk.chat.sees(AGENTS[1].name)
    talk.second.open(talk.id)
    second.locator("#reply").fill("Let me look.")
    second.locator("#reply").press("Control+Enter")
    talk.chat.sees("Let me look.")
    second.locator("#act-return").click()
    expect(second.locator("#act-claim")).to_be_visible()
    talk.chat.say("And my invoice?")
    talk.chat.sees("An answer.")
    # Whoever looks at a talk of the bot's sees it go on.
    expect(second.locator(".log")).to_contain_text("An answer.")
