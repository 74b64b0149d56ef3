"""`make evaluate`: plays messages that nothing was trained or tuned on through the gateway.

questions.jsonl holds each message with the expected outcome first and acceptable ones after it.
Prints how often the outcome is the expected one (strict) or an acceptable one (lenient), and how
often a section was shown that should have been another or none (wrong).
"""

from __future__ import annotations

import json
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.support.stack import RunningStack

QUESTIONS = Path(__file__).with_name("questions.jsonl")
console = Console()


@dataclass(frozen=True, slots=True)
class Played:
    """A message, what it got, and in which language."""

    question: dict[str, Any]
    outcome: str
    language: str

    @property
    def expected(self) -> list[str]:
        """The expected outcome, then the acceptable ones."""
        found: list[str] = self.question["expect"]
        return found

    @property
    def is_wrong_answer(self) -> bool:
        """Whether a section was shown that is none of the acceptable ones."""
        return self.outcome.startswith("faq/") and self.outcome not in self.expected


def main() -> None:
    """Plays all messages and reports."""
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line) for line in lines]
    with tempfile.TemporaryDirectory() as folder:
        stack = RunningStack(Path(folder))
        stack.start()
        try:
            with httpx.Client(base_url=stack.url, timeout=60, trust_env=False) as client:
                played = [
                    _play(client, question)
                    for question in track(questions, "Playing messages", console=console)
                ]
        finally:
            stack.stop()
    _report(played)


def _play(client: httpx.Client, question: dict[str, Any]) -> Played:
    language = "en" if question["language"] == "en" else "fr"
    started = client.post("/api/v1/conversations", json={"language": language}).json()
    answer = client.post(
        f"/api/v1/conversations/{started['id']}/messages",
        json={"text": question["text"], "client_id": str(uuid.uuid4())},
        headers={"Authorization": f"Bearer {started['token']}"},
    ).json()
    messages = [m for m in answer["messages"] if m["topic"] != "privacy/masked"]
    return Played(question, _outcome(messages[0]), messages[0]["language"])


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
    return str(kind)


def _report(played: list[Played]) -> None:
    table = Table("messages", "number", "strict", "lenient", "wrong")
    groups: list[tuple[str, Callable[[Played], str]]] = [
        ("", lambda _: "all"),
        ("language", lambda p: p.question["language"]),
        ("style", lambda p: p.question["style"]),
        ("expected", lambda p: p.expected[0].split("/")[0]),
    ]
    for heading, key in groups:
        for name in sorted({key(p) for p in played}):
            chosen = [p for p in played if key(p) == name]
            table.add_row(f"{heading} {name}".strip(), *_shares(chosen))
        table.add_section()
    console.print(table)
    clear = [p for p in played if p.question["language"] != "mixed"]
    right = sum(p.language == p.question["language"] for p in clear)
    console.print(f"Answered in the right language: {right / len(clear):.1%}")
    missed = Counter(
        (p.expected[0].split("#")[0], p.outcome.split("#")[0])
        for p in played
        if p.outcome not in p.expected
    )
    for (expected, outcome), count in missed.most_common(12):
        console.print(f"{count:4} × {expected} got {outcome}", highlight=False)


def _shares(played: Iterable[Played]) -> tuple[str, ...]:
    chosen = list(played)
    strict = sum(p.outcome == p.expected[0] for p in chosen)
    lenient = sum(p.outcome in p.expected for p in chosen)
    wrong = sum(p.is_wrong_answer for p in chosen)
    shares = (f"{count / len(chosen):.3f}" for count in (strict, lenient, wrong))
    return (str(len(chosen)), *shares)


if __name__ == "__main__":
    main()
