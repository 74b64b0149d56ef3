"""Articles and their sections, read from Markdown files with YAML front matter.

Other packages take their types from here, so this module imports only what parsing a file needs.
One file is one article in one language; `fr/<slug>.md` and `en/<slug>.md` are twins.
Loading is all or nothing: every fault of every file is reported at once, and nothing is loaded.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Literal, cast

import frontmatter
from yaml import MarkedYAMLError, YAMLError

Language = Literal["fr", "en"]
Audience = Literal["anyone", "site_admin"]
Status = Literal["published", "draft"]

LANGUAGES: tuple[Language, ...] = ("fr", "en")
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "audience": ("anyone", "site_admin"),
    "status": ("published", "draft"),
}
SUPPORT_ADDRESS = "https://ocean.tip/support"  # as Ocean's own cancellation article gives it
PLACEHOLDER = "{support_address}"

HEADING = re.compile(r"## (?P<heading>\S.*?) \{#(?P<anchor>[a-z0-9]+(?:-[a-z0-9]+)*)\}\s*")
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
ARTICLE_LINK = re.compile(r"(?:(?P<slug>[a-z0-9-]+)\.md)?(?:#(?P<anchor>[a-z0-9-]+))?")


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a published article in one language: the unit that answers a question."""

    slug: str
    anchor: str
    heading: str
    article_title: str
    language: Language
    audience: Audience
    url: str
    body: str
    """Markdown as it is shown: placeholder filled, links to other articles made absolute."""
    digest: str
    """First 16 hexadecimal digits of the SHA-256 of heading and body as shown."""

    @property
    def key(self) -> str:
        """The name that the section has in both languages, `slug#anchor`."""
        return f"{self.slug}#{self.anchor}"


@dataclass(frozen=True, slots=True)
class Article:
    """One article in one language, with its sections in the order of the file."""

    slug: str
    title: str
    language: Language
    audience: Audience
    related: tuple[str, ...]
    source_url: str
    reviewed_on: date
    status: Status
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something wrong in a file of the knowledge base; prints as `file:line: message`."""

    file: Path
    line: int
    message: str

    def __str__(self) -> str:
        """As compilers print it, so that an editor can jump there."""
        return f"{self.file}:{self.line}: {self.message}"


class ArticleErrors(Exception):
    """Every fault found while the knowledge base was read, in the order of the files."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        """Keep the faults; the text of the error has one a line."""
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(frozen=True, slots=True)
class SectionSource:
    """A section as it stands in the file; `line` is the line of its heading, from 1."""

    anchor: str
    heading: str
    line: int
    body: str


@dataclass(frozen=True, slots=True)
class ArticleSource:
    """An article as it stands in the file, faulty or not."""

    file: Path
    language: Language
    lines: tuple[str, ...] = ()
    front: Mapping[str, object] = field(default_factory=dict)
    sections: tuple[SectionSource, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def slug(self) -> str:
        """The file's name; the front matter must say the same."""
        return self.file.stem

    def line_of(self, name: str) -> int:
        """The line, from 1, that sets a field of the front matter; 1 if none does."""
        numbered = enumerate(self.lines, start=1)
        return next((n for n, line in numbered if line.startswith(f"{name}:")), 1)


def load_articles(folder: Path, support_address: str) -> list[Article]:
    """All articles under `fr/` and `en/`, drafts too; sorted by slug, French before English.

    Raises:
        ArticleErrors: a file is faulty, or there is none.
    """
    sources = read_sources(folder)
    faults = [fault for source in sources for fault in source.faults]
    if not sources:
        faults = [Fault(folder, 1, "no article found; expected fr/<slug>.md and en/<slug>.md")]
    if faults:
        raise ArticleErrors(faults)
    return [_article(source, support_address) for source in sources]


def read_sources(folder: Path) -> list[ArticleSource]:
    """Each article file as written, with its own faults; sorted by slug, French before English."""
    files = [(f, language) for language in LANGUAGES for f in (folder / language).glob("*.md")]
    files.sort(key=lambda pair: (pair[0].stem, LANGUAGES.index(pair[1])))
    return [_read(file, language) for file, language in files]


def article_link(target: str) -> tuple[str | None, str | None] | None:
    """Slug and anchor of a relative link (`None` for the one it leaves out); None for any other.

    `past-invoices.md#find` gives `("past-invoices", "find")`, `#find` gives `(None, "find")`.
    """
    match = ARTICLE_LINK.fullmatch(target)
    return (match["slug"], match["anchor"]) if match and target else None


def _read(file: Path, language: Language) -> ArticleSource:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return _unreadable(file, language, 1, f"cannot be read as UTF-8 text: {error}")
    lines = tuple(text.split("\n"))
    if lines[0] != "---" or "---" not in lines[1:]:
        return _unreadable(file, language, 1, "no front matter between two lines of `---`")
    try:
        front, _ = frontmatter.parse(text)
    except (YAMLError, ValueError) as error:  # ValueError: a date such as 2026-02-31
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        line = mark.line + 1 if mark else 1  # the mark counts from 0, at the first `---`
        return _unreadable(file, language, line, f"front matter is not YAML: {_one_line(error)}")

    body_starts = lines.index("---", 1) + 1
    sections, faults = _split(file, lines, body_starts)
    source = ArticleSource(file, language, lines, front, sections)
    faults += _front_faults(source)
    return ArticleSource(file, language, lines, front, sections, tuple(sorted(faults)))


def _unreadable(file: Path, language: Language, line: int, message: str) -> ArticleSource:
    return ArticleSource(file, language, faults=(Fault(file, line, message),))


def _split(
    file: Path, lines: tuple[str, ...], start: int
) -> tuple[tuple[SectionSource, ...], list[Fault]]:
    """The sections of the body, which begins at index `start`, and the faults of their shape."""
    sections: list[SectionSource] = []
    faults: list[Fault] = []
    heads = [n for n in range(start, len(lines)) if re.match(r"##?(?!#)", lines[n])]
    if not heads:
        return (), [Fault(file, start, "no section; expected `## Heading {#anchor}`")]
    if stray := [n for n in range(start, heads[0]) if lines[n].strip()]:
        faults.append(Fault(file, stray[0] + 1, "text before the first section"))
    for n, end in pairwise([*heads, len(lines)]):
        match = HEADING.fullmatch(lines[n])
        body = "\n".join(lines[n + 1 : end]).strip("\n")
        if not match:
            message = f"heading {lines[n]!r}; expected `## Heading {{#anchor}}`"
            faults.append(Fault(file, n + 1, message))
            continue
        if any(section.anchor == match["anchor"] for section in sections):
            faults.append(Fault(file, n + 1, f"anchor `{match['anchor']}` is used twice"))
        if not body.strip():
            faults.append(Fault(file, n + 1, f"section `{match['anchor']}` is empty"))
        sections.append(SectionSource(match["anchor"], match["heading"], n + 1, body))
    return tuple(sections), faults


def _front_faults(source: ArticleSource) -> list[Fault]:
    """What is wrong with the front matter, each fault with what was found and what is allowed."""
    front = source.front
    anchors = [section.anchor for section in source.sections]
    fixed = {"slug": source.slug, "language": source.language}
    wrong: dict[str, str] = {
        name: f"expected `{value}`, after the file's place"
        for name, value in fixed.items()
        if front.get(name) != value
    }
    for name, allowed in ALLOWED.items():
        if front.get(name) not in allowed:
            wrong[name] = f"allowed: {', '.join(allowed)}"
    for name in ("title", "source_url"):
        if not isinstance(front.get(name), str) or not front[name]:
            wrong[name] = "expected a text"
    if not str(front.get("source_url", "")).startswith("https://"):
        wrong["source_url"] = "expected an address that begins with https://"
    if type(front.get("reviewed_on")) is not date:
        wrong["reviewed_on"] = "expected a date, YYYY-MM-DD"
    if not _is_list_of_texts(front.get("related")):
        wrong["related"] = "expected a list of slugs, [] for none"
    if front.get("sections") != anchors:
        wrong["sections"] = f"expected the anchors of the body in their order, {anchors}"
    if not isinstance(front.get("imported", {}), dict):
        wrong["imported"] = "expected what `import-zendesk` wrote, or no such field"
    known = {*fixed, *ALLOWED, "title", "source_url", "reviewed_on", "related", "sections"}
    known.add("imported")
    for name in front.keys() - known:
        wrong[name] = f"unknown field; allowed: {', '.join(sorted(known))}"

    def found(name: str) -> str:
        return f"`{name}` is {front[name]!r}" if name in front else f"`{name}` is missing"

    return [
        Fault(source.file, source.line_of(name), f"{found(name)}; {remedy}")
        for name, remedy in wrong.items()
    ]


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _article(source: ArticleSource, support_address: str) -> Article:
    """The article of a source without faults, which is what makes the casts below true."""
    front = source.front
    title = str(front["title"])
    audience = cast("Audience", front["audience"])
    url = str(front["source_url"])

    def section(raw: SectionSource) -> Section:
        heading = raw.heading.replace(PLACEHOLDER, support_address)
        body = _as_shown(raw.body, source, support_address)
        return Section(
            slug=source.slug,
            anchor=raw.anchor,
            heading=heading,
            article_title=title,
            language=source.language,
            audience=audience,
            url=url,
            body=body,
            digest=sha256(f"{heading}\n{body}".encode()).hexdigest()[:16],
        )

    return Article(
        slug=source.slug,
        title=title,
        language=source.language,
        audience=audience,
        related=tuple(cast("list[str]", front["related"])),
        source_url=url,
        reviewed_on=cast("date", front["reviewed_on"]),
        status=cast("Status", front["status"]),
        sections=tuple(map(section, source.sections)),
    )


def _as_shown(body: str, source: ArticleSource, support_address: str) -> str:
    def absolute(match: re.Match[str]) -> str:
        link = article_link(match["target"])
        if link is None:
            return match[0]
        slug, anchor = link
        fragment = f"#{anchor}" if anchor else ""
        return f"](/articles/{source.language}/{slug or source.slug}{fragment})"

    return LINK.sub(absolute, body.replace(PLACEHOLDER, support_address))
