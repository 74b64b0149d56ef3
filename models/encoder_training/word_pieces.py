"""Word pieces, and a first vector for each: where a French word stands beside its translation.

A table of vectors learns from the pairs to say in either language what the teacher says of the
English side. The student takes from it which pieces mean alike, and starts with the teacher's
vectors of those that the teacher knows.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from rich.progress import track
from scipy.sparse import csr_matrix
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from torch import Tensor

from models.encoder_training.material import Pair, Typos

VOCABULARY = 32_000
DIM = 256
EPOCHS = 6
SCALE = 20.0  # of cosines, before a softmax over the batch

Vectors = NDArray[np.float32]


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
    return with_ends(tokenizer)


def with_ends(tokenizer: Tokenizer) -> Tokenizer:
    """The tokenizer that puts BERT's two ends around a text."""
    tokenizer.add_special_tokens(["[CLS]", "[SEP]"])
    ends = [(piece, tokenizer.token_to_id(piece)) for piece in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=ends
    )
    return tokenizer


def principal(vectors: Vectors) -> Vectors:
    """Turned so that the first dimensions tell most, and cut after DIM; rows of length 1."""
    _, directions = np.linalg.eigh(vectors.T @ vectors)
    turned = vectors @ directions[:, ::-1][:, :DIM]
    cut: Vectors = (turned / np.linalg.norm(turned, axis=1, keepdims=True)).astype(np.float32)
    return cut


def learn_table(
    tokenizer: Tokenizer, pairs: Sequence[Pair], targets: Vectors, typos: Typos, seed: int
) -> Vectors:
    """`(vocabulary, DIM)`: vectors whose mean over a sentence is near `targets` `(n, DIM)`."""
    table = _Table(tokenizer, _first_table(tokenizer, pairs, targets))
    batches = Pool(pairs, torch.from_numpy(targets), random.Random(seed)).batches(512)
    steps = EPOCHS * max(1, len(pairs) // 512)
    optimiser = torch.optim.Adam(table.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps, eta_min=1e-5)
    for _ in track(range(steps), description="Word pieces"):
        drawn, wanted = next(batches)
        en, fr = table([typos(p.en) for p in drawn]), table([typos(p.fr) for p in drawn])
        apart = (1 - (en * wanted).sum(1)).mean() + (1 - (fr * wanted).sum(1)).mean()
        optimiser.zero_grad()
        (10 * apart + 0.5 * contrast(en, fr)).backward()
        optimiser.step()
        schedule.step()
    return table.pieces.weight.detach().numpy()


class _Table(torch.nn.Module):
    """A text is the mean of the vectors of its pieces."""

    def __init__(self, tokenizer: Tokenizer, table: Vectors) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        self.pieces = torch.nn.EmbeddingBag.from_pretrained(torch.from_numpy(table), freeze=False)

    def forward(self, texts: Sequence[str]) -> Tensor:
        batch = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        starts = np.cumsum([0, *(len(encoding.ids) for encoding in batch[:-1])])
        flat = torch.tensor([i for encoding in batch for i in encoding.ids], dtype=torch.long)
        return F.normalize(self.pieces(flat, torch.from_numpy(starts)))


def _first_table(tokenizer: Tokenizer, pairs: Sequence[Pair], targets: Vectors) -> Vectors:
    """For each piece the mean target of the sentences it stands in, rare ones weighing more."""
    counts = np.zeros(tokenizer.get_vocab_size())
    sums = np.zeros((len(counts), targets.shape[1]), dtype=np.float32)
    centred = targets - targets.mean(axis=0)
    for encoded in (encode_side(tokenizer, pairs, side) for side in ("en", "fr")):
        columns = [list(set(ids)) for ids in encoded]
        starts = np.cumsum([0, *map(len, columns)])
        flat = np.array([i for row in columns for i in row])
        where = csr_matrix(
            (np.ones(len(flat), np.float32), flat, starts), (len(pairs), len(counts))
        )
        sums += where.T @ centred
        counts += np.asarray(where.sum(axis=0)).ravel()
    rarity = 1e-3 / (1e-3 + counts / counts.sum())  # Arora et al., 2017
    table: Vectors = (sums / (counts + 1)[:, None] * rarity[:, None]).astype(np.float32)
    return table


def encode_side(tokenizer: Tokenizer, pairs: Sequence[Pair], side: str) -> list[list[int]]:
    """The pieces of one side of each pair, without ends."""
    texts = [getattr(pair, side) for pair in pairs]
    return [e.ids for e in tokenizer.encode_batch(texts, add_special_tokens=False)]


def contrast(left: Tensor, right: Tensor) -> Tensor:
    """InfoNCE both ways: each row of one side must find its own row on the other."""
    scores = SCALE * left @ right.T
    own = torch.arange(len(left))
    return (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2


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
