"""What a message changes of a cancellation request.

Rasa understands the message and keeps the loop; `hear` turns what was understood into a new draft
and an outcome. The classifier's intent is a witness, not the judge: the question asked is known
here, so words that plainly answer it do, whatever intent they resemble.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from bot.core import corrections, wording
from bot.core.cancellation import PRODUCTS, SITE_WIDE, Draft, Scope, Step
from bot.core.unknown_services import services_beside_ours, unknown_services

Fault = Literal[
    "unknown_product",
    "no_product",
    "no_name",
    "bad_email",
    "bad_site_number",
    "no_emr_vendor",
    "yes_or_no",
    "no_reason",
    "to_correct",
]
MAX_REASON_CHARS = 1_000
MAX_MISSES = 3

# Wishes that have nothing to do with the question asked, however many words they come in.
_WISHES = frozenset(
    {
        "ask_person",
        "abuse",
        "choose_section",
        "check_again",
        "file_billing_review",
        "send_fee_files",
        "ask_ticket_status",
        "add_ticket_note",
        "withdraw_ticket",
        "leave_request",
        "help",
        "ask_bot",
        "switch_language",
    }
)
_QUESTIONS = frozenset({"faq", "ask_fee_check", "fee_detail", "ask_refund"})
_SMALL_TALK = frozenset({"greet", "thank", "bye"})
_UNCLEAR = frozenset({"out_of_scope", "nlu_fallback"})
# A question may sound like these, and then it is answered like any other.
_MISREAD = frozenset({"skip", "deny", "inform"})
# What is about something else: data/rules/digressions.yml answers it, then the form goes on.
DIGRESSIONS = _WISHES | _QUESTIONS | _SMALL_TALK | _UNCLEAR
INTERRUPTING = DIGRESSIONS | _MISREAD
# The intents that the classifier gives to names, when it does not give them to just anything.
_OF_NAMES = (
    _UNCLEAR
    | _SMALL_TALK
    | {
        "inform",
        "faq",
        "fee_detail",
        "switch_language",
        "request_cancellation",
    }
)

# In words. The classifier takes short answers for anything: "la messagerie" for a question.
_BARE = 2
_SHORT = 4
_LONGEST_ANSWER = 8
# Where any words may be the answer, those that give a value of another question are not.
_FREE_TEXT: frozenset[Step] = frozenset({"emr_vendor", "reason", "confirm"})
_FAULTS: Mapping[Step | None, Fault] = {
    "products": "no_product",
    "requester_name": "no_name",
    "requester_email": "bad_email",
    "site_number": "bad_site_number",
    "emr_vendor": "no_emr_vendor",
    "reason": "no_reason",
}


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as it was understood: the text, its intent, and (entity, value) pairs in order.

    The text of a button is its payload, which begins with "/". `places` says where in the text
    each entity stands.
    """

    text: str
    intent: str
    entities: Sequence[tuple[str, str]] = ()
    places: Sequence[tuple[int, int]] = ()

    def all_of(self, entity: str) -> list[str]:
        """Values of one entity, in the order of the text, each once."""
        return list(dict.fromkeys(value for name, value in self.entities if name == entity))

    @property
    def marked(self) -> str:
        """The words with a mark over each value found: `SERVICE` or `VALUE` of wording.py."""
        text = "" if self.text.startswith("/") else self.text.replace("\u2019", "'")
        for (name, _), (start, end) in zip(self.entities, self.places, strict=False):
            mark = wording.SERVICE if name.endswith("product") else wording.VALUE
            text = f"{text[:start]}{mark * len(text[start:end])}{text[end:]}"
        return text


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


def start(heard: Heard, known: Draft) -> Draft:
    """A new draft: what is `known` of a signed-in visitor, and all that the first message holds."""
    unknown = _united(
        unknown_services(heard.marked, is_list=False), services_beside_ours(heard.marked)
    )
    heard = _typed(heard)
    draft = _with_values(replace(known, asked=None), heard)
    reason = draft.reason or wording.reason_in(heard.text) or wording.because_in(heard.text)
    return replace(
        draft, reason=reason and reason[:MAX_REASON_CHARS], unknown=_united(known.unknown, unknown)
    )


def hear(draft: Draft, heard: Heard) -> tuple[Draft, Outcome]:
    """The draft after this message, and what became of the message."""
    if heard.intent == "confirm_draft":
        return _confirm(draft, heard)
    is_list = draft.asked == "products" or corrections.narrows(heard.text)
    unknown = unknown_services(heard.marked, is_list=is_list)
    heard = _of_this_request(_typed(heard))
    if not _is_plainly_an_answer(draft, heard):
        if _gives_up(draft, heard):
            return draft, Outcome("stopped")
        if _is_aside(draft, heard):
            return draft, Outcome("digression")
        if wording.asks(heard.text) and not _puts_right(draft, heard):
            return _missed(draft, _FAULTS.get(draft.asked, "yes_or_no"))
    fuller = _with_unknown(_with_values(draft, heard), heard, unknown)
    fault: Fault | None = None
    is_news = fuller != draft or draft.asked == "confirm"
    wrong = None if is_news else _field_put_right(draft, heard)
    if wrong:
        fuller = _without(draft, wrong)
    elif fuller == draft or (fuller.next_step() == draft.asked and draft.asked not in _FREE_TEXT):
        # The values did not settle what was asked: perhaps the words themselves do.
        fuller, fault = _answer_asked(fuller, heard)
    if fault and fuller == draft:
        return _not_answered(draft, heard, fault)
    if fuller.digest != draft.digest:
        fuller = replace(fuller, confirmed=None)
    if fuller.confirmed:
        return fuller, Outcome("confirmed")
    return replace(fuller, misses=0), Outcome("taken", changed=_changed(draft, fuller))


def _typed(heard: Heard) -> Heard:
    """The message with the words that were typed; a button has none, its intent says it all."""
    words = "" if heard.text.startswith("/") else wording.plain(heard.text)
    return replace(heard, text=words)


def _of_this_request(heard: Heard) -> Heard:
    """The message with an intent about some filed ticket read as one about this request.

    Without a reference "retirez ma demande" means the one under way, and a note is an answer.
    """
    if heard.all_of("ticket_reference") or not heard.text:
        return heard
    meant = {"withdraw_ticket": "stop", "add_ticket_note": "inform"}
    return replace(heard, intent=meant.get(heard.intent, heard.intent))


def _confirm(draft: Draft, heard: Heard) -> tuple[Draft, Outcome]:
    digests = heard.all_of("draft")
    if draft.recapped == draft.digest and digests == [draft.digest]:
        return replace(draft, confirmed=draft.digest), Outcome("confirmed")
    # A button of an older recap: the visitor sees what the request says now.
    return draft, Outcome("misunderstood", "yes_or_no")


def _not_answered(draft: Draft, heard: Heard, fault: Fault) -> tuple[Draft, Outcome]:
    if heard.intent in _SMALL_TALK and fault != "to_correct":
        return draft, Outcome("digression")
    if heard.intent == "request_cancellation" and not heard.text:
        # An old button for what is under way already: the question stands.
        return draft, Outcome("taken")
    if fault == "to_correct":
        # "Non" to the recap is an answer: what is wrong is asked for, as often as it takes.
        return replace(draft, misses=0), Outcome("misunderstood", fault)
    return _missed(draft, fault)


# --- What a message is about ---------------------------------------------------------------------


def _is_plainly_an_answer(draft: Draft, heard: Heard) -> bool:
    """Whether the words are what was asked for and little else, whatever intent they resemble."""
    is_short = len(heard.text.split()) <= _SHORT
    match draft.asked:
        case "products":
            is_wish = heard.intent in _WISHES or wording.asks(heard.text)
            return is_short and not is_wish and bool(heard.all_of("product"))
        case "requester_name":
            return _name(heard) is not None
        case "requester_email":
            return is_short and bool(wording.email_in(heard.text))
        case "site_number":
            return (is_short and bool(heard.all_of("site_number"))) or wording.spells_number(
                heard.text
            )
        case "emr_vendor":
            is_question = wording.asks(heard.text)
            return not is_question and (
                (is_short and bool(heard.all_of("emr_vendor"))) or wording.speaks_of_emr(heard.text)
            )
        case "cloud_connect":
            return heard.intent == "stop" and wording.refuses(heard.text)
    return False


def _gives_up(draft: Draft, heard: Heard) -> bool:
    """Whether the request is given up; a reason may only sound like it ("on ferme en juin")."""
    if draft.asked != "confirm" and heard.text.lower().strip(" .!") in ("annuler", "cancel"):
        return True
    is_outright = wording.gives_up_outright(heard.text)
    if (heard.intent != "stop" and not is_outright) or wording.declines(heard.text):
        return False
    if wording.is_full_name(heard.text):
        # "Kim Lee" is nobody's way of giving up, whatever it resembles.
        return False
    if _keeps_or_names(draft, heard):
        # "Finalement gardez la messagerie" changes the request; it is not the end of it.
        return False
    is_told = is_outright or not heard.text or wording.gives_up(heard.text)
    return draft.asked != "reason" or is_told


def _is_aside(draft: Draft, heard: Heard) -> bool:
    """Whether the message is about something else, even if it holds a product or a number."""
    if heard.intent in _MISREAD and heard.text:
        # "Jtrouve pas cette page" is a call for help, however much it sounds like "passer".
        is_call = draft.asked == "reason" and wording.is_stuck(heard.text)
        is_call = is_call and len(heard.text.split()) > _BARE
        return is_call or (wording.asks(heard.text) and not _puts_right(draft, heard))
    if heard.intent not in DIGRESSIONS or _puts_right(draft, heard):
        return False
    if not heard.text or heard.intent in _WISHES or wording.asks(heard.text):
        return True
    length = len(heard.text.split())
    if draft.asked == "reason":
        # Any statement may be a reason: "on paie trop de frais", "merci mais on change de système".
        return heard.intent in _SMALL_TALK and length <= _SHORT
    if heard.intent in _QUESTIONS:
        says_value = length <= _LONGEST_ANSWER and _with_values(draft, heard) != draft
        return not (length <= _SHORT or says_value)
    return heard.intent == "out_of_scope" and length > _LONGEST_ANSWER


def _puts_right(draft: Draft, heard: Heard) -> bool:
    """Whether something said before is put right, at the recap or on the way to it."""
    if not heard.text or heard.intent in _WISHES:
        return False
    if draft.asked == "confirm" and not wording.asks(heard.text):
        return bool(corrections.corrects(heard.text) or corrections.field_to_change(heard.text))
    return _field_put_right(draft, heard) is not None


def _field_put_right(draft: Draft, heard: Heard) -> corrections.FieldName | None:
    """The known field that the words say is wrong; none while an answer may be read so too."""
    wrong = corrections.ordered_change(heard.text)
    if wrong is None and draft.asked not in _FREE_TEXT and not wording.asks(heard.text):
        wrong = corrections.field_to_change(heard.text)
    if wrong is None or wrong == draft.asked:
        return None
    is_known = draft.reason_skipped if wrong == "reason" else False
    return wrong if is_known or getattr(draft, wrong) else None


def _keeps_or_names(draft: Draft, heard: Heard) -> bool:
    """Whether services are kept or taken off by name, while others stay in the request."""
    kept = {*heard.all_of("kept_product")}
    named = {*heard.all_of("product")} & {*draft.products}
    return "all" not in kept and bool(kept or named) and {*draft.products} != kept | named


# --- Values named anywhere in a message ----------------------------------------------------------


def _with_values(draft: Draft, heard: Heard) -> Draft:
    """The draft with the values that the message names, whatever was asked."""
    emails = [email.lower() for email in heard.all_of("email")]
    draft = replace(draft, requester_email=_new(emails, draft.requester_email))
    is_correction = corrections.corrects(heard.text) or _keeps_or_names(
        draft, replace(heard, entities=[e for e in heard.entities if e[0] == "kept_product"])
    )
    if draft.asked == "reason" and not is_correction:
        # "Les rappels ne servent à rien" is a reason, and adds no reminders to the request.
        return draft
    products = _products(draft, heard)
    # Where the name is asked for, the words are read with more care than by the general finder.
    stated = [] if draft.asked == "requester_name" else heard.all_of("person_name")
    names = [name for name in stated if wording.is_capitalised(name)]
    stated_name = wording.stated_name(heard.text) or wording.name_beside_email(heard.text)
    if stated_name is None and draft.asked != "requester_name":
        stated_name = wording.name_of_another(heard.text)
    if stated_name:
        names = [stated_name]
    return replace(
        draft,
        products=products,
        requester_name=_new(names, draft.requester_name),
        reason=(wording.reason_in(heard.text) or draft.reason or "")[:MAX_REASON_CHARS] or None,
        site_number=_new(heard.all_of("site_number"), draft.site_number),
        emr_vendor=_new(heard.all_of("emr_vendor"), draft.emr_vendor),
        cloud_connect_understood=draft.cloud_connect_understood and "cloud_connect" in products,
        scopes=_scopes(draft, heard, products),
    )


def _scopes(draft: Draft, heard: Heard, products: tuple[str, ...]) -> Mapping[str, Scope]:
    """Which kind of subscription is meant, of the products named or, if none is, of all."""
    scope = corrections.scope_in(heard.text)
    if scope is None:
        return draft.scopes
    chosen = SITE_WIDE & {*products}
    return {
        **draft.scopes,
        **dict.fromkeys(sorted(chosen & {*heard.all_of("product")} or chosen), scope),
    }


def _new(values: Sequence[str], current: str | None) -> str | None:
    """The value meant: of "Oscar, pas Accuro" the one that is not there yet, else the last."""
    others = [value for value in values if value != current]
    return others[-1] if others else current


def _products(draft: Draft, heard: Heard) -> tuple[str, ...]:
    named = heard.all_of("product")
    before = set(draft.products)
    is_short = len(heard.text.split()) <= _BARE and draft.asked != "confirm"
    if before and not (is_short or corrections.orders_all(heard.text)):
        # "Everything looks good" or "change everything" is not said of the services.
        named = [code for code in named if code not in ("all", "rest")]
    kept = {*heard.all_of("kept_product")}
    wanted = set(PRODUCTS if "all" in named else named) - {"rest"}
    if "rest" in named and kept:
        # "Gardez les rappels, annulez le reste": of what is in the request already, else of all.
        wanted |= before or {*PRODUCTS}
    change = corrections.list_change(heard.text) if before else None
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


def _with_unknown(draft: Draft, heard: Heard, unknown: Sequence[str]) -> Draft:
    """The draft with what was named along with services and is none, or without it again."""
    is_taken_off = corrections.list_change(heard.text) == "remove"
    if is_taken_off or wording.refuses(heard.text) or wording.gives_up(heard.text):
        words = heard.text.lower()
        return replace(draft, unknown=tuple(n for n in draft.unknown if n.lower() not in words))
    is_answer = draft.asked == "products" and bool(draft.products)
    if is_answer or corrections.narrows(heard.text) or corrections.corrects(heard.text):
        return replace(draft, unknown=_united(draft.unknown, unknown))
    return draft


def _united(before: Sequence[str], more: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*before, *more)))


# --- Words that answer the question asked --------------------------------------------------------


def _answer_asked(draft: Draft, heard: Heard) -> tuple[Draft, Fault | None]:
    """The draft with the words of the message taken as the answer to what was asked."""
    text = heard.text
    match draft.asked:
        case "products":
            return draft, "unknown_product" if heard.intent == "inform" else "no_product"
        case "requester_name" if name := _name(heard):
            return replace(draft, requester_name=name), None
        case "requester_email" if email := wording.email_in(text):
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
    return draft, _FAULTS[draft.asked]


def _name(heard: Heard) -> str | None:
    """The name that the message is, if it is one."""
    found = [name for name in heard.all_of("person_name") if wording.is_capitalised(name)]
    name = wording.name_in(heard.text) or next(iter(found), None)
    if name is None or wording.asks(heard.text) or wording.gives_up_outright(heard.text):
        return None
    if heard.intent in _OF_NAMES:
        is_value = bool({*dict(heard.entities)} - {"person_name", "email"})
        return name if wording.is_capitalised(name) or not is_value else None
    # "Louise Cooper" resembles the wish for a person; "Parfait" is hardly ever a name.
    is_full = " " in name and wording.is_capitalised(name)
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
    if heard.intent in ("skip", "deny") or wording.declines(text) or says_nothing:
        return replace(draft, reason_skipped=True), None
    is_bare_yes = heard.intent == "affirm" and len(text.split()) <= _SHORT
    is_order = corrections.corrects(text) and bool(heard.all_of("kept_product"))
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
    name = _name(heard)
    is_full_name = name and " " in name and wording.is_capitalised(name) and not heard.entities
    if is_full_name and wrong in (None, "requester_name"):
        return replace(draft, requester_name=name), None
    if wrong is None:
        is_no = heard.intent == "deny" or wording.refuses(text)
        return draft, "to_correct" if is_no else "yes_or_no"
    return _without(draft, wrong), None


def _without(draft: Draft, wrong: corrections.FieldName) -> Draft:
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
