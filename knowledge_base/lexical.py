"""BM25 over words: finds the rare word that says it all ("csv", "Accuro"), where vectors blur it.

The only room that knows bm25s.
"""

from collections.abc import Sequence

import bm25s  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from knowledge_base.words import content_words

# A query is rarely as long as what it matches: about a third of the score that a text gives to itself is
# already as good a match as words can tell. Above it, more shared words say nothing new.
ENOUGH = 0.35


class Lexical:
    """A BM25 index of texts, scored against the score that a typical text gives to itself."""

    def __init__(self, texts: Sequence[str]) -> None:
        tokens = [content_words(text) for text in texts]
        self._size = len(texts)
        self._bm25 = bm25s.BM25() if any(tokens) else None
        self._enough = 1.0
        if self._bm25 is not None:
            self._bm25.index(tokens, show_progress=False)
            own = [self._raw(words)[n] for n, words in enumerate(tokens) if words]
            self._enough = ENOUGH * float(np.median(own))

    def scores(self, query: str) -> NDArray[np.float32]:
        """`(n_texts,)` float32 in 0..1: 0 no word shared, 1 as good as words can tell."""
        return np.minimum(self._raw(content_words(query)) / np.float32(self._enough), np.float32(1))

    def _raw(self, tokens: Sequence[str]) -> NDArray[np.float32]:
        known = self._bm25.get_tokens_ids(list(tokens)) if self._bm25 is not None else []
        if not known:
            return np.zeros(self._size, dtype=np.float32)
        scores: NDArray[np.float32] = self._bm25.get_scores_from_ids(known)
        return scores
