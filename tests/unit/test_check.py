"""What `check` finds in article files that load well but would mislead a reader."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from knowledge_base.__main__ import app
from knowledge_base.article import SUPPORT_ADDRESS
from knowledge_base.check import check

ARTICLES = Path(__file__).parents[2] / "knowledge_base" / "articles"
ADDRESS = "https://support.example/form"

FRENCH = """\
---
slug: parking
title: Se garer
language: fr
audience: anyone
sections: [find, pay]
related: [bicycles]
source_url: https://support.example/hc/fr/articles/12-Se-garer
reviewed_on: 2026-02-03
status: published
---

## Trouver une place {#find}

Voici comment faire\u00a0:

1. Ouvrez **Carte**.
2. Choisissez «\u00a0Parc\u00a0», puis **Places**.

> Il y a 1\u00a0200,5 mètres à marcher; voyez [le vélo](bicycles.md#find). Prêts?

## Payer {#pay}

Voyez [le guide](https://support.example/hc/fr/articles/12-Se-garer) ou {support_address}.
"""
ENGLISH = """\
---
slug: parking
title: Parking
language: en
audience: anyone
sections: [find, pay]
related: [bicycles]
source_url: https://support.example/hc/en-us/articles/12-Parking
reviewed_on: 2026-02-03
status: published
---

## Find a place {#find}

Here is how:

1. Open **Map**.
2. Choose "Park", then **Places**.

> It is a walk of 1,200.5 metres; see [the bicycle](bicycles.md#find). Ready?

## Pay {#pay}

See [the guide](https://support.example/hc/en-us/articles/12-Parking) or {support_address}.
"""


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """Two sound articles in both languages."""
    for language, text in (("fr", FRENCH), ("en", ENGLISH)):
        folder = tmp_path / language
        folder.mkdir()
        (folder / "parking.md").write_text(text, encoding="utf-8")
        other = text.replace("bicycles", "§").replace("parking", "bicycles").replace("§", "parking")
        (folder / "bicycles.md").write_text(other, encoding="utf-8")
    return tmp_path


def change(articles: Path, name: str, old: str, new: str) -> Path:
    file = articles / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


def test_sound_articles_have_no_fault(articles: Path) -> None:
    assert check(articles, ADDRESS) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "line", "message"),
    [
        ("fr/parking.md", "bicycles.md#find", "bicycle.md#find", 20, "no article `bicycle`"),
        ("fr/parking.md", "bicycles.md#find", "bicycles.md#lock", 20, "allowed: find, pay"),
        ("fr/parking.md", "bicycles.md#find", "../x", 20, "link `../x`: allowed: `<slug>.md#"),
    ],
)
def test_a_link_that_leads_nowhere_is_a_fault(
    articles: Path, name: str, old: str, new: str, line: int, message: str
) -> None:
    file = change(articles, name, old, new)
    found = [
        (fault.file, fault.line, message in fault.message) for fault in check(articles, ADDRESS)
    ]
    assert (file, line, True) in found


@pytest.mark.parametrize("slug", ["bicycle", "parking"])
def test_a_related_article_must_be_another_one_that_exists(articles: Path, slug: str) -> None:
    for name in ("fr/parking.md", "en/parking.md"):
        change(articles, name, "related: [bicycles]", f"related: [{slug}]")
    english, french = check(articles, ADDRESS)
    assert (english.line, french.line) == (7, 7)
    assert french.message == (
        f"related article `{slug}` is not another one; allowed: bicycles, parking"
    )


def test_an_article_without_its_twin_is_a_fault(articles: Path) -> None:
    (articles / "en" / "bicycles.md").unlink()
    messages = {f"{fault.file.parent.name}: {fault.message}" for fault in check(articles, ADDRESS)}
    assert "fr: no twin; expected en/bicycles.md" in messages


@pytest.mark.parametrize(
    ("old", "new", "line"), [("audience: anyone", "audience: all", 5), ("---\nslug", "slug", 1)]
)
def test_a_file_that_cannot_be_loaded_is_told_alone(
    articles: Path, old: str, new: str, line: int
) -> None:
    file = change(articles, "en/bicycles.md", old, new)
    [fault] = check(articles, ADDRESS)
    assert (fault.file, fault.line) == (file, line)


def test_an_empty_folder_is_a_fault(tmp_path: Path) -> None:
    [fault] = check(tmp_path, ADDRESS)
    assert fault.file == tmp_path


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("audience: anyone", "audience: site_admin", 5, "`audience` differs from fr/parking.md"),
        ("status: published", "status: draft", 10, "`status` differs from fr/parking.md"),
        ("**Map**", "Map", 13, "section `find` has 1 labels in bold, the French one 2"),
        ("2. Choose", "Choose", 13, "section `find` has 1 numbered steps, the French one 2"),
        ("1,200.5", "1,300.5", 13, "numbers differ, 1200.5 stands 0 times here and 1 times in"),
        (" or {support_address}", "", 22, "links differ, {support_address} stands 0 times here"),
        ("/articles/12-Parking)", "/articles/13-Parking)", 22, "/articles/13 stands 1 times here"),
        ("bicycles.md#find", "bicycles.md#pay", 13, "bicycles.md#pay stands 1 times here"),
    ],
)
def test_what_the_twins_say_differently_is_a_fault_of_the_english_file(
    articles: Path, old: str, new: str, line: int, message: str
) -> None:
    file = change(articles, "en/parking.md", old, new)
    faults = check(articles, ADDRESS)
    assert {(fault.file, fault.line) for fault in faults} == {(file, line)}
    assert any(message in fault.message for fault in faults)


def test_a_step_that_is_missing_is_told_once(articles: Path) -> None:
    change(articles, "en/parking.md", "2. Choose", "Choose")
    assert len(check(articles, ADDRESS)) == 1


def test_a_bare_address_in_one_language_alone_is_a_fault(articles: Path) -> None:
    change(articles, "en/parking.md", "or {support", "or https://a.example/x, or {support")
    [fault] = check(articles, ADDRESS)
    assert fault.message == (
        "section `pay`: links differ, https://a.example/x stands 1 times here and 0 times in French"
    )


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("$9", "a price"),
        ("9 dollars", "a price"),
        ("CAD", None),
        ("ocean.tips/support", "the support address is typed out; write {support_address}"),
        ("ocean.tip/support", "the support address is typed out; write {support_address}"),
        ("support.example/form", "the support address is typed out; write {support_address}"),
    ],
)
def test_prices_and_the_support_address_may_not_be_typed(
    articles: Path, typed: str, message: str | None
) -> None:
    for name in ("fr/parking.md", "en/parking.md"):
        change(articles, name, "{support_address}.", f"{{support_address}}, {typed}.")
    faults = check(articles, ADDRESS)
    if message is None:
        assert faults == []
    else:
        assert [fault.line for fault in faults] == [24, 24]
        assert all(message in fault.message for fault in faults)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("faire\u00a0:", "faire :", 15, "no no-break space before « : »: …"),
        ("faire\u00a0:", "faire:", 15, "no no-break space before « : »: …"),
        ("«\u00a0Parc", "« Parc", 18, "no no-break space after «: …"),
        ("Parc\u00a0»", "Parc »", 18, "no no-break space before »: …"),
        ("marcher;", "marcher\u00a0;", 20, "a space before ; ! or ?: …"),
        ("Prêts?", "Prêts ?", 20, "a space before ; ! or ?: …"),
        ("Il y a", "Il n'y a", 20, "a straight apostrophe; write ’: …"),
        ("«\u00a0Parc\u00a0»", '"Parc"', 18, "straight quotation marks; write « »: …"),
        ("title: Se garer", "title: Où se garer ?", 3, "a space before ; ! or ?: …"),
        ("## Payer", "## Payer !", 22, "a space before ; ! or ?: …"),
    ],
)
def test_french_punctuation_is_that_of_quebec(
    articles: Path, old: str, new: str, line: int, message: str
) -> None:
    file = change(articles, "fr/parking.md", old, new)
    [fault] = check(articles, ADDRESS)
    assert (fault.file, fault.line) == (file, line)
    assert fault.message.startswith(message)


def test_code_addresses_and_times_are_not_punctuation(articles: Path) -> None:
    for name in ("fr/parking.md", "en/parking.md"):
        change(articles, name, "## Pay", "`a : b` https://a.example/x:y 12:30\n\n## Pay")
    assert check(articles, ADDRESS) == []


def test_the_real_articles_have_no_fault() -> None:
    assert check(ARTICLES, SUPPORT_ADDRESS) == []


def test_the_command_prints_every_fault_and_fails(articles: Path) -> None:
    change(articles, "fr/parking.md", "Prêts?", "Prêts ?")
    change(articles, "en/parking.md", "**Map**", "Map")
    result = CliRunner().invoke(app, ["check", "--articles", str(articles)])
    assert result.exit_code == 1
    english, french = result.stdout.splitlines()
    assert english.startswith(f"{articles}/en/parking.md:13: ")
    assert french.startswith(f"{articles}/fr/parking.md:20: ")


def test_the_command_succeeds_on_sound_articles(articles: Path) -> None:
    result = CliRunner().invoke(app, ["check", "--articles", str(articles)])
    assert result.exit_code == 0
    assert result.stdout == "The articles are in order.\n"
