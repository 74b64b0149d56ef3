"""What is wrong in the article files, beyond what stops them from loading.

A label that one language has and the other lacks, a link to nowhere, a price: things that a reader
trips over and no parser does. Called by `python -m knowledge_base check` and by the tests.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from knowledge_base.article import (
    LINK,
    PLACEHOLDER,
    ArticleSource,
    Fault,
    Language,
    SectionSource,
    article_link,
    load_articles,
    read_sources,
)
from knowledge_base.conflicts import conflicts
from knowledge_base.french import punctuation_faults

BOLD = re.compile(r"\*\*[^*\n]+\*\*")
STEP = re.compile(r"^\s*\d+[.)]\s", re.MULTILINE)
URL = re.compile(r"https?://[^\s)>\]]*[^\s)>\].,;:!?]|\{support_address\}")
GROUP = r"[ ,\u00a0\u202f]"  # between thousands
NUMBER = re.compile(rf"\d{{1,3}}(?:{GROUP}\d{{3}})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?")
PRICE = re.compile(r"\$|\d\s?(?:dollars?|CAD)\b")
ADDRESS = re.compile(r"\bocean\.tips?/support\b")  # the two spellings that Ocean's own pages use

Sources = Mapping[tuple[Language, str], ArticleSource]


def check(folder: Path, support_address: str) -> list[Fault]:
    """All faults of the articles under `fr/` and `en/`, sorted by file and line; none is good.

    A file that cannot be loaded is reported for that alone, and compared with no other.
    """
    everything = read_sources(folder)
    if not everything:
        return [Fault(folder, 1, "no article found; expected fr/<slug>.md and en/<slug>.md")]
    faults = [fault for source in everything for fault in source.faults]
    sources = {(source.language, source.slug): source for source in everything}
    for source in everything:
        faults += _missing_twin(source, sources)
        if source.faults:
            continue
        faults += _links(source, sources)
        faults += _forbidden(source, support_address)
        if source.language == "fr":
            faults += punctuation_faults(source)
            twin = sources.get(("en", source.slug))
            if twin and not twin.faults:
                faults += _differences(source, twin)
    if not any(source.faults for source in everything):
        faults += _conflicts(folder, support_address)
    return sorted(faults)


def _conflicts(folder: Path, support_address: str) -> Iterator[Fault]:
    articles = load_articles(folder, support_address)
    for conflict in conflicts([s for article in articles for s in article.sections]):
        one, other = conflict.one, conflict.other
        file = folder / other.language / f"{other.slug}.md"
        yield Fault(file, 1, f"disagrees with {one.slug}.md#{one.anchor}: {conflict.about}")


def _missing_twin(source: ArticleSource, sources: Sources) -> Iterator[Fault]:
    other: Language = "en" if source.language == "fr" else "fr"
    if (other, source.slug) not in sources:
        yield Fault(source.file, 1, f"no twin; expected {other}/{source.slug}.md")


def _links(source: ArticleSource, sources: Sources) -> Iterator[Fault]:
    """Related articles and links that lead nowhere."""
    slugs = sorted(slug for language, slug in sources if language == source.language)
    related = source.front["related"]
    assert isinstance(related, list)
    for slug in related:
        if slug not in slugs or slug == source.slug:
            message = f"related article `{slug}` is not another one; allowed: {', '.join(slugs)}"
            yield Fault(source.file, source.line_of("related"), message)
    for number, line in enumerate(source.lines, start=1):
        for target in (match["target"] for match in LINK.finditer(line)):
            if problem := _link_problem(target, source, sources):
                yield Fault(source.file, number, f"link `{target}`: {problem}")


def _link_problem(target: str, source: ArticleSource, sources: Sources) -> str | None:
    if target.startswith(("https://", PLACEHOLDER, "mailto:")):
        return None
    link = article_link(target)
    if link is None:
        return "allowed: `<slug>.md#<anchor>`, `#<anchor>`, https://… or the support placeholder"
    slug, anchor = link
    goal = sources.get((source.language, slug or source.slug))
    if goal is None:
        return f"there is no article `{slug}` in this language"
    anchors = [section.anchor for section in goal.sections]
    if anchor and anchors and anchor not in anchors:
        return f"no such section; allowed: {', '.join(anchors)}"
    return None


def _forbidden(source: ArticleSource, support_address: str) -> Iterator[Fault]:
    """What no article may hold: prices, which age, and the support address, which is a setting."""
    typed = support_address.removeprefix("https://")
    for number, line in enumerate(source.lines, start=1):
        if PRICE.search(line):
            yield Fault(source.file, number, "a price; articles send readers to the price page")
        if ADDRESS.search(line) or typed in line:
            message = f"the support address is typed out; write {PLACEHOLDER}"
            yield Fault(source.file, number, message)


def _differences(french: ArticleSource, english: ArticleSource) -> Iterator[Fault]:
    """What the twins say differently; told at the English file, which follows the French one."""
    for name in ("audience", "related", "sections", "status"):
        if french.front[name] != english.front[name]:
            message = f"`{name}` differs from fr/{french.file.name}: {french.front[name]}"
            yield Fault(english.file, english.line_of(name), message)
    by_anchor = {section.anchor: section for section in french.sections}
    for section in english.sections:
        if twin := by_anchor.get(section.anchor):
            yield from _section_differences(english.file, twin, section)


def _section_differences(
    file: Path, french: SectionSource, english: SectionSource
) -> Iterator[Fault]:
    counts: dict[str, Callable[[str], int]] = {
        "labels in bold": lambda body: len(BOLD.findall(body)),
        "numbered steps": lambda body: len(STEP.findall(body)),
    }
    for what, count in counts.items():
        here, there = count(english.body), count(french.body)
        if here != there:
            message = f"section `{english.anchor}` has {here} {what}, the French one {there}"
            yield Fault(file, english.line, message)
    for what, values in {"numbers": _numbers, "links": _targets}.items():
        mine, theirs = values(english), values(french)
        for value in sorted((mine - theirs).keys() | (theirs - mine).keys()):
            message = (
                f"section `{english.anchor}`: {what} differ, {value} stands {mine[value]} times "
                f"here and {theirs[value]} times in French"
            )
            yield Fault(file, english.line, message)


def _numbers(section: SectionSource) -> Counter[str]:
    """The numbers of heading and text, without steps' own, written alike in both languages."""
    text = LINK.sub("]", STEP.sub("", f"{section.heading}\n{section.body}"))
    found = NUMBER.findall(URL.sub("", text))
    return Counter(_plain_number(number) for number in found)


def _plain_number(number: str) -> str:
    """`1 000,50` and `1,000.50` are both `1000.50`."""
    whole = re.sub(rf"{GROUP}(?=\d{{3}}(?!\d))", "", number)
    return whole.replace(",", ".")


def _targets(section: SectionSource) -> Counter[str]:
    """Where the links lead; a help-centre page counts as the same in both languages."""
    links = [match["target"] for match in LINK.finditer(section.body)]
    bare = URL.findall(LINK.sub("]", section.body))
    return Counter(_same_page(target) for target in [*links, *bare])


def _same_page(target: str) -> str:
    target = re.sub(r"/hc/(?:fr|en-us)(?=/|$)", "/hc", target)
    return re.sub(r"(/(?:articles|sections)/\d+)-[^#?]*", r"\1", target)
