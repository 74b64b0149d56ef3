"""Articles of a Help Center come in as drafts in our form, and nothing of ours is overwritten."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from knowledge_base import zendesk_import
from knowledge_base.__main__ import app
from knowledge_base.article import load_articles, read_sources
from knowledge_base.zendesk_import import ImportFailed, Remote, apply, fetch, plan

TODAY = date(2026, 3, 10)
FRENCH = """
<p>Un mot avant <a href="/hc/fr/articles/9-Autre (bis)">tout</a>.</p>
<h2>Où cliquer ?</h2>
<ol><li>Ouvrez <strong>Menu</strong>.</li><li>Choisissez <em>Admin</em>.</li></ol>
<h2>Et ensuite</h2>
<p><img src="x.png" alt="capture"><a href="javascript:alert(1)">Rien</a> à faire.</p>
<script>alert(2)</script>
"""
ENGLISH = """
<p>A word before <a href="https://other.example/x">all</a>.</p>
<h2>Where to click</h2><ul><li>Open <b>Menu</b>.</li></ul>
<h3>Detail</h3><p>Small print.</p>
<h2>And then</h2><p>Nothing to do.</p>
"""


def an_article(id_: int, title: str, body: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "title": title,
        "body": body,
        "html_url": f"https://support.example/hc/xx/articles/{id_}",
        "edited_at": "2026-02-03T10:00:00Z",
        "updated_at": "2026-03-01T10:00:00Z",
        "draft": False,
        "outdated": False,
        **changes,
    }


class HelpCenter:
    """What a Help Center lists, by locale; `failures` are answered first."""

    def __init__(self) -> None:
        self.articles = {
            "fr": [an_article(7, "Trouver le menu", FRENCH)],
            "en-us": [an_article(7, "Find the menu", ENGLISH)],
        }
        self.failures: list[int] = []
        self.pages: list[str] = []
        self.url = ""

    def answer(self, path: str, page: int, size: int) -> tuple[int, Any]:
        if self.failures:
            return self.failures.pop(), {}
        locale = path.split("/")[4]
        if locale not in self.articles:
            return 404, {"error": "RecordNotFound"}
        self.pages.append(f"{locale} {page}")
        found = self.articles[locale]
        shown = found[(page - 1) * size : page * size]
        is_more = page * size < len(found)
        return 200, {
            "articles": shown,
            "next_page": "https://elsewhere.example/" if is_more else None,
        }


@pytest.fixture
def center() -> Iterator[HelpCenter]:
    held = HelpCenter()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = parse_qs(parts.query)
            status, body = held.answer(parts.path, int(query["page"][0]), int(query["per_page"][0]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield held
    server.shutdown()
    server.server_close()


@pytest.fixture
def remote(center: HelpCenter) -> list[Remote]:
    return fetch(center.url, ["fr", "en-us"])


def import_into(folder: Path, remote: list[Remote], today: date = TODAY) -> dict[str, str]:
    """Plans and writes; gives what was done by file."""
    changes = plan(folder, remote, today)
    apply(changes)
    return {str(change.file.relative_to(folder)): change.action for change in changes}


# --- What comes in -------------------------------------------------------------------------------


def test_twins_come_in_under_one_name_with_the_same_anchors(
    tmp_path: Path, remote: list[Remote]
) -> None:
    assert import_into(tmp_path, remote) == {
        "en/find-the-menu.md": "new",
        "fr/find-the-menu.md": "new",
    }
    french, english = load_articles(tmp_path, "https://support.example/form")
    assert (french.title, english.title) == ("Trouver le menu", "Find the menu")
    assert french.status == english.status == "draft"
    assert french.reviewed_on == date(2026, 2, 3)
    anchors = ["find-the-menu", "where-to-click", "and-then"]
    assert [section.anchor for section in french.sections] == anchors
    assert [section.anchor for section in english.sections] == anchors
    assert french.sections[1].heading == "Où cliquer ?"


def test_html_becomes_our_markdown_and_what_runs_is_left_out(
    tmp_path: Path, remote: list[Remote]
) -> None:
    import_into(tmp_path, remote)
    french = (tmp_path / "fr" / "find-the-menu.md").read_text(encoding="utf-8")
    english = (tmp_path / "en" / "find-the-menu.md").read_text(encoding="utf-8")
    assert "1. Ouvrez **Menu**.\n2. Choisissez *Admin*." in french
    # Made absolute, with what would end a link too early written as codes.
    assert "[tout](https://support.example/hc/fr/articles/9-Autre%20%28bis%29)" in french
    assert "Rien à faire." in french
    for left_out in ("javascript", "alert", "capture", "x.png"):
        assert left_out not in french
    assert "- Open **Menu**." in english
    assert "### Detail" in english


def test_id_dates_and_digest_are_kept(tmp_path: Path, remote: list[Remote]) -> None:
    import_into(tmp_path, remote)
    (source, _) = read_sources(tmp_path)
    assert source.faults == ()
    imported = source.front["imported"]
    assert isinstance(imported, dict)
    assert (imported["id"], imported["locale"]) == (7, "fr")
    assert imported["edited_on"] == date(2026, 2, 3)
    assert imported["digest"] == remote[0].digest


def test_of_two_locales_of_a_language_the_first_given_counts_each_time(
    tmp_path: Path, center: HelpCenter
) -> None:
    center.articles["fr-ca"] = [an_article(7, "Le menu, au Québec", FRENCH)]
    for done in ("new", "unchanged"):
        remote = fetch(center.url, ["fr", "fr-ca", "en-us"])
        assert import_into(tmp_path, remote)["fr/find-the-menu.md"] == done
        (french, _) = load_articles(tmp_path, "https://support.example/form")
        assert french.title == "Trouver le menu"


def test_a_heading_that_looks_like_a_numbered_one_gets_an_anchor_of_its_own(
    tmp_path: Path, center: HelpCenter
) -> None:
    body = "".join(f"<h2>{heading}</h2><p>Text.</p>" for heading in ("Foo", "Foo", "Foo 2"))
    center.articles["en-us"] = [an_article(8, "Foos", body)]
    import_into(tmp_path, fetch(center.url, ["en-us"]))
    (article,) = load_articles(tmp_path, "https://support.example/form")
    assert [section.anchor for section in article.sections] == ["foo", "foo-2", "foo-2-2"]


def test_a_digest_of_digits_alone_stays_a_text(
    tmp_path: Path, remote: list[Remote], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zendesk_import, "_digest", lambda _: "1234567890123456")
    import_into(tmp_path, remote)
    for source in read_sources(tmp_path):
        assert source.front["imported"]["written"] == "1234567890123456"  # type: ignore[index]


def test_twins_that_differ_in_shape_keep_their_own_anchors(
    tmp_path: Path, center: HelpCenter
) -> None:
    center.articles["fr"][0]["body"] = "<p>Tout en un.</p>"
    import_into(tmp_path, fetch(center.url, ["fr", "en-us"]))
    french, english = load_articles(tmp_path, "https://support.example/form")
    assert [section.anchor for section in french.sections] == ["trouver-le-menu"]
    assert len(english.sections) == 3


def test_all_pages_are_read_and_drafts_are_not(
    center: HelpCenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zendesk_import, "PAGE", 2)
    center.articles["fr"] = [an_article(n, f"Article {n}", "<p>x</p>") for n in range(5)]
    center.articles["fr"][1]["draft"] = True
    assert [article.id for article in fetch(center.url, ["fr"])] == [0, 2, 3, 4]
    assert center.pages == ["fr 1", "fr 2", "fr 3"]


def test_odd_articles_still_make_files_that_load(tmp_path: Path, center: HelpCenter) -> None:
    center.articles = {
        "fr": [
            an_article(1, "Vide", ""),
            an_article(2, "Titre : « à deux points »", "<h1>Un {#x} *titre*</h1><p>Bon.</p>"),
            an_article(3, "Deux fois", "<h2>Pareil</h2><p>a</p><h2>Pareil</h2><p>b</p>"),
            an_article(4, "???", "<h2></h2><p>--- \n# faux titre</p>"),
            an_article(5, "Vide", "<pre># un commentaire\n## un autre</pre>"),
        ]
    }
    import_into(tmp_path, fetch(center.url, ["fr"]))
    assert [source.faults for source in read_sources(tmp_path)] == [()] * 5
    assert len({source.slug for source in read_sources(tmp_path)}) == 5


# --- Again ---------------------------------------------------------------------------------------


def test_a_second_import_changes_nothing_though_zendesk_moved_its_dates(
    tmp_path: Path, center: HelpCenter, remote: list[Remote]
) -> None:
    import_into(tmp_path, remote)
    before = {file: file.read_text() for file in tmp_path.rglob("*.md")}
    center.articles["fr"][0]["updated_at"] = "2026-03-09T10:00:00Z"
    again = import_into(tmp_path, fetch(center.url, ["fr", "en-us"]))
    assert set(again.values()) == {"unchanged"}
    assert {file: file.read_text() for file in tmp_path.rglob("*.md")} == before


def test_a_change_there_is_brought_into_the_same_file(tmp_path: Path, center: HelpCenter) -> None:
    import_into(tmp_path, fetch(center.url, ["fr", "en-us"]))
    center.articles["en-us"][0] |= {"title": "Finding menus", "body": "<p>New words.</p>"}
    again = import_into(tmp_path, fetch(center.url, ["fr", "en-us"]))
    assert again == {"en/find-the-menu.md": "changed", "fr/find-the-menu.md": "unchanged"}
    assert "New words." in (tmp_path / "en" / "find-the-menu.md").read_text()


@pytest.mark.parametrize(
    ("old", "new"),
    [("Nothing to do.", "Nothing at all."), ("status: draft", "status: published")],
)
def test_what_a_person_changed_or_published_is_never_overwritten(
    tmp_path: Path, center: HelpCenter, remote: list[Remote], old: str, new: str
) -> None:
    import_into(tmp_path, remote)
    file = tmp_path / "en" / "find-the-menu.md"
    mine = file.read_text().replace(old, new)
    file.write_text(mine)
    center.articles["en-us"][0]["body"] = "<p>New words.</p>"
    again = import_into(tmp_path, fetch(center.url, ["fr", "en-us"]))
    assert again["en/find-the-menu.md"] == "kept"
    assert file.read_text() == mine


def test_an_article_written_by_hand_keeps_its_file(tmp_path: Path, remote: list[Remote]) -> None:
    file = tmp_path / "en" / "find-the-menu.md"
    file.parent.mkdir()
    file.write_text("---\nslug: find-the-menu\n---\n")
    done = import_into(tmp_path, remote)
    assert file.read_text() == "---\nslug: find-the-menu\n---\n"
    assert done == {"en/find-the-menu-7.md": "new", "fr/find-the-menu-7.md": "new"}


def test_what_vanished_there_is_marked_once_and_answers_nobody(
    tmp_path: Path, center: HelpCenter, remote: list[Remote]
) -> None:
    import_into(tmp_path, remote)
    file = tmp_path / "fr" / "find-the-menu.md"
    file.write_text(file.read_text().replace("status: draft", "status: published"))
    body = file.read_text().split("\n---\n")[1]
    center.articles["fr"] = [an_article(8, "Autre", "<p>Autre.</p>")]
    listed = fetch(center.url, ["fr", "en-us"])
    assert import_into(tmp_path, listed)["fr/find-the-menu.md"] == "vanished"
    source = next(s for s in read_sources(tmp_path) if s.file == file)
    assert source.faults == ()
    assert source.front["status"] == "draft"
    assert source.front["imported"]["vanished_on"] == TODAY  # type: ignore[index]
    assert file.read_text().split("\n---\n")[1] == body
    again = import_into(tmp_path, listed, date(2026, 4, 1))
    assert again["fr/find-the-menu.md"] == "unchanged"


def test_one_locale_alone_says_nothing_of_the_other(
    tmp_path: Path, center: HelpCenter, remote: list[Remote]
) -> None:
    import_into(tmp_path, remote)
    assert import_into(tmp_path, fetch(center.url, ["fr"])) == {"fr/find-the-menu.md": "unchanged"}


# --- What goes wrong -----------------------------------------------------------------------------


def test_a_busy_help_center_is_asked_again(
    center: HelpCenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    center.failures = [429, 503]
    assert len(fetch(center.url, ["fr"])) == 1
    center.failures = [503] * 5
    with pytest.raises(ImportFailed, match="503"):
        fetch(center.url, ["fr"])


def test_a_wrong_locale_or_address_is_said_to_be_wrong(center: HelpCenter) -> None:
    with pytest.raises(ImportFailed, match="no locale 'de'"):
        fetch(center.url, ["de"])
    center.failures = [403]
    with pytest.raises(ImportFailed, match="does not answer as a Help Center"):
        fetch(center.url, ["fr"])


def test_the_command_shows_what_would_change_and_writes_only_when_told_to(
    tmp_path: Path, center: HelpCenter
) -> None:
    command = ["import-zendesk", "--url", center.url, "--articles", str(tmp_path)]
    shown = CliRunner().invoke(app, command)
    assert shown.exit_code == 0
    assert "+title: Trouver le menu" in shown.output
    assert "Nothing has been written" in shown.output
    assert list(tmp_path.rglob("*.md")) == []
    written = CliRunner().invoke(app, [*command, "--apply"])
    assert "Written: 2" in written.output
    assert len(list(tmp_path.rglob("*.md"))) == 2
