"""The ports by which the assistant understands and speaks: engine, sentences, language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.core.conversations import Reply
    from bot.core.language import Language


class LanguageDetector(Protocol):
    """Guesses the language of a text."""

    def detect(self, text: str) -> tuple[Language, float]:
        """The likelier language and its probability, 0.5 to 1."""


class Phrases(Protocol):
    """The sentences of domain.yml."""

    def say(self, name: str, language: Language, **values: object) -> str:
        """The response `name` in that language with its {values} filled in.

        Raises:
            KeyError: No such response or value: a mistake in the code, not of a visitor.
        """


class Assistant(Protocol):
    """The dialogue engine."""

    def reply(
        self,
        conversation_id: str,
        text: str,
        language: Language,
        message_id: int,
        *,
        is_fresh_start: bool = False,
    ) -> list[Reply]:
        """What is to be said in answer; empty when something behind the engine failed.

        With `is_fresh_start` the engine first forgets the form that it may be in the middle of.

        Raises:
            Unavailable: It did not answer, or not in time.
        """
