"""What is done in a shorter way than the libraries do it gives what they give."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest
from scipy.special import expit

from bot.nlu.imports import left_out
from bot.nlu.intents import HARDLY, IntentModel
from knowledge_base.encoder import NgramEncoder

LEARNED = {
    "Comment télécharger le détail de ma facture?": "faq/invoice",
    "Où est la facture de mars?": "faq/invoice",
    "Je veux annuler les rappels": "cancel",
    "Annulez les rappels s’il vous plaît": "cancel",
    "Bonjour": "greet",
    "Bonjour à vous": "greet",
}


def test_a_message_has_the_probabilities_that_scikit_learn_gives_it() -> None:
    encoder, texts = NgramEncoder(), [*LEARNED, "mots jamais vus"]
    model = IntentModel.fit(list(LEARNED) * 2, list(LEARNED.values()) * 2, encoder)
    meant = model.meaning.predict_proba(encoder.encode(texts))
    spelled = expit(model.features.transform(texts) @ model.spelling + model.offsets)
    spelled /= spelled.sum(axis=1, keepdims=True)
    both = np.sqrt((meant + HARDLY) * (spelled + HARDLY))
    expected = both / both.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.probabilities(texts, encoder), expected, atol=1e-6)


def test_a_package_that_is_left_out_can_be_imported_afterwards() -> None:
    # Any small package that nothing has imported.
    package = "this" if "this" not in sys.modules else "antigravity"
    with left_out(package), pytest.raises(ImportError):
        importlib.import_module(package)
    assert package not in sys.modules
    assert importlib.util.find_spec(package)


def test_a_package_that_is_there_already_stays() -> None:
    with left_out("numpy"):
        assert importlib.import_module("numpy") is np
    assert sys.modules["numpy"] is np
