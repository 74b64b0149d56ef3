"""Language of a text by lingua's n-gram models, limited to French and English."""

from __future__ import annotations

from functools import cached_property

from lingua import Language as LinguaLanguage
from lingua import LanguageDetector, LanguageDetectorBuilder

from bot.core.language import Language


class LinguaDetector:
    """The `LanguageDetector` port; the models are loaded with the first text."""

    @cached_property
    def _detector(self) -> LanguageDetector:
        return LanguageDetectorBuilder.from_languages(
            LinguaLanguage.FRENCH, LinguaLanguage.ENGLISH
        ).build()

    def detect(self, text: str) -> tuple[Language, float]:
        """See the port."""
        french = self._detector.compute_language_confidence(text, LinguaLanguage.FRENCH)
        return ("fr", french) if french >= 0.5 else ("en", 1.0 - french)
