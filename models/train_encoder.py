"""Trains the bilingual sentence embedding in models/sentence-encoder (see models/README.md).

First a table of word-piece vectors learns, from pairs of sentences, to say in French and in English
what an English teacher says of the English side. Then it learns from our own questions which ones
ask for the same thing, and which section of the knowledge base answers them. One file, so that it
can be read from top to bottom.
"""

import gzip
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
import typer
import yaml
from lingua import Language, LanguageDetector, LanguageDetectorBuilder
from numpy.typing import NDArray
from rich import print as rprint
from rich.progress import track
from rich.table import Table
from scipy.sparse import csr_matrix
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from sklearn.model_selection import StratifiedGroupKFold
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from torch import Tensor

HERE = Path(__file__).parent
VOCABULARY = 32_000
DIM = 256  # 32,000 rows of 256 half-precision numbers are 16 MB
LONGEST = 64  # tokens that the teacher reads; the pairs are sentences

EPOCHS = 6  # over the pairs
STEPS = 100  # over the questions; at 200 unseen questions fare no better
PASSAGE_COPIES = 4  # our own paragraphs are few and matter most

# The licences of these allow weights trained on them to be passed on (models/README.md names them).
SOURCES = frozenset(
    "adobe-workfront python-docs-fr tatoeba ms-d365ops gnome-user-docs ms-alchemy"
    " cds-notification-admin".split()
)
SCALE = 20.0  # of cosines, before a softmax over the batch
# Examples of these labels have nothing in common but what they are not.
MIXED_LABELS = frozenset({"out_of_scope"})
ENTITY = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")  # Rasa's [text](entity), [text]{…}
HEADING = re.compile(r"^## (?P<heading>.+?) \{#(?P<anchor>[a-z0-9-]+)\}\s*$", re.MULTILINE)
MARKUP = re.compile(r"\*\*|`|^\s*(?:[-*>]|\d+[.)])\s+|\]\([^)]*\)|\[", re.MULTILINE)


# --- what it learns from ------------------------------------------------------------------------


Passages = dict[str, dict[str, list[str]]]
"""By label, then by language: the heading of a section, then its paragraphs, as plain text."""
Typos = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence in both languages."""

    en: str
    fr: str


@dataclass(frozen=True, slots=True)
class Question:
    """A training message and its label, `faq/<slug>.<anchor>` or the name of a flow."""

    text: str
    label: str


def read_pairs(file: Path) -> list[Pair]:
    """The pairs of a gzipped table `source, en, fr` with a header line.

    Each French sentence once; without sources of unknown licence, code, and very long lines.
    """
    pairs: dict[str, Pair] = {}
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            source, en, fr = line.rstrip("\n").split("\t")
            is_prose = sum(character.isalpha() for character in en) >= 0.6 * len(en)
            is_sentence = 4 <= len(en) <= 240 and 4 <= len(fr) <= 280
            if source in SOURCES and is_prose and is_sentence:
                pairs.setdefault(fr.lower(), Pair(en, fr))
    return list(pairs.values())


def read_questions(folder: Path) -> list[Question]:
    """All examples of all intents in Rasa's NLU files, in the order of the files."""
    questions: dict[tuple[str, str], Question] = {}
    for file in sorted(folder.rglob("*.yml")):
        for block in yaml.safe_load(file.read_text(encoding="utf-8")).get("nlu") or []:
            if label := block.get("intent"):
                for line in (block.get("examples") or "").splitlines():
                    text = ENTITY.sub(r"\1", line.strip().removeprefix("-").strip())
                    if text:
                        questions[text, label] = Question(text, label)
    return list(questions.values())


def read_passages(articles: Path) -> Passages:
    """The sections that exist in both languages, by the label of the questions they answer."""
    passages: Passages = {}
    for file in sorted(articles.glob("*/*.md")):
        title = re.search(r"^title: (.+)$", text := file.read_text(encoding="utf-8"), re.MULTILINE)
        _, *parts = HEADING.split(text)
        for heading, anchor, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            blocks = (" ".join(MARKUP.sub(" ", b).split()) for b in re.split(r"\n\s*\n", body))
            first = f"{heading}. {title[1] if title else ''}"
            by_language = passages.setdefault(f"faq/{file.stem}.{anchor}", {})
            by_language[file.parent.name] = [first, *(block for block in blocks if block)]
    return {label: both for label, both in passages.items() if both.keys() == {"fr", "en"}}


def passage_pairs(passages: Passages) -> list[Pair]:
    """The paragraphs that stand at the same place in both languages."""
    return [
        Pair(en, fr)
        for languages in passages.values()
        if len(languages["en"]) == len(languages["fr"])
        for en, fr in zip(languages["en"], languages["fr"], strict=True)
    ]


KEYBOARD = "qwertyuiop asdfghjkl zxcvbnm"
SHORT = {
    "pour": "pr", "comment": "cmt", "pourquoi": "pk", "vous": "vs", "dans": "ds",
    "quand": "qd", "quelqu'un": "qqn", "toujours": "tjrs", "rendez-vous": "rdv",
    "please": "pls", "you": "u", "message": "msg", "messages": "msgs", "information": "info",
    "appointment": "appt", "because": "bc", "about": "abt",
}  # fmt: skip


def with_typos(text: str, chance: random.Random, rate: float = 0.12) -> str:
    """The text as a hurried person types it: letters lost, doubled or swapped, apostrophes gone."""
    if chance.random() < 0.3:
        text = text.replace("'", "").replace("’", "")
    return " ".join(
        _mistyped(word, chance) if chance.random() < rate else word for word in text.split()
    )


def _mistyped(word: str, chance: random.Random) -> str:
    if (short := SHORT.get(word.lower())) and chance.random() < 0.5:
        return short
    if len(word) < 4:
        return word
    at = chance.randrange(1, len(word) - 1)
    before, letter, after = word[:at], word[at], word[at + 1 :]
    ways = [
        before + after,
        before + letter + letter + after,
        before + after[:1] + letter + after[1:],
        before + (_key_beside(letter, chance) or letter) + after,
    ]
    return chance.choice(ways)


def _key_beside(letter: str, chance: random.Random) -> str:
    place = KEYBOARD.find(letter.lower())
    beside = KEYBOARD[max(0, place - 1)] + KEYBOARD[place + 1 : place + 2] if place >= 0 else ""
    return chance.choice(beside.split() or [""])[:1]


# --- the student --------------------------------------------------------------------------------


def train_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """A WordPiece tokenizer that does not see case, accents, ligatures or kinds of apostrophe."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace("’", "'"),
            normalizers.BertNormalizer(lowercase=True, strip_accents=True),
            normalizers.Replace("œ", "oe"),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=VOCABULARY,
        min_frequency=2,
        special_tokens=["[PAD]", "[UNK]"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


class Student(torch.nn.Module):
    """The mean of the vectors of a text's word pieces, turned as a whole by one matrix.

    The matrix lets what few questions teach reach words that stand in none of them. `table` folds
    it into the vectors, so what ships is a plain table.
    """

    def __init__(self, tokenizer: Tokenizer, table: NDArray[np.float32]) -> None:
        """Start from a table `(vocabulary, DIM)`."""
        super().__init__()
        self.tokenizer = tokenizer
        self.pieces = torch.nn.EmbeddingBag.from_pretrained(torch.from_numpy(table), freeze=False)
        self.turn = torch.nn.Parameter(torch.eye(table.shape[1]))

    def forward(self, texts: Sequence[str]) -> Tensor:
        """`(len(texts), DIM)`, rows of length 1."""
        batch = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        ids = [encoding.ids for encoding in batch]
        starts = np.cumsum([0, *(len(row) for row in ids[:-1])])
        flat = torch.tensor([i for row in ids for i in row], dtype=torch.long)
        return F.normalize(self.pieces(flat, torch.from_numpy(starts)) @ self.turn, dim=1)

    def table(self) -> NDArray[np.float32]:
        """`(vocabulary, DIM)`."""
        with torch.no_grad():
            return (self.pieces.weight @ self.turn).numpy()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """`(len(texts), DIM)`, rows of length 1."""
        with torch.no_grad():
            return self(texts).numpy()


def ask_teacher(folder: Path, sentences: Sequence[str]) -> NDArray[np.float32]:
    """What the teacher says of English sentences: `(n, DIM)`, rows of length 1.

    Turned so that the first dimensions tell most, and cut after DIM: 96 % of the squares stay.
    """
    teacher = SentenceTransformer(str(folder), device="cpu")
    teacher.max_seq_length = LONGEST
    distinct = sorted(set(sentences), key=lambda sentence: (len(sentence), sentence))
    parts = [
        teacher.encode(distinct[start : start + 64], normalize_embeddings=True)
        for start in track(range(0, len(distinct), 64), description="Teacher")
    ]
    place = {sentence: row for row, sentence in enumerate(distinct)}
    said = np.concatenate(parts)[[place[sentence] for sentence in sentences]]
    _, directions = np.linalg.eigh(said.T @ said)
    turned = said @ directions[:, ::-1][:, :DIM]
    targets: NDArray[np.float32] = turned / np.linalg.norm(turned, axis=1, keepdims=True)
    return targets.astype(np.float32)


def first_table(
    tokenizer: Tokenizer, pairs: Sequence[Pair], targets: NDArray[np.float32]
) -> NDArray[np.float32]:
    """For each word piece the mean target of the sentences it stands in, rare ones weighing more.

    So a French word starts beside its English translation, and training has less to find.
    """
    counts = np.zeros(tokenizer.get_vocab_size())
    sums = np.zeros((len(counts), targets.shape[1]), dtype=np.float32)
    centred = targets - targets.mean(axis=0)
    for side in ("en", "fr"):
        encoded = tokenizer.encode_batch(
            [getattr(p, side) for p in pairs], add_special_tokens=False
        )
        columns = [list(set(encoding.ids)) for encoding in encoded]
        starts = np.cumsum([0, *map(len, columns)])
        flat = np.array([i for row in columns for i in row])
        where = csr_matrix(
            (np.ones(len(flat), np.float32), flat, starts), (len(pairs), len(counts))
        )
        sums += where.T @ centred
        counts += np.asarray(where.sum(axis=0)).ravel()
    rarity = 1e-3 / (1e-3 + counts / counts.sum())  # Arora et al., 2017
    table: NDArray[np.float32] = (sums / (counts + 1)[:, None] * rarity[:, None]).astype(np.float32)
    return table


# --- training -----------------------------------------------------------------------------------


def contrast(left: Tensor, right: Tensor) -> Tensor:
    """InfoNCE both ways: each row of one side must find its own row on the other."""
    scores = SCALE * left @ right.T
    own = torch.arange(len(left))
    return (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2


def translation_loss(
    student: Student, pairs: Sequence[Pair], targets: Tensor, typos: Typos
) -> Tensor:
    """How far both sides of the pairs are from the teacher's vectors, and from each other."""
    en, fr = student([typos(p.en) for p in pairs]), student([typos(p.fr) for p in pairs])
    apart = (1 - (en * targets).sum(1)).mean() + (1 - (fr * targets).sum(1)).mean()
    return 10 * apart + 0.5 * contrast(en, fr)


def same_label_loss(vectors: Tensor, labels: Sequence[str]) -> Tensor:
    """Supervised contrast (Khosla et al., 2020): questions of one label near, all others far."""
    numbers = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    code = torch.tensor([numbers[label] for label in labels])
    mixed = torch.tensor([label in MIXED_LABELS for label in labels])
    itself = torch.eye(len(labels), dtype=torch.bool)
    same = (code[:, None] == code) & ~itself & ~mixed[:, None]
    scores = (SCALE * vectors @ vectors.T).masked_fill(itself, -torch.inf)
    logs = scores - scores.logsumexp(dim=1, keepdim=True)
    rows = same.any(dim=1)
    return -(logs.masked_fill(~same, 0).sum(1)[rows] / same.sum(1)[rows]).mean()


def answer_loss(
    student: Student,
    vectors: Tensor,
    labels: Sequence[str],
    passages: Passages,
) -> Tensor:
    """Each question must find its section among all sections, in French and in English."""
    keys = {label: place for place, label in enumerate(passages)}
    asked = [place for place, label in enumerate(labels) if label in keys]
    own = torch.tensor([keys[labels[place]] for place in asked])
    losses = []
    for language in ("fr", "en"):
        texts = [" ".join(passages[label][language]) for label in keys]
        losses.append(F.cross_entropy(SCALE * vectors[asked] @ student(texts).T, own))
    return torch.stack(losses).mean()


@dataclass(slots=True)
class Pool:
    """Pairs with the teacher's vectors of their English side, given out in shuffled batches."""

    pairs: Sequence[Pair]
    targets: Tensor
    chance: random.Random

    def batches(self, size: int) -> Iterator[tuple[list[Pair], Tensor]]:
        """Without end, each pair once before any comes again."""
        size = min(size, len(self.pairs))
        while True:
            order = self.chance.sample(range(len(self.pairs)), len(self.pairs))
            for start in range(0, len(order) - size + 1, size):
                chosen = order[start : start + size]
                yield [self.pairs[n] for n in chosen], self.targets[chosen]


def distil(
    student: Student, pool: Pool, typos: Typos, epochs: int = EPOCHS, batch: int = 512
) -> None:
    """Teach the student what the teacher says of the pairs."""
    steps = epochs * max(1, len(pool.pairs) // batch)
    optimiser = torch.optim.Adam([student.pieces.weight], lr=2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps, eta_min=1e-5)
    batches = pool.batches(batch)
    for _ in track(range(steps), description="Pairs"):
        optimiser.zero_grad()
        translation_loss(student, *next(batches), typos).backward()
        optimiser.step()
        schedule.step()


def tune(
    student: Student,
    questions: Sequence[Question],
    passages: Passages,
    pool: Pool,
    typos: Typos,
    steps: int = STEPS,
) -> None:
    """Teach the student our questions, and go on with the pairs so that it forgets nothing."""
    by_label: dict[str, list[str]] = {}
    for question in questions:
        by_label.setdefault(question.label, []).append(question.text)
    optimiser = torch.optim.Adam(student.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    batches = pool.batches(256)
    for _ in track(range(steps), description="Questions"):
        drawn = [
            (typos(text), label)
            for label, texts in by_label.items()
            for text in pool.chance.sample(texts, min(6, len(texts)))
        ]
        vectors, labels = student([text for text, _ in drawn]), [label for _, label in drawn]
        loss = same_label_loss(vectors, labels)
        loss = loss + 0.5 * answer_loss(student, vectors, labels, passages)
        optimiser.zero_grad()
        (loss + translation_loss(student, *next(batches), typos)).backward()
        optimiser.step()
        schedule.step()


def save(student: Student, folder: Path) -> None:
    """Write the model in half precision, for sentence-transformers to load.

    Without its Normalize module: in half precision that makes NaN of a text without any word.
    """
    table = torch.from_numpy(student.table()).half()
    model = SentenceTransformer(modules=[StaticEmbedding(student.tokenizer, table)], device="cpu")
    model.save(str(folder), create_model_card=False)


# --- command line -------------------------------------------------------------------------------

app = typer.Typer(add_completion=False, help=__doc__)
ROOT = HERE.parent
PairsFile = Annotated[Path, typer.Option("--pairs", exists=True, help="Gzipped `source, en, fr`.")]
Teacher = Annotated[Path, typer.Option(exists=True, help="Folder of all-MiniLM-L6-v2.")]
Questions = Annotated[Path, typer.Option(exists=True, help="Folder of Rasa NLU files.")]
Articles = Annotated[Path, typer.Option(exists=True, help="Folder of articles, fr/ and en/.")]
TokenizerFile = Annotated[Path, typer.Option("--tokenizer", help="Trained if it does not exist.")]
Work = Annotated[Path, typer.Option(help="Keeps what the pairs taught, for the next run.")]
Out = Annotated[Path, typer.Option(help="Folder of the model.")]
Seed = Annotated[int, typer.Option(help="The same seed, files and tokenizer give the same model.")]


@dataclass(frozen=True, slots=True)
class Lessons:
    """All that a student learns from, and the table that the pairs alone have taught."""

    questions: list[Question]
    passages: Passages
    pairs: list[Pair]
    targets: Tensor
    tokenizer: Tokenizer
    table: NDArray[np.float32]
    seed: int

    def tuned(self, questions: Sequence[Question]) -> Student:
        """A student that has learned from the pairs, then from these questions."""
        chance = random.Random(self.seed)
        pool = Pool(self.pairs, self.targets, random.Random(self.seed))
        student = Student(self.tokenizer, self.table.copy())
        tune(student, questions, self.passages, pool, lambda text: with_typos(text, chance))
        return student


def prepare(
    pairs_file: Path,
    teacher: Path,
    questions: Path,
    articles: Path,
    tokenizer_file: Path,
    work: Path,
    seed: int,
) -> Lessons:
    """Everything up to the questions: read, ask the teacher, learn from the pairs.

    What takes long is kept under `work` and taken from there the next time; after a change of the
    pairs, of the articles or of the tokenizer, empty that folder. A tokenizer that exists is used:
    its library breaks ties by chance, so two trained alike are not alike.
    """
    torch.set_num_threads(1)  # sums in another order would give another model
    work.mkdir(parents=True, exist_ok=True)
    passages, asked = read_passages(articles), read_questions(questions)
    own = passage_pairs(passages)
    read = read_pairs(pairs_file)
    pairs = read + PASSAGE_COPIES * own
    if tokenizer_file.exists():
        tokenizer = Tokenizer.from_file(str(tokenizer_file))
    else:
        sentences = [text for pair in read + own for text in (pair.en, pair.fr)]
        tokenizer = train_tokenizer(sentences + [question.text for question in asked])
        tokenizer_file.parent.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(tokenizer_file))
    if not (file := work / "targets.npy").exists():
        np.save(file, ask_teacher(teacher, [pair.en for pair in pairs]))
    targets = np.load(file).astype(np.float32)
    if not (file := work / "table.npy").exists():
        chance = random.Random(seed)
        student = Student(tokenizer, first_table(tokenizer, pairs, targets))
        pool = Pool(pairs, torch.from_numpy(targets), chance)
        distil(student, pool, lambda text: with_typos(text, chance, rate=0.06))
        np.save(file, student.table())
    table = np.load(file)
    return Lessons(asked, passages, pairs, torch.from_numpy(targets), tokenizer, table, seed)


def twins(questions: Sequence[Question], student: Student) -> list[int]:
    """A number for each question, shared by a question and its own translation.

    Many examples are translations of one another. With one of the two in training, the other would
    be no test of anything; the number keeps them together.
    """
    vectors = student.encode([question.text for question in questions])
    labels = np.array([question.label for question in questions])
    french = np.array([is_french(question.text) for question in questions])
    apart = (labels[:, None] != labels) | (french[:, None] == french)
    cosines = np.where(apart, -1, vectors @ vectors.T)
    nearest = cosines.argmax(axis=1)
    rows = np.arange(len(questions))
    paired = (nearest[nearest] == rows) & (cosines[rows, nearest] > 0.55)
    return [int(n) for n in np.where(paired, np.minimum(rows, nearest), rows)]


def is_french(text: str) -> bool:
    """Whether the text is rather French than English; French if in doubt."""
    return _detector().detect_language_of(text) != Language.ENGLISH


@lru_cache(maxsize=1)
def _detector() -> LanguageDetector:
    return LanguageDetectorBuilder.from_languages(Language.FRENCH, Language.ENGLISH).build()


def judge(
    student: Student, known: Sequence[Question], asked: Sequence[Question], passages: Passages
) -> list[dict[str, float]]:
    """For each question asked, what came true of it; only questions of sections have a rank.

    `label` and `main`: the nearest known question has its label, or at least its main intent.
    `r1`, `r3`, `mrr`: its section is found first, among three; one over its rank, 0 beyond ten.
    """
    vectors = student.encode([question.text for question in asked])
    nearest = (vectors @ student.encode([question.text for question in known]).T).argmax(axis=1)
    by_section = []
    for languages in passages.values():
        texts = [text for ts in languages.values() for text in (*ts, " ".join(ts))]
        by_section.append((vectors @ student.encode(texts).T).max(axis=1))
    scores = dict(zip(passages, by_section, strict=True))
    rows = []
    for number, question in enumerate(asked):
        label = known[nearest[number]].label
        row = {
            "label": float(label == question.label),
            "main": float(label.split("/")[0] == question.label.split("/")[0]),
        }
        if question.label in scores:
            own = scores[question.label][number]
            rank = sum(score[number] >= own for score in by_section)
            row |= {"r1": rank == 1, "r3": rank <= 3, "mrr": 1 / rank if rank <= 10 else 0.0}
        rows.append(row)
    return rows


@app.command()
def train(
    pairs: PairsFile,
    teacher: Teacher,
    questions: Questions = ROOT / "data" / "nlu",
    articles: Articles = ROOT / "knowledge_base" / "articles",
    tokenizer: TokenizerFile = HERE / "sentence-encoder" / "tokenizer.json",
    work: Work = ROOT / "var" / "encoder",
    out: Out = HERE / "sentence-encoder",
    seed: Seed = 0,
) -> None:
    """Train the model on everything and write it."""
    lessons = prepare(pairs, teacher, questions, articles, tokenizer, work, seed)
    save(lessons.tuned(lessons.questions), out)
    rprint(f"written to {out}")


@app.command()
def measure(
    pairs: PairsFile,
    teacher: Teacher,
    questions: Questions = ROOT / "data" / "nlu",
    articles: Articles = ROOT / "knowledge_base" / "articles",
    tokenizer: TokenizerFile = HERE / "sentence-encoder" / "tokenizer.json",
    work: Work = ROOT / "var" / "encoder",
    seed: Seed = 0,
) -> None:
    """Say how well unseen questions find their like and their section, by 5-fold validation.

    A question and its translation are always in the same fold.
    """
    lessons = prepare(pairs, teacher, questions, articles, tokenizer, work, seed)
    base = Student(lessons.tokenizer, lessons.table)
    asked = lessons.questions
    groups = twins(asked, base)
    labels = [question.label for question in asked]
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
    table = Table("learned from", "language", "label", "main", "r1", "r3", "mrr")
    rows: dict[tuple[str, str], list[dict[str, float]]] = {}
    for known, unseen in folds.split(labels, labels, groups):
        learned, judged = [asked[n] for n in known], [asked[n] for n in unseen]
        for name, student in (("pairs", base), ("pairs, questions", lessons.tuned(learned))):
            for question, row in zip(
                judged, judge(student, learned, judged, lessons.passages), strict=True
            ):
                language = "fr" if is_french(question.text) else "en"
                rows.setdefault((name, language), []).append(row)
    for (name, language), judgements in sorted(rows.items()):
        columns = ("label", "main", "r1", "r3", "mrr")
        means = [np.mean([row[c] for row in judgements if c in row]) for c in columns]
        table.add_row(name, language, *(f"{mean:.3f}" for mean in means))
    rprint(table)


if __name__ == "__main__":
    app()
