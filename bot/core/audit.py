"""The record of what agents, operators and visitors' erasures did: append-only, tamper-evident.

The gateway's doors (`gateway/access.py`) write before anything is shown, so nothing is seen without
a trace. Each entry is sealed with the seal of the one before it: whoever changes, inserts or
deletes one breaks the chain from there on. With a key (HELPDESK_AUDIT_KEY) nobody without it can
mend the chain; a cut at its end shows against a seal that was noted elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

FIRST_SEAL = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what to what. Holds no visitor's words: ids, references and counts alone."""

    at: datetime
    actor: str
    action: str
    subject: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry in its place. Numbers begin at 1 and have no gaps."""

    number: int
    entry: Entry
    seal: str


def seal(entry: Entry, number: int, previous: str, key: bytes) -> str:
    """The HMAC-SHA256 of the entry, its number and the seal before it, in hex."""
    parts = [
        number,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor,
        entry.action,
        entry.subject,
        dict(entry.details),
        previous,
    ]
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def first_fault(log: Iterable[Sealed], key: bytes) -> int | None:
    """The number at which the chain breaks; None if all of it holds. `log` is in order."""
    previous = FIRST_SEAL
    for expected, sealed in enumerate(log, start=1):
        right = seal(sealed.entry, expected, previous, key)
        if sealed.number != expected or not hmac.compare_digest(sealed.seal, right):
            return expected
        previous = sealed.seal
    return None
