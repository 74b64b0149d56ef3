"""`python -m models.encoder_training`: makes models/sentence-encoder (see models/README.md)."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from rich import print as rprint
from rich.progress import track
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from transformers import BertModel

from models.encoder_training.export import save
from models.encoder_training.material import (
    Pair,
    passage_pairs,
    read_pairs,
    read_passages,
    read_questions,
    with_typos,
)
from models.encoder_training.student import LONGEST, Student, distil, newborn, tune
from models.encoder_training.word_pieces import (
    Vectors,
    learn_table,
    principal,
    train_tokenizer,
    with_ends,
)

MODELS = Path(__file__).resolve().parents[1]
ROOT = MODELS.parent
SENTENCES = 205_000  # of the pairs, one side each
EPOCHS = 4  # over our messages; half as many when a model goes on learning
REMINDERS = 8_000  # pairs beside our messages when a model goes on learning
PairsFile = Annotated[Path, typer.Option("--pairs", exists=True, help="Gzipped `source, en, fr`.")]
Teacher = Annotated[Path, typer.Option(exists=True, help="Folder of all-MiniLM-L6-v2.")]
Questions = Annotated[Path, typer.Option(exists=True, help="Folder of Rasa NLU files.")]
Articles = Annotated[Path, typer.Option(exists=True, help="Folder of articles, fr/ and en/.")]
TokenizerFile = Annotated[Path, typer.Option("--tokenizer", help="Trained if it does not exist.")]
Work = Annotated[Path, typer.Option(help="Keeps what the pairs taught, for the next run.")]
Out = Annotated[Path, typer.Option(help="Folder of the model.")]
Start = Annotated[Path | None, typer.Option(help="Go on from this model, with a few pairs.")]
Coarse = Annotated[bool, typer.Option(help="Multiply in bfloat16: for processors with AMX.")]
Seed = Annotated[int, typer.Option(help="Of everything that is left to chance.")]


def main(
    pairs: PairsFile,
    teacher: Teacher,
    questions: Questions = ROOT / "data" / "nlu",
    articles: Articles = ROOT / "knowledge_base" / "articles",
    tokenizer: TokenizerFile = MODELS / "sentence-encoder" / "tokenizer.json",
    work: Work = ROOT / "var" / "encoder",
    out: Out = MODELS / "sentence-encoder",
    start: Start = None,
    coarse: Coarse = False,
    seed: Seed = 0,
) -> None:
    """Train the model and write it.

    With `--start` it goes on from a finished model instead of learning the pairs first: for
    messages that came later.
    """
    work.mkdir(parents=True, exist_ok=True)
    chance = random.Random(seed)
    read, passages, asked = read_pairs(pairs), read_passages(articles), read_questions(questions)
    if start is None:
        targets = _kept(work / "targets.npy", lambda: _ask_teacher(teacher, [p.en for p in read]))
        student = _taught(read, targets, teacher, _tokenizer(tokenizer, read), work, seed)
    else:
        read = chance.sample(read, REMINDERS)
        targets = _kept(work / "few.npy", lambda: _ask_teacher(teacher, [p.en for p in read]))
        # In bfloat16 the fused attention is the slow part of a step.
        body = BertModel.from_pretrained(
            str(start),
            add_pooling_layer=False,
            dtype=torch.float32,
            attn_implementation="eager",
        )
        student = Student(with_ends(Tokenizer.from_file(str(start / "tokenizer.json"))), body)
    student.is_coarse = coarse
    own = passage_pairs(passages)
    own_targets = _ask_teacher(teacher, [pair.en for pair in own])
    tune(
        student,
        asked,
        passages,
        read + own,
        torch.from_numpy(np.concatenate([targets, own_targets])),
        lambda text: with_typos(text, chance, rate=0.18),
        EPOCHS if start is None else EPOCHS // 2,
        seed,
    )
    save(student, out)
    rprint(f"written to {out}")


def _tokenizer(file: Path, pairs: list[Pair]) -> Tokenizer:
    """The one in the file if there is one: its library breaks ties by chance."""
    if file.exists():
        return with_ends(Tokenizer.from_file(str(file)))
    made = train_tokenizer(text for pair in pairs for text in (pair.en, pair.fr))
    file.parent.mkdir(parents=True, exist_ok=True)
    made.save(str(file))
    return made


def _taught(
    pairs: list[Pair],
    targets: Vectors,
    teacher: Path,
    tokenizer: Tokenizer,
    work: Path,
    seed: int,
) -> Student:
    """A student that has learned from the pairs, now or in an earlier run."""
    chance = random.Random(seed)

    def typos(text: str) -> str:
        return with_typos(text, chance, rate=0.06)

    table = _kept(
        work / "table.npy",
        lambda: learn_table(tokenizer, pairs, principal(targets), typos, seed),
    )
    student = newborn(tokenizer, teacher, table, pairs)
    if (file := work / "student.pt").exists():
        student.body.load_state_dict(torch.load(file, weights_only=True))
    else:
        distil(student, pairs, torch.from_numpy(targets), typos, SENTENCES // 64, seed)
        torch.save(student.body.state_dict(), file)
    return student


def _kept(file: Path, make: Callable[[], Vectors]) -> Vectors:
    """What the file holds; made and kept there the first time."""
    if not file.exists():
        np.save(file, make())
    vectors: Vectors = np.load(file).astype(np.float32)
    return vectors


def _ask_teacher(folder: Path, sentences: list[str]) -> Vectors:
    """What the teacher says of English sentences: `(n, 384)`, rows of length 1."""
    teacher = SentenceTransformer(str(folder), device="cpu")
    teacher.max_seq_length = LONGEST
    distinct = sorted(set(sentences), key=lambda sentence: (len(sentence), sentence))
    parts = [
        teacher.encode(distinct[start : start + 64], normalize_embeddings=True)
        for start in track(range(0, len(distinct), 64), description="Teacher")
    ]
    place = {sentence: row for row, sentence in enumerate(distinct)}
    said: Vectors = np.concatenate(parts)[[place[sentence] for sentence in sentences]]
    return said


if __name__ == "__main__":
    typer.run(main)
