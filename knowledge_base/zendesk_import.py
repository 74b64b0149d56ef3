"""Brings the public articles of a Zendesk Help Center into our own form, as drafts.

Called by `python -m knowledge_base import-zendesk`. Listing needs no credentials (Help Center API,
developer.zendesk.com, 2026-11). What a person wrote or changed is never overwritten: `plan` says
what would be done to which file, `apply` does it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urljoin, urlsplit

import httpx
import yaml
from markdownify import MarkdownConverter
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from knowledge_base.article import ArticleSource, Language, read_sources

PAGE = 100
TIMEOUT = httpx.Timeout(20.0, connect=5.0)
Action = Literal["new", "changed", "unchanged", "kept", "vanished"]


class ImportFailed(Exception):
    """The Help Center cannot be read; the text says what was asked, found and allowed."""


class _TryAgain(Exception):
    """A call that may do better a little later."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A published article of the Help Center in one language; the id is the same in all."""

    id: int
    locale: str
    title: str
    body: str
    url: str
    edited_on: date
    is_outdated: bool

    @property
    def language(self) -> Language:
        """Ours."""
        return "fr" if self.locale.startswith("fr") else "en"

    @property
    def digest(self) -> str:
        """Of title and body alone: any change of votes or labels moves Zendesk's own dates."""
        return _digest(f"{self.title}\n{self.body}")


@dataclass(frozen=True, slots=True)
class Change:
    """What would become of one file, and why. `text` is None where nothing would be written."""

    action: Action
    file: Path
    why: str
    before: str = ""
    text: str | None = None


def fetch(url: str, locales: Iterable[str]) -> list[Remote]:
    """All published articles in these locales, ordered by id, then as the locales are given.

    Raises:
        ImportFailed: The address or a locale is wrong, or the Help Center does not answer.
    """
    found: list[Remote] = []
    with httpx.Client(base_url=url.rstrip("/"), timeout=TIMEOUT, follow_redirects=True) as client:
        for locale in locales:
            found += _fetch_locale(client, locale)
    return sorted(found, key=lambda article: article.id)


def plan(folder: Path, remote: Sequence[Remote], today: date) -> list[Change]:
    """What to do with the files of `folder`, sorted by file. Nothing is written.

    Of two locales of one language, such as fr and fr-ca, an article comes in the first given.
    """
    remote = list({(a.id, a.language): a for a in reversed(remote)}.values())[::-1]
    sources = read_sources(folder)
    ours = {
        (origin["id"], source.language): source
        for source in sources
        if (origin := _origin(source)) is not None
    }
    slugs = {origin_id: source.slug for (origin_id, _), source in ours.items()}
    taken = {source.slug for source in sources}
    changes = []
    for id_ in dict.fromkeys(article.id for article in remote):
        twins = [article for article in remote if article.id == id_]
        slug = slugs.get(id_) or _new_slug(twins, taken)
        taken.add(slug)
        for article, text in zip(twins, _texts(slug, twins), strict=True):
            file = folder / article.language / f"{slug}.md"
            changes.append(_change(file, article, text, ours.get((id_, article.language))))
    listed = {(article.id, article.language) for article in remote}
    languages = {article.language for article in remote}
    changes += [
        _vanished(source, today)
        for (id_, language), source in ours.items()
        if language in languages and (id_, language) not in listed
    ]
    return sorted(changes, key=lambda change: change.file)


def apply(changes: Iterable[Change]) -> int:
    """Writes what the plan says; gives the number of files written."""
    written = 0
    for change in changes:
        if change.text is not None:
            change.file.parent.mkdir(parents=True, exist_ok=True)
            change.file.write_text(change.text, encoding="utf-8")
            written += 1
    return written


# --- Reading the Help Center ---------------------------------------------------------------------


def _fetch_locale(client: httpx.Client, locale: str) -> Iterator[Remote]:
    page = 1
    while True:
        answer = _get(
            client,
            f"/api/v2/help_center/{quote(locale, safe='')}/articles.json",
            {"per_page": PAGE, "page": page, "sort_by": "created_at", "sort_order": "asc"},
        )
        if answer.status_code == 404:
            raise ImportFailed(
                f"{client.base_url} has no locale {locale!r}. Zendesk's names are such as "
                "fr, fr-ca, en-us; the address of a page shows them: …/hc/<locale>/…"
            )
        body = _json(answer, client)
        for article in body.get("articles", ()):
            if not article.get("draft"):
                yield _remote(article, locale)
        # The page is counted, not followed: a link might lead elsewhere.
        if not body.get("next_page"):
            return
        page += 1


def _get(client: httpx.Client, path: str, query: Mapping[str, object]) -> httpx.Response:
    attempts = Retrying(
        retry=retry_if_exception_type(_TryAgain),
        wait=wait_random_exponential(multiplier=0.5, max=30),
        stop=stop_after_attempt(5),
        reraise=True,
    )
    try:
        return attempts(_get_once, client, path, query)
    except _TryAgain as error:
        raise ImportFailed(f"{client.base_url}{path.lstrip('/')}: {error}") from error


def _get_once(client: httpx.Client, path: str, query: Mapping[str, Any]) -> httpx.Response:
    try:
        answer = client.get(path, params=query)
    except httpx.HTTPError as error:
        raise _TryAgain(f"no answer ({type(error).__name__})") from error
    if answer.status_code == 429 or answer.status_code >= 500:
        raise _TryAgain(f"answered {answer.status_code} five times")
    return answer


def _json(answer: httpx.Response, client: httpx.Client) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if answer.status_code != 200 or not isinstance(body, dict) or "articles" not in body:
        raise ImportFailed(
            f"{client.base_url} does not answer as a Help Center does ({answer.status_code}). "
            "Give the address of the site itself, such as https://support.example.com."
        )
    return body


def _remote(article: Mapping[str, Any], locale: str) -> Remote:
    edited_at = article.get("edited_at") or article["updated_at"]
    return Remote(
        id=int(article["id"]),
        locale=locale,
        title=" ".join(str(article["title"]).split()),
        body=str(article.get("body") or ""),
        url=str(article["html_url"]),
        edited_on=date.fromisoformat(str(edited_at)[:10]),
        is_outdated=bool(article.get("outdated")),
    )


# --- Deciding ------------------------------------------------------------------------------------


def _origin(source: ArticleSource) -> Mapping[str, Any] | None:
    """What an earlier import wrote of itself; None for an article written by hand."""
    origin = source.front.get("imported")
    return origin if isinstance(origin, dict) and "id" in origin else None


def _change(file: Path, article: Remote, text: str, ours: ArticleSource | None) -> Change:
    note = "; its translation is marked as outdated there" if article.is_outdated else ""
    if ours is None:
        if file.exists():
            return Change("kept", file, "written by hand")
        return Change("new", file, f"{len(article.body):,} characters{note}", "", text)
    origin = _origin(ours) or {}
    before = "\n".join(ours.lines)
    if origin.get("digest") == article.digest and "vanished_on" not in origin:
        return Change("unchanged", file, f"edited there on {article.edited_on}{note}")
    if ours.front.get("status") != "draft":
        return Change("kept", file, f"changed there on {article.edited_on}, and published here")
    if origin.get("written") != _written(before, str(ours.front.get("title"))):
        return Change("kept", file, f"changed there on {article.edited_on}, and by hand here")
    return Change("changed", file, f"changed there on {article.edited_on}{note}", before, text)


def _vanished(source: ArticleSource, today: date) -> Change:
    """The article is no longer listed: it answers nobody until a person has looked."""
    before = "\n".join(source.lines)
    origin = dict(_origin(source) or {})
    if "vanished_on" in origin:
        return Change("unchanged", source.file, f"gone there since {origin['vanished_on']}")
    front = {**source.front, "status": "draft", "imported": {**origin, "vanished_on": today}}
    _, _, body = before.removeprefix("---\n").partition("\n---\n")
    text = f"---\n{_front(front)}---\n{body}"
    return Change("vanished", source.file, "no longer published there", before, text)


def _new_slug(twins: Sequence[Remote], taken: set[str]) -> str:
    english = next((twin for twin in twins if twin.language == "en"), twins[0])
    slug = _slugged(english.title, 60) or str(english.id)
    return slug if slug not in taken else f"{slug}-{english.id}"


# --- Writing our form ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Section:
    heading: str
    body: str
    anchor: str = ""


def _texts(slug: str, twins: Sequence[Remote]) -> list[str]:
    """The files of an article's languages; sections of twins share their anchors."""
    split = [_sections(twin) for twin in twins]
    leading = next((n for n, twin in enumerate(twins) if twin.language == "en"), 0)
    named = _anchored(split[leading])
    texts = []
    for twin, sections in zip(twins, split, strict=True):
        if len(sections) == len(named):
            pairs = zip(sections, named, strict=True)
            anchored = [replace(own, anchor=first.anchor) for own, first in pairs]
        else:
            # `check` tells the difference; a person decides which sections are the same.
            anchored = _anchored(sections)
        texts.append(_text(slug, twin, anchored))
    return texts


def _text(slug: str, article: Remote, sections: Sequence[_Section]) -> str:
    body = "".join(f"\n## {s.heading} {{#{s.anchor}}}\n\n{s.body}\n" for s in sections)
    front = {
        "slug": slug,
        "title": article.title,
        "language": article.language,
        "audience": "anyone",
        "sections": [section.anchor for section in sections],
        "related": [],
        "source_url": article.url,
        "reviewed_on": article.edited_on,
        "status": "draft",
        "imported": {
            "id": article.id,
            "locale": article.locale,
            "edited_on": article.edited_on,
            "digest": article.digest,
            "written": "",
        },
    }
    text = f"---\n{_front(front)}---\n{body}"
    # In quotes: a digest of digits alone would be read as a number.
    return text.replace("written: ''", f"written: '{_written(text, article.title)}'", 1)


def _written(text: str, title: str) -> str:
    """The digest of what a reader sees of a file: by it, changes made by hand are known."""
    _, _, body = text.removeprefix("---\n").partition("\n---\n")
    return _digest(f"{title}\n{body.strip()}")


def _front(front: Mapping[str, object]) -> str:
    return yaml.safe_dump(
        dict(front), sort_keys=False, allow_unicode=True, width=10_000, default_flow_style=None
    )


def _sections(article: Remote) -> list[_Section]:
    """The article cut at its upper headings; what stands before the first has the title."""
    markdown = _Converter(article.url).convert(article.body)
    # A line of text that begins with "#" must not be read as a heading.
    markdown = re.sub(r"^(?=##?(?!#))", r"\\", markdown, flags=re.MULTILINE)
    parts = re.split(rf"^{_HEADING}(.*)$", markdown, flags=re.MULTILINE)
    found = [_Section(article.title, parts[0].strip("\n"))]
    found += [
        _Section(_plain(heading), body.strip("\n"))
        for heading, body in zip(parts[1::2], parts[2::2], strict=True)
    ]
    kept = [section for section in found if section.body.strip() and section.heading]
    return kept or [_Section(article.title, f"<{article.url}>")]


def _anchored(sections: Sequence[_Section]) -> list[_Section]:
    anchored: dict[str, _Section] = {}
    for section in sections:
        anchor = name = _slugged(section.heading, 40) or "section"
        number = 1
        while anchor in anchored:
            number += 1
            anchor = f"{name}-{number}"
        anchored[anchor] = replace(section, anchor=anchor)
    return list(anchored.values())


# Marks the headings that begin a section; it cannot stand in any text.
_HEADING = "\x00"


class _Converter(MarkdownConverter):
    """HTML to Markdown: links made absolute, pictures and whatever runs left out."""

    def __init__(self, url: str) -> None:
        super().__init__(heading_style="ATX", bullets="-", strip=["img", "iframe", "video"])
        self._url = url

    def convert_a(self, el: Any, text: str, parent_tags: Any) -> str:  # noqa: ARG002
        """A link to where it leads from anywhere; other schemes than the web's are dropped."""
        target = urljoin(self._url, el.get("href") or "")
        if urlsplit(target).scheme not in ("http", "https", "mailto") or not text.strip():
            return text
        return f"[{text.strip()}]({quote(target, safe=_KEPT_IN_LINKS)})"

    def convert_hN(self, n: int, el: Any, text: str, parent_tags: Any) -> str:
        """The upper two levels begin a section; the others stay inside one."""
        if n > 2:
            return str(super().convert_hN(n, el, text, parent_tags))  # type: ignore[misc]
        words = " ".join(text.split())
        return f"\n\n{_HEADING}{words}\n\n" if words else ""

    def convert_script(self, el: Any, text: str, parent_tags: Any) -> str:  # noqa: ARG002
        """Nothing."""
        return ""

    convert_style = convert_script

    def convert_pre(self, el: Any, text: str, parent_tags: Any) -> str:  # noqa: ARG002
        """Indented, so that no line of it looks like a heading."""
        lines = el.get_text().strip("\n").splitlines()
        return "\n\n" + "\n".join(f"    {line}" for line in lines) + "\n\n"


_KEPT_IN_LINKS = ":/?#[]@!$&'*+,;=%~-._"


def _plain(heading: str) -> str:
    """A heading without emphasis, links and the braces that would look like an anchor."""
    bare = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return " ".join(re.sub(r"[*_`{}#\\]", "", bare).split())


def _slugged(text: str, longest: int) -> str:
    """Lower-case ASCII words with hyphens, cut at a word: "Où payer?" gives "ou-payer"."""
    bare = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "oe"))
    words = re.findall(
        r"[a-z0-9]+", re.sub(r"[’']", " ", bare).encode("ascii", "ignore").decode().lower()
    )
    slug = ""
    for word in words:
        if slug and len(slug) + 1 + len(word) > longest:
            break
        slug = f"{slug}-{word}" if slug else word[:longest]
    return slug


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
