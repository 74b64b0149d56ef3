"""The cancellation request as a conversation: what a message changes, and what to ask next.

Rasa understands the message and keeps the loop; `hear` here turns what was understood into a new
draft and an outcome. The draft is kept in the database, never in Rasa's slots, and its digest ties
the visitor's "yes" to exactly what the recap showed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

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
Fault = Literal[
    "unknown_product",
    "no_product",
    "no_name",
    "bad_email",
    "bad_site_number",
    "no_emr_vendor",
    "yes_or_no",
    "no_reason",
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
MAX_REASON_CHARS = 1_000
MAX_MISSES = 3

_EMAIL = re.compile(r"[^@\s<>\"',;]+@[^@\s<>\"',;]+\.[a-zA-Z]{2,}")
_SITE_NUMBER = re.compile(r"\d{3,6}")
_NAME = re.compile(r"[^\W\d_]+(?:[ .'\u2019-]+[^\W\d_]+){0,4}\.?")
# The entity that an answer to the question holds.
_ANSWERED_BY: Mapping[Step, str] = {
    "products": "product",
    "requester_email": "email",
    "site_number": "site_number",
    "emr_vendor": "emr_vendor",
}
_QUESTION_WORDS = frozenset(
    "comment pourquoi où quand combien quel quelle quels quelles qui est-ce qu'est-ce how why "
    "where when what which who".split()
)
# A message with one of these intents is about something else, whatever was being asked.
_DIGRESSIONS = frozenset(
    {
        "faq",
        "ask_fee_check",
        "check_again",
        "ask_ticket_status",
        "ask_person",
        "help",
        "ask_bot",
        "abuse",
        "greet",
        "thank",
        "bye",
        "switch_language",
        "choose_section",
        "out_of_scope",
        "nlu_fallback",
    }
)


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
            "requester_email": bool(_EMAIL.fullmatch(self.requester_email or "")),
            "site_number": bool(_SITE_NUMBER.fullmatch(self.site_number or "")),
            "emr_vendor": bool(self.emr_vendor),
            "cloud_connect": "cloud_connect" not in self.products or self.cloud_connect_understood,
        }
        return [step for step, is_good in checks.items() if not is_good]

    def duties(self) -> tuple[str, ...]:
        """What the clinic itself has to do or know, by the products chosen."""
        chosen = set(self.products)
        return tuple(
            duty
            for duty, applies in (
                ("call_emr_vendor", bool(chosen & SITE_WIDE)),
                ("tell_emr_vendor", not chosen & SITE_WIDE),
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


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as it was understood: the text, its intent, and (entity, value) pairs in order."""

    text: str
    intent: str
    entities: Sequence[tuple[str, str]] = ()

    def all_of(self, entity: str) -> list[str]:
        """Values of one entity, in the order of the text, each once."""
        return list(dict.fromkeys(value for name, value in self.entities if name == entity))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message.

    "taken": it answered or changed something; `changed` lists the steps of fields that had another
    value before. "misunderstood": `fault` says what was wrong. "digression": about something else.
    "stopped": the visitor gave up the request. "confirmed": yes to the recap. "way_out": three
    misses in a row.
    """

    result: Literal["taken", "misunderstood", "digression", "stopped", "confirmed", "way_out"]
    fault: Fault | None = None
    changed: tuple[Step, ...] = field(default=())


def hear(draft: Draft, heard: Heard) -> tuple[Draft, Outcome]:
    """The draft after this message, and what became of the message."""
    if heard.intent == "stop":
        return draft, Outcome("stopped")
    if heard.intent == "confirm_draft":
        return _confirm(draft, heard)
    if _is_question(heard, draft):
        return draft, Outcome("digression")
    fuller = _with_entities(draft, heard)
    if fuller == draft or fuller.next_step() == draft.asked:
        # The entities did not settle what was asked: perhaps the words themselves do.
        fuller, fault = _answer_asked(fuller, heard)
        if fault and fuller.digest == draft.digest:
            if heard.intent in _DIGRESSIONS:
                return draft, Outcome("digression")
            return _missed(draft, fault)
    if fuller.confirmed:
        return fuller, Outcome("confirmed")
    return replace(fuller, misses=0), Outcome("taken", changed=_changed(draft, fuller))


def start(heard: Heard, known: Draft) -> Draft:
    """A new draft: what is `known` of a signed-in visitor, and all that the first message holds."""
    return _with_entities(known, heard)


def _confirm(draft: Draft, heard: Heard) -> tuple[Draft, Outcome]:
    digests = heard.all_of("draft")
    if draft.recapped == draft.digest and digests == [draft.digest]:
        return replace(draft, confirmed=draft.digest), Outcome("confirmed")
    # A button of an older recap: the visitor sees what the request says now.
    return draft, Outcome("misunderstood", "yes_or_no")


def _is_question(heard: Heard, draft: Draft) -> bool:
    """Whether the message asks something, even if it holds a product or a number."""
    if heard.intent in (
        "faq",
        "ask_fee_check",
        "ask_ticket_status",
        "ask_person",
        "choose_section",
    ):
        bare = len(heard.text.split()) <= 3 and bool(heard.entities)
        return not (bare or (heard.intent == "faq" and _resembles_title(heard, draft)))
    return draft.asked == "reason" and heard.text.rstrip().endswith("?")


def _resembles_title(heard: Heard, draft: Draft) -> bool:
    """Whether "la réservation en ligne", much like an article's title, answers what was asked."""
    wanted = _ANSWERED_BY.get(draft.asked) if draft.asked else None
    if wanted is None or not heard.all_of(wanted):
        return False
    first = heard.text.lower().replace("\u2019", "'").split(maxsplit=1)[0]
    return first not in _QUESTION_WORDS and not heard.text.rstrip().endswith("?")


def _with_entities(draft: Draft, heard: Heard) -> Draft:
    named = heard.all_of("product")
    kept = heard.all_of("kept_product")
    chosen = {*draft.products, *(PRODUCTS if "all" in named else named)} - {*kept}
    products = tuple(code for code in PRODUCTS if code in chosen)
    emails = heard.all_of("email")
    numbers = heard.all_of("site_number")
    vendors = heard.all_of("emr_vendor")
    names = heard.all_of("person_name")
    return replace(
        draft,
        products=products,
        requester_email=emails[-1].lower() if emails else draft.requester_email,
        site_number=numbers[-1] if numbers else draft.site_number,
        emr_vendor=vendors[-1] if vendors else draft.emr_vendor,
        requester_name=names[-1] if names else draft.requester_name,
        cloud_connect_understood=draft.cloud_connect_understood and "cloud_connect" in products,
    )


def _answer_asked(draft: Draft, heard: Heard) -> tuple[Draft, Fault | None]:
    """The draft with the words of the message taken as the answer to what was asked."""
    text = " ".join(heard.text.split())
    match draft.asked:
        case "products":
            return draft, "unknown_product" if heard.intent == "inform" else "no_product"
        case "requester_name":
            words = len(text.split())
            if heard.intent not in _DIGRESSIONS - {"nlu_fallback", "greet"} and (
                _NAME.fullmatch(text) and words <= 5
            ):
                return replace(draft, requester_name=text), None
            return draft, "no_name"
        case "requester_email":
            found = _EMAIL.search(text)
            if found:
                return replace(draft, requester_email=found.group().lower().rstrip(".")), None
            return draft, "bad_email"
        case "site_number":
            return draft, "bad_site_number"
        case "emr_vendor":
            is_short = len(text.split()) <= 4 and len(text) <= 60
            if heard.intent in ("inform", "nlu_fallback", "deny", "skip") and is_short and text:
                return replace(draft, emr_vendor=text), None
            return draft, "no_emr_vendor"
        case "cloud_connect":
            if heard.intent == "affirm":
                return replace(draft, cloud_connect_understood=True), None
            if heard.intent == "deny":
                others = tuple(code for code in draft.products if code != "cloud_connect")
                return replace(draft, products=others), None
            return draft, "yes_or_no"
        case "reason":
            if heard.intent in ("skip", "deny"):
                return replace(draft, reason_skipped=True), None
            if heard.intent in _DIGRESSIONS - {"nlu_fallback", "out_of_scope"} or not text:
                return draft, "no_reason"
            return replace(draft, reason=text[:MAX_REASON_CHARS]), None
        case "confirm":
            if heard.intent == "affirm" and draft.recapped == draft.digest:
                return replace(draft, confirmed=draft.digest), None
            return draft, "yes_or_no"
        case None:
            return draft, None


def _missed(draft: Draft, fault: Fault) -> tuple[Draft, Outcome]:
    missed = replace(draft, misses=draft.misses + 1)
    if missed.misses >= MAX_MISSES:
        return replace(missed, misses=0), Outcome("way_out", fault)
    return missed, Outcome("misunderstood", fault)


def _changed(before: Draft, after: Draft) -> tuple[Step, ...]:
    fields: dict[Step, tuple[object, object]] = {
        "products": (before.products, after.products),
        "requester_name": (before.requester_name, after.requester_name),
        "requester_email": (before.requester_email, after.requester_email),
        "site_number": (before.site_number, after.site_number),
        "emr_vendor": (before.emr_vendor, after.emr_vendor),
        "reason": (before.reason, after.reason),
    }
    return tuple(step for step, (old, new) in fields.items() if old and old != new)
