"""The intent classifier: a linear model over characters and words of the message.

Labels are full intents: sections of the knowledge base apart (`faq/invoice-details.csv`), flows by
their name. Chosen by cross-validation on data/nlu (docs/decisions/0003).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline

# Inverse strength of regularisation; found by cross-validation.
C = 10.0
# What goes along with a wish without being one.
_COMPANIONS = frozenset({"inform", "greet", "thank", "bye"})
_CLEAR_WISH = 0.5
_CLAUSE_END = re.compile(r"[,.;:!\n]+(?=\s|$)|(?<=\?)\s+")
_CLAUSE_WORDS = 3
_MOST_CLAUSES = 12


@dataclass(frozen=True, slots=True)
class IntentModel:
    """A fitted classifier."""

    pipeline: Pipeline

    @classmethod
    def fit(cls, texts: Sequence[str], labels: Sequence[str]) -> IntentModel:
        """A model of these examples; the same examples give the same model."""
        return cls(new_pipeline().fit(list(texts), list(labels)))

    def rank(self, text: str) -> list[tuple[str, float]]:
        """(label, probability) of every label, likeliest first; the probabilities add up to 1.

        A message that is mostly courtesy or data may hold a wish in one of its clauses ("Bonjour,
        je veux annuler les rappels, Julie Tremblay, site 4411"): that clause then speaks for it.
        """
        classes = self.pipeline.classes_
        chosen = self.pipeline.predict_proba([text])[0]
        clauses = _clauses(text) if classes[chosen.argmax()] in _COMPANIONS else []
        for clause in self.pipeline.predict_proba(clauses) if clauses else ():
            best = clause.argmax()
            if classes[best] not in _COMPANIONS and clause[best] >= _CLEAR_WISH:
                chosen = clause
                break
        order = (-chosen).argsort(kind="stable")
        return [(str(classes[place]), float(chosen[place])) for place in order]


def _clauses(text: str) -> list[str]:
    parts = [part.strip() for part in _CLAUSE_END.split(text)]
    telling = [part for part in parts if len(part.split()) >= _CLAUSE_WORDS]
    return telling[:_MOST_CLAUSES] if len(parts) > 1 else []


def new_pipeline() -> Pipeline:
    """The untrained pipeline."""
    characters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), strip_accents="unicode", sublinear_tf=True, min_df=2
    )
    words = TfidfVectorizer(
        ngram_range=(1, 2),
        strip_accents="unicode",
        sublinear_tf=True,
        min_df=2,
        # One-letter words ("a", "y") and the marks of a question say something here.
        token_pattern=r"(?u)\b\w+\b|[?!]",
    )
    features = FeatureUnion([("characters", characters), ("words", words)])
    return make_pipeline(features, LogisticRegression(C=C, solver="liblinear"))
