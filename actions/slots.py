"""The Rasa events that actions return: what moves a slot or a form.

A form whose validation sets nothing but `requested_slot` counts as not understood (Rasa 3.6,
`FormAction.validate`), so whatever ends a form sets the form's own slot as well.
"""

from __future__ import annotations

from typing import Any

Event = dict[str, Any]


def set_slot(name: str, value: object) -> Event:
    """Sets a slot."""
    return {"event": "slot", "name": name, "value": value, "timestamp": None}


def form_ends(slot: str) -> list[Event]:
    """Ends the form whose slot this is; the message has had its answer."""
    return [set_slot(slot, None), set_slot("requested_slot", None)]


def next_action(name: str) -> Event:
    """Has an action run next, whatever the rules say."""
    return {"event": "followup", "name": name, "timestamp": None}


def form_rejects(form: str) -> Event:
    """Keeps the form but lets the rules for interruptions answer this message."""
    return {
        "event": "action_execution_rejected",
        "name": form,
        "policy": None,
        "confidence": None,
        "timestamp": None,
    }


def form_gives_way(form: str) -> list[Event]:
    """Ends the form and lets the ordinary rules answer this message."""
    return [
        {"event": "active_loop", "name": None, "timestamp": None},
        set_slot("requested_slot", None),
        form_rejects(form),
    ]
