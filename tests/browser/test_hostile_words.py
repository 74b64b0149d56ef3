"""Hostile words stay words, whoever writes them: in widget, console, tickets, articles, files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from bot.adapters.memory import MemorySearch
from bot.core.agents import Agent, AgentSession
from bot.core.conversations import Button, Reply
from bot.gateway.access import COOKIE, digest
from tests.support import replies
from tests.support.browsing import Chat, open_window
from tests.support.builders import a_section, a_ticket
from tests.support.hostile import ELSEWHERE, HOSTILE, TEN_THOUSAND_EMOJI
from tests.support.pages import HelpSite

TEXTS = pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())
AGENT = Agent("agt-1", "agente@soutien.example.com", "Camille Roy", "lead")
ACTIVE = "script, style, img, iframe, object, embed, form:has(input[name=motdepasse]), base"


@pytest.fixture(scope="module")
def help_site() -> Iterator[HelpSite]:
    """One gateway for all texts; its articles say them as well."""
    articles = [
        a_section(f"article-{n}#section", article_title=words[:200], heading=words[:80], body=words)
        for n, words in enumerate(HOSTILE.values())
    ]
    site = HelpSite(search=MemorySearch(articles))
    site.services.agents.add(AGENT, "hash")
    ends_at = site.services.clock.now() + timedelta(hours=1)
    site.services.agents.start_session(AgentSession(AGENT, "csrf", ends_at), digest("session"))
    site.start()
    yield site
    site.stop()


@pytest.fixture(scope="module")
def elsewhere() -> list[str]:
    """What the pages asked of others, or were made to do: nothing, at the end of every test."""
    return []


@pytest.fixture(scope="module")
def window(browser: Browser, help_site: HelpSite, elsewhere: list[str]) -> Iterator[BrowserContext]:
    """A window in which an agent is signed in."""
    opened = open_window(browser, accept_downloads=True)
    opened.add_cookies([{"name": COOKIE, "value": "session", "url": help_site.url}])
    opened.on("request", lambda r: elsewhere.append(r.url) if ELSEWHERE in r.url else None)
    yield opened
    opened.close()


@pytest.fixture
def page(window: BrowserContext, elsewhere: list[str]) -> Iterator[Page]:
    opened = window.new_page()
    yield opened
    assert opened.evaluate("[window.hit, document.title.includes('49')]") == [None, False]
    assert elsewhere == []
    opened.close()


def is_harmless(part: Locator) -> None:
    """Whether nothing in it acts, leads astray or breaks the page."""
    assert part.locator(ACTIVE).count() == 0
    for attribute in ("onerror", "onload", "onclick", "srcdoc", "style"):
        assert part.locator(f"[{attribute}]").count() == 0
    for link in part.locator("a[href]").all():
        assert re.match(r"(https?|mailto|tel):", link.evaluate("link => link.href"))
    wider = "node => Math.max(0, node.scrollWidth - node.clientWidth - 1)"
    assert part.evaluate(wider) == 0
    assert part.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def as_typed(words: str) -> re.Pattern[str]:
    """The beginning of the words as a page shows them."""
    return re.compile(r"\s*".join(map(re.escape, words[:60].split())))


@pytest.mark.parametrize("width", [360, 1280])
@TEXTS
def test_hostile_words_of_visitor_bot_and_agent_stay_words_in_the_widget(
    page: Page, help_site: HelpSite, words: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(help_site.url)
    page.evaluate("sessionStorage.clear()")
    visitor = Chat(page).open()
    fair = replies.a_source("fr")
    bad = replace(fair, title=words, url="javascript:window.hit=20")
    help_site.talk.lines[words.strip()] = [
        Reply("answer", words, "faq/x", (Button(words[:200], "/affirm"),), (fair, bad)),
        Reply("recap", f"- **{words[:200]}** : {words[:1000]}", "cancellation/confirm"),
        Reply("diagnosis", f"| a | b |\n|---|---|\n| {words[:300]} | 1 |", "fees/x"),
        Reply("ticket", f"OCN-7K3M-9QXT {words[:1000]}", "ticket/filed"),
    ]
    visitor.say(words)
    expect(visitor.card("ticket")).to_be_attached()
    help_site.say(visitor.kept()["id"], "agent", Reply("message", words))
    expect(visitor.log.locator('[data-author="agent"]')).to_be_attached()
    is_harmless(visitor.log)
    for card in visitor.log.locator("article").all():
        is_harmless(card)
    kept = help_site.visitors_words(visitor.kept()["id"])
    expect(visitor.log.locator('[data-author="visitor"] .said')).to_have_text(kept)
    for link in visitor.log.locator(".body a").all():
        link.click(modifiers=["Alt"])  # follows nothing, runs what would run


@TEXTS
def test_hostile_words_stay_words_in_queue_conversation_and_tickets_of_the_console(
    page: Page, help_site: HelpSite, words: str
) -> None:
    services = help_site.services
    visitor = Chat(page)
    page.goto(help_site.url)
    page.evaluate("sessionStorage.clear()")
    visitor.open().say(words)
    expect(visitor.log.locator('[data-author="visitor"]')).to_have_attribute("data-status", "sent")
    id_ = visitor.kept()["id"]
    ticket = a_ticket(
        conversation_id=id_,
        request_key=f"cancellation {id_}",
        requester_name=words[:200],
        fields={"products": ["tablets_kiosks"], "reason": words, "emr_vendor": words[:100]},
    )
    services.tickets.open(ticket, "{}", "assistant")
    told = services.desk.queue(services.conversations.get(id_), "asked", "fr")
    help_site.say(id_, "bot", told)
    services.desk.claim(id_, AGENT)
    help_site.say(id_, "agent", Reply("message", words))
    services.records.add_note(id_, AGENT, words, at=services.clock.now())

    page.goto(f"{help_site.url}/console#/conversations/{id_}")
    expect(page.locator("#conversation-title")).to_be_visible()
    expect(page.locator(".log article")).to_have_count(len(services.conversations.messages(id_)))
    is_harmless(page.locator("main"))
    expect(page.locator(".log article.visitor .body").first).to_contain_text(as_typed(words))
    page.goto(f"{help_site.url}/console#/tickets/{ticket.reference}")
    expect(page.get_by_text(ticket.reference).first).to_be_visible()
    expect(page.locator("main")).to_contain_text(as_typed(words))
    is_harmless(page.locator("main"))


@TEXTS
def test_an_article_that_was_written_with_ill_intent_stays_words(
    page: Page, help_site: HelpSite, words: str
) -> None:
    number = list(HOSTILE.values()).index(words)
    for path in ("/articles/fr", f"/articles/fr/article-{number}"):
        answer = page.goto(f"{help_site.url}{path}")
        assert answer is not None
        assert answer.ok
        main = page.locator("main")
        assert main.locator("script, style, img[src*='elsewhere'], iframe, base").count() == 0
        assert main.locator("[onerror], [onload], [srcdoc]").count() == 0
        for link in main.locator("a[href]").all():
            assert re.match(r"(https?|mailto|tel):", link.evaluate("link => link.href"))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@TEXTS
def test_a_downloaded_transcript_is_plain_text_under_a_name_of_ours(
    page: Page, help_site: HelpSite, words: str, tmp_path: Path
) -> None:
    page.goto(help_site.url)
    page.evaluate("sessionStorage.clear()")
    visitor = Chat(page).open()
    visitor.say(words)
    own = visitor.log.locator('[data-author="visitor"]')
    expect(own).to_have_attribute("data-status", "sent")
    with page.expect_download() as download:
        visitor.panel.get_by_role("button", name="Télécharger").click()
    assert re.fullmatch(r"ocean-\d{4}-\d\d-\d\d\.txt", download.value.suggested_filename)
    download.value.save_as(tmp_path / "transcript.txt")
    text = (tmp_path / "transcript.txt").read_text(encoding="utf-8-sig")
    (kept,) = help_site.visitors_words(visitor.kept()["id"])
    assert kept in text


def test_ten_thousand_emoji_are_too_many_and_may_be_shortened(
    page: Page, help_site: HelpSite
) -> None:
    page.goto(help_site.url)
    page.evaluate("sessionStorage.clear()")
    visitor = Chat(page).open()
    visitor.box.fill(TEN_THOUSAND_EMOJI)
    expect(visitor.panel.locator(".left")).to_have_text("6000 caractères de trop")
    expect(visitor.panel.get_by_role("button", name="Envoyer", exact=True)).to_be_disabled()
    visitor.box.press("Enter")
    expect(visitor.log.locator('[data-author="visitor"]')).to_have_count(0)
    visitor.box.fill(TEN_THOUSAND_EMOJI[:4_000])
    visitor.box.press("Enter")
    expect(visitor.log.locator('[data-author="visitor"]')).to_have_attribute("data-status", "sent")
    # An agent, or an article, may be longer still.
    help_site.say(visitor.kept()["id"], "agent", Reply("message", TEN_THOUSAND_EMOJI))
    expect(visitor.log.locator('[data-author="agent"]')).to_be_attached()
    is_harmless(visitor.log)


def test_html_that_the_gateway_did_not_sanitise_is_made_harmless_by_the_widget_itself(
    page: Page, help_site: HelpSite
) -> None:
    def poison(route: Route) -> None:
        answer = route.fetch()
        body: dict[str, Any] = answer.json()
        for message in body["messages"]:
            active = '<p onclick="window.hit = 30">texte</p><form><input name="motdepasse"></form>'
            message["html"] = "".join(HOSTILE.values()) + active
        route.fulfill(response=answer, json=body)

    page.goto(help_site.url)
    page.evaluate("sessionStorage.clear()")
    page.route("**/messages", poison)
    page.route("**/events", lambda route: route.abort())  # by which the answer may come first
    visitor = Chat(page).open()
    visitor.say("Bonjour")
    visitor.log.get_by_text("texte").click()
    is_harmless(visitor.card("answer"))
