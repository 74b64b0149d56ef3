"""`python -m tests.bench.retrieval`: sections found by their own text, without training questions.

The questions of the evaluation that a section answers are searched for by BM25, character n-grams,
the word vectors of spaCy, the shipped embedding, and by words and embedding together as the product
does. Recall: a section that answers is the first, or among the first three; MRR: one over its
place, 0 beyond ten.

With `--weights` the calibration messages are searched for instead, as the product does, with other
weights for words beside the embedding: `LEXICAL_WEIGHT` of knowledge_base/search.py.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bot.settings import settings
from knowledge_base import search as search_room
from knowledge_base.article import load_articles
from knowledge_base.encoder import NgramEncoder, load_encoder
from knowledge_base.index import Index, build_index
from knowledge_base.search import search
from knowledge_base.sections import Sections
from tests.bench.leakage import CALIBRATION, ROOT

QUESTIONS = Path(__file__).with_name("questions.jsonl")
SPACY_MODEL = "fr_core_news_md"
DEPTH = 10
WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5)
Ranking = Callable[[str, Any], list[str]]
"""The sections found for a text, nearest first, in a language."""


class SpacyEncoder:
    """The mean of spaCy's word vectors."""

    name = f"spacy:{SPACY_MODEL}"

    def __init__(self) -> None:
        self._read = spacy.load(SPACY_MODEL, enable=["tok2vec"])
        self.dim = self._read.vocab.vectors_length

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.stack([self._read.make_doc(text).vector for text in texts])
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return (rows / np.maximum(lengths, 1e-9)).astype(np.float32)


def main() -> None:
    """Searches and prints."""
    sections = Sections(load_articles(ROOT / "knowledge_base" / "articles", ""))
    encoders = [NgramEncoder(), SpacyEncoder(), load_encoder(settings().encoder)]
    indexes = [build_index(sections, {}, encoder) for encoder in encoders]
    systems: dict[str, Ranking] = {
        "BM25": _by_words(indexes[0]),
        "character n-grams": _by_vectors(indexes[0]),
        "spaCy vectors": _by_vectors(indexes[1]),
        "embedding": _by_vectors(indexes[2]),
        "embedding and BM25": _as_the_product(indexes[2]),
    }
    _compare(systems, QUESTIONS)


def weigh() -> None:
    """Searches with each weight and prints."""
    sections = Sections(load_articles(ROOT / "knowledge_base" / "articles", ""))
    index = build_index(sections, {}, load_encoder(settings().encoder))
    _compare({f"words {w:.2f}": _as_the_product(index, w) for w in WEIGHTS}, CALIBRATION)


def _compare(systems: dict[str, Ranking], file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    asked = [q for q in map(json.loads, lines) if q["expect"][0].startswith("faq/")]
    table = Table("found by", "language", "questions", "recall@1", "recall@3", "MRR@10")
    for name, ranking in systems.items():
        places = [
            (q["language"], _place(ranking(q["text"], _language(q)), q["expect"]))
            for q in track(asked, name, transient=True)
        ]
        for language in ("fr", "en", "mixed"):
            table.add_row(
                name, language, *_figures([p for spoken, p in places if spoken == language])
            )
        table.add_section()
    Console().print(table)


def _language(question: dict[str, Any]) -> str:
    return "en" if question["language"] == "en" else "fr"


def _place(found: Sequence[str], expected: Sequence[str]) -> int:
    """Where the first section that answers stands, from 1; 0 for nowhere."""
    places = [n for n, key in enumerate(found, start=1) if f"faq/{key}" in expected]
    return places[0] if places else 0


def _figures(places: Sequence[int]) -> list[str]:
    count = len(places)
    first, three = sum(p == 1 for p in places), sum(0 < p <= 3 for p in places)
    return [
        str(count),
        f"{first / count:.3f}",
        f"{three / count:.3f}",
        f"{sum(1 / p for p in places if p) / count:.3f}",
    ]


def _by_words(index: Index) -> Ranking:
    return lambda text, _: _best(index, index.lexical.scores(text))


def _by_vectors(index: Index) -> Ranking:
    return lambda text, _: _best(index, index.neighbours.of(index.encoder.encode([text])[0])[1])


def _as_the_product(index: Index, weight: float = search_room.LEXICAL_WEIGHT) -> Ranking:
    def rank(text: str, language: Any) -> list[str]:
        search_room.LEXICAL_WEIGHT = weight
        return [hit.section.key for hit in search(index, text, language, limit=DEPTH)]

    return rank


def _best(index: Index, scores: NDArray[np.float32]) -> list[str]:
    """The sections of the passages that score best, each once."""
    order = (-scores).argsort(kind="stable")
    found = dict.fromkeys(index.keys[index.owner[place]] for place in order if scores[place] > 0)
    return list(found)[:DEPTH]


if __name__ == "__main__":
    weigh() if "--weights" in sys.argv else main()
