"""The widget loses no message and sends none twice, whatever happens to network, page, gateway."""

from __future__ import annotations

import threading
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Browser, Route, expect

from bot.core import handoff
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


def test_words_said_while_the_gateway_is_down_go_out_in_order_when_it_is_back(
    chat: OpenChat, help_site: HelpSite
) -> None:
    visitor = chat().open()
    help_site.stop()
    visitor.say(SAID)
    visitor.say(LATER)
    for text in (SAID, LATER):
        expect(visitor.own(text)).to_have_attribute("data-status", "failed")
    expect(visitor.banner).to_contain_text("Nouvel essai automatique")
    help_site.start()
    visitor.own(SAID).get_by_role("button", name="Réessayer").click()
    visitor.is_sent(SAID)
    visitor.is_sent(LATER)
    expect(visitor.banner).to_be_hidden()
    assert help_site.visitors_words(visitor.kept()["id"]) == [SAID, LATER]


def test_a_gateway_that_is_not_ready_is_waited_for_without_a_click(
    chat: OpenChat, help_site: HelpSite
) -> None:
    visitor = chat("en", 360)
    visitor.page.wait_for_function("document.querySelector('helpdesk-widget').shadowRoot")
    expect(visitor.launcher).to_be_visible()
    # The panel's own files come once the page is at rest.
    visitor.page.wait_for_load_state("networkidle")
    help_site.stop()
    visitor.launcher.click()
    visitor.say("Where is my invoice?")
    expect(visitor.banner).to_contain_text("being retried automatically")
    help_site.start()
    visitor.is_sent("Where is my invoice?")
    visitor.sees(ANSWERED)
    expect(visitor.banner).to_be_hidden()


@pytest.mark.parametrize(
    ("language", "width", "words"),
    [
        ("fr", 360, "Aide indisponible, nouvel essai…"),
        ("en", 1280, "Help unavailable, trying again…"),
    ],
)
def test_help_asked_for_before_it_could_be_loaded_says_so_and_opens_by_itself(
    browser: Browser, help_site: HelpSite, language: str, width: int, words: str
) -> None:
    window = open_window(browser, width)
    # The page never comes to rest, so nothing but the button is there when the gateway goes.
    window.add_init_script("window.requestIdleCallback = () => 0")
    visitor = chat_in(window, help_site.url, Complaints(), language)
    expect(visitor.launcher).to_be_visible()
    help_site.stop()
    visitor.launcher.click()
    expect(visitor.launcher).to_have_accessible_name(words)
    expect(visitor.page.locator("helpdesk-widget p[role=status]").first).to_have_text(words)
    visitor.launcher.click()  # impatience does no harm
    help_site.start()
    expect(visitor.card("greeting")).to_be_visible()
    expect(visitor.box).to_be_focused()
    visitor.say(SAID)
    visitor.is_sent(SAID)
    assert help_site.count_conversations() == 1
    window.close()


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


def test_what_was_not_sent_and_what_was_being_written_survive_a_reload(
    chat: OpenChat, help_site: HelpSite
) -> None:
    visitor = chat().open()
    visitor.page.route("**/messages", lambda route: route.abort())
    visitor.say(SAID)
    expect(visitor.own(SAID)).to_have_attribute("data-status", "failed")
    visitor.box.fill("Et puis")
    visitor.page.unroute("**/messages")
    visitor.reload()
    expect(visitor.box).to_have_value("Et puis")
    visitor.is_sent(SAID)
    visitor.sees(ANSWERED)
    assert help_site.visitors_words(visitor.kept()["id"]) == [SAID]


@pytest.mark.parametrize(
    ("language", "width", "words"),
    [("fr", 360, "Vous êtes hors ligne"), ("en", 1280, "You are offline")],
)
def test_offline_is_said_and_what_was_written_goes_out_once_back(
    chat: OpenChat, help_site: HelpSite, language: str, width: int, words: str
) -> None:
    visitor = chat(language, width).open()
    visitor.page.context.set_offline(True)
    expect(visitor.banner).to_contain_text(words)
    visitor.say(SAID)
    expect(visitor.own(SAID)).to_have_attribute("data-status", "failed")
    visitor.page.context.set_offline(False)
    visitor.is_sent(SAID)
    visitor.sees(ANSWERED)
    expect(visitor.banner).to_be_hidden()
    assert help_site.visitors_words(visitor.kept()["id"]) == [SAID]


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


def test_a_button_is_used_once_also_after_a_reload(chat: OpenChat, help_site: HelpSite) -> None:
    visitor = chat().open()
    posts = sent(visitor.page, "/messages")
    buttons = visitor.card("greeting").get_by_role("button")
    expect(buttons).to_have_count(3)
    buttons.first.dblclick()
    visitor.sees(ANSWERED)
    for n in range(3):
        expect(buttons.nth(n)).to_be_disabled()
    assert len(posts) == 1
    visitor.reload()
    expect(buttons.first).to_be_disabled()


# --- Receiving -----------------------------------------------------------------------------------


def test_what_is_said_while_the_line_is_cut_comes_once_after_the_last_message_known(
    chat: OpenChat, help_site: HelpSite
) -> None:
    visitor = chat().open()
    visitor.say(SAID)
    visitor.sees(ANSWERED)
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


def test_after_a_sleep_the_stream_is_opened_anew(chat: OpenChat, help_site: HelpSite) -> None:
    visitor = chat()
    visitor.page.clock.install()
    visitor.page.reload()
    visitor.open()
    known = help_site.services.conversations.messages(visitor.kept()["id"])[-1].id
    with visitor.page.expect_request("**/events") as awake:
        visitor.page.clock.fast_forward("02:00:00")
    assert awake.value.headers["last-event-id"] == str(known)
    help_site.say(visitor.kept()["id"], "agent", Reply("message", "Bon retour!"))
    visitor.sees("Bon retour!")


@pytest.mark.parametrize(("language", "width"), [("fr", 360), ("en", 1280)])
def test_a_page_brought_back_by_the_back_button_goes_on(
    chat: OpenChat, help_site: HelpSite, language: str, width: int
) -> None:
    visitor = chat(language, width).open()
    visitor.page.evaluate("addEventListener('pageshow', (e) => { window.cameBack = e.persisted })")
    visitor.page.goto(f"{help_site.url}/articles/fr")
    help_site.say(visitor.kept()["id"], "agent", Reply("message", "Pendant votre absence"))
    visitor.page.go_back(wait_until="commit")
    assert visitor.page.evaluate("window.cameBack") is True
    visitor.sees("Pendant votre absence")
    visitor.say(SAID)
    visitor.is_sent(SAID)


def test_a_conversation_that_is_gone_gives_way_to_a_new_one_with_the_words_not_sent(
    chat: OpenChat, help_site: HelpSite
) -> None:
    visitor = chat().open()
    old = visitor.kept()["id"]
    help_site.stop()
    visitor.say(SAID)
    expect(visitor.own(SAID)).to_have_attribute("data-status", "failed")
    help_site.services.conversations.erase(old)
    help_site.start()
    visitor.own(SAID).get_by_role("button", name="Réessayer").click()
    visitor.sees("La conversation précédente n’existe plus. En voici une nouvelle.")
    visitor.is_sent(SAID)
    assert visitor.kept()["id"] != old
    assert help_site.visitors_words(visitor.kept()["id"]) == [SAID]


def test_the_dots_move_only_while_an_answer_is_being_prepared(
    chat: OpenChat, help_site: HelpSite
) -> None:
    visitor = chat().open()
    typing = visitor.panel.locator(".typing")
    may_answer = threading.Event()
    help_site.talk.meanwhile = lambda: may_answer.wait(10)
    expect(typing).to_be_hidden()
    visitor.say(SAID)
    expect(typing).to_be_visible()
    may_answer.set()
    visitor.sees(ANSWERED)
    expect(typing).to_be_hidden()
    # A person answers when a person can: nothing is being prepared.
    id_ = visitor.kept()["id"]
    now = help_site.services.clock.now()
    help_site.change_owner(id_, lambda owner: handoff.ask_person(owner, now, "asked"))
    expect(visitor.panel.get_by_text("En attente d’une personne")).to_be_visible()
    visitor.say(LATER)
    visitor.is_sent(LATER)
    expect(typing).to_be_hidden()


# --- Several tabs, several people ----------------------------------------------------------------


def test_two_tabs_hold_one_conversation_and_keep_in_step(
    browser: Browser, help_site: HelpSite, complaints: Complaints
) -> None:
    window = open_window(browser)
    first = chat_in(window, help_site.url, complaints).open()
    first.say(SAID)
    first.sees(ANSWERED)
    second = chat_in(window, help_site.url, complaints).open()
    second.sees(SAID)
    assert second.kept()["id"] == first.kept()["id"]
    second.say(LATER)
    first.sees(LATER)
    expect(first.log.get_by_text(ANSWERED)).to_have_count(2)
    second.card("greeting").get_by_role("button").first.click()
    expect(first.card("greeting").get_by_role("button").first).to_be_disabled()
    assert help_site.count_conversations() == 1
    window.close()


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


def test_a_conversation_erased_in_one_tab_is_gone_from_the_other(
    browser: Browser, help_site: HelpSite, complaints: Complaints
) -> None:
    window = open_window(browser)
    first = chat_in(window, help_site.url, complaints).open()
    first.say(SAID)
    first.sees(ANSWERED)
    second = chat_in(window, help_site.url, complaints).open()
    second.sees(SAID)
    old = first.kept()["id"]
    first.panel.get_by_role("button", name="Tout effacer").click()
    first.panel.get_by_role("button", name="Effacer", exact=True).click()
    for tab in (first, second):
        expect(tab.own(SAID)).to_have_count(0)
        expect(tab.card("greeting")).to_be_visible()
    assert first.kept()["id"] == second.kept()["id"] != old
    window.close()


def test_a_shared_computer_shows_the_next_person_nothing_of_the_one_before(
    browser: Browser, help_site: HelpSite, complaints: Complaints
) -> None:
    window = open_window(browser)
    tabs = [chat_in(window, help_site.url, complaints) for _ in range(2)]
    for tab in tabs:
        tab.page.get_by_label("Compte lié au DMÉ").check()
        tab.open()
    tabs[0].say("Je suis la première personne.")
    for tab in tabs:
        tab.sees("Je suis la première personne.")
    tabs[1].box.fill("un brouillon")
    before = tabs[0].kept()

    # Somebody else signs in, in one of the tabs.
    tabs[0].page.get_by_label("Administratrice du site").check()
    for tab in tabs:
        expect(tab.own("Je suis la première personne.")).to_have_count(0)
        expect(tab.card("greeting")).to_be_visible()
        expect(tab.box).to_have_value("")
        assert before["token"] not in tab.page.evaluate("JSON.stringify({...sessionStorage})")
    assert tabs[0].kept()["id"] != before["id"]

    # And signs out.
    tabs[0].say("Je suis la seconde.")
    tabs[0].is_sent("Je suis la seconde.")
    tabs[0].page.evaluate("HelpdeskWidget.signOut()")
    for tab in tabs:
        expect(tab.own("Je suis la seconde.")).to_have_count(0)
        tab.page.reload()
        tab.page.evaluate("sessionStorage.removeItem('demo-identity')")
    assert help_site.visitors_words(before["id"]) == ["Je suis la première personne."]
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
