"""The cancellation request being collected: what it holds, and what to ask next.

`hearing.py` says what a message changes of it. The draft is kept in the database, never in Rasa's
slots, and its digest ties the visitor's "yes" to exactly what the recap showed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from bot.core.filing import digest_of
from bot.core.wording import EMAIL, NO_EMR, SITE_NUMBER

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
Scope = Literal["site_wide", "licence"]
# Sold for the whole site by the month, or as single licences and studies. A whole site's goes
# through the team, and the EMR vendor, who bills it, must be phoned.
SOLD_BOTH_WAYS = frozenset({"patient_messages", "studies"})
# Where the steps stand by which the clinic stops a product itself: article and section.
SELF_SERVICE: Mapping[str, str] = {
    "tablets_kiosks": "tablet-deregister#permanent",
    "patient_messages": "licence-remove#remove",
    "patient_reminders": "licence-remove#remove",
    "website_forms": "website-form-delete#delete",
    "online_booking": "online-booking-stop-billing#steps",
    "studies": "study-delete#delete",
    "cloud_connect": "cancel-services#cloud-connect-disable",
}
# Removing the licence ends both: whoever gives up one may want to keep the other.
SAME_LICENCE = frozenset({"patient_messages", "patient_reminders"})


@dataclass(frozen=True, slots=True)
class Notice:
    """A duty of the clinic as it was shown: in which words, when, and when it was accepted.

    Times are RFC 3339, in UTC. What the recap shows is accepted with the recap.
    """

    duty: str
    language: str
    text: str
    shown_at: str
    accepted_at: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A request being collected. Empty strings do not occur: what is not known is None.

    `scopes` says of products that are sold in two ways which one is meant, where that was said.
    `unknown` names what was to be cancelled as well and is none of our products.
    `notices` are the duties that the visitor has been shown.
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
    scopes: Mapping[str, Scope] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Of all that the recap shows."""
        return digest_of(
            [
                sorted(self.products),
                self.requester_name,
                self.requester_email,
                self.site_number,
                self.emr_vendor,
                self.reason,
                sorted(item for item in self.scopes.items() if item[0] in self.products),
                self.unknown,
            ]
        )

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
            "site_number": bool(SITE_NUMBER.fullmatch(self.site_number or "")),
            "emr_vendor": bool(self.emr_vendor),
            "cloud_connect": "cloud_connect" not in self.products or self.cloud_connect_understood,
        }
        return [step for step, is_good in checks.items() if not is_good]

    def duties(self) -> tuple[str, ...]:
        """What the clinic itself has to do or know, by the products chosen."""
        has_vendor = self.emr_vendor not in NO_EMR
        # Where the scope was not said, it may be the whole site's: better one call too many.
        must_call = any(
            product in SOLD_BOTH_WAYS and self.scopes.get(product) != "licence"
            for product in self.products
        )
        return tuple(
            duty
            for duty, applies in (
                ("call_emr_vendor", has_vendor and must_call),
                ("tell_emr_vendor", has_vendor and not must_call),
                ("cloud_connect_caution", "cloud_connect" in self.products),
                ("self_service", bool(self.self_service())),
                ("same_licence", len(SAME_LICENCE & {*self.self_service()}) == 1),
            )
            if applies
        )

    def self_service(self) -> tuple[str, ...]:
        """Products that the clinic can stop itself, in their order: not the whole site's."""
        return tuple(
            product
            for product in self.products
            if product in SELF_SERVICE and self.scopes.get(product) != "site_wide"
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Draft:
        """The draft that `to_json` wrote."""
        notices = tuple(Notice(**notice) for notice in stored.get("notices", ()))
        lists = {name: tuple(stored.get(name, ())) for name in ("products", "unknown")}
        return cls(**{**stored, **lists, "notices": notices})
