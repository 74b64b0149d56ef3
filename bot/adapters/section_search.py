"""The search over the knowledge base, as the core asks for it.

The index is built with the first question, so a process that never asks neither waits nor pays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from bot.core.answers import Candidate
from bot.core.errors import BadInput
from bot.core.language import Language
from bot.settings import ROOT, Settings
from knowledge_base.article import Section

if TYPE_CHECKING:
    from knowledge_base.index import LiveIndex


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
            ROOT / "knowledge_base" / "articles",
            ROOT / "data" / "nlu",
            encoder,
            self._settings.support_address,
            cache=ROOT / "models" / "index",
            look_again_s=LOOK_AGAIN_S,
        )

    def find(self, query: str, language: Language, limit: int) -> Sequence[Candidate]:
        """See the port."""
        from knowledge_base.search import search

        return search(self._live.current(), query, language, limit)

    def section(self, key: str, language: Language) -> Candidate | None:
        """See the port."""
        slug, _, anchor = key.partition("#")
        found = self._live.current().sections.get(slug, anchor, language)
        return None if found is None else _Chosen(found)

    def related(self, section: Section) -> Sequence[Section]:
        """See the port."""
        sections = self._live.current().sections
        article = sections.article(section.slug, section.language)
        slugs = article.related if article else ()
        others = [sections.article(slug, section.language) for slug in slugs]
        return [
            first
            for other in others
            if other
            and (first := sections.get(other.slug, other.sections[0].anchor, other.language))
        ]

    def article_url(self, slug: str, language: Language) -> str | None:
        """See the port."""
        found = self._live.current().sections.article(slug, language)
        return None if found is None else found.source_url

    def likeness(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """See the port."""
        if not texts:
            return []
        vectors = self._live.current().encoder.encode(texts)
        likeness: list[list[float]] = (vectors @ vectors.T).tolist()
        return likeness

    def warm(self) -> None:
        """Builds the index now."""
        self._live.current()
