"""The widget for every eye, ear and hand, on a phone and on a desk, in French and in English.

Each claim is held in all four places (`visitor`, in conftest.py). Kept by axe, by Chromium's own
accessibility tree, and by what a keyboard reaches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, expect

from bot.core.conversations import Reply
from bot.core.language import Language
from tests.support import replies
from tests.support.browsing import HEIGHTS, Chat, Place, faults, overflow_px
from tests.support.pages import HelpSite

ASKED: dict[Language, str] = {"fr": "Montrez-moi tout", "en": "Show me everything, please"}
THANKS: dict[Language, str] = {"fr": "Merci beaucoup", "en": "Thank you very much"}
WISH: dict[Language, str] = {"fr": "En français, s’il vous plaît", "en": "In English, please"}
# In the order in which a keyboard comes to them.
CONTROLS: dict[Language, dict[str, str]] = {
    "fr": {
        "title": "Aide Ocean",
        "state": "Assistant virtuel",
        "language": "English",
        "close": "Fermer l’aide",
        "log": "Conversation",
        "box": "Votre message",
        "send": "Envoyer",
        "download": "Télécharger",
        "erase": "Tout effacer",
    },
    "en": {
        "title": "Ocean Help",
        "state": "Virtual assistant",
        "language": "Français",
        "close": "Close help",
        "log": "Conversation",
        "box": "Your message",
        "send": "Send",
        "download": "Download",
        "erase": "Erase everything",
    },
}
FOCUSED = """() => {
    const node = document.querySelector("helpdesk-widget").shadowRoot.activeElement;
    return node && (node.getAttribute("aria-label") ?? node.textContent.trim());
}"""
THEMES = ("light", "dark")


@pytest.fixture
def names(place: Place) -> dict[str, str]:
    """What the controls are called in this place."""
    return CONTROLS[place.language]


@pytest.fixture
def everything(visitor: Chat, shared_site: HelpSite, place: Place) -> Iterator[Chat]:
    """The panel with one card of every kind; how the page is looked at is put back."""
    asked = ASKED[place.language]
    if visitor.own(asked).count() == 0:
        shared_site.talk.lines[asked] = replies.everything(place.language)
        visitor.say(asked)
        visitor.is_sent(asked)
        expect(visitor.card("error")).to_be_visible()
    yield visitor
    visitor.page.emulate_media(color_scheme="light", contrast="no-preference", forced_colors="none")
    visitor.page.set_viewport_size({"width": place.width, "height": HEIGHTS[place.width]})


# --- Eyes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", THEMES)
def test_nothing_that_the_assistant_says_breaks_the_panel_or_an_accessibility_rule(
    everything: Chat, theme: str
) -> None:
    everything.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    assert overflow_px(everything.page.locator("html")) == 0
    assert overflow_px(everything.log) == 0
    for card in everything.log.locator("article").all():
        assert overflow_px(card) == 0
    assert faults(everything.page, "helpdesk-widget") == []


@pytest.mark.parametrize("theme", THEMES)
def test_whoever_wants_more_contrast_gets_seven_to_one_and_an_edge_on_every_part(
    everything: Chat, theme: str
) -> None:
    everything.page.emulate_media(color_scheme=theme, contrast="more")  # type: ignore[arg-type]
    assert faults(everything.page, "helpdesk-widget", ["color-contrast-enhanced"]) == []
    for part in (everything.panel, *everything.log.locator("article").all()):
        assert edge_px(part) >= 1


def test_in_forced_colours_every_part_and_every_control_has_an_edge(everything: Chat) -> None:
    everything.page.emulate_media(forced_colors="active")
    parts = [
        everything.panel,
        everything.panel.locator(".box"),
        *everything.log.locator("article").all(),
        *everything.panel.locator("button:visible:not(.quiet)").all(),
    ]
    assert len(parts) > 25
    for part in parts:
        assert edge_px(part) >= 1, part.evaluate("node => node.outerHTML")
    # What was pressed stays marked without its colour.
    pressed = everything.log.locator(".option.chosen")
    for one in pressed.all():
        assert one.evaluate("node => getComputedStyle(node, '::before').content").startswith('"✓"')


def test_whoever_wants_no_motion_gets_none(visitor: Chat) -> None:
    visitor.page.emulate_media(reduced_motion="no-preference")
    animation = "node => getComputedStyle(node).animationName"
    dot = visitor.panel.locator(".typing i").first
    assert (visitor.panel.evaluate(animation), dot.evaluate(animation)) == ("rise", "breathe")
    visitor.page.emulate_media(reduced_motion="reduce")
    assert (visitor.panel.evaluate(animation), dot.evaluate(animation)) == ("none", "none")


@pytest.mark.parametrize("times", [2, 4])
def test_at_two_and_four_times_the_size_everything_is_within_reach(
    everything: Chat, place: Place, names: dict[str, str], times: int
) -> None:
    # As a zoom does it: the window counts fewer pixels. WCAG asks for no less than 320 × 256.
    size = {
        "width": max(place.width // times, 320),
        "height": max(HEIGHTS[place.width] // times, 256),
    }
    everything.page.set_viewport_size(size)  # type: ignore[arg-type]
    for name in ("language", "close", "send"):
        control = everything.panel.get_by_role("button", name=names[name], exact=True)
        expect(control).to_be_in_viewport(ratio=1)
    expect(everything.box).to_be_in_viewport(ratio=1)
    assert overflow_px(everything.page.locator("html")) == 0
    assert overflow_px(everything.log) == 0
    room = everything.log.bounding_box()
    assert room is not None
    assert room["height"] >= 60
    everything.panel.get_by_role("button", name=names["erase"]).click()
    for answer in everything.panel.locator(".confirm button").all():
        expect(answer).to_be_in_viewport(ratio=1)
    everything.panel.locator(".confirm button").last.click()


def test_the_box_stays_above_a_phones_keyboard_and_the_panel_fills_the_screen_again(
    visitor: Chat, place: Place
) -> None:
    full = f"{HEIGHTS[360] if place.is_phone else 680}px"
    expect(visitor.panel).to_have_css("height", full)
    show = """(height) => {
        Object.defineProperty(visualViewport, "height", { value: height, configurable: true });
        visualViewport.dispatchEvent(new Event("resize"));
    }"""
    # Who reads what is newest has scrolled there some time before the keyboard comes.
    visitor.log.evaluate(
        "node => { node.scrollTo(0, node.scrollHeight);"
        " return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))); }"
    )
    visitor.page.evaluate(show, 420)
    # A desk's panel stands beside the page: there is nothing to make room for.
    expect(visitor.panel).to_have_css("height", "420px" if place.is_phone else full)
    if place.is_phone:
        assert visitor.box.evaluate("node => node.getBoundingClientRect().bottom") < 420
        expect(visitor.log.locator("article").last).to_be_in_viewport()  # what was said last
    visitor.page.evaluate(show, HEIGHTS[place.width])
    expect(visitor.panel).to_have_css("height", full)
    visitor.page.evaluate("delete visualViewport.height")


# --- Hands ---------------------------------------------------------------------------------------


def test_everything_is_reached_and_left_by_keyboard_alone(
    visitor: Chat, place: Place, names: dict[str, str]
) -> None:
    keys = visitor.page.keyboard
    keys.press("Escape")
    expect(visitor.panel).to_be_hidden()
    expect(visitor.launcher).to_be_focused()
    keys.press("Enter")
    expect(visitor.box).to_be_focused()
    keys.type(THANKS[place.language])
    order = [visitor.page.evaluate(FOCUSED)]
    for _ in range(3):
        keys.press("Tab")
        order.append(visitor.page.evaluate(FOCUSED))
    assert order == [names[name] for name in ("box", "send", "download", "erase")]
    if place.is_phone:  # a modal dialog: after its last control comes its first, past the browser's
        for _ in range(3):
            keys.press("Tab")
            outside = "![document.body, document.querySelector('helpdesk-widget')]"
            assert not visitor.page.evaluate(f"{outside}.includes(document.activeElement)")
    visitor.panel.get_by_role("button", name=names["language"]).focus()
    for name in ("close", "log"):
        keys.press("Tab")
        label = visitor.page.evaluate(FOCUSED)
        assert label == names[name]
    visitor.box.focus()
    keys.press("Tab")
    keys.press("Enter")
    visitor.is_sent(THANKS[place.language])
    expect(visitor.box).to_be_focused()


def test_a_button_pressed_by_keyboard_gives_the_focus_back_to_the_box(
    visitor: Chat, shared_site: HelpSite, place: Place
) -> None:
    asked = f"{ASKED[place.language]} (2)"
    shared_site.talk.lines[asked] = [replies.a_recap(place.language)]
    visitor.say(asked)
    visitor.is_sent(asked)
    recap = visitor.card("recap")
    expect(visitor.box).to_be_focused()
    visitor.page.keyboard.press("Shift+Tab")
    expect(recap.get_by_role("button").last).to_be_focused()
    visitor.page.keyboard.press("Enter")
    expect(visitor.box).to_be_focused()  # the button pressed rests; focus is where one goes on
    expect(recap.locator("button.option.chosen")).to_have_count(1)


# --- Ears ----------------------------------------------------------------------------------------


def test_the_accessibility_tree_names_every_control(
    everything: Chat, names: dict[str, str]
) -> None:
    expect(everything.panel).to_match_aria_snapshot(
        f"""
        - dialog "{names["title"]}":
          - heading "{names["title"]}" [level=2]
          - status: {names["state"]}
          - button "{names["language"]}"
          - button "{names["close"]}"
          - log "{names["log"]}":
            - article
          - textbox "{names["box"]}"
          - button "{names["send"]}" [disabled]
          - button "{names["download"]}"
          - button "{names["erase"]}"
        """
    )
    unnamed = everything.panel.locator("button:visible").evaluate_all(
        "nodes => nodes.filter((n) => !(n.getAttribute('aria-label') ?? n.textContent).trim())"
    )
    assert unnamed == []


def test_screen_readers_are_told_each_message_once(
    visitor: Chat, shared_site: HelpSite, place: Place
) -> None:
    visitor.page.evaluate(
        """() => {
            const log = document.querySelector("helpdesk-widget").shadowRoot
                .querySelector("[role=log]");
            window.heard = [];
            new MutationObserver((changes) => {
                if (log.getAttribute("aria-live") !== "polite") return;
                for (const { addedNodes } of changes) {
                    for (const node of addedNodes) window.heard.push(node.textContent);
                }
            }).observe(log, { childList: true });
        }"""
    )
    expect(visitor.log).to_have_attribute("aria-live", "polite")
    asked = f"{ASKED[place.language]} (3)"
    shared_site.talk.lines[asked] = [Reply("answer", "Said once.", "faq/x")]
    visitor.say(asked)
    visitor.sees("Said once.")
    visitor.is_sent(asked)
    heard = visitor.page.evaluate("window.heard")
    assert [asked in heard[0], "Said once." in heard[1], len(heard)] == [True, True, 2]
    visitor.reload()  # what was heard before is not read out again
    expect(visitor.log).to_have_attribute("aria-live", "polite")


def test_words_that_come_to_stand_after_others_leave_those_unsaid(
    visitor: Chat, shared_site: HelpSite, place: Place
) -> None:
    asked, between = f"{ASKED[place.language]} (4)", "Said in between."
    visitor.page.route("**/messages", lambda route: route.abort())
    visitor.say(asked)
    expect(visitor.own(asked)).to_have_attribute("data-status", "failed")
    shared_site.say(visitor.kept()["id"], "agent", Reply("message", between))
    visitor.sees(between)
    visitor.page.evaluate(
        """() => {
            const log = document.querySelector("helpdesk-widget").shadowRoot
                .querySelector("[role=log]");
            window.heard = [];
            new MutationObserver((changes) => {
                for (const { addedNodes } of changes) {
                    for (const node of addedNodes) window.heard.push(node.textContent);
                }
            }).observe(log, { childList: true });
        }"""
    )
    visitor.page.unroute("**/messages")
    visitor.own(asked).locator(".retry").click()
    after = visitor.log.locator(f'article:has-text("{between}") + article')
    expect(after).to_contain_text(asked)
    assert not any(between in line for line in visitor.page.evaluate("window.heard"))


@pytest.mark.parametrize(("before", "after"), [("fr", "en"), ("en", "fr")])
def test_an_answer_that_brings_the_other_language_is_read_aloud(
    chat: Callable[..., Chat], help_site: HelpSite, before: Language, after: Language
) -> None:
    help_site.talk.lines[WISH[after]] = [Reply("answer", "Said once.", "faq/x")]
    visitor = chat(before).open()
    visitor.say(WISH[after])
    expect(visitor.panel).to_have_accessible_name(CONTROLS[after]["title"])
    expect(visitor.panel.locator("p.spoken[role=status]")).to_contain_text("Said once.")


def edge_px(part: Locator) -> float:
    """How wide the border is that sets a part off from what is around it; 0 if it is not seen."""
    width: float = part.evaluate(
        """node => {
            const { borderTopWidth, borderTopColor } = getComputedStyle(node);
            return borderTopColor === "rgba(0, 0, 0, 0)" ? 0 : parseFloat(borderTopWidth);
        }"""
    )
    return width
