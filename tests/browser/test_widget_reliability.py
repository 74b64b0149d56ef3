"""What a visitor sees of a bad line, a slow gateway, a second tab, the next person at the computer.

On a phone and on a desk, in French and in English (`visitor`, in conftest.py). What neither width
nor words can change is in test_widget_delivery.py.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Route, expect

from bot.core import handoff
from bot.core.conversations import Reply
from bot.core.language import Language
from tests.support.browsing import Chat, Complaints, Place, chat_in, open_window
from tests.support.pages import HelpSite
from tests.support.stack import wait_for

ANSWERED = "An answer."
QUESTIONS: dict[Language, str] = {
    "fr": "Où est ma facture numéro {}?",
    "en": "Where is my invoice number {}?",
}
WORDS: dict[Language, dict[str, str]] = {
    "fr": {
        "sending": "Envoi…",
        "sent": "Envoyé",
        "failed": "Non envoyé",
        "retry": "Réessayer",
        "offline": "Vous êtes hors ligne",
        "unavailable": "Nouvel essai automatique",
        "no help": "Aide indisponible, nouvel essai…",
        "waiting": "En attente d’une personne",
        "erase": "Tout effacer",
        "keep": "Conserver",
        "for good": "Effacer",
    },
    "en": {
        "sending": "Sending…",
        "sent": "Sent",
        "failed": "Not sent",
        "retry": "Try again",
        "offline": "You are offline",
        "unavailable": "being retried automatically",
        "no help": "Help unavailable, trying again…",
        "waiting": "Waiting for a person",
        "erase": "Erase everything",
        "keep": "Keep",
        "for good": "Erase",
    },
}
_NUMBERS = itertools.count(1)


@pytest.fixture
def words(place: Place) -> dict[str, str]:
    """What the widget says of it in this place."""
    return WORDS[place.language]


@pytest.fixture
def question(place: Place) -> Callable[[], str]:
    """Something to say that was not said before."""
    return lambda: QUESTIONS[place.language].format(next(_NUMBERS))


@pytest.fixture
def second(visitor: Chat, shared_site: HelpSite, place: Place) -> Iterator[Chat]:
    """The same conversation in another tab."""
    tab = chat_in(visitor.page.context, shared_site.url, Complaints(), place.language).open()
    assert tab.kept()["id"] == visitor.kept()["id"]
    yield tab
    tab.page.close()


# --- The line ------------------------------------------------------------------------------------


def test_a_message_is_shown_as_being_sent_then_as_sent(
    visitor: Chat, words: dict[str, str], question: Callable[[], str]
) -> None:
    text, held = question(), list[Route]()
    visitor.page.route("**/messages", lambda route: held.append(route))
    visitor.page.route("**/events", lambda route: route.abort())
    with visitor.page.expect_request("**/messages"):
        visitor.say(text)
    expect(visitor.own(text).locator(".status")).to_have_text(words["sending"])
    held.pop().continue_()
    visitor.is_sent(text)
    expect(visitor.own(text).locator(".status")).to_have_text(words["sent"])


def test_a_message_that_could_not_be_sent_says_so_and_goes_out_at_a_click(
    visitor: Chat, shared_site: HelpSite, words: dict[str, str], question: Callable[[], str]
) -> None:
    text = question()
    visitor.page.route("**/messages", lambda route: route.abort())
    visitor.say(text)
    expect(visitor.own(text).locator(".status")).to_have_text(words["failed"])
    expect(visitor.banner).to_contain_text(words["unavailable"])
    visitor.page.unroute("**/messages")
    retry = visitor.own(text).get_by_role("button", name=words["retry"])
    expect(retry).to_be_in_viewport(ratio=1)
    retry.click()
    visitor.is_sent(text)
    expect(visitor.banner).to_be_hidden()
    assert shared_site.visitors_words(visitor.kept()["id"]).count(text) == 1


def test_offline_is_said_and_what_was_written_goes_out_once_back(
    visitor: Chat, shared_site: HelpSite, words: dict[str, str], question: Callable[[], str]
) -> None:
    text = question()
    visitor.page.context.set_offline(True)
    expect(visitor.banner).to_contain_text(words["offline"])
    visitor.say(text)
    expect(visitor.own(text)).to_have_attribute("data-status", "failed")
    visitor.page.context.set_offline(False)
    visitor.is_sent(text)
    expect(visitor.banner).to_be_hidden()
    assert shared_site.visitors_words(visitor.kept()["id"]).count(text) == 1


def test_what_was_not_sent_and_what_was_being_written_survive_a_reload(
    visitor: Chat, shared_site: HelpSite, question: Callable[[], str]
) -> None:
    text, draft = question(), question()
    visitor.page.route("**/messages", lambda route: route.abort())
    visitor.say(text)
    expect(visitor.own(text)).to_have_attribute("data-status", "failed")
    visitor.box.fill(draft)
    visitor.page.unroute("**/messages")
    visitor.reload()
    expect(visitor.box).to_have_value(draft)
    visitor.is_sent(text)
    visitor.box.fill("")
    assert shared_site.visitors_words(visitor.kept()["id"]).count(text) == 1


def test_words_said_while_the_gateway_restarts_go_out_in_order_when_it_is_back(
    visitor: Chat, shared_site: HelpSite, words: dict[str, str], question: Callable[[], str]
) -> None:
    texts = [question(), question()]
    shared_site.stop()
    for text in texts:
        visitor.say(text)
        expect(visitor.own(text)).to_have_attribute("data-status", "failed")
    expect(visitor.banner).to_contain_text(words["unavailable"])
    shared_site.start()
    for text in texts:
        visitor.is_sent(text)
    expect(visitor.banner).to_be_hidden()
    assert shared_site.visitors_words(visitor.kept()["id"])[-2:] == texts


def test_a_page_brought_back_by_the_back_button_goes_on(
    visitor: Chat, shared_site: HelpSite, place: Place, question: Callable[[], str]
) -> None:
    visitor.page.evaluate("addEventListener('pageshow', (e) => { window.cameBack = e.persisted })")
    visitor.page.goto(f"{shared_site.url}/articles/{place.language}")
    text, meanwhile = question(), question()
    shared_site.say(visitor.kept()["id"], "agent", Reply("message", meanwhile))
    visitor.page.go_back(wait_until="commit")
    wait_for(lambda: visitor.page.evaluate("window.cameBack") is True)
    visitor.sees(meanwhile)
    expect(visitor.log.get_by_text(meanwhile)).to_have_count(1)
    visitor.say(text)
    visitor.is_sent(text)


def test_the_dots_move_only_while_an_answer_is_being_prepared(
    visitor: Chat, shared_site: HelpSite, words: dict[str, str], question: Callable[[], str]
) -> None:
    typing, may_answer, text = visitor.panel.locator(".typing"), threading.Event(), question()
    shared_site.talk.meanwhile = lambda: may_answer.wait(10)
    expect(typing).to_be_hidden()
    visitor.say(text)
    expect(typing).to_be_in_viewport(ratio=1)
    may_answer.set()
    visitor.is_sent(text)
    expect(typing).to_be_hidden()
    # A person answers when a person can: nothing is being prepared.
    id_, now = visitor.kept()["id"], shared_site.services.clock.now()
    shared_site.change_owner(id_, lambda owner: handoff.ask_person(owner, now, "asked"))
    expect(visitor.panel.locator(".state")).to_have_text(words["waiting"])
    text = question()
    visitor.say(text)
    visitor.is_sent(text)
    expect(typing).to_be_hidden()
    shared_site.change_owner(id_, lambda owner: handoff.back_to_bot(owner, by="visitor"))
    expect(visitor.panel.locator(".state")).not_to_have_text(words["waiting"])


# --- Before there is a line ----------------------------------------------------------------------


def test_help_asked_for_before_it_could_be_loaded_says_so_and_opens_by_itself(
    browser: Browser,
    help_site: HelpSite,
    place: Place,
    words: dict[str, str],
    question: Callable[[], str],
) -> None:
    window = open_window(browser, place.width)
    window.clock.install()
    # The page never comes to rest, so nothing but the button is there when the gateway goes.
    window.add_init_script("window.requestIdleCallback = () => 0")
    visitor = chat_in(window, help_site.url, Complaints(), place.language)
    expect(visitor.launcher).to_be_visible()
    help_site.stop()
    visitor.launcher.click()
    expect(visitor.launcher).to_have_accessible_name(words["no help"])
    expect(visitor.page.locator("helpdesk-widget p[role=status]").first).to_have_text(
        words["no help"]
    )
    visitor.launcher.click()  # impatience does no harm
    help_site.start()
    window.clock.run_for(6_000)
    expect(visitor.card("greeting")).to_be_visible()
    expect(visitor.box).to_be_focused()
    text = question()
    visitor.say(text)
    visitor.is_sent(text)
    assert help_site.count_conversations() == 1
    window.close()


def test_a_gateway_that_is_not_ready_is_waited_for_without_a_click(
    browser: Browser,
    help_site: HelpSite,
    place: Place,
    words: dict[str, str],
    question: Callable[[], str],
) -> None:
    window, text = open_window(browser, place.width), question()
    visitor = chat_in(window, help_site.url, Complaints(), place.language)
    expect(visitor.launcher).to_be_visible()
    # The panel's own files come when the page has nothing else to do; here, now.
    visitor.page.evaluate("document.querySelector('helpdesk-widget').whole()")
    help_site.stop()
    visitor.launcher.click()
    visitor.say(text)
    expect(visitor.banner).to_contain_text(words["unavailable"])
    help_site.start()
    visitor.is_sent(text)
    visitor.sees(ANSWERED)
    expect(visitor.banner).to_be_hidden()
    window.close()


def test_after_a_sleep_the_stream_is_opened_anew_and_unsent_words_go_out(
    browser: Browser, shared_site: HelpSite, place: Place, question: Callable[[], str]
) -> None:
    window, text, greeting = open_window(browser, place.width), question(), question()
    window.clock.install()
    visitor = chat_in(window, shared_site.url, Complaints(), place.language).open()
    known = shared_site.services.conversations.messages(visitor.kept()["id"])[-1].id
    visitor.page.route("**/messages", lambda route: route.abort())
    visitor.say(text)
    expect(visitor.own(text)).to_have_attribute("data-status", "failed")
    visitor.page.unroute("**/messages")
    with visitor.page.expect_request("**/events") as awake:
        window.clock.fast_forward("02:00:00")  # the lid is closed, and opened two hours later
    assert awake.value.headers["last-event-id"] == str(known)
    visitor.is_sent(text)
    shared_site.say(visitor.kept()["id"], "agent", Reply("message", greeting))
    visitor.sees(greeting)
    expect(visitor.log.get_by_text(greeting)).to_have_count(1)
    window.close()


# --- Several tabs, several people ----------------------------------------------------------------


def test_two_tabs_hold_one_conversation_and_keep_in_step(
    visitor: Chat, shared_site: HelpSite, second: Chat, question: Callable[[], str]
) -> None:
    conversations = shared_site.count_conversations()
    here, there = question(), question()
    visitor.say(here)
    second.sees(here)
    second.say(there)
    visitor.sees(there)
    for text in (here, there):
        for tab in (visitor, second):
            tab.is_sent(text)
    button = second.card("greeting").get_by_role("button").first
    if button.is_enabled():
        button.click()
    expect(visitor.card("greeting").get_by_role("button").first).to_be_disabled()
    assert shared_site.count_conversations() == conversations


def test_an_erased_conversation_is_gone_from_both_tabs_storage_and_gateway(
    visitor: Chat,
    shared_site: HelpSite,
    second: Chat,
    words: dict[str, str],
    question: Callable[[], str],
) -> None:
    text, before = question(), visitor.kept()
    visitor.say(text)
    second.sees(text)
    visitor.panel.get_by_role("button", name=words["erase"]).click()
    expect(visitor.panel.get_by_role("button", name=words["keep"])).to_be_focused()
    visitor.panel.get_by_role("button", name=words["for good"], exact=True).click()
    for tab in (visitor, second):
        expect(tab.own(text)).to_have_count(0)
        expect(tab.card("greeting")).to_be_visible()
        assert before["token"] not in tab.page.evaluate("JSON.stringify({...sessionStorage})")
    assert shared_site.services.conversations.messages(before["id"]) == []
    assert visitor.kept()["id"] == second.kept()["id"] != before["id"]


def test_a_shared_computer_shows_the_next_person_nothing_of_the_one_before(
    visitor: Chat, shared_site: HelpSite, second: Chat, question: Callable[[], str]
) -> None:
    tabs = (visitor, second)
    listed = httpx.get(f"{shared_site.url}/api/v1/demo/identities", trust_env=False).json()
    doctor, admin = (one["identity"] for one in listed["identities"])
    identify = "jwt => HelpdeskWidget.identify(async () => jwt)"
    for tab in tabs:
        tab.page.evaluate(identify, doctor)
        expect(tab.card("greeting")).to_be_visible()
    doctors, admins = question(), question()
    visitor.say(doctors)
    for tab in tabs:
        tab.sees(doctors)
    second.box.fill("un brouillon")
    before = visitor.kept()

    # Somebody else signs in, in one of the tabs; and signs out.
    visitor.page.evaluate(identify, admin)
    is_cleared(tabs, doctors, before["token"])
    assert visitor.kept()["id"] != before["id"]
    visitor.say(admins)
    visitor.is_sent(admins)
    token = visitor.kept()["token"]
    visitor.page.evaluate("HelpdeskWidget.signOut()")
    is_cleared(tabs, admins, token)
    assert shared_site.visitors_words(before["id"]) == [doctors]


def is_cleared(tabs: tuple[Chat, ...], text: str, token: str) -> None:
    for tab in tabs:
        expect(tab.own(text)).to_have_count(0)
        expect(tab.card("greeting")).to_be_visible()
        expect(tab.box).to_have_value("")
        assert token not in tab.page.evaluate("JSON.stringify({...sessionStorage})")
