"""Decides what a question gets: an answer, a choice of topics, "tell me more" or "I do not know".

The one place where scores become a decision. The classifier says how likely a message asks for each
section, and how likely it lies outside all of them; the search speaks for sections that no training
message asks for yet. Thresholds and calibration come from data/calibration.jsonl, for a wrong
answer costing ten times an abstention (`python -m tests.bench.thresholds`, docs/decisions/0003).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from knowledge_base.article import Section

# Confidence, as the share of right sections: see `calibrated`.
SLOPE = 6.67
OFFSET = -1.66
ANSWER_AT = 0.85
CLARIFY_AT = 0.2
# A flow begins where it is as likely as all else together: whoever asks about cancelling must not
# find a request begun. From the lower probability on it is offered among the choices.
FLOW_AT = 0.5
FLOW_OFFERED_AT = 0.2
FLOWS = frozenset(
    "request_cancellation ask_fee_check ask_refund ask_ticket_status add_ticket_note"
    " withdraw_ticket leave_request ask_person abuse switch_language".split()
)
OFFERED_FLOWS = (
    "request_cancellation",
    "ask_fee_check",
    "ask_ticket_status",
    "add_ticket_note",
    "withdraw_ticket",
    "leave_request",
)
# A word or two name a topic rather than ask something: the next one must be so much less likely.
VAGUE_LEAD = 0.5
# The label of a message that tells of a need and not of which: "ça marche pas".
UNSAID = "out_of_scope/vague"
# Topics are offered down to this share of the likeliest one.
CHOICE_SHARE = 0.1
# From this score on, 0 to 1, what the search alone found is asked about; it is never an answer.
FOUND_AT = 0.6
MAX_CHOICES = 3
# From here on a sentence of a message asks a question of its own.
SECOND_AT = 0.5
# A message of at most so many words may lean on the topic before, unless it clearly lies outside.
LEANING_WORDS = 12
# One of at most so many that points at something says nothing else.
POINTING_WORDS = 6
CLEARLY_OUTSIDE = 0.5
_MAY_LEAN = re.compile(
    r"""^(?:ok(?:ay)?\W+|oui\W+|yes\W+|bon\W+|parfait\W+|merci\W+|thanks\W+|great\W+)*
        (?:(?:et|pis|mais|puis|alors|and|but|so|then|what\ about|how\ about)\b)
      | \b(?:the|le|la)\s(?:button|menu|bouton|page)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_POINTS = re.compile(
    r"""\b(?:ce|cet|cette|ces)\s(?:bouton|page|menu|lien|option|liste|fichier|rapport|onglet|
            étapes?|etapes?|endroit|écran|ecran|case)\b
      | \b(?:that|this|these|those)\s(?:button|page|menu|link|option|list|file|report|tab|steps?|
            place|screen|box|one)\b
      | \bc['’]est\soù\s(?:ça|ca)\b | \boù\s(?:ça|ca)\b | \bwhere\sis\s(?:it|that)\b
      | \bje\sne\s(?:le|la|les)\s(?:vois|trouve)\spas\b
      | \bje\s(?:le|la|les)\s(?:vois|trouve)\spas\b
      | \bi\s(?:can['’]?t|cannot|don['’]?t)\s(?:see|find)\s(?:it|that|them)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


class Candidate(Protocol):
    """A section that may answer; `score` 0 to 1, higher is better."""

    @property
    def section(self) -> Section:
        """The section, in the visitor's language."""

    @property
    def score(self) -> float:
        """How well it matches the question."""

    @property
    def is_trained(self) -> bool:
        """Whether training messages ask for it, so that the classifier knows it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """This section answers."""

    section: Section
    confidence: float

    @property
    def nearest(self) -> str | None:
        """The key of the section that comes nearest."""
        return self.section.key


@dataclass(frozen=True, slots=True)
class Clarify:
    """One of these sections probably answers, or one of these flows is wished for: ask which.

    `flows` are intents of `OFFERED_FLOWS`. There is at least one of either, likeliest first.
    """

    sections: tuple[Section, ...]
    flows: tuple[str, ...] = ()
    confidence: float = field(default=0.0, compare=False)

    @property
    def nearest(self) -> str | None:
        """The key of the section that comes nearest."""
        return self.sections[0].key if self.sections else None


@dataclass(frozen=True, slots=True)
class AskMore:
    """Something is needed, and it is not said what."""

    confidence: float = field(default=0.0, compare=False)

    @property
    def nearest(self) -> None:
        """No section comes near."""


@dataclass(frozen=True, slots=True)
class Abstain:
    """Nothing here answers."""

    confidence: float = field(default=0.0, compare=False)
    nearest: str | None = field(default=None, compare=False)


Decision = Answer | Clarify | AskMore | Abstain


def decide(
    candidates: Sequence[Candidate],
    label_scores: Mapping[str, float],
    *,
    flows: Mapping[str, float] | None = None,
    outside: float = 0.0,
    unsaid: float = 0.0,
    is_vague: bool = False,
) -> Decision:
    """What to do with a question.

    Args:
        candidates: What the search found, and the sections that the classifier thinks likely.
        label_scores: The classifier's probability for each section key ("slug#anchor"), 0 if none.
        flows: The classifier's probability of each intent that did not start its flow.
        outside: The classifier's probability that no article and no flow is meant.
        unsaid: Its probability that something is needed and not said what (`UNSAID`).
        is_vague: One or two words, that name a topic rather than ask something.
    """
    by_key = {c.section.key: c for c in candidates}
    likely = {key: _likelihood(c, label_scores) for key, c in sorted(by_key.items())}
    ranked = sorted((key for key in likely if likely[key] > 0), key=lambda key: -likely[key])
    wished = _offered(flows or {}, outside)
    best = likely[ranked[0]] if ranked else 0.0
    confidence = calibrated(best - outside)
    if unsaid > max(best, outside):
        return Clarify((), wished, confidence) if wished else AskMore(confidence)
    if not ranked:
        return Clarify((), wished) if wished else Abstain()
    first = by_key[ranked[0]]
    # A topic named in a word: many sections a little likely, and little that lies outside.
    is_named = is_vague and sum(label_scores.values()) > outside
    if confidence < CLARIFY_AT and not is_named:
        if wished:
            return Clarify((), wished, confidence)
        return Abstain(confidence, first.section.key)
    lead = best - (likely[ranked[1]] if len(ranked) > 1 else 0.0)
    if first.is_trained and confidence >= ANSWER_AT and (lead >= VAGUE_LEAD or not is_vague):
        return Answer(first.section, confidence)
    choices = [by_key[key].section for key in ranked if likely[key] >= CHOICE_SHARE * best]
    return Clarify(tuple(choices[:MAX_CHOICES]), wished, confidence)


def calibrated(lead: float) -> float:
    """How often the likeliest section is right, 0 to 1, by its lead over "outside", -1 to 1."""
    return 1 / (1 + math.exp(-(SLOPE * lead + OFFSET)))


def _offered(flows: Mapping[str, float], outside: float) -> tuple[str, ...]:
    likely = [name for name in OFFERED_FLOWS if flows.get(name, 0.0) >= FLOW_OFFERED_AT]
    return tuple(
        sorted((n for n in likely if flows[n] > outside), key=lambda n: -flows[n])[:MAX_CHOICES]
    )


def _likelihood(candidate: Candidate, label_scores: Mapping[str, float]) -> float:
    if candidate.is_trained:
        return label_scores.get(candidate.section.key, 0.0)
    return candidate.score if candidate.score >= FOUND_AT else 0.0


def leans_on_topic(text: str) -> bool:
    """Whether the message may be about the topic before: "et le mois d’avant?", "where is it?".

    Its words alone say too little then; what was last spoken of completes them.
    """
    leans = _MAY_LEAN.search(text.strip()) or _POINTS.search(text)
    return len(text.split()) <= LEANING_WORDS and leans is not None


def points_back(text: str) -> bool:
    """Whether the message only points at something: "c’est où ce bouton?", "where is it?".

    Whatever its words resemble, it is about the topic before, if there is one.
    """
    return len(text.split()) <= POINTING_WORDS and _POINTS.search(text) is not None


def asked_in_parts(parts: Sequence[tuple[str, float]]) -> list[str]:
    """The sections that the sentences of a message clearly ask for, in their order, by key.

    One of each article. `parts` is (label, probability) of what each sentence asks for by itself.
    """
    by_article: dict[str, str] = {}
    for label, probability in parts:
        key = section_key(label)
        if key and probability >= SECOND_AT:
            by_article.setdefault(key.split("#")[0], key)
    return list(by_article.values())


def main_intent(label: str) -> str:
    """The intent of a classifier's label: `faq` for `faq/invoice-details.csv`."""
    return label.split("/", 1)[0]


def section_key(label: str) -> str | None:
    """The section that a label stands for: "slug#anchor", or None for a flow."""
    name, _, section = label.partition("/")
    return section.replace(".", "#", 1) if name == "faq" and section else None
