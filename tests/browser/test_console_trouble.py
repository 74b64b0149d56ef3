"""What a console does when the line is silent or the server away, and when its agent moves on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from bot.core.language import Language
from tests.support.desk_scenes import begin_to_wait
from tests.support.desk_site import AGENTS, Desk, DeskSite

OpenDesk = Callable[..., Desk]
# A console gives up a stream that is silent for 40 seconds, and opens another a second later.
SILENT_MS = 42_000
# An answer is on screen by then.
DRAWN_MS = 200


def fail(route: Route) -> None:
    route.fulfill(status=503, json={"title": "Unavailable", "status": 503})


def show_queue(page: Page, state: str) -> None:
    page.locator("label", has=page.locator(f"#queue-{state}")).click()
    expect(page.locator(f"#queue-{state}")).to_be_checked()


def write(site: DeskSite, id_: str, text: str) -> None:
    """The visitor of a conversation writes."""
    store = site.services.conversations
    now = site.services.clock.now()
    store.add_visit(store.get(id_), text, text=text, payload=None, at=now)
    site.services.events.publish(id_)
    site.services.events.publish("console")


def unread(page: Page, site: DeskSite) -> list[str]:
    """The mark of one's own conversations that are unread, once they are counted anew."""
    with page.expect_response("**/agent/conversations?state=agent*"):
        site.services.events.publish("console")
    page.wait_for_timeout(DRAWN_MS)
    return page.locator(".count.agent").all_inner_texts()


def test_a_stream_whose_opening_is_never_answered_is_opened_again(desk: OpenDesk) -> None:
    page = desk("fr").page
    held: list[Route] = []

    def hold_first(route: Route) -> None:
        if held:
            route.continue_()
        held.append(route)

    page.route("**/agent/events*", hold_first)
    page.clock.install()
    with page.expect_request("**/agent/events*"):
        page.reload()
    expect(page.locator("#live")).not_to_have_class("online")
    page.clock.run_for(SILENT_MS)
    expect(page.locator("#live")).to_have_class("online")


def test_a_network_that_comes_back_amid_a_question_opens_one_stream(desk: OpenDesk) -> None:
    page = desk("fr").page
    page.add_init_script(
        """
        window.streams = [];
        window.EventSource = class extends EventSource {
          constructor(address) { super(address); window.streams.push(this); }
        };
        """
    )
    page.reload()
    expect(page.locator("#live")).to_have_class("online")
    asked: list[Route] = []
    page.route("**/agent/agents", lambda route: asked.append(route))
    for _ in range(2):
        with page.expect_request("**/agent/agents"):
            page.evaluate("window.dispatchEvent(new Event('online'))")
    for route in asked:
        route.continue_()
    page.wait_for_function("() => window.streams.length === 3")
    page.wait_for_function(
        "() => window.streams.filter(({ readyState }) => readyState === 1).length === 1"
    )
    assert page.evaluate("window.streams.filter(({ readyState }) => readyState < 2).length") == 1


def test_what_is_on_screen_is_read_whatever_list_is_beside_it(
    desk: OpenDesk, site: DeskSite
) -> None:
    begin_to_wait(site, "talk-read")
    opened = desk("fr")
    page = opened.page
    opened.claim("talk-read")
    expect(page.locator("#row-talk-read")).not_to_contain_text("(Non lue)")
    show_queue(page, "waiting")
    before = unread(page, site)
    write(site, "talk-read", "Êtes-vous là?")
    expect(page.locator(".log")).to_contain_text("Êtes-vous là?")
    assert unread(page, site) == before


def test_whoever_claims_and_goes_to_the_tickets_is_told_of_no_trouble(
    desk: OpenDesk, site: DeskSite
) -> None:
    begin_to_wait(site, "talk-claimed")
    opened = desk("fr")
    page = opened.page
    opened.open("talk-claimed")
    held: list[Route] = []
    page.route("**/claim", lambda route: held.append(route))
    with page.expect_request("**/claim"):
        page.locator("#act-claim").click()
    page.locator("#tab-tickets").click()
    expect(page.locator("#tickets-delivery")).to_be_visible()
    held[0].continue_()
    expect(page.locator(".notice.done")).to_be_visible()
    expect(page.locator(".notice.trouble")).to_have_count(0)
    assert site.services.conversations.get("talk-claimed").assignee_id == AGENTS[0].id


def test_alerts_that_are_on_sound_after_a_reload_too(desk: OpenDesk, site: DeskSite) -> None:
    page = desk("fr").page
    page.locator("#alerts").click()
    page.add_init_script(
        """
        window.sounds = 0;
        window.AudioContext = class extends AudioContext {
          createOscillator() { window.sounds += 1; return super.createOscillator(); }
        };
        """
    )
    page.reload()
    expect(page.locator("#live")).to_have_class("online")
    show_queue(page, "closed")  # the page is touched, without which browsers stay silent
    begin_to_wait(site, "talk-heard")
    page.wait_for_function("() => window.sounds > 0")
    page.locator("#alerts").click()


@pytest.mark.parametrize(
    ("language", "told"),
    [("fr", "Le serveur a eu un problème"), ("en", "The server had a problem")],
)
def test_canned_replies_that_cannot_be_had_are_told_of(
    desk: OpenDesk, language: Language, told: str
) -> None:
    page = desk(language).go("conversations/talk-long", "#reply")
    page.route("**/agent/replies", fail)
    page.locator("#reply").press("/")
    expect(page.locator(".notice.trouble")).to_contain_text(told)
    page.unroute("**/agent/replies")
    page.locator("#reply").press("/")
    expect(page.locator("#canned-search")).to_be_focused()


def test_the_same_trouble_again_is_not_read_out_again(desk: OpenDesk, site: DeskSite) -> None:
    page = desk("fr").go("conversations/talk-long", "#reply")
    page.route("**/agent/conversations?*", fail)
    page.route("**/conversations/talk-long", fail)
    site.services.events.publish("console")
    shown = page.locator(".notice.trouble")
    expect(shown).to_be_visible()
    shown.evaluate("node => { node.dataset.first = 'yes'; }")
    with page.expect_response("**/conversations/talk-long"):
        site.services.events.publish("console")
    page.wait_for_timeout(DRAWN_MS)
    expect(shown).to_have_attribute("data-first", "yes")


def test_the_panel_stays_under_the_hands_of_whoever_reads_it(
    desk: OpenDesk, site: DeskSite
) -> None:
    page = desk("fr").go("conversations/talk-long", "#reply")
    link = page.locator(".ticket-links a").first
    link.focus()
    link.evaluate("node => { node.dataset.first = 'yes'; }")
    with page.expect_response("**/conversations/talk-long"):
        site.services.events.publish("console")
    page.wait_for_timeout(DRAWN_MS)
    expect(link).to_have_attribute("data-first", "yes")
    # What is new is shown, and the focus stays.
    services = site.services
    services.records.add_note("talk-long", AGENTS[1], "Rappelée à midi.", at=services.clock.now())
    services.events.publish("console")
    expect(page.locator(".notes")).to_contain_text("Rappelée à midi.")
    expect(link).to_be_focused()


def test_charts_that_are_left_listen_no_more(desk: OpenDesk) -> None:
    page = desk("fr").page
    page.evaluate(
        """() => {
          window.listeners = 0;
          for (const [name, step] of [["addEventListener", 1], ["removeEventListener", -1]]) {
            const work = window[name].bind(window);
            window[name] = (...what) => { window.listeners += step; work(...what); };
          }
        }"""
    )
    left = []
    for _ in range(2):
        page.locator("#tab-insights").click()
        expect(page.locator("#chart-satisfied canvas")).to_be_visible()
        page.locator("#tab-team").click()
        expect(page.locator("#team-add")).to_be_visible()
        left.append(page.evaluate("window.listeners"))
    assert left[0] == left[1]
