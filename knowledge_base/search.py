"""Search: which sections answer a question, and how sure the words alone make us.

The score ranks; it does not decide. Whether to answer, to ask back or to say "I don't know" is decided by
the caller, from the parts of the score that each hit carries.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge_base.article import Language, Section
from knowledge_base.index import Index
from knowledge_base.words import content_words, sentences

# The weight of words beside the cosine. Added, not ranked against each other: fusing ranks loses questions
# asked in the other language, which share few words with any passage.
LEXICAL_WEIGHT = 0.35
LONG_WORDS = 12  # content words; above it a message may bury its question among other things
SENTENCE_WORDS = 2  # content words; below it a sentence is courtesy, or too little to go by
MOST_SENTENCES = 40


@dataclass(frozen=True, slots=True)
class Hit:
    """A section that may answer, with what speaks for it; every number is 0..1, higher is better."""

    section: Section
    score: float
    """Vectors and words together; the order of the hits."""
    bm25: float
    """The best passage by rare words shared; 1 is as much as words can tell."""
    dense: float
    """The cosine with the best passage."""
    question: float
    """The cosine with the best training question; 0 if the section has none."""


def search(index: Index, query: str, language: Language, limit: int = 5) -> list[Hit]:
    """The sections nearest to the query, each once and in the visitor's language.

    Best first, ties by key; at most `limit`. Passages of both languages count, so the query may be in
    either. Nothing comes back for a query without content words. A long message is searched sentence by
    sentence as well, and a section keeps its best.

    The score of a passage is `(cosine + 0.35 * words) / 1.35`, with the words' BM25 score capped at 1; a
    section has the score of its best passage. 1 means that the query is one of the passages. It is no
    probability, and depends on the encoder: 0.6 of one is not 0.6 of another. A low best score hints that
    no section answers, but does not show it; nor does a high one show that the section answers.
    """
    if not content_words(query):
        return []
    queries = _readings(query)
    dense = index.similarities(index.encoder.encode(queries))
    lexical = np.stack([index.lexical.scores(text) for text in queries])
    fused = (dense + LEXICAL_WEIGHT * lexical) / (1 + LEXICAL_WEIGHT)
    scores = _best(index, fused)
    parts = (
        scores,
        _best(index, lexical),
        _best(index, dense),
        _best(index, np.where(index.is_question, dense, 0)),
    )
    hits = []
    for place in sorted(range(len(index.keys)), key=lambda n: (-scores[n], index.keys[n])):
        slug, anchor = index.keys[place].split("#")
        section = index.sections.get(slug, anchor, language)
        if section is not None and scores[place] > 0:
            hits.append(Hit(section, *(float(part[place]) for part in parts)))
        if len(hits) == limit:
            break
    return hits


def _readings(query: str) -> list[str]:
    """The query and, if it is long, its sentences: each is searched for."""
    if len(content_words(query)) <= LONG_WORDS:
        return [query]
    telling = [s for s in sentences(query) if len(content_words(s)) >= SENTENCE_WORDS]
    return [query, *telling[:MOST_SENTENCES]]


def _best(index: Index, scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(n_readings, n_passages)` to `(n_keys,)`: each section's best, cut to 0..1."""
    best: NDArray[np.float32] = np.maximum.reduceat(scores.max(axis=0), index.starts)
    return np.clip(best, 0, 1)
