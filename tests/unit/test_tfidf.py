"""TF-IDF of one text at a time: the same numbers as scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion

from bot.nlu.intents import lexical_features
from bot.nlu.tfidf import Tfidf

LEARNED = [
    "Comment télécharger le détail de ma facture?",
    "Où est ma facture de mars?",
    "How do I download the invoice detail?",
    "Je veux annuler les rappels",
]


@pytest.mark.parametrize(
    "text",
    [
        *LEARNED,
        "facture facture FACTURE",
        "a y à é",
        "?!",
        "",
        "mots jamais vus",
        "œuvre\nfacture\t détail",
    ],
)
def test_a_text_has_the_features_that_scikit_learn_gives_it(text: str) -> None:
    features = lexical_features().fit(LEARNED * 2)
    places, values = Tfidf(features).of(text)
    row = np.zeros(features.transform([text]).shape[1])
    row[places] = values
    np.testing.assert_allclose(row, features.transform([text]).toarray()[0], atol=1e-7)


def test_vectorizers_that_count_otherwise_are_refused() -> None:
    otherwise = FeatureUnion([("words", TfidfVectorizer())]).fit(LEARNED)
    with pytest.raises(ValueError, match="sublinear_tf"):
        Tfidf(otherwise)
