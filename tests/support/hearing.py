"""Messages as the product understands them, and requests that wait for one answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.core.cancellation import Draft, Step
from bot.core.heard import Heard
from bot.core.hearing import hear
from bot.core.payloads import payload
from bot.nlu.entities import EntityFinder
from bot.settings import ROOT

FINDER = EntityFinder(ROOT / "data" / "lookups")


def typed(text: str, intent: str = "inform", name: str | None = None) -> Heard:
    """A message with its entities; `name` is what the finder of names makes of it."""
    found = FINDER.find(text)
    entities = [(entity.name, entity.value) for entity in found]
    places = [(entity.start, entity.end) for entity in found]
    return Heard(text, intent, [*entities, *([("person_name", name)] if name else [])], places)


def pressed(intent: str, **values: str) -> Heard:
    """A button."""
    return Heard(payload(intent, **values), intent, list(values.items()))


def asking(step: Step, **changes: Any) -> Draft:
    """A request of which everything before this step is known."""
    known: dict[Step, dict[str, Any]] = {
        "products": {"products": ("studies",)},
        "requester_name": {"requester_name": "Luc Roy"},
        "requester_email": {"requester_email": "luc@clinique.example.com"},
        "site_number": {"site_number": "4411"},
        "emr_vendor": {"emr_vendor": "Juno"},
        "cloud_connect": {},
        "reason": {"reason": "trop cher"},
    }
    draft = Draft(asked=step)
    for earlier, values in known.items():
        if earlier == step:
            break
        draft = replace(draft, **values)
    draft = replace(draft, **changes)
    return replace(draft, recapped=draft.digest) if step == "confirm" else draft


CAUTION = asking("cloud_connect", products=("studies", "cloud_connect"))
RECAP = asking("confirm", products=("tablets_kiosks", "patient_reminders"))


def result(draft: Draft, heard: Heard) -> str:
    """What became of the message, in a word."""
    return hear(draft, heard)[1].result
