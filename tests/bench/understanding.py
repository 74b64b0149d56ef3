"""`make evaluate`: plays messages that nothing was trained or tuned on through the gateway.

questions.jsonl holds each message with the expected outcome first and acceptable ones after it.
Strict: the outcome is the expected one. Lenient: it is acceptable, or the visitor was asked back
and a topic or a flow that was offered is (a person is offered always, and does not count). Wrong: a
section was shown that is none of the acceptable ones.
Prints tables and writes results/understanding-<commit>.html (tests/bench/report.py).
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bot.adapters import tables
from bot.core.answers import OFFERED_FLOWS
from bot.core.payloads import payload
from tests.bench.report import write_report
from tests.support.stack import RunningStack

ROOT = Path(__file__).resolve().parents[2]
QUESTIONS = Path(__file__).with_name("questions.jsonl")
# What a visitor gets is the same: the accounts are looked at.
SAME_OUTCOME = {"flow/check_again": "flow/ask_fee_check"}
console = Console()


@dataclass(frozen=True, slots=True)
class Played:
    """A message, what it got, and in which language."""

    question: dict[str, Any]
    outcome: str
    language: str
    offered: tuple[str, ...]
    """The sections and flows that the visitor was asked to choose from."""
    confidence: float | None
    """Of the section that came nearest, 0 to 1; None where a flow answered."""
    nearest: str | None

    @property
    def expected(self) -> list[str]:
        """The expected outcome, then the acceptable ones."""
        return [SAME_OUTCOME.get(outcome, outcome) for outcome in self.question["expect"]]

    @property
    def is_right(self) -> bool:
        """Whether the outcome is the expected one."""
        return self.outcome == self.expected[0]

    @property
    def is_acceptable(self) -> bool:
        """Whether the outcome, or a topic that was offered, is expected or acceptable."""
        return not {self.outcome, *self.offered}.isdisjoint(self.expected)

    @property
    def is_wrong_answer(self) -> bool:
        """Whether a section was shown that is none of the acceptable ones."""
        return self.outcome.startswith("faq/") and self.outcome not in self.expected


def main() -> None:
    """Plays all messages and reports."""
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    played = play([json.loads(line) for line in lines])
    print_tables(played)
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout[:12]
    file = ROOT / "results" / f"understanding-{commit}.html"
    file.parent.mkdir(exist_ok=True)
    file.write_text(write_report(played, commit), encoding="utf-8")
    console.print(f"Report: {file.relative_to(ROOT)}")


def play(questions: Sequence[dict[str, Any]]) -> list[Played]:
    """Each question as the first message of a conversation of its own."""
    with tempfile.TemporaryDirectory() as folder:
        stack = RunningStack(Path(folder))
        stack.start()
        try:
            with httpx.Client(base_url=stack.url, timeout=60, trust_env=False) as client:
                return [
                    _play(client, stack, question)
                    for question in track(questions, "Playing messages", console=console)
                ]
        finally:
            stack.stop()


def _play(client: httpx.Client, stack: RunningStack, question: dict[str, Any]) -> Played:
    language = "en" if question["language"] == "en" else "fr"
    started = client.post("/api/v1/conversations", json={"language": language}).json()
    answer = client.post(
        f"/api/v1/conversations/{started['id']}/messages",
        json={"text": question["text"], "client_id": str(uuid.uuid4())},
        headers={"Authorization": f"Bearer {started['token']}"},
    ).json()
    first = next(m for m in answer["messages"] if m["topic"] != "privacy/masked")
    buttons = first["buttons"] if first["kind"] == "clarify" else []
    with stack.database.read() as connection:
        kept = connection.scalar(
            sa.select(tables.messages.c.data).where(tables.messages.c.id == first["id"])
        )
    nearest = kept.get("nearest")
    return Played(
        question=question,
        outcome=_outcome(first),
        language=first["language"],
        offered=tuple(name for b in buttons if (name := _offered(b["payload"]))),
        confidence=kept.get("confidence"),
        nearest=f"faq/{nearest}" if nearest else None,
    )


def _offered(offer: str) -> str | None:
    """The section that a button's payload shows, or the flow that it begins."""
    head, _, tail = offer.partition(payload("choose_section"))
    if not head and tail:
        return f"faq/{json.loads(tail)['section']}"
    flow = offer.removeprefix("/")
    return f"flow/{flow}" if flow in OFFERED_FLOWS else None


def _outcome(message: dict[str, Any]) -> str:
    kind, topic = message["kind"], message["topic"] or ""
    match kind:
        case "answer":
            source = message["sources"][0]
            return f"faq/{source['slug']}#{source['section']}"
        case "diagnosis":
            return "flow/ask_fee_check"
        case "form" | "recap":
            is_status = topic.startswith("status/")
            return "flow/ask_ticket_status" if is_status else "flow/request_cancellation"
        case "ticket":
            return "flow/ask_ticket_status"
        case "handoff":
            return "flow/abuse" if "frustr" in message["text"] else "flow/ask_person"
        case "smalltalk":
            return topic
        case "notice" if topic == "language/switched":
            return "flow/switch_language"
        case "notice" if topic.startswith(("status/", "ticket/")):
            return "flow/ask_ticket_status"
    return str(kind)


GROUPS: list[tuple[str, Callable[[Played], str]]] = [
    ("", lambda _: "all"),
    ("language", lambda p: p.question["language"]),
    ("register", lambda p: p.question["register"]),
    ("style", lambda p: p.question["style"]),
    ("expected", lambda p: p.expected[0].split("/")[0]),
    ("label", lambda p: p.expected[0]),
]


def grouped(played: Sequence[Played]) -> list[tuple[str, str, list[Played]]]:
    """(heading, name, messages) of every group of every kind."""
    return [
        (heading, name, [p for p in played if key(p) == name])
        for heading, key in GROUPS
        for name in sorted({key(p) for p in played})
    ]


def print_tables(played: Sequence[Played]) -> None:
    """The figures by group, and those that are single."""
    table = Table("messages", "number", "strict", "lenient", "asked back", "wrong")
    for heading, name, chosen in grouped(played):
        if heading != "label":
            table.add_row(f"{heading} {name}".strip(), str(len(chosen)), *shares(chosen))
    console.print(table)
    for name, value in single_figures(played).items():
        console.print(f"{name}: {value:.3f}", highlight=False)


def shares(chosen: Sequence[Played]) -> list[str]:
    """Strict, lenient, asked back and wrong, as shares of the messages."""
    counts = (
        sum(p.is_right for p in chosen),
        sum(p.is_acceptable for p in chosen),
        sum(p.outcome == "clarify" for p in chosen),
        sum(p.is_wrong_answer for p in chosen),
    )
    return [f"{count / len(chosen):.3f}" for count in counts]


def single_figures(played: Sequence[Played]) -> dict[str, float]:
    """Language, and what is answered or started without need."""
    clear = [p for p in played if p.question["language"] != "mixed"]
    outside = [p for p in played if p.expected[0] == "abstain"]
    asked = [p for p in played if all(e.startswith("faq/") for e in p.expected)]
    return {
        "answered in the right language": _share(
            [p.language == p.question["language"] for p in clear]
        ),
        "out of scope, answered all the same": _share([p.is_wrong_answer for p in outside]),
        "question for an article that started a flow": _share(
            [p.outcome.startswith("flow/") for p in asked]
        ),
    }


def _share(claims: Sequence[bool]) -> float:
    return sum(claims) / len(claims) if claims else 0.0


if __name__ == "__main__":
    main()
