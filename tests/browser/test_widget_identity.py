"""Who is signed in on the page, as it is learned, ends, changes and is forgotten.

In one place: neither the width of the window nor the language can change it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import jwt
from playwright.sync_api import Browser, expect

from bot.core.conversations import Identity
from bot.settings import DEMO_KEY_ID
from tests.support.browsing import Chat, Complaints, chat_in, open_window, sent
from tests.support.pages import VISITORS, HelpSite

OpenChat = Callable[..., Chat]
SAID = "Où est ma facture?"
LATER = "Et la précédente?"
IDENTIFY = "token => { window.token = token; HelpdeskWidget.identify(async () => window.token); }"
IS_ANOTHER = """old => {
    const { id } = JSON.parse(sessionStorage["helpdesk-widget"] ?? "{}");
    return id && id !== old;
}"""


def token_of(site: HelpSite, who: str = "linked", life_s: int = 3_600) -> str:
    """What the page of a vendor gives for a person who is signed in there."""
    claims, _ = VISITORS[who]
    return jwt.encode(
        {**claims, "exp": int(time.time()) + life_s},
        site.settings.identity_keys[DEMO_KEY_ID].get_secret_value(),
        algorithm="HS256",
        headers={"kid": DEMO_KEY_ID},
    )


def identity_in(site: HelpSite, visitor: Chat) -> Identity | None:
    """In whose name the visitor's conversation is, as it is kept."""
    return site.services.conversations.get(visitor.kept()["id"]).identity


# --- The end of a token --------------------------------------------------------------------------


def test_a_token_about_to_end_is_renewed_with_the_next_message_and_once(
    chat: OpenChat, help_site: HelpSite
) -> None:
    visitor = chat()
    visitor.page.evaluate(IDENTIFY, token_of(help_site, life_s=14))
    visitor.open()
    before = identity_in(help_site, visitor)
    renewals = sent(visitor.page, "/identity")
    visitor.page.evaluate("token => { window.token = token; }", token_of(help_site))
    for text in (SAID, LATER):
        visitor.say(text)
        visitor.is_sent(text)
    after = identity_in(help_site, visitor)
    assert before is not None
    assert before.ends_at is not None
    assert after is not None
    assert after.ends_at is not None
    assert after.ends_at > before.ends_at + 1_000
    assert len(renewals) == 1


def test_a_page_that_does_not_answer_holds_no_message_back_for_long(
    chat: OpenChat, help_site: HelpSite
) -> None:
    visitor = chat()
    visitor.page.evaluate(IDENTIFY, token_of(help_site, life_s=14))
    visitor.open()
    visitor.page.evaluate("window.token = new Promise(() => {}); 0")
    visitor.say(SAID)
    visitor.is_sent(SAID)
    # Nor was that the last attempt.
    visitor.page.evaluate("token => { window.token = token; }", token_of(help_site))
    with visitor.page.expect_request("**/identity"):
        visitor.say(LATER)
    visitor.is_sent(LATER)


# --- Who is there --------------------------------------------------------------------------------


def test_words_said_before_the_page_knew_who_is_signed_in_are_theirs(
    chat: OpenChat, help_site: HelpSite
) -> None:
    visitor = chat()
    visitor.page.evaluate(
        """() => {
            const found = new Promise((tell) => { window.tell = tell; });
            HelpdeskWidget.identify(() => found);
        }"""
    )
    visitor.launcher.click()
    visitor.say(SAID)
    visitor.box.fill(LATER)
    visitor.page.evaluate("token => window.tell(token)", token_of(help_site))
    visitor.is_sent(SAID)
    expect(visitor.box).to_have_value(LATER)
    identity = identity_in(help_site, visitor)
    assert identity is not None
    assert identity.external_id == "demo-linked"
    assert help_site.visitors_words(visitor.kept()["id"]) == [SAID]
    assert help_site.count_conversations() == 1


def test_a_page_that_cannot_say_who_is_signed_in_stops_nobody(
    chat: OpenChat, help_site: HelpSite
) -> None:
    visitor = chat()
    visitor.page.evaluate(
        """() => {
            const found = new Promise((_, fail) => { window.fail = fail; });
            HelpdeskWidget.identify(() => found).catch(() => {});
        }"""
    )
    visitor.launcher.click()
    visitor.say(SAID)
    visitor.page.evaluate("window.fail(new Error('away'))")
    visitor.is_sent(SAID)
    assert identity_in(help_site, visitor) is None


def test_nothing_is_begun_in_the_name_of_whoever_has_left_while_the_page_was_put_away(
    chat: OpenChat, help_site: HelpSite
) -> None:
    visitor = chat()
    visitor.page.evaluate(IDENTIFY, token_of(help_site))
    visitor.open()
    theirs = visitor.kept()["id"]
    visitor.page.evaluate(
        """() => {
            window.token = Promise.reject(new Error("signed out"));
            window.token.catch(() => {});
            addEventListener("pageshow", (e) => { window.cameBack = e.persisted; });
        }"""
    )
    visitor.page.goto(f"{help_site.url}/articles/fr")
    visitor.page.go_back(wait_until="commit")
    assert visitor.page.evaluate("window.cameBack") is True
    visitor.page.wait_for_function(IS_ANOTHER, arg=theirs)
    assert identity_in(help_site, visitor) is None


def test_nobodys_conversation_is_not_taken_up_as_that_of_who_signed_in_in_another_tab(
    browser: Browser, help_site: HelpSite
) -> None:
    window = open_window(browser)
    signed_in = chat_in(window, help_site.url, Complaints())
    other = chat_in(window, help_site.url, Complaints()).open()
    nobodys = other.kept()["id"]
    signed_in.page.evaluate(IDENTIFY, token_of(help_site))
    other.page.wait_for_function(IS_ANOTHER, arg=nobodys)
    signed_in.open()
    assert identity_in(help_site, other) is None
    assert identity_in(help_site, signed_in) is not None
    window.close()


def test_signing_out_reaches_other_tabs_also_where_the_widget_cannot_be_loaded(
    browser: Browser, help_site: HelpSite
) -> None:
    window = open_window(browser)
    open_tab = chat_in(window, help_site.url, Complaints()).open()
    anonymous = open_tab.kept()["id"]
    open_tab.page.evaluate(IDENTIFY, token_of(help_site))
    open_tab.page.wait_for_function(IS_ANOTHER, arg=anonymous)
    theirs = open_tab.kept()["id"]
    leaving = chat_in(window, help_site.url, Complaints())
    leaving.page.route("**/session.js", lambda route: route.abort())
    leaving.page.reload()
    leaving.page.evaluate("HelpdeskWidget.signOut().catch(() => {})")
    open_tab.page.wait_for_function(IS_ANOTHER, arg=theirs)
    assert identity_in(help_site, open_tab) is None
    window.close()


def test_signing_out_empties_the_tab_also_where_the_widget_cannot_be_loaded(
    chat: OpenChat,
) -> None:
    visitor = chat().open()
    before = visitor.kept()["id"]
    visitor.page.route("**/session.js", lambda route: route.abort())
    visitor.page.reload()
    visitor.page.evaluate("HelpdeskWidget.signOut().catch(() => {})")
    assert visitor.kept() == {}
    visitor.page.unroute("**/session.js")
    visitor.reload()
    assert visitor.kept()["id"] != before
