"""Each view of the console: without a fault of accessibility, within its window, by keyboard alone.

All over one busy desk (tests/support/desk_scenes.py), on a gateway without Rasa.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from bot.core.handoff import Ownership, ask_person
from bot.core.language import Language
from bot.core.tickets import TicketFilter
from tests.support.builders import start
from tests.support.desk_scenes import GAPS, SUGGESTED, fill
from tests.support.desk_site import AGENTS, Desk, DeskSite, at_desk

OpenDesk = Callable[..., Desk]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskSite]:
    """A busy desk; its first agent has the conversation `talk-long`."""
    site = DeskSite(tmp_path_factory.mktemp("desk"), agent_lease_s=3_600)
    fill(site)
    site.start()
    site.services.desk.claim("talk-long", AGENTS[0])
    yield site
    site.stop()


@pytest.fixture
def desk(browser: Browser, site: DeskSite) -> Iterator[OpenDesk]:
    """Opens a console: `desk("en", width=1024)`, as the first agent."""
    with ExitStack() as stack:

        def begin(language: Language = "fr", **options: object) -> Desk:
            return stack.enter_context(at_desk(browser, site.url, AGENTS[0], language, **options))

        yield begin


def dead_letter(site: DeskSite) -> str:
    found = site.services.tickets.find(TicketFilter(delivery="dead"), limit=1, cursor=0)
    return found[0].reference


def go(page: Page, view: str, sign: str) -> None:
    page.goto(f"{page.url.split('#')[0]}#/{view}")
    expect(page.locator(sign).first).to_be_visible()


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
    page = desk(language).page
    found = []
    for view, sign in views(site).items():
        go(page, view, sign)
        found += faults(page, view)
    go(page, "conversations/talk-long", "#reply")
    for opener in ("reply-canned", "act-transfer", "act-resolve", "keys"):
        page.locator(f"#{opener}").click()
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
    page = desk("fr", width=width).page
    for view, sign in views(site).items():
        go(page, view, sign)
        wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wider <= 0, view
        expect(page.locator(".me")).not_to_have_css("width", "0px")


def test_an_agent_serves_a_visitor_by_keyboard_alone(desk: OpenDesk, site: DeskSite) -> None:
    services = site.services
    _queue(site, "talk-keys", waits_min=0)
    page = desk("fr").page
    press = page.keyboard.press

    # The shortcuts are told, and leave the focus where it was.
    press("Control+/")
    expect(page.locator("dialog")).to_contain_text("Raccourcis clavier")
    press("Escape")

    # Down the queue to the last, which is this one, and into it.
    page.locator("#queue-search").focus()
    press("Tab")
    press("Tab")
    expect(page.locator(".rows .row").first).to_be_focused()
    press("End")
    expect(page.locator("#row-talk-keys")).to_be_focused()
    press("Enter")
    expect(page.locator("#conversation-title")).to_be_focused()
    press("Tab")
    expect(page.locator("#act-claim")).to_be_focused()
    press("Enter")
    expect(page.locator("#reply")).to_be_focused()

    # A canned reply: opened by "/", found by a word, taken by Enter.
    press("/")
    expect(page.locator("#canned-search")).to_be_focused()
    page.keyboard.type("instant verifie")
    press("Enter")
    expect(page.locator("#reply")).to_have_value("Un instant, je vérifie de mon côté.")
    press("Control+Enter")
    expect(page.locator("#reply")).to_have_value("")
    said = [m.text for m in site.messages("talk-keys") if m.author == "agent"]
    assert said == ["Un instant, je vérifie de mon côté."]

    # Resolved, with a note.
    page.locator("#conversation-title").focus()
    for _ in range(3):
        press("Tab")
    expect(page.locator("#act-resolve")).to_be_focused()
    press("Enter")
    page.keyboard.type("Rien à suivre.")
    press("Control+Enter")
    expect(page.locator("#conversation-title")).to_be_focused()
    assert services.conversations.get("talk-keys").state == "closed"
    assert [note.text for note in services.records.notes("talk-keys")] == ["Rien à suivre."]


def test_one_key_inserts_a_suggested_section_and_another_opens_the_neighbour(
    desk: OpenDesk,
) -> None:
    page = desk("fr").page
    go(page, "conversations/talk-long", "#suggestion-1")
    page.locator("#reply").focus()
    page.keyboard.press("Alt+Digit1")
    expect(page.locator("#reply")).to_have_value(f"**{SUGGESTED.heading}**\n\n{SUGGESTED.body}")
    page.locator("#reply").fill("")
    page.keyboard.press("Alt+ArrowDown")
    first = page.locator(".rows .row").first
    expect(first).to_have_attribute("aria-current", "true")
    page.keyboard.press("Alt+ArrowDown")
    expect(first).not_to_have_attribute("aria-current", "true")
    page.keyboard.press("Alt+ArrowUp")
    expect(first).to_have_attribute("aria-current", "true")


def test_the_queue_is_narrowed_and_marks_what_is_unread_or_has_waited_too_long(
    desk: OpenDesk, site: DeskSite
) -> None:
    _queue(site, "talk-late", waits_min=9)
    page = desk("fr").page
    late = page.locator("#row-talk-late")
    expect(late).to_contain_text("Attente trop longue")
    expect(page.locator("#row-talk-short")).not_to_contain_text("Attente trop longue")
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
    _queue(site, "talk-silent", waits_min=0)
    expect(page.locator("#row-talk-silent")).to_be_visible()
    assert page.evaluate("window.told") == []

    page.locator("#alerts").click()
    expect(page.locator("#alerts")).to_have_attribute("aria-pressed", "true")
    _queue(site, "talk-loud", waits_min=0)
    expect(page.locator("#row-talk-loud")).to_be_visible()
    page.wait_for_function("window.told.length > 0")
    assert page.evaluate("window.told") == [["Ocean console", "Somebody is waiting for a person."]]


def test_a_masked_message_says_so(desk: OpenDesk) -> None:
    page = desk("en").page
    go(page, "conversations/talk-long", "#reply")
    masked = page.locator("article.visitor").filter(has_text="Information masked")
    expect(masked).to_have_count(1)
    expect(page.locator("article.visitor")).to_have_count(2)


def test_a_dead_letter_is_found_and_delivered_again(desk: OpenDesk, site: DeskSite) -> None:
    reference = dead_letter(site)
    page = desk("en").page
    go(page, "tickets", ".row")
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


def test_gaps_are_drafted_and_played_again(desk: OpenDesk, site: DeskSite) -> None:
    page = desk("en").page
    go(page, "insights", ".gap")
    with page.expect_download() as download:
        page.locator(".gap a.button").first.click()
    draft = Path(download.value.path()).read_text("utf-8")
    assert draft.count("status: draft") == 2
    assert any(text in draft for _, _, text in GAPS)
    page.locator("#gaps-replay").click()
    expect(page.locator(".gap.closed")).to_have_count(len(GAPS))
    expect(page.get_by_text(f"Gaps closed: {len(GAPS)} of {len(GAPS)}.")).to_be_visible()


def test_a_refused_reply_stays_in_the_box(desk: OpenDesk) -> None:
    page = desk("fr").page
    go(page, "conversations/talk-long", "#reply")

    def refuse(route: Route) -> None:
        route.fulfill(status=409, json={"title": "Conflict", "status": 409})

    page.route("**/messages", refuse)
    page.locator("#reply").fill("Voici ce que je vois.")
    page.locator("#reply").press("Control+Enter")
    expect(page.get_by_text("votre réponse n’est pas partie")).to_be_visible()
    expect(page.locator("#reply")).to_have_value("Voici ce que je vois.")
    page.locator("#reply").fill("")


def _queue(site: DeskSite, id_: str, waits_min: int) -> None:
    services = site.services
    since = services.clock.now() - timedelta(minutes=waits_min)
    kept = start(services.conversations, id_, created_at=since, updated_at=since)
    change = ask_person(Ownership.of(kept), since, "asked")
    services.conversations.change_owner(id_, change, at=since)
    services.events.publish("console")
