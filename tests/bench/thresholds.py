"""`python -m tests.bench.thresholds`: calibrates confidence and weighs thresholds by their cost.

What `make train` has made is asked about data/calibration.jsonl, which nothing is trained on and
which is not the evaluation set. Prints the slope and offset of `bot.core.answers.calibrated` and
what each threshold costs; they are written there by hand. Costs: see `cost`.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import joblib
import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.linear_model import LogisticRegression

from bot.core import answers
from bot.core.answers import (
    FLOW_AT,
    FLOWS,
    UNSAID,
    Abstain,
    Answer,
    AskMore,
    Clarify,
    Decision,
    decide,
    main_intent,
    section_key,
)
from bot.nlu.components import LOOKUPS, RANKING_LENGTH, plain
from bot.nlu.entities import EntityFinder
from bot.nlu.intents import IntentModel
from bot.settings import settings
from bot.training import MODEL, is_current
from knowledge_base.article import Section, load_articles
from knowledge_base.encoder import load_encoder
from knowledge_base.sections import Sections
from tests.bench.leakage import CALIBRATION, ROOT

# As the pipeline does (config.yml): below it, or with another intent so near, nothing is clear.
CLEAR_AT, AMBIGUITY = 0.25, 0.10
WRONG, UNANSWERED, ASKED_BACK = 10.0, 1.0, 0.5
ANSWER_AT = (0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
CLARIFY_AT = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4)


@dataclass(frozen=True, slots=True)
class Likely:
    """A candidate that the classifier knows."""

    section: Section
    score: float = 0.0
    is_trained: bool = True


@dataclass(frozen=True, slots=True)
class Weighed:
    """A message that is looked up, and what the classifier thinks of it."""

    expected: Sequence[str]
    candidates: Sequence[Likely]
    by_section: Mapping[str, float]
    flows: Mapping[str, float]
    outside: float
    is_vague: bool

    def decision(self) -> Decision:
        """What the product does."""
        return decide(
            self.candidates,
            self.by_section,
            flows=self.flows,
            outside=self.outside,
            unsaid=self.flows.get(UNSAID, 0.0),
            is_vague=self.is_vague,
        )

    @property
    def nearest(self) -> str:
        """The likeliest section."""
        return max(self.by_section, key=lambda key: self.by_section[key])


def cost(message: Weighed, decision: Decision) -> float:
    """A wrong answer costs ten times a question that is not answered, asking back half."""
    match decision:
        case Answer(section=section):
            return 0.0 if f"faq/{section.key}" in message.expected else WRONG
        case Clarify(sections=sections, flows=flows):
            offered = {f"faq/{section.key}" for section in sections}
            offered |= {f"flow/{flow}" for flow in flows}
            is_fit = "clarify" in message.expected or not offered.isdisjoint(message.expected)
            return ASKED_BACK if is_fit else UNANSWERED
        case AskMore():
            return ASKED_BACK if "clarify" in message.expected else UNANSWERED
    return 0.0 if "abstain" in message.expected else UNANSWERED


def trained() -> IntentModel:
    """The classifier in use: what `make train` has made of the messages."""
    if not is_current():
        raise SystemExit("The model is not made of the messages as they are: make train")
    with tarfile.open(MODEL) as archive:
        file = next(member for member in archive if member.name.endswith("intents.joblib"))
        content = archive.extractfile(file)
        assert content is not None
        model: IntentModel = joblib.load(BytesIO(content.read()))
    return model


def weigh() -> tuple[list[Weighed], list[tuple[str, Sequence[str]]]]:
    """The messages that are looked up, and (intent, expected) of those that start a flow."""
    model, encoder = trained(), load_encoder(settings().encoder)
    finder = EntityFinder(LOOKUPS)
    articles = load_articles(ROOT / "knowledge_base" / "articles", "")
    sections = Sections(articles)
    looked_up, flows = [], []
    lines = CALIBRATION.read_text(encoding="utf-8").splitlines()
    for question in map(json.loads, lines):
        ranking = model.understand(plain(finder, question["text"]), encoder).ranking
        intents: dict[str, float] = {}
        for label, probability in ranking:
            intents.setdefault(main_intent(label), probability)
        (intent, first), (_, second), *_ = intents.items()
        is_flow = intent not in ("faq", "out_of_scope", "inform")
        needed = FLOW_AT if intent in FLOWS else CLEAR_AT
        if is_flow and first >= needed and first - second >= AMBIGUITY:
            flows.append((intent, question["expect"]))
            continue
        ranking = ranking[:RANKING_LENGTH]
        looked_up.append(_weighed(question, dict(ranking), sections))
    return looked_up, flows


def _weighed(
    question: Mapping[str, Any], by_label: Mapping[str, float], sections: Sections
) -> Weighed:
    by_section = {key: p for label, p in by_label.items() if (key := section_key(label))}
    found = [sections.get(*key.split("#"), "fr") for key in by_section]
    return Weighed(
        expected=question["expect"],
        candidates=[Likely(section) for section in found if section],
        by_section=by_section,
        flows=by_label,
        outside=by_label.get("out_of_scope", 0.0),
        is_vague=len(question["text"].split()) <= 2,
    )


def main() -> None:
    """Fits, tries and prints."""
    console = Console()
    looked_up, flows = weigh()
    started = [intent for intent, expected in flows if expected[0].startswith("faq/")]
    console.print(
        f"{len(flows)} start a flow, {len(started)} of them ask for an article: {started}"
    )
    told = [m for m in looked_up if m.by_section]
    leads = np.array([[m.by_section[m.nearest] - m.outside] for m in told])
    right = np.array([f"faq/{m.nearest}" in m.expected for m in told])
    fitted = LogisticRegression(C=100).fit(leads, right)
    slope, offset = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    console.print(f"SLOPE {slope:.2f}, OFFSET {offset:.2f}", highlight=False)
    answers.SLOPE, answers.OFFSET = slope, offset
    table = Table("answer at", "ask back at", "cost", "right", "wrong", "asked back", "abstained")
    for answer_at in ANSWER_AT:
        answers.ANSWER_AT, tried = answer_at, []
        for clarify_at in CLARIFY_AT:
            answers.CLARIFY_AT = clarify_at
            tried.append((*_tried(looked_up), clarify_at))
        total, right_share, wrong, asked, abstained, clarify_at = min(tried)
        shares = (f"{share:.3f}" for share in (right_share, wrong, asked, abstained))
        table.add_row(f"{answer_at:.2f}", f"{clarify_at:.2f}", f"{total:.1f}", *shares)
    console.print(table)


def _tried(messages: Sequence[Weighed]) -> tuple[float, float, float, float, float]:
    decisions = [message.decision() for message in messages]
    costs = [cost(m, d) for m, d in zip(messages, decisions, strict=True)]
    count = len(messages)
    return (
        sum(costs),
        sum(isinstance(d, Answer) and c == 0 for d, c in zip(decisions, costs, strict=True))
        / count,
        sum(c == WRONG for c in costs) / count,
        sum(isinstance(d, Clarify | AskMore) for d in decisions) / count,
        sum(isinstance(d, Abstain) for d in decisions) / count,
    )


if __name__ == "__main__":
    main()
