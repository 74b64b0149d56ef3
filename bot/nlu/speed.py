"""What Rasa 3.6.21 does over again in every turn, done once, and what it does in a long way.

Half of Rasa's time in a turn went into them (`make bench`); Rasa's own releases have ended, so they
are replaced here, at import, by something that does the same.
"""

from __future__ import annotations

from contextlib import nullcontext
from functools import lru_cache
from typing import Any

import aiohttp
import dask
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import Event
from rasa.utils.endpoints import EndpointConfig

# Rasa builds and checks this schema for every answer of the action server.
_ACTION_RESULT = Draft202012Validator(RemoteAction.action_response_format_spec())
_resolve_by_type = Event.resolve_by_type
_new_session = EndpointConfig.session


def _validate_action_result(_action: RemoteAction, result: dict[str, Any]) -> bool:
    _ACTION_RESULT.validate(result)
    return True


# Rasa walks through all subclasses of Event for every stored event that it reads.
@lru_cache(maxsize=256)
def _event_class(type_name: str, default: type[Event] | None = None) -> type[Event] | None:
    found: type[Event] | None = _resolve_by_type(type_name, default)
    return found


# Rasa opens a session, and with it a connection, for every call of an action. An idle connection is
# closed here after 15 seconds, long before the action server would (actions/__main__.py).
def _kept_session(endpoint: EndpointConfig) -> nullcontext[aiohttp.ClientSession]:
    kept: aiohttp.ClientSession | None = getattr(endpoint, "kept_session", None)
    if kept is None or kept.closed:
        kept = endpoint.kept_session = _new_session(endpoint)
    return nullcontext(kept)


def apply() -> None:
    """Puts the replacements in place; safe to call twice."""
    RemoteAction._validate_action_result = _validate_action_result
    Event.resolve_by_type = staticmethod(_event_class)
    EndpointConfig.session = _kept_session
    # Rasa's graphs run with a scheduler for many threads, of which it uses one; dask has a plain
    # loop as well.
    dask.get = dask.core.get  # type: ignore[attr-defined,assignment]
