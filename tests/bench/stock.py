"""`make bench`: our understanding beside the pipeline and policies that Rasa proposes (DIET, TED).

Both learn the same messages, at most so many a label, and a rule for each intent; each then answers
the calibration messages in a process of its own: no gateway, no action server, trackers in memory.
`python -m tests.bench.stock --help`
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Annotated, Any, Literal

import psutil
import structlog
import typer
import yaml
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from bot.settings import ROOT
from bot.training import RASA_ENVIRONMENT
from tests.bench.leakage import CALIBRATION, training_messages
from tests.bench.turns import RESULTS, commit

Side = Literal["ours", "stock"]
# Not all of our messages: DIET's time grows with them.
PER_LABEL = 20
EPOCHS = 30
TURNS = 50
WARM_UP = 5
console = Console()
app = typer.Typer(add_completion=False)

# What `rasa init` writes, without the selector of responses, of which we have none.
STOCK_PIPELINE: list[dict[str, Any]] = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier"},
    {"name": "EntitySynonymMapper"},
    {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
]
STOCK_POLICIES: list[dict[str, Any]] = [
    {"name": "MemoizationPolicy"},
    {"name": "RulePolicy"},
    {"name": "TEDPolicy", "max_history": 5},
]


@app.command()
def compare(
    per_label: Annotated[int, typer.Option(help="Messages learned of each label.")] = PER_LABEL,
    epochs: Annotated[int, typer.Option(help="Of DIET and of TED; Rasa proposes 100.")] = EPOCHS,
) -> None:
    """Trains both, asks both, prints figures and ratios."""
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        for side in ("ours", "stock"):
            folder = Path(name) / side
            count = write_project(folder, side, per_label, epochs)
            console.print(f"{side}: {count:,} messages")
            figures[side] = {"training_s": round(_train(folder), 1), **_answers(folder, side)}
    table = Table("", "ours", f"stock, {epochs} epochs", "stock / ours")
    for what, ours in figures["ours"].items():
        stock = figures["stock"][what]
        table.add_row(what, f"{ours:g}", f"{stock:g}", f"{stock / ours:.2f}")
    console.print(table)
    RESULTS.mkdir(exist_ok=True)
    saved = {"per_label": per_label, "epochs": epochs, **figures}
    (RESULTS / f"stock-{commit()}.json").write_text(json.dumps(saved, indent=2) + "\n", "utf-8")


@app.command(hidden=True)
def ask(folder: Path, side: str) -> None:
    """Answers the calibration messages with the model of a folder; prints figures as JSON."""
    typer.echo(json.dumps(asyncio.run(_ask(folder, side))))


def write_project(folder: Path, side: str, per_label: int, epochs: int) -> int:
    """Writes what Rasa trains from; gives the number of messages."""
    folder.mkdir()
    by_label: dict[str, list[str]] = defaultdict(list)
    for text, label in training_messages():
        by_label[_name(label, side)].append(" ".join(text.split()))
    by_label = {label: texts[:per_label] for label, texts in by_label.items()}
    intents = sorted({*(label.split("/")[0] for label in by_label), "nlu_fallback"})
    if side == "ours":
        config = yaml.safe_load((ROOT / "config.yml").read_text("utf-8"))
    else:
        trained = ("DIETClassifier", "TEDPolicy")
        pipeline, policies = (
            [part | {"epochs": epochs} if part["name"] in trained else part for part in parts]
            for parts in (STOCK_PIPELINE, STOCK_POLICIES)
        )
        config = {"recipe": "default.v1", "language": "fr", "assistant_id": "stock"}
        config |= {"pipeline": pipeline, "policies": policies}
    steps = {name: [{"intent": name}, {"action": f"utter_about_{name}"}] for name in intents}
    files: dict[str, Any] = {
        "config": config,
        "domain": {
            "intents": intents,
            "actions": ["action_answer"],
            "responses": {f"utter_about_{name}": [{"text": name}] for name in intents},
        },
        "nlu": {
            "nlu": [
                {"intent": label, "examples": "".join(f"- {text}\n" for text in texts)}
                for label, texts in by_label.items()
            ]
        },
        "rules": {"rules": [{"rule": name, "steps": two} for name, two in steps.items()]},
        "stories": {
            "stories": [
                {"story": f"{one} {other}", "steps": steps[one] + steps[other]}
                for one, other in zip(intents, intents[1:] + intents[:1], strict=True)
            ]
        },
    }
    if side == "ours":
        # Rules alone lead our dialogue.
        del files["stories"]
    for name, content in files.items():
        text = yaml.safe_dump({"version": "3.1"} | content, allow_unicode=True, sort_keys=False)
        (folder / f"{name}.yml").write_text(text, "utf-8")
    return sum(map(len, by_label.values()))


def _name(label: str, side: str) -> str:
    # A slash says to Rasa that the rest is a matter of a selector: DIET would not learn it.
    return label if side == "ours" else label.replace("/", "__")


def _train(folder: Path) -> float:
    command = [sys.executable, "-m", "rasa", "train", "--config", str(folder / "config.yml")]
    command += ["--domain", str(folder / "domain.yml"), "--data", str(folder)]
    command += ["--out", str(folder), "--fixed-model-name", "model"]
    began = time.perf_counter()
    _run(command, folder, f"Training {folder.name}")
    return time.perf_counter() - began


def _answers(folder: Path, side: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.stock", "ask", str(folder), side]
    said = _run(command, folder, f"Asking {side}")
    found: dict[str, float] = json.loads(said.strip().splitlines()[-1])
    return found


def _run(command: list[str], folder: Path, what: str) -> str:
    """What the command prints; while it runs, the last epoch that it tells of is shown."""
    # Rasa keeps what it has trained in a cache, and would not train again.
    own = {"RASA_CACHE_DIRECTORY": str(folder / "cache"), "PYTHONPATH": str(ROOT)}
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    log = folder / "log"
    with Progress(*columns, console=console) as progress, log.open("wb") as errors:
        task = progress.add_task(what)
        running = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **RASA_ENVIRONMENT, **own},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        while True:
            try:
                said, _ = running.communicate(timeout=1)
                break
            except subprocess.TimeoutExpired:
                epochs = re.findall(r"Epochs:\s+\d+%.*?(\d+/\d+)", log.read_text(errors="replace"))
                progress.update(task, description=f"{what}, epoch {epochs[-1]}" if epochs else what)
    if running.returncode != 0:
        raise SystemExit(f"{' '.join(command[1:4])} failed:\n{log.read_text('utf-8')[-2000:]}")
    return said


async def _ask(folder: Path, side: str) -> dict[str, float]:
    from rasa.core.agent import Agent
    from rasa.core.channels.channel import UserMessage

    # Unconfigured, it prints each message: that would be measured too.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    agent = Agent.load(str(folder / "model.tar.gz"))
    assert agent.processor is not None
    questions = [json.loads(line) for line in CALIBRATION.read_text("utf-8").splitlines()]
    right: dict[str, list[bool]] = defaultdict(list)
    parse_ms, turn_ms = [], []
    for question in questions:
        began = time.perf_counter()
        parsed = await agent.processor.parse_message(UserMessage(question["text"]))
        parse_ms.append(1000 * (time.perf_counter() - began))
        wanted = [_label(outcome) for outcome in question["expect"]]
        is_right = _heard(parsed, side) in wanted
        kind = wanted[0].split("/")[0]
        right["all"].append(is_right)
        right[kind if kind in ("faq", "out_of_scope") else "flows"].append(is_right)
    for place, question in enumerate(questions[:TURNS]):
        began = time.perf_counter()
        assert await agent.handle_text(question["text"], sender_id=str(place))
        turn_ms.append(1000 * (time.perf_counter() - began))
    return {
        "parse_ms": round(statistics.median(parse_ms[WARM_UP:]), 2),
        "turn_ms": round(statistics.median(turn_ms[WARM_UP:]), 2),
        "memory_mb": psutil.Process().memory_info().rss // 1024**2,
        **{f"right, {kind}": round(statistics.mean(found), 3) for kind, found in right.items()},
    }


def _heard(parsed: dict[str, Any], side: str) -> str:
    """The likeliest label, whatever a fallback makes of it."""
    if side == "ours":
        return str(parsed["label_ranking"][0]["name"])
    ranked = [one["name"] for one in parsed["intent_ranking"] if one["name"] != "nlu_fallback"]
    return str(ranked[0]).replace("__", "/")


def _label(outcome: str) -> str:
    """As in tests/bench/classifiers.py: the label that an expected outcome stands for."""
    kind, _, rest = outcome.partition("/")
    if kind == "faq":
        return f"faq/{rest.replace('#', '.')}"
    return "out_of_scope" if kind == "abstain" else rest


if __name__ == "__main__":
    app()
