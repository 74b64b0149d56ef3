"""`python -m tests.bench.search`: the search over 100,000 made-up sections.

Prints how long the index takes to build, what it holds in memory, how long a question takes, and
how often the section that a question was made from comes first. The vectors are random ones about
random topics, as sections are; the words are drawn as in a language, few of them often.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Sequence
from datetime import date
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from knowledge_base.article import Article, Section
from knowledge_base.index import build_index
from knowledge_base.search import search
from knowledge_base.sections import Sections

SECTIONS = 100_000
TOPICS = 2_000
WORDS = 30_000
COMMONEST = 50
QUESTIONS = 300
DIM = 384
_DAY = date(2026, 1, 1)


class MadeUpEncoder:
    """A text's vector: that of its topic (its first word), and of its own words beside it."""

    name = "made-up"
    dim = DIM

    def __init__(self) -> None:
        random = np.random.default_rng(1)
        self._topics = random.normal(size=(TOPICS, DIM)).astype(np.float32)
        self._words = random.normal(size=(WORDS, DIM)).astype(np.float32)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.empty((len(texts), DIM), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            topic, *words = text.replace(".", "").split()
            own = self._words[[crc32(word.encode()) % WORDS for word in words]].sum(axis=0)
            row[:] = self._topics[crc32(topic.encode()) % TOPICS] + 0.3 * own
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def main() -> None:
    """Builds, asks and prints."""
    console = Console()
    random = np.random.default_rng(0)
    # Without the commonest words: those carry no subject, and the search leaves them out.
    ranks = (COMMONEST + random.zipf(1.2, size=(SECTIONS, 14))) % WORDS
    texts = [
        f"topic{random.integers(TOPICS)} " + " ".join(f"word{rank}" for rank in row)
        for row in track(ranks, "Making up sections", console=console)
    ]
    sections = Sections(_article(n, text) for n, text in enumerate(texts))
    before, started = _memory_mb(), time.perf_counter()
    index = build_index(sections, {}, MadeUpEncoder())
    console.print(f"index built in {time.perf_counter() - started:.1f} s", highlight=False)
    console.print(f"memory grew by {_memory_mb() - before:.0f} MB at most", highlight=False)
    durations, right = [], 0
    for place in random.choice(SECTIONS, QUESTIONS, replace=False):
        topic, *words = texts[place].split()
        question = " ".join([topic, *random.permutation(words)[:6]])
        started = time.perf_counter()
        hits = search(index, question, "en")
        durations.append(1000 * (time.perf_counter() - started))
        right += bool(hits) and hits[0].section.slug == f"section-{place}"
    median, late = np.percentile(durations, [50, 95])
    console.print(f"a question: median {median:.1f} ms, p95 {late:.1f} ms", highlight=False)
    console.print(f"its own section first: {right / QUESTIONS:.0%}", highlight=False)


def _article(number: int, text: str) -> Article:
    slug = f"section-{number}"
    section = Section(
        slug=slug,
        anchor="all",
        heading=text,
        article_title="",
        language="en",
        audience="anyone",
        url="",
        body="",
        digest="",
    )
    return Article(
        slug=slug,
        title="",
        language="en",
        audience="anyone",
        related=(),
        source_url="",
        reviewed_on=_DAY,
        status="published",
        sections=(section,),
    )


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
