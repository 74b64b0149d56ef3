"""Trains the dialogue model when, and only when, something that it is made of has changed.

Articles are not among these, since the search follows them by itself, nor are the sentences of
domain.yml, which are read when the processes start.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from bot.core.errors import Unavailable
from bot.settings import ROOT, settings

MODEL = ROOT / "models" / "assistant.tar.gz"
_STAMP = ROOT / "models" / "assistant.json"
_LOG = ROOT / "var" / "log" / "train.log"
_DOMAIN = ROOT / "domain.yml"
# Without the sentences, which Rasa never says: it would read them for two seconds at each start,
# and weigh each as an action of its own in every turn.
_SILENT_DOMAIN = ROOT / "var" / "domain.yml"
_INPUTS = (
    "config.yml",
    "requirements.lock",
    "models/sentence-encoder",
    "data/nlu",
    "data/rules",
    "bot/nlu",
    "bot/core/numbers_in_words.py",  # decides what becomes a placeholder
)
_SUFFIXES = (".yml", ".py", ".safetensors", ".json")
# Rasa would report to the internet, and wait for it.
RASA_ENVIRONMENT = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}


def is_current() -> bool:
    """Whether the model is there and made of the files as they are."""
    try:
        stamp = json.loads(_STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return MODEL.exists() and bool(stamp.get("inputs") == fingerprint())


def train() -> None:
    """Trains the model; five to nine minutes.

    Raises:
        Unavailable: Training failed; the end of its log is in the message.
    """
    made_of = fingerprint()
    _LOG.parent.mkdir(parents=True, exist_ok=True)
    _SILENT_DOMAIN.write_text(yaml.safe_dump(_domain()), encoding="utf-8")
    command = [sys.executable, "-m", "rasa", "train"]
    command += [
        "--domain",
        str(_SILENT_DOMAIN),
        "--config",
        "config.yml",
        "--data",
        "data/nlu",
        "data/rules",
    ]
    command += [
        "--out",
        str(MODEL.parent),
        "--fixed-model-name",
        MODEL.name.removesuffix(".tar.gz"),
    ]
    with _LOG.open("wb") as log:
        # Rasa's own cache keeps what has not changed of an earlier training.
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **RASA_ENVIRONMENT},
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        tail = "\n".join(_LOG.read_text(errors="replace").splitlines()[-15:])
        raise Unavailable(f"Training failed; the whole log is in {_LOG}. It ends:\n{tail}")
    _STAMP.write_text(json.dumps({"inputs": made_of}), encoding="utf-8")


def fingerprint() -> str:
    """SHA-256 of all that the model is made of."""
    # Wherever the project lies, the model is the same.
    made_of = [_domain(), settings().encoder.removeprefix(f"{ROOT}/")]
    digest = hashlib.sha256(json.dumps(made_of, sort_keys=True).encode())
    for file in _files():
        digest.update(str(file.relative_to(ROOT)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _domain() -> dict[str, Any]:
    domain: dict[str, Any] = yaml.load(_DOMAIN.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    del domain["responses"]
    return domain


def _files() -> Iterator[Path]:
    for name in _INPUTS:
        path = ROOT / name
        if path.is_file():
            yield path
        else:
            yield from sorted(f for f in path.rglob("*") if f.suffix in _SUFFIXES)
