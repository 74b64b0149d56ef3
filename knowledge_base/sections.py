"""What is published: sections by name and language, and the training questions that go with them.

Drafts are left out here, so nothing behind this room can show one.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import yaml

from knowledge_base.article import Article, ArticleErrors, Fault, Language, Section

INTENT = re.compile(r"faq/(?P<slug>[a-z0-9-]+)\.(?P<anchor>[a-z0-9-]+)")
ANNOTATION = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")  # Rasa's [text](entity), [text]{…}

_UNREADABLE = (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, KeyError, TypeError)


class Sections:
    """The sections of all published articles; never changes once made."""

    def __init__(self, articles: Iterable[Article], withheld: Collection[str] = ()) -> None:
        """Keep what is published of the articles, in their order, without the keys withheld."""
        published = [article for article in articles if article.status == "published"]
        self._articles = {(article.slug, article.language): article for article in published}
        self._sections = {
            (section.slug, section.anchor, section.language): section
            for article in published
            for section in article.sections
            if section.key not in withheld
        }
        self._withheld = frozenset(withheld)
        self.keys: tuple[str, ...] = tuple(dict.fromkeys(s.key for s in self._sections.values()))
        """Every `slug#anchor` once, in the order of the articles and of their sections."""

    def __iter__(self) -> Iterator[Section]:
        """All sections of all languages, article by article."""
        return iter(self._sections.values())

    def get(self, slug: str, anchor: str, language: Language) -> Section | None:
        """The section, or None if it is not published in that language."""
        return self._sections.get((slug, anchor, language))

    def article(self, slug: str, language: Language) -> Article | None:
        """The article without what is withheld, or None if nothing of it is published."""
        found = self._articles.get((slug, language))
        return found and self._shown(found)

    def articles(self, language: Language) -> list[Article]:
        """All articles of a language that have something to show, sorted by slug."""
        every = (self._shown(a) for a in self._articles.values() if a.language == language)
        return [article for article in every if article]

    def _shown(self, article: Article) -> Article | None:
        sections = tuple(s for s in article.sections if s.key not in self._withheld)
        return replace(article, sections=sections) if sections else None


def load_questions(folder: Path) -> dict[str, list[str]]:
    """The examples of intents `faq/<slug>.<anchor>` in Rasa's NLU files, by `slug#anchor`.

    Reads every `*.yml` under the folder, French and English together, in the order of the files;
    each question once a section, without Rasa's entity marks.

    Raises:
        ArticleErrors: a file is not an NLU file in YAML.
    """
    questions: dict[str, dict[str, None]] = {}
    faults: list[Fault] = []
    for file in sorted(folder.rglob("*.yml")):
        try:
            # libyaml's parser: the usual one takes half a second of each start.
            read = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
            blocks = (read or {}).get("nlu") or []
            for block in blocks:
                match = INTENT.fullmatch(str(block.get("intent", "")))
                if match:
                    key = f"{match['slug']}#{match['anchor']}"
                    questions.setdefault(key, {}).update(dict.fromkeys(_examples(block)))
        except _UNREADABLE as error:
            faults.append(Fault(file, 1, f"cannot be read as a Rasa NLU file: {error}"))
    if faults:
        raise ArticleErrors(faults)
    return {key: list(examples) for key, examples in questions.items()}


def _examples(block: dict[str, object]) -> list[str]:
    """The texts of one intent, written as a block of `- ` lines or as a list of `text:`."""
    written = block.get("examples") or ""
    if isinstance(written, list):
        lines = [str(example["text"]) for example in written]
    else:
        lines = str(written).splitlines()
    bare = (ANNOTATION.sub(r"\1", line.strip().removeprefix("-").strip()) for line in lines)
    return [text for text in bare if text]
