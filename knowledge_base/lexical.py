"""BM25 over words: finds the rare word that says it all ("csv", "Accuro"), where vectors blur it.

The only room that knows bm25s.
"""

import logging
import re
from collections.abc import Sequence

import bm25s
import numpy as np
from numpy.typing import NDArray

from knowledge_base.words import content_words

logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to DEBUG when imported

# A query is rarely as long as what it matches: a third of the score that a text gives to itself is
# as good a match as words can tell. Above it, more shared words say nothing new.
ENOUGH = 0.35
TYPICAL = 1000  # texts that say what a typical one gives to itself
# "ancienne" and "anciennes", "invoice" and "invoices" are one word; a true stemmer is not worth a
# dependency here, since the vectors forgive endings too.
ENDING = re.compile(r"(?<=\w{4})(?:es?|s|x)$")


class Lexical:
    """A BM25 index of texts, scored against the score that a typical text gives to itself."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Index the texts; milliseconds a thousand."""
        tokens = [_stems(text) for text in texts]
        self._size = len(texts)
        self._ids: dict[str, int] = {}
        self._bm25 = bm25s.BM25()
        self._enough = 1.0
        if any(tokens):
            self._bm25.index(tokens, show_progress=False)
            self._ids = self._bm25.vocab_dict
            told = [n for n, words in enumerate(tokens) if words]
            step = max(1, len(told) // TYPICAL)
            own = [self._raw(tokens[n])[n] for n in told[::step]]
            self._enough = ENOUGH * float(np.median(own))

    def scores(self, query: str) -> NDArray[np.float32]:
        """`(n_texts,)` float32 in 0..1: 0 no word shared, 1 as good as words can tell."""
        return np.minimum(self._raw(_stems(query)) / np.float32(self._enough), np.float32(1))

    def _raw(self, tokens: Sequence[str]) -> NDArray[np.float32]:
        totals = np.zeros(self._size, dtype=np.float32)
        known = [self._ids[token] for token in tokens if token in self._ids]
        held = self._bm25.scores if known else {}
        # As BM25.get_scores does with np.add.at, ten times as fast: a word names a text but once.
        for word in known:
            of_word = slice(held["indptr"][word], held["indptr"][word + 1])
            totals[held["indices"][of_word]] += held["data"][of_word]
        return totals


def _stems(text: str) -> list[str]:
    return [ENDING.sub("", word) for word in content_words(text)]
