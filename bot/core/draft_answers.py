"""The draft with the words of a message as the answer to the question asked, or what is wrong.

Called by `hearing.py`. Values named out of turn are `draft_values.py`; words are read by
`wording.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.core import corrections, meant_values, names_in_words, wording
from bot.core.cancellation import Draft, Step
from bot.core.draft_values import MAX_REASON_CHARS, without
from bot.core.heard import SHORT, SMALL_TALK, UNCLEAR, Fault, Heard

# The intents that the classifier gives to names, when it does not give them to just anything.
_OF_NAMES = (
    UNCLEAR
    | SMALL_TALK
    | {
        "inform",
        "faq",
        "fee_detail",
        "switch_language",
        "request_cancellation",
    }
)
FAULTS: Mapping[Step | None, Fault] = {
    "products": "no_product",
    "requester_name": "no_name",
    "requester_email": "bad_email",
    "site_number": "bad_site_number",
    "emr_vendor": "no_emr_vendor",
    "reason": "no_reason",
}


def answer_asked(draft: Draft, heard: Heard) -> tuple[Draft, Fault | None]:
    """The draft with the words of the message taken as the answer to what was asked."""
    text = heard.text
    match draft.asked:
        case "products":
            return draft, "unknown_product" if heard.intent == "inform" else "no_product"
        case "requester_name" if name := name_said(heard):
            return replace(draft, requester_name=name), None
        case "requester_email" if email := meant_values.email_in(text):
            return replace(draft, requester_email=email), None
        case "site_number" if number := wording.site_number_in(text):
            return replace(draft, site_number=number), None
        case "emr_vendor" if vendor := wording.emr_vendor_in(text):
            return replace(draft, emr_vendor=vendor), None
        case "cloud_connect":
            return _answer_caution(draft, heard)
        case "reason":
            return _answer_reason(draft, heard)
        case "confirm":
            return _answer_recap(draft, heard)
        case None:
            return draft, None
    return draft, FAULTS[draft.asked]


def name_said(heard: Heard) -> str | None:
    """The name that the message is, if it is one."""
    name = names_in_words.name_in(heard.text) or next(iter(heard.names), None)
    if name is None or wording.asks(heard.text) or wording.gives_up_outright(heard.text):
        return None
    if heard.intent in _OF_NAMES:
        is_value = bool({*dict(heard.entities)} - {"person_name", "email"})
        return name if names_in_words.is_capitalised(name) or not is_value else None
    # "Louise Cooper" resembles the wish for a person; "Parfait" is hardly ever a name.
    is_full = " " in name and names_in_words.is_capitalised(name)
    return name if is_full and not wording.gives_up(heard.text) else None


def _answer_caution(draft: Draft, heard: Heard) -> tuple[Draft, Fault | None]:
    is_yes, is_no = (heard.intent == intent for intent in ("affirm", "deny"))
    if wording.agrees(heard.text, is_yes=is_yes):
        return replace(draft, cloud_connect_understood=True), None
    if is_no or wording.refuses(heard.text):
        others = tuple(code for code in draft.products if code != "cloud_connect")
        return replace(draft, products=others), None
    return draft, "yes_or_no"


def _answer_reason(draft: Draft, heard: Heard) -> tuple[Draft, Fault | None]:
    text = heard.text
    says_nothing = bool(text) and not re.search(r"[^\W_]{2}", text)
    # "Le service n'est pas bon" sounds like a no, and is a reason.
    is_no = heard.intent == "deny" and (len(text.split()) <= SHORT or wording.opens_with_no(text))
    if is_no or heard.intent == "skip" or wording.declines(text) or says_nothing:
        return replace(draft, reason_skipped=True), None
    is_bare_yes = heard.intent == "affirm" and len(text.split()) <= SHORT
    is_order = corrections.orders(text) and bool(heard.all_of("kept_product"))
    if not text or is_bare_yes or is_order or text.endswith("?") or heard.all_of("email"):
        return draft, "no_reason"
    return replace(draft, reason=(wording.reason_in(text) or text)[:MAX_REASON_CHARS]), None


def _answer_recap(draft: Draft, heard: Heard) -> tuple[Draft, Fault | None]:
    text = heard.text
    is_same = draft.recapped == draft.digest
    if is_same and wording.agrees(text, is_yes=heard.intent == "affirm"):
        return replace(draft, confirmed=draft.digest), None
    reason = wording.reason_in(text)
    if reason:
        return replace(draft, reason=reason[:MAX_REASON_CHARS]), None
    wrong = corrections.field_to_change(text) or corrections.bare_field(text)
    name = name_said(heard)
    is_full_name = (
        name and " " in name and names_in_words.is_capitalised(name) and not heard.entities
    )
    if is_full_name and wrong in (None, "requester_name"):
        return replace(draft, requester_name=name), None
    if wrong is None:
        is_no = heard.intent == "deny" or wording.refuses(text)
        return draft, "to_correct" if is_no else "yes_or_no"
    return without(draft, wrong), None
