"""Each view of the console: without a fault of accessibility, within its window, true to the data.

All over one busy desk (tests/support/desk_scenes.py), on a gateway without Rasa. Keyboard and touch
stand in test_console_hands.py, charts and gaps in test_console_insights.py.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from bot.core.language import Language
from bot.core.tickets import TicketFilter
from tests.support.desk_scenes import begin_to_wait
from tests.support.desk_site import AGENTS, Desk, DeskSite

OpenDesk = Callable[..., Desk]


# What opens a dialog, by view.
DIALOGS = {
    "conversations/talk-long": ("#reply-canned", "#act-transfer", "#act-resolve", "#keys"),
    "team": ("#team-add", f"#password-{AGENTS[1].id}"),
}


def dead_letter(site: DeskSite) -> str:
    found = site.services.tickets.find(TicketFilter(delivery="dead"), limit=1)
    return found[0].reference


def faults(page: Page, where: str) -> list[str]:
    """What axe finds in the light and in the dark."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for one in Axe().run(page).response["violations"]:
            found.append(f"{where}, {scheme}: {one['id']} {one['nodes'][0]['target']}")
    return found


def views(site: DeskSite) -> dict[str, str]:
    """All addresses, and what shows that the view is there."""
    return {
        "conversations": ".row",
        "conversations/talk-short": "#act-claim",
        "conversations/talk-long": "#reply",
        "conversations/talk-done": ".locked",
        "tickets": ".row",
        f"tickets/{dead_letter(site)}": "#ticket-retry",
        "insights": ".gap",
        "team": "#team-add",
    }


@pytest.mark.parametrize("language", ["fr", "en"])
def test_axe_finds_nothing_wrong_in_any_view_in_the_light_or_in_the_dark(
    desk: OpenDesk, site: DeskSite, language: Language
) -> None:
    opened = desk(language)
    page = opened.page
    found = []
    for view, sign in views(site).items():
        opened.go(view, sign)
        page.locator("details").evaluate_all("nodes => nodes.forEach((node) => (node.open = true))")
        found += faults(page, view)
    for view, openers in DIALOGS.items():
        for opener in openers:
            opened.go(view, opener)
            page.locator(opener).click()
            expect(page.locator("dialog")).to_be_visible()
            found += faults(page, opener)
            page.keyboard.press("Escape")
            expect(page.locator("dialog")).to_have_count(0)
    page.locator("#sign-out").click()
    expect(page.locator("#sign-in-email")).to_be_visible()
    found += faults(page, "sign-in")
    assert found == []


@pytest.mark.parametrize("width", [768, 1024, 1440])
def test_nothing_is_wider_than_the_window_with_the_longest_words(
    desk: OpenDesk, site: DeskSite, width: int
) -> None:
    opened = desk("fr", width=width)
    page = opened.page
    for view, sign in views(site).items():
        opened.go(view, sign)
        wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wider <= 0, view
        expect(page.locator(".me")).not_to_have_css("width", "0px")


def test_the_queue_is_narrowed_and_marks_what_is_unread_or_has_waited_too_long(
    desk: OpenDesk, site: DeskSite
) -> None:
    begin_to_wait(site, "talk-late", waits_min=9)
    begin_to_wait(site, "talk-new", waits_min=0)
    page = desk("fr").page
    late = page.locator("#row-talk-late")
    expect(late).to_contain_text("Attente trop longue")
    expect(page.locator("#row-talk-new")).not_to_contain_text("Attente trop longue")
    expect(page.locator("#tab-conversations .count")).to_have_class("count waiting late")
    expect(late).to_contain_text("(Non lue)")
    late.click()
    expect(page.locator("#act-claim")).to_be_visible()
    expect(late).not_to_contain_text("(Non lue)")

    page.locator(".more-filters summary").click()
    page.locator("#queue-language").select_option("en")
    expect(page.locator(".rows .row")).to_have_count(1)
    page.reload()
    expect(page.locator("#queue-language")).to_have_value("en")
    expect(page.locator(".rows .row")).to_have_count(1)
    page.locator("#queue-language").select_option("")
    page.locator("#queue-site").fill("50021")
    expect(page.locator(".rows .row")).to_have_count(1)
    page.locator("#queue-site").fill("")
    page.locator("label", has=page.locator("#queue-agent")).click()
    page.locator("#queue-mine").check()
    expect(page.locator("#row-talk-long")).to_be_visible()
    expect(page.locator("#row-talk-held")).to_have_count(0)


def test_alerts_are_asked_for_and_tell_nothing_of_what_was_written(
    desk: OpenDesk, site: DeskSite
) -> None:
    page = desk("en").page
    page.context.grant_permissions(["notifications"])
    page.evaluate(
        """() => {
          window.told = [];
          document.hasFocus = () => false;
          window.Notification = class {
            static permission = "granted";
            constructor(title, { body }) { window.told.push([title, body]); }
          };
        }"""
    )
    expect(page.locator("#alerts")).to_have_attribute("aria-pressed", "false")
    begin_to_wait(site, "talk-silent", waits_min=0)
    expect(page.locator("#row-talk-silent")).to_be_visible()
    assert page.evaluate("window.told") == []

    page.locator("#alerts").click()
    expect(page.locator("#alerts")).to_have_attribute("aria-pressed", "true")
    begin_to_wait(site, "talk-loud", waits_min=0)
    expect(page.locator("#row-talk-loud")).to_be_visible()
    page.wait_for_function("window.told.some(([, body]) => body.includes('waiting for a person'))")
    # Somebody of another test may have waited too long meanwhile.
    told = [one for one in page.evaluate("window.told") if "too long" not in one[1]]
    assert told == [["Ocean console", "Somebody is waiting for a person."]]


def test_a_masked_message_says_so(desk: OpenDesk) -> None:
    page = desk("en").go("conversations/talk-long", "#reply")
    masked = page.locator("article.visitor").filter(has_text="Information masked")
    expect(masked).to_have_count(1)
    expect(page.locator("article.visitor")).to_have_count(2)


def test_a_dead_letter_is_found_and_delivered_again(desk: OpenDesk, site: DeskSite) -> None:
    reference = dead_letter(site)
    page = desk("en").go("tickets", ".row")
    page.locator("#tickets-delivery").select_option("dead")
    expect(page.locator(".rows .row")).to_have_count(1)
    page.locator(".rows .row").click()
    expect(page.locator(".ticket")).to_contain_text("422 Requester is suspended")
    page.locator("#check-processed").check()
    expect(page.locator(".history")).to_contain_text("Request processed: done")
    page.locator("#ticket-retry").click()
    expect(page.locator(".ticket .delivery-delivered")).to_be_visible()
    expect(page.locator("#ticket-retry")).to_have_count(0)
    assert site.services.tickets.delivery(reference).state == "delivered"


def test_a_refused_reply_stays_in_the_box(desk: OpenDesk) -> None:
    page = desk("fr").go("conversations/talk-long", "#reply")

    def refuse(route: Route) -> None:
        route.fulfill(status=409, json={"title": "Conflict", "status": 409})

    page.route("**/messages", refuse)
    page.locator("#reply").fill("Voici ce que je vois.")
    page.locator("#reply").press("Control+Enter")
    expect(page.get_by_text("votre réponse n’est pas partie")).to_be_visible()
    expect(page.locator("#reply")).to_have_value("Voici ce que je vois.")
    page.locator("#reply").fill("")
