"""The search over the knowledge base, as the core asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.language import Language
from bot.settings import ROOT, Settings
from knowledge_base.article import Section
from knowledge_base.encoder import load_encoder
from knowledge_base.index import LiveIndex
from knowledge_base.search import Hit, search


@dataclass(frozen=True, slots=True)
class _Chosen:
    section: Section
    score: float = 1.0


class KnowledgeSearch:
    """The `SectionSearch` port over the articles of the project; follows them as they change."""

    def __init__(self, chosen: Settings) -> None:
        self._live = LiveIndex(
            ROOT / "knowledge_base" / "articles",
            ROOT / "data" / "nlu",
            load_encoder(chosen.encoder),
            chosen.support_address,
            cache=ROOT / "models" / "index",
        )

    def find(self, query: str, language: Language, limit: int) -> Sequence[Hit]:
        """See the port."""
        return search(self._live.current(), query, language, limit)

    def section(self, key: str, language: Language) -> _Chosen | None:
        """See the port."""
        slug, _, anchor = key.partition("#")
        found = self._live.current().sections.get(slug, anchor, language)
        return None if found is None else _Chosen(found)
