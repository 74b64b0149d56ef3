"""The compiled encoder gives the vectors of the model that it is made of."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from knowledge_base.compiled import MANY, CompiledEncoder
from knowledge_base.encoder import SentenceEncoder, load_encoder

MODEL = Path(__file__).parents[2] / "models" / "sentence-encoder"
TEXTS = [
    "pourquoi on paie par message?",
    "How do I get the CSV of my invoice",
    "Allô! Notre comptable aimerait recevoir les factures directement, c'est-tu possible?",
]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> CompiledEncoder:
    return CompiledEncoder(MODEL, "sentence-encoder@test", tmp_path_factory.mktemp("kept"))


def test_the_shipped_model_is_read_by_sentence_transformers_and_compiled_alike(
    compiled: CompiledEncoder,
) -> None:
    exact = SentenceEncoder(str(MODEL)).encode(TEXTS)
    assert (exact * compiled.encode(TEXTS)).sum(axis=1).min() > 0.98


def test_a_folder_with_such_a_model_is_compiled() -> None:
    assert isinstance(load_encoder(str(MODEL)), CompiledEncoder)


def test_vectors_have_length_one_and_a_text_without_words_has_none(
    compiled: CompiledEncoder,
) -> None:
    vectors = compiled.encode([*TEXTS, "", "   "])
    assert vectors.shape == (5, compiled.dim)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1, 0, 0], abs=1e-4)


def test_a_text_has_the_same_vector_alone_and_among_many(compiled: CompiledEncoder) -> None:
    many = compiled.encode(TEXTS * MANY)
    assert np.array_equal(many[: len(TEXTS)], compiled.encode(TEXTS))
    assert np.array_equal(many[-1], compiled.encode(TEXTS[-1:])[0])


def test_case_accents_and_kinds_of_apostrophe_make_no_difference(
    compiled: CompiledEncoder,
) -> None:
    one, other = compiled.encode(["L’équipe est PRÊTE", "l'equipe est prete"])
    assert np.array_equal(one, other)


def test_a_message_of_any_length_is_read(compiled: CompiledEncoder) -> None:
    assert np.isfinite(compiled.encode(["facture " * 4000])).all()


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("config.json", {"hidden_act": "relu"}),
        ("config.json", {"model_type": "xlm-roberta"}),
        ("1_Pooling/config.json", {"pooling_mode_mean_tokens": False}),
    ],
)
def test_a_model_of_another_kind_is_left_to_sentence_transformers(
    tmp_path: Path, file: str, change: dict[str, object]
) -> None:
    folder = shutil.copytree(MODEL, tmp_path / "model", ignore=shutil.ignore_patterns("*.safe*"))
    settings = json.loads((folder / file).read_text(encoding="utf-8"))
    (folder / file).write_text(json.dumps(settings | change), encoding="utf-8")
    assert CompiledEncoder.reads(MODEL)
    assert not CompiledEncoder.reads(folder)
