"""The cancellation request being collected: what it holds, and what to ask next.

`hearing.py` says what a message changes of it. The draft is kept in the database, never in Rasa's
slots, and its digest ties the visitor's "yes" to exactly what the recap showed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from bot.core.wording import EMAIL, NO_EMR

Step = Literal[
    "products",
    "requester_name",
    "requester_email",
    "site_number",
    "emr_vendor",
    "cloud_connect",
    "reason",
    "confirm",
]
PRODUCTS = (
    "tablets_kiosks",
    "patient_messages",
    "patient_reminders",
    "website_forms",
    "online_booking",
    "studies",
    "cloud_connect",
    "ereferral",
)
# Sold as monthly subscriptions for the whole site: the EMR vendor bills them and must be phoned.
SITE_WIDE = frozenset({"patient_messages", "studies"})
# Those that the clinic can stop itself, where the request is only a help.
SELF_SERVICE = frozenset(
    {
        "tablets_kiosks",
        "patient_messages",
        "patient_reminders",
        "website_forms",
        "online_booking",
        "studies",
        "cloud_connect",
    }
)
_SITE_NUMBER = re.compile(r"[0-9]{3,6}")


@dataclass(frozen=True, slots=True)
class Draft:
    """A request being collected. Empty strings do not occur: what is not known is None.

    `remark` names the sentence to say before the next question.
    `heard_message` is the id of the last message judged: none is judged twice.
    `recapped` is the digest that the last recap showed, `confirmed` the one the visitor agreed to.
    """

    products: tuple[str, ...] = ()
    requester_name: str | None = None
    requester_email: str | None = None
    site_number: str | None = None
    emr_vendor: str | None = None
    reason: str | None = None
    reason_skipped: bool = False
    cloud_connect_understood: bool = False
    asked: Step | None = None
    misses: int = 0
    remark: str | None = None
    heard_message: int = 0
    recapped: str | None = None
    confirmed: str | None = None

    @property
    def digest(self) -> str:
        """Of all that the recap shows: 16 hexadecimal digits, another for any other content."""
        shown = [
            sorted(self.products),
            self.requester_name,
            self.requester_email,
            self.site_number,
            self.emr_vendor,
            self.reason,
        ]
        return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:16]

    def next_step(self) -> Step:
        """What to ask now: the first thing missing, or the confirmation."""
        if not self.products:
            return "products"
        if not self.requester_name:
            return "requester_name"
        if not self.requester_email:
            return "requester_email"
        if not self.site_number:
            return "site_number"
        if not self.emr_vendor:
            return "emr_vendor"
        if "cloud_connect" in self.products and not self.cloud_connect_understood:
            return "cloud_connect"
        if self.reason is None and not self.reason_skipped:
            return "reason"
        return "confirm"

    def faults(self) -> list[Step]:
        """Fields that a ticket cannot be filed with, each by its step."""
        checks: dict[Step, bool] = {
            "products": bool(self.products) and set(self.products) <= set(PRODUCTS),
            "requester_name": bool(self.requester_name),
            "requester_email": bool(EMAIL.fullmatch(self.requester_email or "")),
            "site_number": bool(_SITE_NUMBER.fullmatch(self.site_number or "")),
            "emr_vendor": bool(self.emr_vendor),
            "cloud_connect": "cloud_connect" not in self.products or self.cloud_connect_understood,
        }
        return [step for step, is_good in checks.items() if not is_good]

    def duties(self) -> tuple[str, ...]:
        """What the clinic itself has to do or know, by the products chosen."""
        chosen = set(self.products)
        has_vendor = self.emr_vendor not in NO_EMR
        return tuple(
            duty
            for duty, applies in (
                ("call_emr_vendor", has_vendor and bool(chosen & SITE_WIDE)),
                ("tell_emr_vendor", has_vendor and not chosen & SITE_WIDE),
                ("cloud_connect_caution", "cloud_connect" in chosen),
                ("self_service", bool(chosen & SELF_SERVICE)),
            )
            if applies
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Draft:
        """The draft that `to_json` wrote."""
        return cls(**{**stored, "products": tuple(stored["products"])})
