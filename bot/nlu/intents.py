"""The intent classifier: a linear model over characters and words of the message.

Labels are full intents: sections of the knowledge base apart (`faq/invoice-details.csv`), flows by
their name. Chosen by cross-validation on data/nlu (docs/decisions/0003).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline

# Inverse strength of regularisation; found by cross-validation.
C = 10.0


@dataclass(frozen=True, slots=True)
class IntentModel:
    """A fitted classifier."""

    pipeline: Pipeline

    @classmethod
    def fit(cls, texts: Sequence[str], labels: Sequence[str]) -> IntentModel:
        """A model of these examples; the same examples give the same model."""
        return cls(new_pipeline().fit(list(texts), list(labels)))

    def rank(self, text: str) -> list[tuple[str, float]]:
        """(label, probability) of every label, likeliest first; the probabilities add up to 1."""
        probabilities = self.pipeline.predict_proba([text])[0]
        order = (-probabilities).argsort(kind="stable")
        classes = self.pipeline.classes_
        return [(str(classes[place]), float(probabilities[place])) for place in order]


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
