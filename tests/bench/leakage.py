"""`python -m tests.bench.leakage`: messages that say nearly the same, in training and evaluation.

A message of the evaluation that stands in the training data too would be no test. Two training
messages nearly alike teach one thing twice, and under two labels teach a contradiction. Alike is
measured by the cosine of character 3- to 5-grams, without case and accents.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from rich.console import Console
from rich.table import Table
from sklearn.feature_extraction.text import TfidfVectorizer

ROOT = Path(__file__).resolve().parents[2]
TRAINING = ROOT / "data" / "nlu"
# Messages that no training data may hold: to measure with, and to choose thresholds with.
CALIBRATION = ROOT / "data" / "calibration.jsonl"
KEPT_APART = (Path(__file__).with_name("questions.jsonl"), CALIBRATION)
# From here on two messages of five words or more are told apart by a word or a letter.
NEARLY_ALIKE = 0.9
# Shorter ones ("annuler les rappels") come to many people's minds.
FEWEST_WORDS = 4
ROWS = 500


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two messages, whence they come, and how alike they are (0 to 1)."""

    cosine: float
    kind: str
    one: str
    other: str


def training_messages(folder: Path = TRAINING) -> list[tuple[str, str]]:
    """(text, label) of all training messages."""
    found = []
    for file in sorted(folder.glob("*.yml")):
        for block in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            for line in str(block.get("examples", "")).splitlines():
                if text := line.strip().removeprefix("-").strip():
                    found.append((text, str(block["intent"])))
    return found


def messages_apart(files: Sequence[Path] = KEPT_APART) -> list[str]:
    """The texts that training data must not hold."""
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [str(json.loads(line)["text"]) for line in lines]


def leaks(training: Sequence[tuple[str, str]], apart: Sequence[str]) -> Iterator[Likeness]:
    """The messages kept apart that training holds nearly alike."""
    texts = [text for text, _ in training]
    kept = [text for text in apart if len(text.split()) >= FEWEST_WORDS]
    for row, column, cosine in _near(kept, texts):
        yield Likeness(cosine, "leak", kept[row], texts[column])


def doubles(training: Sequence[tuple[str, str]]) -> Iterator[Likeness]:
    """The training messages that are nearly alike, with their labels if those differ."""
    texts = [text for text, _ in training]
    for row, column, cosine in _near(texts, texts):
        if row < column:
            labels = dict.fromkeys((training[row][1], training[column][1]))
            kind = " | ".join(labels) if len(labels) > 1 else "double"
            yield Likeness(cosine, kind, texts[row], texts[column])


def _near(left: Sequence[str], right: Sequence[str]) -> Iterator[tuple[int, int, float]]:
    vectorizer = TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=(3, 5),
        strip_accents="unicode",
        sublinear_tf=True,
        dtype=np.float32,
    ).fit(right)
    rows, columns = vectorizer.transform(left), vectorizer.transform(right).T.tocsr()
    for start in range(0, len(left), ROWS):
        cosines = (rows[start : start + ROWS] @ columns).tocoo()
        near = cosines.data >= NEARLY_ALIKE
        for row, column, cosine in zip(
            cosines.row[near], cosines.col[near], cosines.data[near], strict=True
        ):
            yield start + int(row), int(column), float(cosine)


def main() -> None:
    """Lists what is nearly alike; exits with 1 if an evaluation message was trained on."""
    training = training_messages()
    found = [*leaks(training, messages_apart()), *doubles(training)]
    found.sort(key=lambda likeness: -likeness.cosine)
    table = Table("cosine", "what", "message", "and")
    for likeness in found:
        table.add_row(f"{likeness.cosine:.2f}", likeness.kind, likeness.one, likeness.other)
    Console().print(table)
    sys.exit(any(likeness.kind == "leak" for likeness in found))


if __name__ == "__main__":
    main()
