"""The search over the articles, as the core asks for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.adapters import section_search
from bot.adapters.section_search import KnowledgeSearch
from bot.core.errors import Unavailable
from bot.settings import Settings


@pytest.mark.parametrize(
    "ask",
    [
        lambda search: search.articles("fr"),
        lambda search: search.article("past-invoices", "fr"),
        lambda search: search.find("une facture", "fr", 3),
    ],
)
def test_articles_that_cannot_be_read_are_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Callable[[KnowledgeSearch], object]
) -> None:
    monkeypatch.setattr(section_search, "ARTICLES", tmp_path)
    search = KnowledgeSearch(Settings(_env_file=None, encoder="ngram"))
    with pytest.raises(Unavailable, match="no article found"):
        ask(search)
