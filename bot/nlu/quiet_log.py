"""Rasa's log without anybody's words; bot/nlu/channel.py puts it in place as Rasa starts.

Rasa 3.6.21 logs the text of a message that it did not answer in time, and with an error the values
of the variables on its way. What happened, and where, is kept: nothing else.
"""

from __future__ import annotations

from typing import Any

import structlog
from structlog.typing import EventDict

_KEPT = ("event", "level", "timestamp")


def quieten() -> None:
    """Changes the log of this process, for the loggers that exist already too."""
    processors = structlog.get_config()["processors"]
    if without_words not in processors:
        processors.insert(len(processors) - 1, without_words)  # the last one writes


def without_words(_logger: object, _method: str, entry: EventDict) -> EventDict:
    """The entry with what is kept of it, as a processor of structlog."""
    kept = {name: entry[name] for name in _KEPT if name in entry}
    errors = entry.get("exception")
    if isinstance(errors, list):
        kept["errors"] = [_place(error) for error in errors]
    return kept


def _place(error: dict[str, Any]) -> str:
    frames = [f"{f['filename']}:{f['lineno']}" for f in error.get("frames", ())]
    return " < ".join([str(error["exc_type"]), *reversed(frames)])
