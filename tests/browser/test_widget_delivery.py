"""The widget loses no message and sends none twice, whatever happens to network, page, gateway.

Here is what neither the width of the window nor the language can change: one of each is enough.
What the visitor sees of it, in all four places, is in test_widget_reliability.py.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import httpx
from playwright.sync_api import Browser, Route, expect

from bot.core.conversations import Button, Reply
from tests.support.browsing import Chat, Complaints, chat_in, open_window, sent
from tests.support.pages import HelpSite

OpenChat = Callable[..., Chat]
ANSWERED = "An answer."
SAID = "Où est ma facture?"
LATER = "Et la précédente?"


# --- Sending -------------------------------------------------------------------------------------


def test_an_answer_lost_on_its_way_is_asked_for_again_and_nothing_is_done_twice(
    chat: OpenChat, help_site: HelpSite
) -> None:
    visitor = chat().open()
    posts: list[str] = []

    def lose_the_first(route: Route) -> None:
        posts.append(route.request.post_data_json["client_id"])
        if len(posts) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    visitor.page.route("**/messages", lose_the_first)
    visitor.say(SAID)
    visitor.sees(ANSWERED)
    visitor.is_sent(SAID)
    assert help_site.visitors_words(visitor.kept()["id"]) == [SAID]
    expect(visitor.log.get_by_text(ANSWERED)).to_have_count(1)
    assert len(set(posts)) == 1


def test_enter_pressed_twice_sends_one_message(chat: OpenChat, help_site: HelpSite) -> None:
    visitor = chat().open()
    visitor.box.fill(SAID)
    visitor.page.keyboard.press("Enter")
    visitor.page.keyboard.press("Enter")
    visitor.is_sent(SAID)
    assert help_site.visitors_words(visitor.kept()["id"]) == [SAID]


def test_what_is_typed_stays_where_the_browser_stores_no_more(
    chat: OpenChat, help_site: HelpSite
) -> None:
    visitor = chat().open()
    visitor.page.evaluate(
        """() => {
            Storage.prototype.setItem = () => { throw new DOMException("", "QuotaExceededError"); };
        }"""
    )
    visitor.box.fill(LATER)
    help_site.say(visitor.kept()["id"], "agent", Reply("message", "Je regarde."))
    visitor.sees("Je regarde.")
    expect(visitor.box).to_have_value(LATER)


def test_while_the_panel_is_on_its_way_the_button_says_so(
    browser: Browser, help_site: HelpSite
) -> None:
    window = open_window(browser)
    window.add_init_script("window.requestIdleCallback = () => 0")
    visitor = chat_in(window, help_site.url, Complaints())
    held: list[Route] = []
    visitor.page.route("**/session.js", lambda route: held.append(route))
    with visitor.page.expect_request("**/session.js"):
        visitor.launcher.click()
    expect(visitor.launcher).to_have_accessible_name("Ouverture de l’aide…")
    held.pop().continue_()
    expect(visitor.card("greeting")).to_be_visible()
    window.close()


def test_words_said_before_there_is_a_conversation_begin_one_and_keep_their_order(
    chat: OpenChat, help_site: HelpSite
) -> None:
    visitor = chat()
    held: list[Route] = []
    visitor.page.route("**/conversations", lambda route: held.append(route))
    with visitor.page.expect_request("**/conversations"):
        visitor.launcher.click()
    for text in (SAID, LATER):
        visitor.say(text)
        expect(visitor.own(text)).to_have_attribute("data-status", "sending")
    held.pop().continue_()
    for text in (SAID, LATER):
        visitor.is_sent(text)
    assert held == []
    assert help_site.count_conversations() == 1
    assert help_site.visitors_words(visitor.kept()["id"]) == [SAID, LATER]


# --- Receiving -----------------------------------------------------------------------------------


def test_what_is_said_while_the_line_is_cut_comes_once_after_the_last_message_known(
    chat: OpenChat, help_site: HelpSite
) -> None:
    visitor = chat().open()
    visitor.say(SAID)
    visitor.sees(ANSWERED)
    # The answer may have come another way; this comes by the stream alone.
    help_site.say(visitor.kept()["id"], "agent", Reply("message", "Un instant."))
    visitor.sees("Un instant.")
    known = help_site.services.conversations.messages(visitor.kept()["id"])[-1].id
    streams = sent(visitor.page, "/events")
    help_site.stop()
    help_site.say(visitor.kept()["id"], "agent", Reply("message", "Je regarde votre dossier."))
    help_site.start()
    visitor.sees("Je regarde votre dossier.")
    expect(visitor.log.get_by_text("Je regarde votre dossier.")).to_have_count(1)
    assert streams[-1].headers["last-event-id"] == str(known)
    visitor.say(LATER)
    visitor.is_sent(LATER)


def hold_the_first() -> Callable[[Route], None]:
    """Lets all requests pass but the first, of which nothing ever comes."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    return hold


def test_what_a_dead_stream_never_gave_comes_with_the_next_though_later_words_are_known(
    chat: OpenChat, help_site: HelpSite
) -> None:
    visitor = chat()
    visitor.page.route("**/events", hold_the_first())
    with visitor.page.expect_request("**/events"):
        visitor.open()
    help_site.say(visitor.kept()["id"], "agent", Reply("message", "Je regarde votre dossier."))
    visitor.say(SAID)
    visitor.sees(ANSWERED)
    visitor.page.context.set_offline(True)
    expect(visitor.banner).to_be_visible()
    visitor.page.context.set_offline(False)
    visitor.sees("Je regarde votre dossier.")
    expect(visitor.log.get_by_text(ANSWERED)).to_have_count(1)


def test_a_stream_that_never_opens_is_given_up_and_opened_anew(
    browser: Browser, help_site: HelpSite
) -> None:
    window = open_window(browser)
    window.clock.install()
    visitor = chat_in(window, help_site.url, Complaints())
    visitor.page.route("**/events", hold_the_first())
    with visitor.page.expect_request("**/events"):
        visitor.open()
    with visitor.page.expect_request("**/events"):
        window.clock.run_for(61_000)
        window.clock.run_for(10_000)
    window.close()


def test_a_restart_in_the_middle_of_an_answer_loses_and_doubles_nothing(
    chat: OpenChat, help_site: HelpSite
) -> None:
    visitor = chat().open()
    may_answer, is_asked = threading.Event(), threading.Event()

    def think() -> None:
        is_asked.set()
        may_answer.wait(10)

    help_site.talk.meanwhile = think
    visitor.say(SAID)
    assert is_asked.wait(10)
    help_site.stop()
    may_answer.set()
    help_site.start()
    visitor.sees(ANSWERED)
    visitor.is_sent(SAID)
    expect(visitor.log.get_by_text(ANSWERED)).to_have_count(1)
    assert help_site.visitors_words(visitor.kept()["id"]) == [SAID]
    assert len(help_site.talk.asked) == 1


def test_a_conversation_that_is_gone_gives_way_to_a_new_one_with_the_words_not_sent(
    chat: OpenChat, help_site: HelpSite
) -> None:
    visitor = chat().open()
    old = visitor.kept()["id"]
    help_site.stop()
    visitor.say(SAID)
    expect(visitor.own(SAID)).to_have_attribute("data-status", "failed")
    visitor.box.fill(LATER)
    help_site.services.conversations.erase(old)
    help_site.start()
    visitor.sees("La conversation précédente n’existe plus. En voici une nouvelle.")
    visitor.is_sent(SAID)
    assert visitor.kept()["id"] != old
    assert help_site.visitors_words(visitor.kept()["id"]) == [SAID]
    expect(visitor.box).to_have_value(LATER)


def test_words_half_written_stay_where_the_next_page_finds_the_conversation_gone(
    chat: OpenChat, help_site: HelpSite
) -> None:
    visitor = chat().open()
    visitor.box.fill(LATER)
    help_site.services.conversations.erase(visitor.kept()["id"])
    visitor.reload()
    visitor.sees("La conversation précédente n’existe plus. En voici une nouvelle.")
    expect(visitor.box).to_have_value(LATER)


# --- Several tabs, several people ----------------------------------------------------------------


def test_two_tabs_that_begin_at_once_begin_one_conversation(
    browser: Browser, help_site: HelpSite, complaints: Complaints
) -> None:
    window = open_window(browser)
    tabs = [chat_in(window, help_site.url, complaints) for _ in range(2)]
    for tab in tabs:
        tab.page.evaluate("HelpdeskWidget.open()")
    for tab in tabs:
        expect(tab.card("greeting")).to_be_visible()
    assert len({tab.kept()["id"] for tab in tabs}) == 1
    assert help_site.count_conversations() == 1
    window.close()


def test_the_key_of_a_conversation_never_stands_in_an_address(chat: OpenChat) -> None:
    visitor = chat()
    addresses: list[str] = []
    visitor.page.on("request", lambda request: addresses.append(request.url))
    visitor.open().say(SAID)
    visitor.sees(ANSWERED)
    assert any(address.endswith("/events") for address in addresses)
    assert not any(visitor.kept()["token"] in address for address in addresses)


def test_another_conversations_token_opens_nothing(chat: OpenChat, help_site: HelpSite) -> None:
    one, other = chat().open().kept(), chat().open().kept()
    answer = httpx.get(
        f"{help_site.url}/api/v1/conversations/{one['id']}/events",
        headers={"Authorization": f"Bearer {other['token']}"},
        trust_env=False,
    )
    assert answer.status_code == 404


def test_an_expired_button_is_refused_in_words(chat: OpenChat, help_site: HelpSite) -> None:
    help_site.talk.lines[SAID] = [Reply("clarify", "?", "clarify", (Button("Oui", "/affirm"),))]
    visitor = chat().open()
    visitor.say(SAID)
    visitor.page.route("**/messages", lambda route: route.fulfill(status=422, json={}))
    visitor.card("clarify").get_by_role("button", name="Oui").click()
    expect(visitor.own("Oui")).to_contain_text("Message refusé")
    expect(visitor.own("Oui").get_by_role("button", name="Réessayer")).to_be_visible()


def test_a_conversation_is_erased_once_however_often_it_is_asked_for(chat: OpenChat) -> None:
    visitor = chat().open()
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "DELETE":
            held.append(route)
        else:
            route.continue_()

    visitor.page.route("**/conversations/*", hold)
    visitor.panel.get_by_role("button", name="Tout effacer").click()
    for_good = visitor.panel.get_by_role("button", name="Effacer", exact=True)
    with visitor.page.expect_request("**/conversations/*"):
        for_good.click()
    expect(for_good).to_be_disabled()
    held.pop().continue_()
    expect(for_good).to_be_hidden()
    expect(visitor.box).to_be_focused()
