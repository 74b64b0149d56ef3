"""The values that a message names, whatever was asked, and the draft with or without them.

Services with what is kept and what is taken off, addresses, numbers, names, the reason. Called by
`hearing.py`; what answers the question asked is `draft_answers.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.core import corrections, meant_values, names_in_words, wording
from bot.core.cancellation import PRODUCTS, SOLD_BOTH_WAYS, Draft, Scope, Step
from bot.core.heard import BARE, Heard

MAX_REASON_CHARS = 1_000
_SPARES = re.compile(
    r"\b(?:sans|without|n'|ne|don't|dont|not)\b.{0,20}?"
    r"\b(?:annul|arr[êe]t|r[ée]sili|d[ée]sactiv|cancel|stop|touch)\w*",
    re.IGNORECASE,
)


def with_values(draft: Draft, heard: Heard) -> Draft:
    """The draft with the values that the message names, whatever was asked."""
    emails = [email.lower() for email in heard.all_of("email")]
    draft = replace(draft, requester_email=_one_of(heard, emails, draft.requester_email))
    if draft.asked == "reason":
        # "Les rappels ne servent à rien" is a reason, and adds no reminders to the request.
        heard = _corrections_alone(draft, heard)
        if not heard.entities and not _puts_name_right(heard.text):
            return draft
    products = _products(draft, heard)
    # Where the name is asked for, the words are read with more care than by the general finder.
    names = [] if draft.asked == "requester_name" else heard.names
    stated = names_in_words.stated_name(heard.text) or names_in_words.name_beside_email(heard.text)
    if stated is None and draft.asked != "requester_name":
        stated = names_in_words.name_of_another(heard.text)
    if stated:
        names = [stated]
    numbers = [n for n in heard.all_of("site_number") if not wording.denies(heard.text, n)]
    if len({*numbers} - {draft.site_number}) > 1 and not wording.puts_another(heard.text):
        # A request is for one site: of "4411 et 4412" neither is taken, and one is asked for.
        numbers = []
    return replace(
        draft,
        products=products,
        requester_name=_new(names, draft.requester_name),
        reason=(wording.reason_in(heard.text) or draft.reason or "")[:MAX_REASON_CHARS] or None,
        site_number=_new(numbers, draft.site_number),
        emr_vendor=_one_of(heard, heard.all_of("emr_vendor"), draft.emr_vendor),
        cloud_connect_understood=draft.cloud_connect_understood and "cloud_connect" in products,
        scopes=_scopes(draft, heard, products),
    )


def _corrections_alone(draft: Draft, heard: Heard) -> Heard:
    """The message with only those values that correct something, while a reason is asked for."""
    kept = [entity for entity in heard.entities if entity[0] == "kept_product"]
    corrected: set[str] = set()
    if corrections.orders_services(heard.text, heard.marked) or keeps_or_names(
        draft, replace(heard, entities=kept)
    ):
        corrected |= {"product", "kept_product"}
    if corrections.puts_value_right(heard.marked):
        corrected |= {"site_number", "emr_vendor"}
    return replace(heard, entities=[e for e in heard.entities if e[0] in corrected], places=())


def _puts_name_right(text: str) -> bool:
    name = names_in_words.stated_name(text) or names_in_words.name_of_another(text)
    return name is not None and corrections.corrects(text)


def _scopes(draft: Draft, heard: Heard, products: tuple[str, ...]) -> Mapping[str, Scope]:
    """Which kind of subscription is meant, of the products named or, if none is, of all."""
    scope = corrections.scope_in(heard.text)
    if scope is None:
        return draft.scopes
    named = {*heard.all_of("product")} & {*PRODUCTS}
    meant = SOLD_BOTH_WAYS & {*products} & (named or {*products})
    return {**draft.scopes, **dict.fromkeys(sorted(meant), scope)}


def _new(values: Sequence[str], current: str | None) -> str | None:
    """The value meant: of "Oscar, pas Accuro" the one that is not there yet, else the last."""
    others = [value for value in values if value != current]
    return others[-1] if others else current


def _one_of(heard: Heard, values: Sequence[str], current: str | None) -> str | None:
    """The value meant; where none is known yet, the first of several: the last may be an aside."""
    return _new(values, current) if current else meant_values.first_or_last(heard.text, values)


def _products(draft: Draft, heard: Heard) -> tuple[str, ...]:
    named = heard.all_of("product")
    before = set(draft.products)
    is_short = len(heard.text.split()) <= BARE and draft.asked != "confirm"
    if before and not (is_short or corrections.orders_all(heard.text)):
        # "Everything looks good" or "change everything" is not said of the services.
        named = [code for code in named if code not in ("all", "rest")]
    kept = {*heard.all_of("kept_product")}
    wanted = set(PRODUCTS if "all" in named else named) - {"rest"}
    if "rest" in named and kept:
        # "Gardez les rappels, annulez le reste": of what is in the request already, else of all.
        wanted |= before or {*PRODUCTS}
    text = heard.text
    if kept:
        # What spares a service takes no other off: "la messagerie, sans toucher aux rappels".
        text = _SPARES.sub(" ", text)
    change = corrections.list_change(text) if before else None
    if heard.intent == "stop" and wanted < before:
        # "Laissez tomber les rappels" is said of the rappels alone.
        change = "remove"
    if change == "swap" and wanted - before:
        chosen = before ^ wanted
    elif change == "remove" and (wanted & before or corrections.takes_off_the_list(heard.text)):
        chosen = before - wanted
        if not chosen and len(wanted) > 1 and corrections.narrows_later(heard.text):
            # "Remove the booking, leave just the kiosks": what is named last is what stays.
            chosen = {named[-1]}
    elif wanted and (
        (change == "only" and draft.asked == "confirm") or corrections.narrows(heard.text)
    ):
        chosen = wanted
    else:
        chosen = before | wanted
    chosen -= kept
    return tuple(code for code in PRODUCTS if code in chosen)


def with_unknown(draft: Draft, heard: Heard, unknown: Sequence[str]) -> Draft:
    """The draft with what was named along with services and is none, or without it again."""
    is_taken_off = corrections.list_change(heard.text) == "remove"
    if is_taken_off or wording.refuses(heard.text) or wording.gives_up(heard.text):
        words = heard.text.lower()
        return replace(draft, unknown=tuple(n for n in draft.unknown if n.lower() not in words))
    is_answer = draft.asked == "products" and bool(draft.products)
    # "C'est pas rentable, on enlève le fax" is a reason.
    corrects = corrections.orders if draft.asked == "reason" else corrections.corrects
    if is_answer or corrections.narrows(heard.text) or corrects(heard.text):
        return replace(draft, unknown=united(draft.unknown, unknown))
    return draft


def united(before: Sequence[str], more: Sequence[str]) -> tuple[str, ...]:
    """Both lists, each name once."""
    return tuple(dict.fromkeys((*before, *more)))


def keeps_or_names(draft: Draft, heard: Heard) -> bool:
    """Whether services are kept or taken off by name, while others stay in the request."""
    kept = {*heard.all_of("kept_product")}
    named = {*heard.all_of("product")} & {*draft.products}
    return "all" not in kept and bool(kept or named) and {*draft.products} != kept | named


def without(draft: Draft, wrong: corrections.FieldName) -> Draft:
    """The draft with a field to be asked for anew: the message does not say what is right."""
    match wrong:
        case "products":
            return replace(draft, products=())
        case "requester_name":
            return replace(draft, requester_name=None)
        case "requester_email":
            return replace(draft, requester_email=None)
        case "site_number":
            return replace(draft, site_number=None)
        case "emr_vendor":
            return replace(draft, emr_vendor=None)
        case "reason":
            return replace(draft, reason=None, reason_skipped=False)


def changed_steps(before: Draft, after: Draft) -> tuple[Step, ...]:
    """Which fields had another value before."""
    fields: dict[Step, tuple[object, object]] = {
        "products": (before.products, after.products),
        "requester_name": (before.requester_name, after.requester_name),
        "requester_email": (before.requester_email, after.requester_email),
        "site_number": (before.site_number, after.site_number),
        "emr_vendor": (before.emr_vendor, after.emr_vendor),
        "reason": (before.reason, after.reason),
    }
    return tuple(step for step, (old, new) in fields.items() if old and old != new)
