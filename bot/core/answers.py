"""Decides what a question gets: an answer, a choice of topics, or "I do not know".

The one place where scores become a decision. Two witnesses are heard: the search (how well a
section matches, 0 to 1) and the classifier (how likely the message asks for that section, 0 to 1,
all intents together 1). The thresholds are chosen for a wrong answer costing ten times an
abstention, on the questions of `data/` under cross-validation (docs/decisions/0003).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from knowledge_base.article import Section

ANSWER_AT = 0.55
CLARIFY_AT = 0.30
# Two candidates closer than this are not told apart, and vague ones closer than twice this.
NEAR = 0.10
# A choice is offered down to this share of what is worth asking about at all.
CHOICE_AT = 0.7 * CLARIFY_AT
MAX_CHOICES = 3


class Candidate(Protocol):
    """A section that may answer; `score` 0 to 1, higher is better."""

    @property
    def section(self) -> Section:
        """The section, in the visitor's language."""

    @property
    def score(self) -> float:
        """How well it matches the question."""


@dataclass(frozen=True, slots=True)
class Answer:
    """This section answers."""

    section: Section
    confidence: float


@dataclass(frozen=True, slots=True)
class Clarify:
    """One of these sections probably answers: ask which."""

    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Abstain:
    """Nothing here answers."""


def decide(
    candidates: Sequence[Candidate],
    label_scores: Mapping[str, float],
    *,
    outside: float = 0.0,
    is_vague: bool = False,
) -> Answer | Clarify | Abstain:
    """What to do with a question.

    Args:
        candidates: What the search found.
        label_scores: The classifier's probability for each section key ("slug#anchor").
        outside: The classifier's probability that no article and no flow is meant.
        is_vague: One or two words, that name a topic rather than ask something.
    """
    ranked = sorted(
        ((_confidence(c, label_scores), c.section) for c in candidates),
        key=lambda pair: (-pair[0], pair[1].key),
    )
    if not ranked or ranked[0][0] < max(CLARIFY_AT, outside):
        return Abstain()
    best, section = ranked[0]
    runner_up = ranked[1][0] if len(ranked) > 1 else 0.0
    if best >= ANSWER_AT and best - runner_up >= (2 * NEAR if is_vague else NEAR):
        return Answer(section, best)
    choices = [section for confidence, section in ranked if confidence >= CHOICE_AT]
    return Clarify(tuple(choices[:MAX_CHOICES]))


def _confidence(candidate: Candidate, label_scores: Mapping[str, float]) -> float:
    return 0.5 * candidate.score + 0.5 * label_scores.get(candidate.section.key, 0.0)


def main_intent(label: str) -> str:
    """The intent of a classifier's label: `faq` for `faq/invoice-details.csv`."""
    return label.split("/", 1)[0]


def section_key(label: str) -> str | None:
    """The section that a label stands for: "slug#anchor", or None for a flow."""
    name, _, section = label.partition("/")
    return section.replace(".", "#", 1) if name == "faq" and section else None
