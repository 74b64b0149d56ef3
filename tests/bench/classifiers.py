"""`python -m tests.bench.classifiers [--diet]`: classifiers compared on messages of other writers.

Each learns data/nlu and is asked about data/calibration.jsonl. Not by cross-validation: the shipped
embedding has learned from every training message, and would find its own in each fold. With
--diet, Rasa's DIET classifier learns too (some ten minutes).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from bot.nlu.intents import C_MEANING, C_SPELLING, IntentModel, lexical_features
from bot.settings import settings
from knowledge_base.encoder import load_encoder
from tests.bench.leakage import CALIBRATION, training_messages

DIET_EPOCHS = 40


def main() -> None:
    """Fits all, asks all, prints."""
    training, encoder = training_messages(), load_encoder(settings().encoder)
    texts, labels = [text for text, _ in training], [label for _, label in training]
    questions = [json.loads(line) for line in CALIBRATION.read_text("utf-8").splitlines()]
    asked = [q["text"] for q in questions]
    expected = [[_label(outcome) for outcome in q["expect"]] for q in questions]
    known = np.array([wanted[0] in set(labels) for wanted in expected])
    lexical = lexical_features().fit(texts)
    spelled, spelled_asked = lexical.transform(texts), lexical.transform(asked)
    meant, meant_asked = encoder.encode(texts), encoder.encode(asked)
    both, both_asked = (
        hstack([spelled, csr_matrix(meant)]).tocsr(),
        hstack([spelled_asked, csr_matrix(meant_asked)]).tocsr(),
    )
    one_by_one = {"solver": "liblinear", "random_state": 0}
    ways: dict[str, Callable[[], Sequence[str]]] = {
        "nearest 10 messages, embedding": lambda: (
            KNeighborsClassifier(10, metric="cosine", weights="distance")
            .fit(meant, labels)
            .predict(meant_asked)
        ),
        "logistic regression, letters and words": lambda: (
            LogisticRegression(C=C_SPELLING, **one_by_one)
            .fit(spelled, labels)
            .predict(spelled_asked)
        ),
        "SVM, letters and words": lambda: LinearSVC().fit(spelled, labels).predict(spelled_asked),
        "logistic regression, embedding": lambda: (
            LogisticRegression(C=C_MEANING, max_iter=300).fit(meant, labels).predict(meant_asked)
        ),
        "SVM, embedding": lambda: LinearSVC().fit(meant, labels).predict(meant_asked),
        "logistic regression, all features": lambda: (
            LogisticRegression(C=C_SPELLING, **one_by_one).fit(both, labels).predict(both_asked)
        ),
        "two regressions multiplied (ours)": lambda: _ours(texts, labels, asked),
    }
    if "--diet" in sys.argv:
        ways["DIET (Rasa)"] = lambda: _diet(texts, labels, asked)
    table = Table("classifier", "all", "sections", "out of scope", "flows", "to fit, s")
    for name, way in ways.items():
        started = time.perf_counter()
        predicted = np.array(way())
        spent = time.perf_counter() - started
        right = np.array([p in wanted for p, wanted in zip(predicted, expected, strict=True)])
        kinds = np.array([wanted[0].split("/")[0] for wanted in expected])
        groups = [
            known,
            known & (kinds == "faq"),
            known & (kinds == "out_of_scope"),
            known & ~np.isin(kinds, ["faq", "out_of_scope"]),
        ]
        table.add_row(name, *(f"{right[group].mean():.3f}" for group in groups), f"{spent:.0f}")
    Console().print(table)


def _label(outcome: str) -> str:
    kind, _, rest = outcome.partition("/")
    if kind == "faq":
        return f"faq/{rest.replace('#', '.')}"
    return "out_of_scope" if kind == "abstain" else rest


def _ours(texts: list[str], labels: list[str], asked: list[str]) -> NDArray[np.str_]:
    encoder = load_encoder(settings().encoder)
    model = IntentModel.fit(texts, labels, encoder)
    best = model.probabilities(asked, encoder).argmax(axis=1)
    return np.array(model.labels)[best]


def _diet(texts: list[str], labels: list[str], asked: list[str]) -> list[str]:
    """Rasa's own pipeline: words and letters counted, then DIET."""
    import tempfile
    from pathlib import Path

    import yaml
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pipeline = [
            {"name": "WhitespaceTokenizer"},
            {"name": "CountVectorsFeaturizer"},
            {
                "name": "CountVectorsFeaturizer",
                "analyzer": "char_wb",
                "min_ngram": 1,
                "max_ngram": 4,
            },
            {"name": "DIETClassifier", "epochs": DIET_EPOCHS, "entity_recognition": False},
        ]
        config = {"recipe": "default.v1", "language": "fr", "pipeline": pipeline, "policies": []}
        (folder / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        by_label: dict[str, list[str]] = {}
        for text, label in zip(texts, labels, strict=True):
            by_label.setdefault(label.replace("/", "__"), []).append(text)
        blocks = [
            {"intent": label, "examples": "".join(f"- {text}\n" for text in examples)}
            for label, examples in by_label.items()
        ]
        nlu = yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True)
        (folder / "nlu.yml").write_text(nlu, encoding="utf-8")
        model = train_nlu(str(folder / "config.yml"), str(folder / "nlu.yml"), str(folder))
        processor = Agent.load(model).processor
        assert processor is not None
        import asyncio

        async def ask() -> list[str]:
            from rasa.core.channels.channel import UserMessage

            parsed = [await processor.parse_message(UserMessage(text)) for text in asked]
            return [str(p["intent"]["name"]).replace("__", "/") for p in parsed]

        return asyncio.run(ask())


if __name__ == "__main__":
    main()
