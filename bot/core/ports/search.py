"""The port to the knowledge base."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.answers import Candidate
    from bot.core.language import Language
    from knowledge_base.article import Article, Section


class SectionSearch(Protocol):
    """Finds sections of the knowledge base."""

    @property
    def has_untrained(self) -> bool:
        """Whether a section is published that no training message asks for yet."""

    def find(self, query: str, language: Language, limit: int) -> Sequence[Candidate]:
        """Sections that may answer, best first, each in the asked language."""

    def section(self, key: str, language: Language) -> Candidate | None:
        """One section by its key ("slug#anchor"); None if it is not published."""

    def related(self, section: Section) -> Sequence[Section]:
        """The first section of each article that goes with this one, in the same language."""

    def article(self, slug: str, language: Language) -> Article | None:
        """An article with the sections that are shown; None if it is not published."""

    def articles(self, language: Language) -> Sequence[Article]:
        """Every published article of a language, sorted by slug."""

    def likeness(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """The cosine of the meanings of each text with each, -1 to 1, whatever their languages."""

    def warm(self) -> None:
        """Prepares for the first question, which would wait otherwise."""
