"""An agent's day by keyboard alone, and by touch alone on a tablet that is held upright."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.desk_scenes import ANSWER, MASKED, SUGGESTED, begin_to_wait
from tests.support.desk_site import AGENTS, Desk, DeskSite, at_desk

OpenDesk = Callable[..., Desk]
FARTHEST = 60
FINGER_PX = 44
CANNED = "Un instant, je vérifie de mon côté."


def walk_to(page: Page, wanted: Locator) -> None:
    """Presses Tab until the focus is there."""
    for _ in range(FARTHEST):
        page.keyboard.press("Tab")
        if wanted.evaluate("node => node === document.activeElement"):
            return
    raise AssertionError(f"Tab does not come to {wanted}")


def test_a_visitor_is_served_from_the_queue_to_the_end_by_keyboard_alone(
    browser: Browser, desk: OpenDesk, site: DeskSite
) -> None:
    services = site.services
    begin_to_wait(site, "talk-keys")
    said = services.conversations.get("talk-keys")
    visit = services.conversations.add_visit(
        said, "asks", text=MASKED.text, payload=None, at=services.clock.now()
    )
    services.conversations.finish_turn(visit, [ANSWER], at=services.clock.now())
    page = desk("fr").page
    press, write = page.keyboard.press, page.keyboard.type

    # Down the queue to the last, which is this one, into it, and it is claimed.
    walk_to(page, page.locator(".rows .row").first)
    press("End")
    expect(page.locator("#row-talk-keys")).to_be_focused()
    press("Enter")
    expect(page.locator("#conversation-title")).to_be_focused()
    walk_to(page, page.locator("#act-claim"))
    press("Enter")
    expect(page.locator("#reply")).to_be_focused()

    # A canned reply: opened by "/", found by a word, taken by Enter.
    press("/")
    expect(page.locator("#canned-search")).to_be_focused()
    write("instant verifie")
    press("Enter")
    expect(page.locator("#reply")).to_have_value(CANNED)
    press("Control+Enter")
    expect(page.locator("#reply")).to_have_value("")

    # The suggested section, by one key.
    expect(page.locator("#suggestion-1")).to_be_visible()
    press("Alt+Digit1")
    section = f"**{SUGGESTED.heading}**\n\n{SUGGESTED.body}"
    expect(page.locator("#reply")).to_have_value(section)
    press("Control+Enter")
    expect(page.locator("#reply")).to_have_value("")
    spoken = [m.text for m in site.messages("talk-keys") if m.author == "agent"]
    assert spoken == [CANNED, section]

    # A note, then to a colleague.
    write("Marc connaît cette clinique.")
    walk_to(page, page.locator("#reply-note"))
    press("Enter")
    expect(page.locator(".notes")).to_contain_text("Marc connaît cette clinique.")
    expect(page.locator("#reply")).to_have_value("")
    press("Shift+Tab")
    walk_to(page, page.locator("#act-transfer"))
    press("Enter")
    expect(page.locator("#transfer-agent")).to_be_focused()
    press("Control+Enter")
    expect(page.locator("#conversation-title")).to_be_focused()
    assert services.conversations.get("talk-keys").assignee_id == AGENTS[1].id

    # The colleague finds it among those under way, and resolves it with a note.
    with at_desk(browser, site.url, AGENTS[1], "fr") as other:
        page = other.page
        press, write = page.keyboard.press, page.keyboard.type
        walk_to(page, page.locator("#queue-waiting"))
        press("ArrowRight")
        expect(page.locator("#row-talk-keys")).to_be_visible()
        walk_to(page, page.locator(".rows .row").first)
        press("End")
        expect(page.locator("#row-talk-keys")).to_be_focused()
        press("Enter")
        expect(page.locator("#reply")).to_be_focused()
        page.locator("#act-resolve").wait_for()
        for _ in range(FARTHEST):
            press("Shift+Tab")
            if page.evaluate("document.activeElement.id") == "act-resolve":
                break
        press("Enter")
        write("Rien à suivre.")
        press("Control+Enter")
        expect(page.locator("#conversation-title")).to_be_focused()
    assert services.conversations.get("talk-keys").state == "closed"
    notes = [(note.author, note.text) for note in services.records.notes("talk-keys")]
    assert notes == [
        (AGENTS[0].name, "Marc connaît cette clinique."),
        (AGENTS[1].name, "Rien à suivre."),
    ]


def test_the_keys_are_listed_and_one_opens_the_neighbour(desk: OpenDesk) -> None:
    page = desk("fr").go("conversations/talk-long", "#reply")
    expect(page.locator("#reply")).to_be_focused()
    page.keyboard.press("Control+/")
    expect(page.locator("dialog")).to_contain_text("Raccourcis clavier")
    page.keyboard.press("Escape")
    expect(page.locator("#reply")).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    first = page.locator(".rows .row").first
    expect(first).to_have_attribute("aria-current", "true")
    page.keyboard.press("Alt+ArrowDown")
    expect(first).not_to_have_attribute("aria-current", "true")
    page.keyboard.press("Alt+ArrowUp")
    expect(first).to_have_attribute("aria-current", "true")


def test_a_visitor_is_served_by_touch_alone_on_a_tablet_held_upright(
    desk: OpenDesk, site: DeskSite
) -> None:
    begin_to_wait(site, "talk-touch")
    page = desk("fr", width=768, has_touch=True).page
    page.locator("#row-talk-touch").tap()
    page.locator("#act-claim").tap()
    page.locator("#reply-canned").tap()
    page.locator("#canned-search").fill("instant verifie")
    page.locator("#canned-list li").first.tap()
    expect(page.locator("#reply")).to_have_value(CANNED)
    # All of it is on the screen at once: list, talk, what is known, the reply and the actions.
    reach = "#row-talk-touch, #act-return, #act-transfer, #act-resolve, #reply, .composer .primary"
    for part in page.locator(f"{reach}, .log, .panel section:first-child h3").all():
        expect(part).to_be_in_viewport(ratio=1)
    for target in page.locator(f"{reach}, .composer button, .top button, .top nav a").all():
        box = target.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= FINGER_PX, target
    page.locator(".composer .primary").tap()
    expect(page.locator("#reply")).to_have_value("")
    page.locator("#act-resolve").tap()
    page.locator("dialog .primary").tap()
    expect(page.locator("#act-resolve")).to_have_count(0)
    assert site.services.conversations.get("talk-touch").state == "closed"
    assert [m.text for m in site.messages("talk-touch") if m.author == "agent"] == [CANNED]
