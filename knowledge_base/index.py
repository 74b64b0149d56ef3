"""The searchable form of the published sections, and the one that follows the files as they change.

A section is found by any of its passages: its heading, its paragraphs, and the questions that train
the intent of the same name, all in both languages. So a French section answers an English question.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray

from knowledge_base.article import LANGUAGES, Section, load_articles
from knowledge_base.conflicts import conflicts
from knowledge_base.encoder import Encoder
from knowledge_base.lexical import Lexical
from knowledge_base.live import Live
from knowledge_base.neighbours import Neighbours
from knowledge_base.sections import Sections, load_questions
from knowledge_base.vectors import encode_cached

log = structlog.get_logger()

# How many of its passages speak for a section. With each of 1,771 training questions (23 sections,
# n-grams) left out in turn and searched for, its section comes first for 53 %; with one, for 40 %.
WITNESSES = 12
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
    neighbours: Neighbours
    keys: tuple[str, ...]
    owner: NDArray[np.intp]
    """`(n_passages,)`: the place in `keys` of the section that a passage belongs to."""
    is_question: NDArray[np.bool_]
    """`(n_passages,)`: which of them are training questions."""
    witnesses: NDArray[np.intp]
    """`(n_keys,)`: how many passages speak for a section, from 1."""
    is_trained: NDArray[np.bool_]
    """`(n_keys,)`: whether a section has training questions."""


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
    questions_of = [sum(passage.is_question for passage in group) for group in by_key]
    return Index(
        sections=sections,
        encoder=encoder,
        lexical=Lexical(texts),
        neighbours=Neighbours(vectors),
        keys=sections.keys,
        owner=np.repeat(np.arange(len(by_key)), [len(group) for group in by_key]),
        is_question=np.array([passage.is_question for passage in passages], dtype=np.bool_),
        witnesses=np.clip(questions_of, 1, WITNESSES),
        is_trained=np.array(questions_of, dtype=np.intp) > 0,
    )


class LiveIndex(Live[Index]):
    """The index of a folder of articles, built again when a file of it has changed.

    So a new or changed article is found at the next question, without a restart.
    """

    def __init__(
        self,
        articles: Path,
        questions: Path,
        encoder: Encoder,
        support_address: str,
        cache: Path | None = None,
        look_again_s: float = 0.0,
    ) -> None:
        """Name the folders; nothing is read before the first call of `current`."""

        def build() -> Index:
            sections = published_sections(articles, support_address)
            index = build_index(sections, load_questions(questions), encoder, cache)
            log.info("articles indexed", sections=len(sections.keys))
            return index

        super().__init__((articles, questions), build, look_again_s)


def published_sections(folder: Path, support_address: str) -> Sections:
    """What is published, without the sections that contradict one another, which are logged.

    Raises:
        ArticleErrors: a file is faulty, or there is none.
    """
    articles = load_articles(folder, support_address)
    found = conflicts(list(Sections(articles)))
    for conflict in found:
        pair = [conflict.one.key, conflict.other.key]
        log.error("sections contradict one another", sections=pair, about=conflict.about)
    return Sections(articles, {s.key for c in found for s in (c.one, c.other)})


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
