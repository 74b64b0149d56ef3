"""Search: which sections answer a question, and how much speaks for each.

The score ranks; it does not decide. Whether to answer, to ask back or to say "I don't know" is the
caller's decision, from the parts of the score that each hit carries.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge_base.article import Language, Section
from knowledge_base.index import Index
from knowledge_base.words import content_words, sentences

Scores = NDArray[np.float32]

# The weight of words beside the cosine. Added, and not fused by rank: that would lose the questions
# asked in the other language, which share few words with any passage.
LEXICAL_WEIGHT = 0.35
# How many of its passages speak for a section. With each of 1,771 training questions (23 sections,
# n-grams) left out in turn and searched for, its section comes first for 53 %; with one, for 40 %.
WITNESSES = 12
LONG_WORDS = 12  # content words; above it a message may bury its question among other things
SENTENCE_WORDS = 2  # content words; a sentence with fewer is courtesy, or too little to go by
MOST_SENTENCES = 40


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


def search(index: Index, query: str, language: Language, limit: int = 5) -> list[Hit]:
    """The sections nearest to the query, each once and in the visitor's language.

    Best first, ties by key; at most `limit`. Passages of both languages count, so the query may be
    in either. Nothing comes back for a query without content words. A long message is searched
    sentence by sentence as well, and a section keeps its best score.

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
    queries = _readings(query)
    dense = index.similarities(index.encoder.encode(queries))
    words = np.stack([index.lexical.scores(text) for text in queries])
    question = _best(index, np.where(index.is_question, dense, np.float32(0)))
    means = _means(index, (dense + LEXICAL_WEIGHT * words) / (1 + LEXICAL_WEIGHT))
    scores = np.maximum(means, question**3)
    parts = (scores, _best(index, words), _best(index, dense), question)
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


# The functions below take scores `(n_readings, n_passages)` and give one `(n_keys,)`, cut to 0..1.


def _means(index: Index, passages: Scores) -> Scores:
    ranks = np.arange(1, WITNESSES + 1)
    questions = (index.is_question[index.members] & (index.members >= 0)).sum(axis=1)
    witnesses = np.clip(questions, 1, WITNESSES)
    weights = np.where(ranks <= witnesses[:, None], 1 / ranks, 0)
    weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    ranked = -np.sort(-_by_section(index, passages, missing=-1), axis=-1)[..., :WITNESSES]
    means: Scores = (ranked * weights[:, : ranked.shape[-1]]).sum(axis=-1)
    best: Scores = means.max(axis=0)  # of the readings
    return best.clip(0, 1)


def _best(index: Index, passages: Scores) -> Scores:
    best: Scores = _by_section(index, passages, missing=0).max(axis=(0, 2))
    return best.clip(0, 1)


def _by_section(index: Index, passages: Scores, missing: float) -> Scores:
    """`(n_readings, n_keys, most passages of a section)`; `missing` where a section has fewer."""
    return np.where(index.members >= 0, passages[:, index.members], np.float32(missing))
