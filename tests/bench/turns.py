"""`make bench`: how long turns and start-up take, and how much memory everything holds.

Starts the three processes on free ports with an empty database, talks to them as a visitor does,
prints a table and saves the same figures as JSON under results/. Beside the clock it gives the
processor's time of all three, which says more where other work runs.
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bot import training
from bot.settings import ROOT
from tests.support.stack import RunningStack

RESULTS = ROOT / "results"
ROUNDS = 25
WARM_UP = 3
console = Console()

# By kind of turn: what a fresh conversation says, the last of which is measured.
TURNS: dict[str, list[str]] = {
    "small talk": ["Bonjour"],
    "FAQ, French": ["Comment télécharger le détail de ma facture en CSV?"],
    "FAQ, English": ["How do I link my EMR account to my Ocean account?"],
    "not known": ["Quelle heure est-il à Tokyo?"],
    "fee diagnosis": ["Pourquoi des frais par message alors qu’on a l’illimité?"],
    "request, first message": ["Je veux annuler la réservation en ligne"],
    "request, a field": ["Je veux annuler la réservation en ligne", "Julie Tremblay"],
    "request, digression": [
        "Je veux annuler la réservation en ligne",
        "Comment télécharger le détail de ma facture en CSV?",
    ],
}


def main() -> None:
    """Measures and reports."""
    with tempfile.TemporaryDirectory() as folder:
        stack = RunningStack(Path(folder))
        began = time.perf_counter()
        stack.start()
        try:
            figures: dict[str, Any] = {
                "ready_s": round(time.perf_counter() - began, 2),
                "ready_cpu_s": round(_cpu_s(stack), 1),
                "turns_ms": dict(_turns(stack)),
                "memory_mb": _memory(stack),
            }
        finally:
            stack.stop()
    figures["training_s"] = _training_s()
    figures["machine"] = f"{platform.processor() or platform.machine()}, {psutil.cpu_count()} cores"
    _report(figures)


def _turns(stack: RunningStack) -> Iterator[tuple[str, dict[str, float]]]:
    with httpx.Client(base_url=stack.url, timeout=60, trust_env=False) as client:
        identities = client.get("/api/v1/demo/identities").json()["identities"]
        identity = next(i["identity"] for i in identities if i["name"] == "unlinked_subscribed")
        floor = _timed(lambda: client.get("/healthz"))
        yield "nothing (/healthz)", floor
        for name, texts in track(TURNS.items(), "Measuring turns", console=console):
            body = {"language": "fr"} | ({"identity": identity} if name == "fee diagnosis" else {})
            for _ in range(WARM_UP):
                _last_turn_ms(client, body, texts)
            before = _cpu_s(stack)
            times = [_last_turn_ms(client, body, texts) for _ in range(ROUNDS)]
            # Of the whole conversation, from its start.
            cpu_ms = 1000 * (_cpu_s(stack) - before) / ROUNDS
            yield name, _summary(times) | {"cpu": round(cpu_ms, 1)}


def _last_turn_ms(client: httpx.Client, body: dict[str, str], texts: list[str]) -> float:
    started = client.post("/api/v1/conversations", json=body).json()
    headers = {"Authorization": f"Bearer {started['token']}"}
    path = f"/api/v1/conversations/{started['id']}/messages"
    took_ms = 0.0
    for text in texts:
        began = time.perf_counter()
        answer = client.post(
            path, json={"text": text, "client_id": str(uuid.uuid4())}, headers=headers
        )
        took_ms = 1000 * (time.perf_counter() - began)
        if answer.json()["messages"][0]["kind"] == "error":
            raise SystemExit(f"The bench got an error as answer to {text!r}; see var/log.")
    return took_ms


def _timed(call: Callable[[], object]) -> dict[str, float]:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - began))
    return _summary(times)


def _summary(times_ms: list[float]) -> dict[str, float]:
    ordered = sorted(times_ms)
    return {
        "median": round(statistics.median(ordered), 1),
        "p95": round(ordered[int(0.95 * (len(ordered) - 1))], 1),
    }


def _memory(stack: RunningStack) -> dict[str, int]:
    """Resident megabytes of each process with its children."""
    return {
        name: sum(member.memory_info().rss for member in family) // 1024**2
        for name, family in _families(stack)
    }


def _cpu_s(stack: RunningStack) -> float:
    """Seconds that the processes have kept the processor, since they started."""
    spent = [member.cpu_times() for _, family in _families(stack) for member in family]
    return sum(times.user + times.system for times in spent)


def _families(stack: RunningStack) -> Iterator[tuple[str, list[psutil.Process]]]:
    for name in stack.processes.processes:
        parent = psutil.Process(stack.pid(name))
        yield name, [parent, *parent.children(recursive=True)]


def _training_s() -> float:
    began = time.perf_counter()
    with console.status("Training the dialogue model anew"):
        training.train()
    return round(time.perf_counter() - began, 1)


def _report(figures: dict[str, Any]) -> None:
    turns = figures["turns_ms"]
    baseline = turns["small talk"]["median"]
    headers = ("median ms", "p95 ms", "processor ms", "against small talk")
    table = Table("Turn through the gateway", *headers)
    for name, times in turns.items():
        ratio = f"{times['median'] / baseline:.2f}"
        cpu = f"{times['cpu']:.1f}" if "cpu" in times else ""
        table.add_row(name, f"{times['median']:.1f}", f"{times['p95']:.1f}", cpu, ratio)
    console.print(table)
    total = sum(figures["memory_mb"].values())
    each = ", ".join(f"{name} {size} MB" for name, size in figures["memory_mb"].items())
    console.print(f"Memory: {total} MB in all ({each})")
    ready = f"{figures['ready_s']} s, {figures['ready_cpu_s']} s of the processors"
    console.print(f"Start to ready: {ready}. Training: {figures['training_s']} s.")
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"turns-{commit()}.json"
    file.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    console.print(f"Saved as {file.relative_to(ROOT)}")


def commit() -> str:
    """The commit that was measured, shortened, by which results are named."""
    found = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or "uncommitted"


if __name__ == "__main__":
    main()
