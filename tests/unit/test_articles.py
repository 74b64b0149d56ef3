"""Reading articles and training questions, and what of them is published."""

import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.article import LANGUAGES, ArticleErrors, Fault, Section, load_articles
from knowledge_base.sections import Sections, load_questions

ROOT = Path(__file__).parents[2]
ADDRESS = "https://support.example/form"

PARKING = """\
---
slug: parking
title: Parking at the clinic
language: en
audience: anyone
sections: [find, pay]
related: [bicycles]
source_url: https://support.example/parking
reviewed_on: 2026-02-03
status: published
---

## Find a place {#find}

1. Open **Map**.
2. Choose **Parking**.

> The map is for patients too.

## Pay for it {#pay}

Write to {support_address}.
"""


def place(folder: Path, text: str, name: str = "en/parking.md") -> Path:
    """The file in the folder with that text."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def in_french(text: str) -> str:
    return text.replace("language: en", "language: fr")


def faults_of(folder: Path) -> tuple[Fault, ...]:
    with pytest.raises(ArticleErrors) as caught:
        load_articles(folder, ADDRESS)
    return caught.value.faults


def test_an_article_is_read_with_its_sections_in_the_order_of_the_file(tmp_path: Path) -> None:
    place(tmp_path, PARKING)
    [article] = load_articles(tmp_path, ADDRESS)
    assert (article.slug, article.language, article.related) == ("parking", "en", ("bicycles",))
    assert article.reviewed_on.isoformat() == "2026-02-03"
    assert [section.key for section in article.sections] == ["parking#find", "parking#pay"]
    find = article.sections[0]
    assert (find.heading, find.article_title) == ("Find a place", "Parking at the clinic")
    assert (find.audience, find.url) == ("anyone", "https://support.example/parking")
    assert find.body.startswith("1. Open **Map**.")
    assert find.body.endswith("> The map is for patients too.")


def test_the_placeholder_becomes_the_support_address(tmp_path: Path) -> None:
    place(tmp_path, PARKING)
    [article] = load_articles(tmp_path, ADDRESS)
    assert article.sections[1].body == f"Write to {ADDRESS}."


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[a](bicycles.md#lock)", "[a](/articles/en/bicycles#lock)"),
        ("[a](bicycles.md)", "[a](/articles/en/bicycles)"),
        ("[a](#find)", "[a](/articles/en/parking#find)"),
        ("[a](https://support.example/x.md#y)", "[a](https://support.example/x.md#y)"),
        ("[a]({support_address})", f"[a]({ADDRESS})"),
    ],
)
def test_links_between_articles_become_addresses_of_pages(
    tmp_path: Path, written: str, shown: str
) -> None:
    place(tmp_path, PARKING.replace("Write to {support_address}.", written))
    [article] = load_articles(tmp_path, ADDRESS)
    assert article.sections[1].body == shown


def test_the_digest_follows_heading_and_text_as_shown_and_nothing_else(tmp_path: Path) -> None:
    def digests(text: str, address: str = ADDRESS) -> tuple[str, str]:
        place(tmp_path, text)
        [article] = load_articles(tmp_path, address)
        find, pay = article.sections
        return find.digest, pay.digest

    find, pay = digests(PARKING)
    assert re.fullmatch(r"[0-9a-f]{16}", find)
    assert digests(PARKING.replace("Parking at the clinic", "Parking")) == (find, pay)
    assert digests(PARKING, "https://elsewhere.example")[0] == find
    assert digests(PARKING, "https://elsewhere.example")[1] != pay
    assert digests(PARKING.replace("Find a place", "Find one"))[0] != find


def test_articles_come_sorted_by_slug_and_french_before_english(tmp_path: Path) -> None:
    for slug in ("parking", "bicycles"):
        text = PARKING.replace("slug: parking", f"slug: {slug}")
        place(tmp_path, text, f"en/{slug}.md")
        place(tmp_path, in_french(text), f"fr/{slug}.md")
    articles = load_articles(tmp_path, ADDRESS)
    expected = [("bicycles", "fr"), ("bicycles", "en"), ("parking", "fr"), ("parking", "en")]
    assert [(article.slug, article.language) for article in articles] == expected


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("slug: parking", "slug: park", 2, "`slug` is 'park'; expected `parking`"),
        ("language: en", "language: fr", 4, "`language` is 'fr'; expected `en`"),
        (
            "audience: anyone",
            "audience: all",
            5,
            "`audience` is 'all'; allowed: anyone, site_admin",
        ),
        ("status: published", "status: old", 10, "`status` is 'old'; allowed: published, draft"),
        ("title: Parking at the clinic\n", "", 1, "`title` is missing; expected a text"),
        ("2026-02-03", "soon", 9, "`reviewed_on` is 'soon'; expected a date"),
        ("2026-02-03", "2026-02-31", 1, "front matter is not YAML: day is out of range"),
        ("related: [bicycles]", "related: bicycles", 7, "expected a list of slugs"),
        ("https://support.example/parking", "support.example", 8, "begins with https://"),
        ("[find, pay]", "[pay, find]", 6, "`sections` is ['pay', 'find']; expected the anchors"),
        ("audience:", "color: red\naudience:", 5, "`color` is 'red'; unknown field; allowed:"),
        ("title: Parking", "title: a: b", 3, "front matter is not YAML: mapping values"),
        ("## Pay for it {#pay}", "## Pay for it", 20, "expected `## Heading {#anchor}`"),
        ("{#pay}", "{#find}", 20, "anchor `find` is used twice"),
        ("Write to {support_address}.", "", 20, "section `pay` is empty"),
        ("## Find", "Hello\n## Find", 13, "text before the first section"),
        ("## ", "### ", 11, "no section"),
        ("---\nslug", "slug", 1, "no front matter"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_fault_names_its_line_what_was_found_and_what_is_allowed(
    tmp_path: Path, old: str, new: str, line: int, message: str
) -> None:
    file = place(tmp_path, PARKING.replace(old, new))
    fault = next(fault for fault in faults_of(tmp_path) if message in fault.message)
    assert (fault.file, fault.line) == (file, line)
    assert str(fault) == f"{file}:{line}: {fault.message}"


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    faulty = PARKING.replace("audience: anyone", "audience: all")
    english = place(tmp_path, faulty.replace("status: published", "status: old"))
    french = place(tmp_path, in_french(faulty), "fr/parking.md")
    places = [(fault.file, fault.line) for fault in faults_of(tmp_path)]
    assert places == [(french, 5), (english, 5), (english, 10)]


def test_a_file_that_is_not_utf8_is_a_fault(tmp_path: Path) -> None:
    place(tmp_path, PARKING).write_bytes("é".encode("latin-1"))
    [fault] = faults_of(tmp_path)
    assert "cannot be read as UTF-8 text" in fault.message


def test_a_folder_without_articles_is_a_fault(tmp_path: Path) -> None:
    [fault] = faults_of(tmp_path)
    assert fault.message == "no article found; expected fr/<slug>.md and en/<slug>.md"


@given(
    front=st.lists(st.sampled_from([*PARKING.split("\n")[1:10], "- x", "a: {", "slug: 1", "---"])),
    body=st.lists(st.sampled_from(["## A {#a}", "## B", "text", "", "# C {#c}", "---", "\x0b"])),
)
def test_whatever_a_file_holds_it_is_read_or_its_faults_are_told(
    front: list[str], body: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        place(Path(name), "\n".join(["---", *front, "---", *body]))
        faults: tuple[Fault, ...] = ()
        sections: tuple[Section, ...] = ()
        try:
            sections = load_articles(Path(name), ADDRESS)[0].sections
        except ArticleErrors as error:
            faults = error.faults
    assert bool(faults) != bool(sections)
    assert all(section.heading and section.body for section in sections)


def test_a_draft_is_not_published(tmp_path: Path) -> None:
    place(tmp_path, PARKING.replace("status: published", "status: draft"))
    sections = Sections(load_articles(tmp_path, ADDRESS))
    assert sections.keys == ()
    assert sections.get("parking", "find", "en") is None
    assert sections.article("parking", "en") is None


def test_a_section_leads_to_its_twin_in_the_other_language(tmp_path: Path) -> None:
    place(tmp_path, PARKING)
    place(tmp_path, in_french(PARKING).replace("Find a place", "Se garer"), "fr/parking.md")
    sections = Sections(load_articles(tmp_path, ADDRESS))
    english = sections.get("parking", "find", "en")
    assert english is not None
    french = sections.get(english.slug, english.anchor, "fr")
    assert french is not None
    assert (french.key, french.language, french.heading) == (english.key, "fr", "Se garer")


def test_a_section_without_a_published_twin_has_none(tmp_path: Path) -> None:
    place(tmp_path, PARKING)
    sections = Sections(load_articles(tmp_path, ADDRESS))
    english = sections.get("parking", "find", "en")
    assert english is not None
    assert sections.get(english.slug, english.anchor, "fr") is None


def test_keys_name_each_section_once_in_the_order_of_the_articles(tmp_path: Path) -> None:
    place(tmp_path, PARKING)
    place(tmp_path, in_french(PARKING), "fr/parking.md")
    sections = Sections(load_articles(tmp_path, ADDRESS))
    assert sections.keys == ("parking#find", "parking#pay")
    assert len(list(sections)) == 4


NLU = """\
version: "3.1"
nlu:
  - intent: faq/parking.find
    examples: |
      - where do I [park](action)
      - parking at [Laval]{"entity": "city"}, where?
      - where do I park
  - intent: greet
    examples: |
      - hello
  - lookup: city
    examples: |
      - Laval
  - intent: faq/parking.pay
    examples:
      - text: |
          - is it free
"""


def test_questions_are_the_examples_of_faq_intents_without_marks_each_once(tmp_path: Path) -> None:
    place(tmp_path, NLU, "faq.yml")
    assert load_questions(tmp_path) == {
        "parking#find": ["where do I park", "parking at Laval, where?"],
        "parking#pay": ["is it free"],
    }


def test_questions_of_one_section_are_gathered_from_several_files(tmp_path: Path) -> None:
    place(tmp_path, NLU, "b.yml")
    place(tmp_path, NLU.replace("is it free", "what does it cost"), "a.yml")
    assert load_questions(tmp_path)["parking#pay"] == ["what does it cost", "is it free"]


@pytest.mark.parametrize(
    "text",
    ["nlu: [", "nlu: [text]", "- a list", "nlu: [{intent: faq/a.b, examples: [{txt: a typo}]}]"],
)
def test_a_broken_file_of_questions_is_named(tmp_path: Path, text: str) -> None:
    file = place(tmp_path, text, "broken.yml")
    with pytest.raises(ArticleErrors, match="cannot be read as a Rasa NLU file") as caught:
        load_questions(tmp_path)
    assert caught.value.faults[0].file == file


def test_every_real_section_is_published_in_both_languages() -> None:
    sections = Sections(load_articles(ROOT / "knowledge_base" / "articles", ADDRESS))
    published = {(section.key, section.language) for section in sections}
    assert len(sections.keys) >= 23
    assert published == {(key, language) for key in sections.keys for language in LANGUAGES}


def test_every_real_training_question_belongs_to_a_real_section() -> None:
    sections = Sections(load_articles(ROOT / "knowledge_base" / "articles", ADDRESS))
    questions = load_questions(ROOT / "data" / "nlu")
    assert set(questions) == set(sections.keys)
