"""Two things that Rasa 3.6.21 does over again in every turn, done once.

Half of Rasa's time in a turn went into them (`make bench`); Rasa's own releases have ended, so they
are replaced here, at import, by something that does the same.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import Event

# Rasa builds and checks this schema for every answer of the action server.
_ACTION_RESULT = Draft202012Validator(RemoteAction.action_response_format_spec())
_resolve_by_type = Event.resolve_by_type


def _validate_action_result(_action: RemoteAction, result: dict[str, Any]) -> bool:
    _ACTION_RESULT.validate(result)
    return True


# Rasa walks through all subclasses of Event for every stored event that it reads.
@lru_cache(maxsize=256)
def _event_class(type_name: str, default: type[Event] | None = None) -> type[Event] | None:
    found: type[Event] | None = _resolve_by_type(type_name, default)
    return found


def apply() -> None:
    """Puts the replacements in place; safe to call twice."""
    RemoteAction._validate_action_result = _validate_action_result
    Event.resolve_by_type = staticmethod(_event_class)
