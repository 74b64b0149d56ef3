"""The support page and the articles in a browser: browsing, searching, reading, printing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.adapters.memory import MemorySearch
from bot.adapters.section_search import KnowledgeSearch
from bot.core.language import Language
from bot.settings import Settings
from tests.support.browsing import Chat, Complaints, faults, open_window, overflow_px
from tests.support.pages import HelpSite

SIZES = pytest.mark.parametrize(
    ("language", "width"), [("fr", 360), ("fr", 1280), ("en", 360), ("en", 1280)]
)
LANGUAGES: tuple[Language, ...] = ("fr", "en")
ASKED: dict[Language, str] = {"fr": "une facture égarée", "en": "an invoice gone astray"}


@pytest.fixture(scope="module")
def help_site() -> Iterator[HelpSite]:
    """The pages over the real articles; what the search finds is written here."""
    shelf = KnowledgeSearch(Settings(_env_file=None))
    sections = [s for code in LANGUAGES for a in shelf.articles(code) for s in a.sections]
    scores = {"past-invoices#find": 0.9, "invoice-details#csv": 0.5}
    search = MemorySearch(sections, dict.fromkeys(ASKED.values(), scores))
    site = HelpSite(search=search)
    site.start()
    yield site
    site.stop()


@pytest.fixture
def page(browser: Browser, width: int, complaints: Complaints) -> Iterator[Page]:
    """A window of that width; dark where it is narrow."""
    window = open_window(browser, width, color_scheme="dark" if width == 360 else "light")
    opened = window.new_page()
    complaints.hear(opened)
    yield opened
    window.close()


def has_no_fault(page: Page) -> None:
    assert faults(page) == []
    assert overflow_px(page.locator("html")) == 0


@SIZES
def test_an_article_is_found_by_topic_or_by_words_and_read_in_both_languages(
    page: Page, help_site: HelpSite, language: Language, width: int
) -> None:
    french = language == "fr"
    page.goto(f"{help_site.url}/?lang={language}")
    has_no_fault(page)

    # By topic.
    page.get_by_role("link", name="Facturation" if french else "Billing").click()
    has_no_fault(page)
    title = (
        "Retrouver ou renvoyer une ancienne facture" if french else "Find or re-send a past invoice"
    )
    page.get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_text("Dernière révision" if french else "Last reviewed")).to_be_visible()
    has_no_fault(page)

    # By words.
    page.goto(f"{help_site.url}/?lang={language}")
    box = page.get_by_role("searchbox")
    box.fill(ASKED[language])
    box.press("Enter")
    results = page.get_by_role("region", name="Résultats" if french else "Results")
    expect(results.get_by_role("listitem")).to_have_count(2)
    has_no_fault(page)
    results.get_by_role("link").first.click()
    assert page.url.endswith(f"/articles/{language}/past-invoices#find")
    expect(page.locator("#find")).to_be_in_viewport()

    # The same article in the other language.
    page.get_by_role("link", name="English" if french else "Français").first.click()
    assert page.url.endswith(f"/articles/{'en' if french else 'fr'}/past-invoices")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_article_can_be_read_without_javascript(
    browser: Browser, help_site: HelpSite, language: Language
) -> None:
    window = open_window(browser, java_script_enabled=False)
    page = window.new_page()
    page.goto(f"{help_site.url}/articles/{language}/past-invoices")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    window.close()


@SIZES
def test_an_article_is_printed_without_the_rest_and_dark_on_light(
    page: Page, help_site: HelpSite, language: Language, width: int
) -> None:
    page.goto(f"{help_site.url}/articles/{language}/past-invoices")
    expect(page.locator("helpdesk-widget .launcher")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for part in (".top", "aside", "footer", ".contents, .crumbs", "helpdesk-widget .launcher"):
        expect(page.locator(part).first).to_be_hidden()
    # Whatever the screen shows, ink is dark and paper is light.
    label, caution = page.locator(".body strong").first, page.locator(".body blockquote").first
    for part in (label, caution):
        ground = part.evaluate("node => getComputedStyle(node).backgroundColor.match(/\\d+/g)")
        assert min(int(shade) for shade in ground[:3]) > 200
    assert faults(page, rules=["color-contrast"]) == []


@SIZES
def test_a_question_to_try_is_put_in_the_box_and_the_page_makes_room(
    page: Page, help_site: HelpSite, complaints: Complaints, language: Language, width: int
) -> None:
    question, ask = {
        "fr": ("J’aimerais parler à une personne.", "Ouvrir le clavardage"),
        "en": ("I would like to talk to a person.", "Open the help window"),
    }[language]
    page.goto(f"{help_site.url}/?lang={language}")
    page.get_by_role("button", name=question).click()
    chat = Chat(page, language)
    expect(chat.box).to_have_value(question)
    panel, hero = chat.panel.bounding_box(), page.locator("main").bounding_box()
    assert panel is not None
    assert hero is not None
    if width == 1280:  # a phone shows the panel alone
        assert hero["x"] + hero["width"] <= panel["x"]
    page.goto(f"{help_site.url}/articles/{language}/past-invoices")
    page.get_by_role("button", name=ask).click()
    expect(chat.card("greeting")).to_be_visible()
    assert complaints == []
