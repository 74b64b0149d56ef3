"""The sentences of domain.yml, for all that is not said by Rasa itself."""

from __future__ import annotations

from pathlib import Path

import yaml

from bot.core.errors import BadInput
from bot.core.language import Language


class DomainPhrases:
    """The `Phrases` port over the `responses` of a Rasa domain.

    Each response has one variation for each language, chosen by a condition on slot `language`.

    Raises:
        BadInput: At construction, when a response lacks a language.
    """

    def __init__(self, domain_file: Path) -> None:
        # libyaml's parser: the usual one takes a fifth of a second of each start.
        domain = yaml.load(domain_file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        self._texts: dict[tuple[str, str], str] = {}
        for name, variations in domain["responses"].items():
            for variation in variations:
                for condition in variation.get("condition", ()):
                    self._texts[name, condition["value"]] = variation["text"].strip()
            for language in ("fr", "en"):
                if (name, language) not in self._texts:
                    raise BadInput(f"{domain_file.name}: {name} has no {language} text.")

    def say(self, name: str, language: Language, **values: object) -> str:
        """See the port."""
        text = self._texts[name, language]
        return text.format(**values) if values else text
