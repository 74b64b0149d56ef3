"""Texts to vectors: the port, the shipped sentence embedding, and any other by its name.

An encoder is chosen by name (`load_encoder`), so that a setting can hold it. A folder with a BERT
model is compiled (`knowledge_base.compiled`); PyTorch is imported only for models of other kinds.
"""

import re
import zlib
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge_base.compiled import CompiledEncoder
from knowledge_base.words import content_words, words

# Where built things are kept.
KEPT = Path(__file__).resolve().parents[1] / "models" / "index"
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?")


class Encoder(Protocol):
    """Turns texts into vectors whose dot product says how alike the texts are."""

    name: str
    """Names the vectors too: two encoders of the same name give the same vectors."""
    dim: int

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """`(len(texts), dim)` float32, rows of length 1; a text without any word gives zeros."""
        ...


class EncoderUnavailable(Exception):
    """The encoder that was asked for does not exist or cannot be loaded; the text says what can."""


class NgramEncoder:
    """Hashed character 3- to 5-grams inside words: forgives typing errors, needs no model.

    It compares spelling: that two words mean the same it does not know, in one language or in two.
    """

    dim = 4096  # a question has some hundred grams, so few of them share a slot

    def __init__(self) -> None:
        """Load nothing: the hash is the model."""
        self.name = f"ngram-3-5-{self.dim}"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Encoder`. About 50 µs for a short question."""
        matrix = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in zip(matrix, texts, strict=True):
            grams = [_grams(word, self.dim) for word in content_words(text) or words(text)]
            if grams:
                slots, signs = np.concatenate(grams, axis=1)
                counts = np.bincount(slots, weights=signs, minlength=self.dim)
                row[:] = np.sign(counts) * np.log1p(np.abs(counts))
        return _unit_rows(matrix)


class SentenceEncoder:
    """A model of sentence-transformers, from a folder or by its id on the Hugging Face hub."""

    def __init__(self, model_id_or_path: str) -> None:
        """Load the model; seconds.

        Raises:
            EncoderUnavailable: the library is not installed, or finds no such model.
        """
        try:
            from sentence_transformers import SentenceTransformer

            self._model = SentenceTransformer(model_id_or_path, device="cpu")
        except (ImportError, OSError, ValueError) as error:
            message = f"sentence embedding {model_id_or_path!r} cannot be loaded: {error}"
            raise EncoderUnavailable(message) from error
        folder = Path(model_id_or_path)
        known_as = _known_as(folder) if folder.is_dir() else model_id_or_path
        self.name = f"sentence:{known_as}"
        self.dim = int(self._model.encode(["x"]).shape[1])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Encoder`. Milliseconds a text on a processor."""
        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        vectors = self._model.encode(list(texts), convert_to_numpy=True, show_progress_bar=False)
        return _unit_rows(np.asarray(vectors, dtype=np.float32))


def load_encoder(name: str) -> Encoder:
    """The encoder of that name: `ngram`, the folder of a sentence-transformers model, or a hub id.

    What is made of a folder's model is kept in models/index.

    Raises:
        EncoderUnavailable: the name is none of these, or the model cannot be loaded.
    """
    if name == "ngram":
        return NgramEncoder()
    if not Path(name).is_dir() and not HUB_ID.fullmatch(name):
        raise EncoderUnavailable(
            f"no encoder is called {name!r}; allowed: `ngram`, an existing folder with a "
            "sentence-transformers model, or the id of one (`organization/model`)"
        )
    if CompiledEncoder.reads(folder := Path(name)):
        return CompiledEncoder(folder, _known_as(folder), KEPT)
    return SentenceEncoder(name)


@lru_cache(maxsize=20_000)
def _grams(word: str, dim: int) -> NDArray[np.int64]:
    """Slots and signs `(2, n)` of a word's 3- to 5-grams, its two ends marked by a space.

    The sign is hashed as well, so that grams that share a slot cancel as often as they add up
    (Weinberger et al., Feature Hashing for Large Scale Multitask Learning, 2009). CRC-32 because
    Python's own hash differs from process to process.
    """
    padded = f" {word} "
    grams = [
        padded[start : start + size]
        for size in (3, 4, 5)
        for start in range(max(1, len(padded) - size + 1))
    ]
    hashes = np.array([zlib.crc32(gram.encode()) for gram in dict.fromkeys(grams)], dtype=np.int64)
    return np.stack([hashes % dim, np.where(hashes >> 31, 1, -1)])


def _unit_rows(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix / np.where(lengths > 0, lengths, 1).astype(np.float32)


def _known_as(folder: Path) -> str:
    return f"{folder.name}@{_digest(folder)}"


def _digest(folder: Path) -> str:
    """First 12 digits of the SHA-256 of a folder's files: new weights must not meet old vectors."""
    digest = sha256()
    for file in sorted(file for file in folder.rglob("*") if file.is_file()):
        digest.update(file.relative_to(folder).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
