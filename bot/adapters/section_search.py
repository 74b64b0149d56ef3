"""The search over the knowledge base, as the core asks for it.

The index is built with the first question, so a process that never asks neither waits nor pays;
the articles themselves are read without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from bot.core.answers import Candidate
from bot.core.errors import BadInput, Unavailable
from bot.core.language import Language
from bot.settings import ROOT, Settings
from knowledge_base.article import Article, ArticleErrors, Section
from knowledge_base.live import Live, Made

if TYPE_CHECKING:
    from knowledge_base.index import LiveIndex
    from knowledge_base.sections import Sections

ARTICLES = ROOT / "knowledge_base" / "articles"

# A changed article is found so many seconds later at the latest.
LOOK_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class _Chosen:
    section: Section
    score: float = 1.0
    is_trained: bool = True


class KnowledgeSearch:
    """The `SectionSearch` port over the articles of the project; follows them as they change."""

    def __init__(self, chosen: Settings) -> None:
        self._settings = chosen

    @cached_property
    def _live(self) -> LiveIndex:
        from knowledge_base.encoder import EncoderUnavailable, load_encoder
        from knowledge_base.index import LiveIndex

        try:
            encoder = load_encoder(self._settings.encoder)
        except EncoderUnavailable as error:
            raise BadInput(f"HELPDESK_ENCODER: {error}") from error
        return LiveIndex(
            ARTICLES,
            ROOT / "data" / "nlu",
            encoder,
            self._settings.support_address,
            cache=ROOT / "models" / "index",
            look_again_s=LOOK_AGAIN_S,
        )

    @cached_property
    def _shelf(self) -> Live[Sections]:
        """The articles to read, which need no encoder."""
        from knowledge_base.index import published_sections

        def read() -> Sections:
            return published_sections(ARTICLES, self._settings.support_address)

        return Live((ARTICLES,), read, LOOK_AGAIN_S)

    @property
    def has_untrained(self) -> bool:
        """See the port."""
        return not _current(self._live).is_trained.all()

    def find(self, query: str, language: Language, limit: int) -> Sequence[Candidate]:
        """See the port."""
        from knowledge_base.search import search

        return search(_current(self._live), query, language, limit)

    def section(self, key: str, language: Language) -> Candidate | None:
        """See the port."""
        slug, _, anchor = key.partition("#")
        found = _current(self._live).sections.get(slug, anchor, language)
        return None if found is None else _Chosen(found)

    def related(self, section: Section) -> Sequence[Section]:
        """See the port."""
        sections = _current(self._live).sections
        article = sections.article(section.slug, section.language)
        slugs = article.related if article else ()
        others = [sections.article(slug, section.language) for slug in slugs]
        return [
            first
            for other in others
            if other
            and (first := sections.get(other.slug, other.sections[0].anchor, other.language))
        ]

    def article(self, slug: str, language: Language) -> Article | None:
        """See the port."""
        return _current(self._shelf).article(slug, language)

    def articles(self, language: Language) -> Sequence[Article]:
        """See the port."""
        return _current(self._shelf).articles(language)

    def likeness(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """See the port."""
        if not texts:
            return []
        vectors = _current(self._live).encoder.encode(texts)
        likeness: list[list[float]] = (vectors @ vectors.T).tolist()
        return likeness

    def warm(self) -> None:
        """Builds the index now."""
        _current(self._live)


def _current(live: Live[Made]) -> Made:
    try:
        return live.current()
    except ArticleErrors as error:
        raise Unavailable(f"The articles cannot be read:\n{error}") from error
