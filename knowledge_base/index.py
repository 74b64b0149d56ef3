"""The searchable form of the published sections, and the one that follows the files as they change.

A section is found by any of its passages: its heading, its paragraphs, and the questions that train
the intent of the same name, all in both languages. So a French section answers an English question.
"""

import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray

from knowledge_base.article import LANGUAGES, ArticleErrors, Section, load_articles
from knowledge_base.encoder import Encoder
from knowledge_base.lexical import Lexical
from knowledge_base.sections import Sections, load_questions
from knowledge_base.vectors import encode_cached

log = structlog.get_logger()

MARKUP = re.compile(r"\*\*|`|^\s*(?:[-*>]|\d+[.)])\s+|\]\([^)]*\)|\[", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Passage:
    """A text by which a section can be found."""

    text: str
    is_question: bool


@dataclass(frozen=True, slots=True)
class Index:
    """All passages of all sections, ready to be compared with a query; never changes once made."""

    sections: Sections
    encoder: Encoder
    lexical: Lexical
    keys: tuple[str, ...]
    members: NDArray[np.intp]
    """`(n_keys, most passages of a section)`: the passages of each key, then -1."""
    is_question: NDArray[np.bool_]
    """`(n_passages,)`: which of them are training questions."""
    columns: NDArray[np.float32]
    """`(dim, n_passages)`, columns of length 1: the vectors of the passages, upright."""

    def similarities(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosines `(n_queries, n_passages)` of queries given as rows of length 1."""
        used = np.flatnonzero(queries.any(axis=0))
        cosines: NDArray[np.float32]
        # A hashed query is nearly all zeros: to read only the rows that count is ten times faster.
        if used.size < self.columns.shape[0] // 4:
            cosines = queries[:, used] @ self.columns[used]
        else:
            cosines = queries @ self.columns
        return cosines


def build_index(
    sections: Sections,
    questions: Mapping[str, Sequence[str]],
    encoder: Encoder,
    cache: Path | None = None,
) -> Index:
    """The index of all published sections.

    Questions of a section that is not published are left out and logged. With a `cache` folder,
    texts already encoded by the same encoder are not encoded again.
    """
    unknown = sorted(questions.keys() - set(sections.keys))
    if unknown:
        log.warning("questions without a published section", sections=unknown)
    by_key = [list(_passages(key, sections, questions)) for key in sections.keys]
    passages = [passage for group in by_key for passage in group]
    texts = [passage.text for passage in passages]
    vectors = encode_cached(encoder, texts, cache) if cache else encoder.encode(texts)
    members = np.full((len(by_key), max(map(len, by_key), default=0)), -1, dtype=np.intp)
    start = 0
    for row, group in zip(members, by_key, strict=True):
        row[: len(group)] = np.arange(start, start + len(group))
        start += len(group)
    return Index(
        sections=sections,
        encoder=encoder,
        lexical=Lexical(texts),
        keys=sections.keys,
        members=members,
        is_question=np.array([passage.is_question for passage in passages], dtype=np.bool_),
        columns=np.ascontiguousarray(vectors.T),
    )


class LiveIndex:
    """The index of a folder of articles, built again when a file of it has changed.

    So a new or changed article is found at the next question, without a restart. Faulty files are
    logged once, and the last good index stays in use until they are mended. Safe to call from
    several threads.
    """

    def __init__(
        self,
        articles: Path,
        questions: Path,
        encoder: Encoder,
        support_address: str,
        cache: Path | None = None,
    ) -> None:
        """Name the folders; nothing is read before the first call of `current`."""
        self._articles = articles
        self._questions = questions
        self._encoder = encoder
        self._support_address = support_address
        self._cache = cache
        self._seen: frozenset[tuple[str, int, int]] = frozenset()
        self._index: Index | None = None
        self._building = threading.Lock()

    def current(self) -> Index:
        """The index of the files as they are, or the last good one; a fraction of a millisecond.

        While one thread builds, the others go on with the index there is; the first time they wait.

        Raises:
            ArticleErrors: the files are faulty and no index has been built yet.
        """
        seen = frozenset(_fingerprint(self._articles, self._questions))
        if self._index is not None and seen == self._seen:
            return self._index
        if self._building.acquire(blocking=self._index is None):
            try:
                if self._index is None or seen != self._seen:
                    self._rebuild(seen)
            finally:
                self._building.release()
        assert self._index is not None  # the first build either made one or raised
        return self._index

    def _rebuild(self, seen: frozenset[tuple[str, int, int]]) -> None:
        try:
            sections = Sections(load_articles(self._articles, self._support_address))
            questions = load_questions(self._questions)
        except ArticleErrors as error:
            if self._index is None:
                raise
            log.error("articles are faulty; the last good ones stay", faults=str(error))
        else:
            self._index = build_index(sections, questions, self._encoder, self._cache)
            log.info("articles indexed", sections=len(sections.keys))
        self._seen = seen


def _passages(
    key: str, sections: Sections, questions: Mapping[str, Sequence[str]]
) -> Iterator[Passage]:
    slug, anchor = key.split("#")
    for language in LANGUAGES:
        if section := sections.get(slug, anchor, language):
            yield Passage(f"{section.heading}. {section.article_title}", is_question=False)
            for text in _paragraphs(section):
                yield Passage(text, is_question=False)
    for question in questions.get(key, ()):
        yield Passage(question, is_question=True)


def _paragraphs(section: Section) -> Iterator[str]:
    """The paragraphs and lists of the body, without their markup."""
    for block in re.split(r"\n\s*\n", section.body):
        text = " ".join(MARKUP.sub(" ", block).split())
        if text:
            yield text


def _fingerprint(*folders: Path) -> Iterator[tuple[str, int, int]]:
    """Path, time of change and size of each file that the index is made from."""
    for folder in folders:
        for place, _, names in os.walk(folder):  # three times as fast as Path.glob
            for name in names:
                if name.endswith((".md", ".yml")):
                    path = os.path.join(place, name)
                    try:
                        stat = os.stat(path)
                    except FileNotFoundError:  # deleted since it was listed
                        continue
                    yield path, stat.st_mtime_ns, stat.st_size
