"""The student: the teacher's six layers over word pieces of both languages.

It learns from the pairs to say of a French or English sentence what the teacher says of the English
one; then, from our messages, which ones ask for the same thing and which section answers them.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from rich.progress import track
from tokenizers import Tokenizer
from torch import Tensor
from transformers import BertModel

from models.encoder_training.material import Pair, Passages, Question, Typos
from models.encoder_training.word_pieces import SCALE, Vectors, encode_side

LONGEST = 128  # tokens
CHUNK = 32  # texts of like length that go through together
TEACHER_WEIGHT = 5.0
ANSWER_WEIGHT = 1.0
# Sections are long to read, and change little from step to step: they come with every second.
ANSWER_EVERY = 2
# How much further apart questions of two labels must be than two of one label.
MARGIN = 0.05
# Shares of what a layer says that are left out at random while our messages are learned: there are
# few of them, and what is learned by heart is not understood.
DROPOUT = 0.1
PER_LABEL = 3
# What lies outside is more varied than any label, and each message of it only pushes away.
OUTSIDE_AT_ONCE = 24
# Messages of these have nothing in common but what they are not.
MIXED_LABELS = frozenset({"out_of_scope", "inform"})


class Student(torch.nn.Module):
    """Texts to rows of length 1: the mean of what the last layer says of the pieces.

    While `is_coarse`, layers multiply in bfloat16: with AMX a step takes less than half the time.
    """

    def __init__(self, tokenizer: Tokenizer, body: BertModel) -> None:
        """The tokenizer puts the two ends around a text."""
        super().__init__()
        self.is_coarse = False
        self.tokenizer = Tokenizer.from_str(tokenizer.to_str())
        self.tokenizer.enable_truncation(LONGEST)
        self.body = body
        self.drop_out(0.0)

    def drop_out(self, share: float) -> None:
        """Leaves out this share, 0 to 1, of what each layer says while it learns."""
        for module in self.body.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = share

    def forward(self, texts: Sequence[str]) -> Tensor:
        """`(len(texts), dim)`, rows of length 1."""
        ids = [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(ids)), key=lambda place: len(ids[place]))
        parts = [
            self._means([ids[place] for place in order[start : start + CHUNK]])
            for start in range(0, len(order), CHUNK)
        ]
        back = torch.empty(len(order), dtype=torch.long)
        back[torch.tensor(order)] = torch.arange(len(order))
        return F.normalize(torch.cat(parts)[back])

    def _means(self, rows: Sequence[Sequence[int]]) -> Tensor:
        longest = max(map(len, rows))
        ids = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
        with torch.autocast("cpu", torch.bfloat16, enabled=self.is_coarse):
            states = self.body(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weights = mask[:, :, None].float()
        means: Tensor = (states * weights).sum(1) / weights.sum(1)
        return means

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As `forward`, without learning."""
        with torch.no_grad():
            return self(texts).numpy()

    def optimiser(self, words: float, layers: float) -> torch.optim.Optimizer:
        """Adam, with these rates for the vectors of the word pieces and for everything else."""
        table = self.body.embeddings.word_embeddings.weight
        others = [p for p in self.body.parameters() if p is not table]
        return torch.optim.Adam(
            [{"params": [table], "lr": words}, {"params": others, "lr": layers}]
        )


def newborn(tokenizer: Tokenizer, teacher: Path, table: Vectors, pairs: Sequence[Pair]) -> Student:
    """A student with the teacher's layers, its words placed by the table.

    Pieces that the teacher knows and that are mostly English keep its vectors. Every other piece
    starts between the six of these that are nearest in the table.
    """
    body = BertModel.from_pretrained(
        str(teacher), add_pooling_layer=False, attn_implementation="eager"
    )
    theirs = body.embeddings.word_embeddings.weight.detach().clone()
    lines = (teacher / "vocab.txt").read_text(encoding="utf-8").splitlines()
    known = {piece: number for number, piece in enumerate(lines)}
    size = tokenizer.get_vocab_size()
    seen = {}
    for side in ("en", "fr"):
        flat = np.concatenate([np.array(ids) for ids in encode_side(tokenizer, pairs, side)])
        seen[side] = np.bincount(flat, minlength=size)
    # Marks and digits mean the same in both languages.
    shared = [
        (number, known[piece])
        for piece, number in tokenizer.get_vocab().items()
        if piece in known
        and (seen["en"][number] >= 2 * seen["fr"][number] or not any(map(str.isalpha, piece)))
    ]
    ours, old = (np.array(column) for column in zip(*shared, strict=True))
    trusted = seen["en"][ours] >= 3
    directions = table / (np.linalg.norm(table, axis=1, keepdims=True) + 1e-9)
    words = torch.zeros(size, theirs.shape[1])
    for start in range(0, len(table), 2000):
        near = torch.from_numpy(directions[start : start + 2000] @ directions[ours[trusted]].T)
        cosines, places = near.topk(6, dim=1)
        shares = torch.softmax(20 * cosines, dim=1)[:, :, None]
        words[start : start + 2000] = (shares * theirs[old[trusted]][places]).sum(1)
    words[ours] = theirs[old]
    words[tokenizer.token_to_id("[PAD]")] = 0
    for piece in ("[UNK]", "[CLS]", "[SEP]"):
        words[tokenizer.token_to_id(piece)] = theirs[known[piece]]
    body.embeddings.word_embeddings = torch.nn.Embedding.from_pretrained(
        words, freeze=False, padding_idx=tokenizer.token_to_id("[PAD]")
    )
    body.config.vocab_size = size
    return Student(tokenizer, body)


def distil(
    student: Student, pairs: Sequence[Pair], targets: Tensor, typos: Typos, steps: int, seed: int
) -> None:
    """Teach the student what the teacher says of the pairs: French three times in four.

    `targets` are the teacher's vectors of the English sides, `(len(pairs), dim)`.
    """
    chance = random.Random(seed)
    optimiser = student.optimiser(words=1e-3, layers=1e-4)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda n: _rise_and_fall(n, steps))
    batches = _like_lengths(pairs, chance)
    for _ in track(range(steps), description="Pairs"):
        places = next(batches)
        drawn = [pairs[place] for place in places]
        texts = [typos(p.fr if chance.random() < 0.75 else p.en) for p in drawn]
        vectors, wanted = student(texts), targets[places]
        scores = SCALE * vectors @ wanted.T
        loss = 10 * (1 - (vectors * wanted).sum(1)).mean()
        loss = loss + F.cross_entropy(scores, torch.arange(len(places)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()


def _like_lengths(pairs: Sequence[Pair], chance: random.Random) -> Iterator[list[int]]:
    """Batches of 64 sentences of like length, without end."""
    while True:
        order = chance.sample(range(len(pairs)), len(pairs))
        for start in range(0, len(order) - 1023, 1024):
            block = sorted(order[start : start + 1024], key=lambda place: len(pairs[place].fr))
            batches = [block[at : at + 64] for at in range(0, 1024, 64)]
            chance.shuffle(batches)
            yield from batches


def _rise_and_fall(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / 50) * max(0.02, 1 - step / steps)


def tune(
    student: Student,
    questions: Sequence[Question],
    passages: Passages,
    pairs: Sequence[Pair],
    targets: Tensor,
    typos: Typos,
    epochs: int,
    seed: int,
) -> None:
    """Teach the student our messages, and go on with some pairs so that it forgets nothing."""
    chance = random.Random(seed)
    by_label: dict[str, list[str]] = {}
    for question in questions:
        by_label.setdefault(question.label, []).append(question.text)
    steps = epochs * len(questions) // (PER_LABEL * len(by_label))
    decks = {label: _deck(texts, chance) for label, texts in by_label.items()}
    names = Names(student, by_label)
    student.drop_out(DROPOUT)
    optimiser = student.optimiser(words=5e-4, layers=1e-4)
    optimiser.add_param_group({"params": names.parameters(), "lr": 1e-3})
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda n: _rise_and_fall(n, steps))
    short = [place for place, pair in enumerate(pairs) if len(pair.fr) <= 90]
    for step in track(range(steps), description="Messages"):
        drawn = [
            (next(decks[label]), label)
            for label, texts in by_label.items()
            for _ in range(min(_at_once(label), len(texts)))
        ]
        labels = [label for _, label in drawn]
        vectors = student([typos(text) for text, _ in drawn])
        loss = same_label_loss(vectors, labels) + names.loss(vectors, labels)
        if step % ANSWER_EVERY == 0:
            loss = loss + ANSWER_WEIGHT * _answer_loss(student, vectors, labels, passages, chance)
        places = chance.sample(short, min(24, len(short)))
        said = student([pairs[place].fr for place in places])
        loss = loss + TEACHER_WEIGHT * (1 - (said * targets[places]).sum(1)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    student.drop_out(0.0)


class Names(torch.nn.Module):
    """A direction for each label: a message must lie nearer to its own than to any other.

    Thrown away afterwards: the classifier learns its own from the finished vectors.
    """

    def __init__(self, student: Student, by_label: Mapping[str, Sequence[str]]) -> None:
        """Each starts in the middle of some messages of its label."""
        super().__init__()
        self.place = {label: place for place, label in enumerate(by_label)}
        some = [student.encode(texts[:: max(1, len(texts) // 32)]) for texts in by_label.values()]
        middles = torch.from_numpy(np.stack([vectors.mean(axis=0) for vectors in some]))
        self.directions = torch.nn.Parameter(F.normalize(middles, dim=1))

    def loss(self, vectors: Tensor, labels: Sequence[str]) -> Tensor:
        """How far `vectors`, rows of length 1, are from naming their labels."""
        wanted = torch.tensor([self.place[label] for label in labels])
        scores = SCALE * vectors @ F.normalize(self.directions, dim=1).T
        return F.cross_entropy(scores - SCALE * MARGIN * F.one_hot(wanted, len(self.place)), wanted)


def _at_once(label: str) -> int:
    return OUTSIDE_AT_ONCE if label == "out_of_scope" else PER_LABEL


def _deck(texts: Sequence[str], chance: random.Random) -> Iterator[str]:
    """The texts shuffled, again and again: each once before any comes again."""
    while True:
        yield from chance.sample(texts, len(texts))


def same_label_loss(vectors: Tensor, labels: Sequence[str]) -> Tensor:
    """Supervised contrast (Khosla et al., 2020): messages of one label near, all others far."""
    numbers = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    code = torch.tensor([numbers[label] for label in labels])
    mixed = torch.tensor([label in MIXED_LABELS for label in labels])
    itself = torch.eye(len(labels), dtype=torch.bool)
    same = (code[:, None] == code) & ~itself & ~mixed[:, None]
    cosines = vectors @ vectors.T - MARGIN * same
    scores = (SCALE * cosines).masked_fill(itself, -torch.inf)
    logs = scores - scores.logsumexp(dim=1, keepdim=True)
    rows = same.any(dim=1)
    return -(logs.masked_fill(~same, 0).sum(1)[rows] / same.sum(1)[rows]).mean()


def _answer_loss(
    student: Student,
    vectors: Tensor,
    labels: Sequence[str],
    passages: Passages,
    chance: random.Random,
) -> Tensor:
    """Each question must find its section among all, by its heading or a paragraph of it."""
    keys = {label: place for place, label in enumerate(passages)}
    texts = [chance.choice(_paragraphs(passages[label], chance))[:300] for label in keys]
    asked = [place for place, label in enumerate(labels) if label in keys]
    own = torch.tensor([keys[labels[place]] for place in asked])
    return F.cross_entropy(SCALE * vectors[asked] @ student(texts).T, own)


def _paragraphs(languages: Mapping[str, list[str]], chance: random.Random) -> list[str]:
    return languages[chance.choice(("fr", "en"))][:3]
