"""Search: which sections answer a question, and how much speaks for each.

The score ranks; it does not decide. Whether to answer, to ask back or to say "I don't know" is the
caller's decision, from the parts of the score that each hit carries.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge_base.article import Language, Section
from knowledge_base.index import WITNESSES, Index
from knowledge_base.words import content_words, sentences

Scores = NDArray[np.float32]

# The weight of words beside the cosine. Added, and not fused by rank: that would lose the questions
# asked in the other language, which share few words with any passage.
LEXICAL_WEIGHT = 0.35
LONG_WORDS = 12  # content words; above it a message may bury its question among other things
SENTENCE_WORDS = 2  # content words; a sentence with fewer is courtesy, or too little to go by
MOST_SENTENCES = 40
SHORTLIST = 1000  # passages that are looked at closely
BY_WORDS = 200  # of these at least, where not all passages are compared


@dataclass(frozen=True, slots=True)
class Hit:
    """A section that may answer, with what speaks for it; each number is 0..1, higher is better."""

    section: Section
    score: float
    """Vectors and words together; the order of the hits."""
    bm25: float
    """The best passage by rare words shared; 1 is as much as words can tell."""
    dense: float
    """The cosine with the best passage."""
    question: float
    """The cosine with the best training question; 0 if the section has none."""
    is_trained: bool
    """Whether the section has training questions."""


def search(index: Index, query: str, language: Language, limit: int = 5) -> list[Hit]:
    """The sections nearest to the query, each once and in the visitor's language.

    Best first, ties in the order of the articles; at most `limit`. Passages of both languages
    count, so the query may be in either. Nothing comes back for a query without content words. A
    long message is searched sentence by sentence as well, and a section keeps its best score.

    The score of a passage is `(cosine + 0.35 * words) / 1.35`, where `words` is its BM25 score, cut
    to 0..1. A section has the mean of its best passages, weighted 1, 1/2, 1/3 and so on: of as many
    as it has training questions, at most 12 and at least one, so that a section without questions
    is judged by its best passage and not by all its paragraphs. What is nearly a training question
    belongs with it: the cube of the cosine with the nearest one counts if it is greater.

    What the score says: one section suits better than another; 1, that the query is one of its
    training questions. It is no probability, and 0.5 of one encoder is not 0.5 of another. A low
    best score hints that no section answers but does not show it, nor a high one the contrary.
    """
    if not index.keys or not content_words(query):
        return []
    readings = _readings(query)
    vectors = index.encoder.encode(readings)
    found = [_reading(index, text, vector) for text, vector in zip(readings, vectors, strict=True)]
    keys, where = np.unique(np.concatenate([keys for keys, _ in found]), return_inverse=True)
    best = np.zeros((len(keys), 4), dtype=np.float32)
    np.maximum.at(best, where, np.concatenate([parts for _, parts in found]))
    hits: list[Hit] = []
    for row in np.argsort(-best[:, 0], kind="stable"):
        slug, anchor = index.keys[keys[row]].split("#")
        section = index.sections.get(slug, anchor, language)
        if section is not None and best[row, 0] > 0:
            score, bm25, dense, question = (float(part) for part in best[row].clip(0, 1))
            is_trained = bool(index.is_trained[keys[row]])
            hits.append(Hit(section, score, bm25, dense, question, is_trained))
        if len(hits) == limit:
            break
    return hits


def _readings(query: str) -> list[str]:
    """The query and, if it is long, its sentences: each is searched for."""
    if len(content_words(query)) <= LONG_WORDS:
        return [query]
    telling = [s for s in sentences(query) if len(content_words(s)) >= SENTENCE_WORDS]
    return [query, *telling[:MOST_SENTENCES]]


def _reading(
    index: Index, text: str, vector: NDArray[np.float32]
) -> tuple[NDArray[np.intp], Scores]:
    """What one reading finds: keys `(n,)`, each once, and the parts of their hits `(n, 4)`."""
    words = index.lexical.scores(text)
    by_words = None if index.neighbours.are_all_compared else _greatest(words, BY_WORDS)
    places, cosines = index.neighbours.of(vector, also=by_words)
    words = words[places]
    scores = (cosines + LEXICAL_WEIGHT * words) / (1 + LEXICAL_WEIGHT)
    chosen = _greatest(scores, SHORTLIST)
    passages = places[chosen]
    question = np.where(index.is_question[passages], cosines[chosen], np.float32(0))
    keys, where = np.unique(index.owner[passages], return_inverse=True)
    parts = np.zeros((len(keys), 4), dtype=np.float32)
    for column, values in enumerate((words[chosen], cosines[chosen], question), start=1):
        np.maximum.at(parts[:, column], where, values)
    parts[:, 0] = np.maximum(_means(scores[chosen], where, index.witnesses[keys]), parts[:, 3] ** 3)
    return keys, parts


def _greatest(values: Scores, count: int) -> NDArray[np.intp]:
    """Where the greatest values stand, in no order; all places if there are no more."""
    if len(values) <= count:
        return np.arange(len(values))
    return np.argpartition(-values, count)[:count]


def _means(scores: Scores, owner: NDArray[np.intp], witnesses: NDArray[np.intp]) -> Scores:
    """`(n_owners,)`: the mean of the best scores of each, weighted 1, 1/2, 1/3 and so on.

    Of as many as the owner has witnesses; one that the shortlist lacks counts as 0.
    """
    order = np.lexsort((-scores, owner))
    owners = owner[order]
    first = np.searchsorted(owners, np.arange(len(witnesses)))
    rank = np.arange(len(owners)) - first[owners] + 1
    weights = np.where(rank <= witnesses[owners], 1 / rank, 0)
    totals = np.cumsum(1 / np.arange(1, WITNESSES + 1))[witnesses - 1]
    sums: Scores = np.bincount(owners, weights * scores[order], len(witnesses)) / totals
    return sums
