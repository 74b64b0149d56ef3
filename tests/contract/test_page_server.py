"""The help pages and the widget's addresses: what browsers and search engines rely on."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest
from fastapi.testclient import TestClient

from bot.adapters.memory import HeldClock, MemorySearch, memory_services
from bot.adapters.section_search import KnowledgeSearch
from bot.core.language import Language
from bot.core.services import Services
from bot.gateway.app import create_app
from bot.gateway.topics import TOPICS
from bot.settings import Settings
from tests.support.builders import NOW, a_section
from tests.support.problems import assert_problem

SETTINGS = Settings(_env_file=None)
ARTICLES = KnowledgeSearch(SETTINGS)
LANGUAGES: tuple[Language, ...] = ("fr", "en")
HOSTILE = "<script>alert(1)</script> [lien](javascript:alert(1)) <img src=x onerror=alert(1)>"


def open_pages(services: Services, **settings: object) -> TestClient:
    chosen = SETTINGS.model_copy(update=settings)
    return TestClient(create_app(services, chosen, owner="test", demo_visitors={}))


@pytest.fixture(scope="module")
def pages() -> TestClient:
    """The pages over the real articles."""
    return open_pages(memory_services(HeldClock(NOW), search=ARTICLES))


# --- Articles ------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_article_is_a_page_with_an_anchor_for_each_section(
    pages: TestClient, language: Language
) -> None:
    for article in ARTICLES.articles(language):
        page = pages.get(f"/articles/{language}/{article.slug}")
        assert page.status_code == 200
        assert page.headers["content-language"] == language
        for section in article.sections:
            assert f'<section id="{section.anchor}"' in page.text


def test_every_link_of_every_article_leads_to_a_section_that_exists(pages: TestClient) -> None:
    anchors: dict[str, set[str]] = {}
    links: set[str] = set()
    for language in LANGUAGES:
        for article in ARTICLES.articles(language):
            path = f"/articles/{language}/{article.slug}"
            text = pages.get(path).text
            anchors[path] = set(re.findall(r'\bid="([^"]+)"', text))
            links |= set(re.findall(r'href="(/articles/[a-z]{2}/[^"]+)"', text))
    assert len(links) > 100
    for link in links:
        path, _, anchor = link.partition("#")
        assert path in anchors, link
        assert not anchor or anchor in anchors[path], link


@pytest.mark.parametrize(
    ("language", "reviewed"),
    [("fr", "Dernière révision\N{NO-BREAK SPACE}: "), ("en", "Last reviewed: ")],
)
def test_an_article_can_be_found_by_search_engines_and_says_when_it_was_reviewed(
    pages: TestClient, language: Language, reviewed: str
) -> None:
    text = pages.get(f"/articles/{language}/past-invoices").text
    assert "noindex" not in text
    assert f'rel="canonical" href="http://testserver/articles/{language}/past-invoices"' in text
    for code in LANGUAGES:
        assert f'hreflang="{code}" href="http://testserver/articles/{code}/past-invoices"' in text
    assert re.search(r'<meta name="description" content="\w[^"]{40,}">', text)
    assert re.search(f'{reviewed}<time datetime="20[0-9-]+">', text)
    assert 'href="https://support.cognisantmd.com/' in text  # the vendor's own page


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", ("<b>Soutien</b> Ocean", "Ouvrir le clavardage", "documentation d’OceanMD")),
        ("en", ("Ocean <b>Support</b>", "Open the help window", "OceanMD’s documentation")),
    ],
)
def test_pages_name_whose_they_are_in_the_order_of_the_language(
    pages: TestClient, language: Language, words: tuple[str, ...]
) -> None:
    text = pages.get(f"/articles/{language}/past-invoices").text
    assert [each for each in words if each not in text] == []
    for path in ("/", f"/articles/{language}", f"/articles/{language}?q=zzz"):
        page = pages.get(path, params={"lang": language} if path == "/" else None)
        assert page.status_code == 200
        assert "fenêtre d’aide" not in page.text
        assert "du fournisseur" not in page.text


@pytest.mark.parametrize("path", ["/articles/fr/no-such-article", "/articles/en/..%2f..%2fREADME"])
def test_an_article_that_is_not_there_is_not_found(pages: TestClient, path: str) -> None:
    assert_problem(pages.get(path), 404)


def test_every_article_stands_under_one_topic_of_the_list(pages: TestClient) -> None:
    placed = [slug for topic in TOPICS for slug in topic.slugs]
    for language in LANGUAGES:
        assert sorted(placed) == [article.slug for article in ARTICLES.articles(language)]
        text = pages.get(f"/articles/{language}").text
        assert all(text.count(f'href="/articles/{language}/{slug}"') == 1 for slug in placed)


def test_a_search_lists_the_sections_found_best_first_and_is_not_indexed(clock: HeldClock) -> None:
    sections = [a_section("parking#where"), a_section("parking#price")]
    found = {"garer": {"parking#price": 0.4, "parking#where": 0.9}}
    http = open_pages(memory_services(clock, search=MemorySearch(sections, found)))
    text = http.get("/articles/fr", params={"q": " garer "}).text
    links = re.findall(r'href="/articles/fr/(parking#\w+)"', text)
    assert links == ["parking#where", "parking#price"]
    assert "noindex" in text
    nothing = http.get("/articles/fr", params={"q": "autre chose"})
    assert nothing.status_code == 200
    assert "Aucun article" in nothing.text


def test_hostile_words_in_an_article_or_a_search_stay_words(clock: HeldClock) -> None:
    section = a_section("parking#where", heading=HOSTILE, article_title=HOSTILE, body=HOSTILE)
    search = MemorySearch([section], {HOSTILE: {"parking#where": 1.0}})
    http = open_pages(memory_services(clock, search=search))
    for page in (
        http.get("/articles/fr/parking"),
        http.get("/articles/fr", params={"q": HOSTILE}),
        http.get("/"),
    ):
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert 'href="javascript:' not in page.text


def test_a_search_longer_than_a_question_is_refused(pages: TestClient) -> None:
    assert_problem(pages.get("/articles/fr", params={"q": "x" * 301}), 422)


def test_production_shows_no_sign_of_the_demo(clock: HeldClock) -> None:
    http = open_pages(memory_services(clock), env="production")
    text = http.get("/articles/fr").text
    assert "démonstration :" not in text.replace("\N{NO-BREAK SPACE}", " ")
    assert 'href="/console"' not in text


# --- Frames --------------------------------------------------------------------------------------


def test_only_a_page_on_the_list_may_frame_the_help_and_none_the_console(clock: HeldClock) -> None:
    origin = "https://clinique.example"
    http = open_pages(memory_services(clock), allowed_origins=(origin,))
    for path in ("/", "/articles/fr"):
        headers = http.get(path).headers
        assert f"frame-ancestors 'self' {origin}" in headers["content-security-policy"]
        assert "x-frame-options" not in headers
    for path in ("/console", "/api/v1/demo/agents"):
        headers = http.get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"


# --- The widget's files --------------------------------------------------------------------------


def manifest(script: str) -> dict[str, object]:
    found = re.search(r"const manifest = (\{.*?\}\});", script)
    assert found is not None
    parsed: dict[str, object] = json.loads(found[1])
    return parsed


def sri(body: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(body).digest()).decode()


def test_the_widgets_script_pins_every_part_of_it(pages: TestClient) -> None:
    newest = pages.get("/widget.js")
    listed = manifest(newest.text)
    parts = listed["parts"]
    assert isinstance(parts, dict)
    assert {"session.js", "view.js", "widget.css"} <= set(parts)
    for name, integrity in parts.items():
        part = pages.get(f"/widget/{listed['version']}/{name}")
        assert sri(part.content) == integrity, name
    assert pages.get(f"/widget/{listed['version']}/widget.js").content == newest.content


def test_a_pinned_part_is_kept_for_a_year_and_the_newest_script_asked_for_anew(
    pages: TestClient,
) -> None:
    newest = pages.get("/widget.js")
    assert newest.headers["cache-control"] == "no-cache"
    again = pages.get("/widget.js", headers={"If-None-Match": newest.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    version = manifest(newest.text)["version"]
    pinned = pages.get(f"/widget/{version}/view.js")
    assert pinned.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert pinned.headers["access-control-allow-origin"] == "*"
    assert pinned.headers["content-encoding"] == "gzip"


def test_a_version_that_is_gone_names_the_present_one(pages: TestClient) -> None:
    version = manifest(pages.get("/widget.js").text)["version"]
    answer = pages.get("/widget/0123456789ab/widget.js")
    assert_problem(answer, 404, f"/widget/{version}/widget.js")
    assert_problem(pages.get(f"/widget/{version}/../../settings.py"), 404)
    assert_problem(pages.get(f"/widget/{version}/README.md"), 404)


def test_all_of_the_widget_is_less_than_40_kilobytes_on_the_wire(pages: TestClient) -> None:
    listed = manifest(pages.get("/widget.js").text)
    names = ["widget.js", *listed["parts"]]  # type: ignore[misc]
    total = 0
    for name in names:
        with pages.stream("GET", f"/widget/{listed['version']}/{name}") as answer:
            total += sum(len(chunk) for chunk in answer.iter_raw())
    assert total < 40_000
