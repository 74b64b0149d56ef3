"""What a message changes of a cancellation request.

Rasa understands the message and keeps the loop; `hear` turns what was understood into a new draft
and an outcome. The classifier's intent is a witness, not the judge: the question asked is known
here, so words that plainly answer it do, whatever intent they resemble. What a message is about is
decided here; the values in it are read by `draft_values.py` and `draft_answers.py`.
"""

from __future__ import annotations

from dataclasses import replace

from bot.core import corrections, names_in_words, wording
from bot.core.cancellation import Draft, Step
from bot.core.draft_answers import FAULTS, answer_asked, name_said
from bot.core.draft_values import (
    MAX_REASON_CHARS,
    changed_steps,
    keeps_or_names,
    united,
    with_unknown,
    with_values,
    without,
)
from bot.core.heard import (
    BARE,
    QUESTIONS,
    SHORT,
    SMALL_TALK,
    UNCLEAR,
    WISHES,
    Fault,
    Heard,
    Outcome,
)
from bot.core.meant_values import meant
from bot.core.unknown_services import services_beside_ours, unknown_services

MAX_MISSES = 3

# A question may sound like these, and then it is answered like any other.
_MISREAD = frozenset({"skip", "deny", "inform"})
# What is about something else: data/rules/digressions.yml answers it, then the form goes on.
DIGRESSIONS = WISHES | QUESTIONS | SMALL_TALK | UNCLEAR
INTERRUPTING = DIGRESSIONS | _MISREAD
# In words.
_LONGEST_ANSWER = 8
# Where any words may be the answer, those that give a value of another question are not.
_FREE_TEXT: frozenset[Step] = frozenset({"emr_vendor", "reason", "confirm"})


def start(heard: Heard, known: Draft) -> Draft:
    """A new draft: what is `known` of a signed-in visitor, and all that the first message holds."""
    unknown = united(
        unknown_services(heard.marked, is_list=False), services_beside_ours(heard.marked)
    )
    heard = _typed(heard)
    draft = with_values(replace(known, asked=None), heard)
    reason = draft.reason or wording.reason_in(heard.text) or wording.because_in(heard.text)
    return replace(
        draft, reason=reason and reason[:MAX_REASON_CHARS], unknown=united(known.unknown, unknown)
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
            return _missed(draft, FAULTS.get(draft.asked, "yes_or_no"))
    fuller = with_unknown(with_values(draft, heard), heard, unknown)
    fault: Fault | None = None
    is_news = fuller != draft or draft.asked == "confirm"
    wrong = None if is_news else _field_put_right(draft, heard)
    if wrong:
        fuller = without(draft, wrong)
    elif fuller == draft or (fuller.next_step() == draft.asked and draft.asked not in _FREE_TEXT):
        # The values did not settle what was asked: perhaps the words themselves do.
        fuller, fault = answer_asked(fuller, heard)
    if fault and fuller == draft:
        return _not_answered(draft, heard, fault)
    if fuller.digest != draft.digest:
        fuller = replace(fuller, confirmed=None)
    if fuller.confirmed:
        return fuller, Outcome("confirmed")
    return replace(fuller, misses=0), Outcome("taken", changed=changed_steps(draft, fuller))


def _typed(heard: Heard) -> Heard:
    """The message as it was typed and meant; a button has no words, its intent says it all."""
    if heard.text.startswith("/"):
        return replace(heard, text="")
    heard = meant(heard)
    # Where a value stands, once blanks before and within the text are gone.
    places = [
        (len(wording.plain(f"{heard.text[:start]}x")) - 1, len(wording.plain(heard.text[:end])))
        for start, end in heard.places
    ]
    return replace(heard, text=wording.plain(heard.text), places=places)


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
    if heard.intent in SMALL_TALK and fault != "to_correct":
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
    is_short = len(heard.text.split()) <= SHORT
    match draft.asked:
        case "products":
            is_wish = heard.intent in WISHES or wording.asks(heard.text)
            return is_short and not is_wish and bool(heard.all_of("product"))
        case "requester_name":
            return name_said(heard) is not None
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
    if names_in_words.is_full_name(heard.text):
        # "Kim Lee" is nobody's way of giving up, whatever it resembles.
        return False
    if keeps_or_names(draft, heard):
        # "Finalement gardez la messagerie" changes the request; it is not the end of it.
        return False
    if draft.asked == "products" and {*heard.all_of("product")} - {"all", "rest"}:
        # "Laissez tomber la messagerie" answers which services shall go.
        return False
    is_told = is_outright or not heard.text or wording.gives_up(heard.text)
    # "On va rester avec Accuro" names the EMR, and may be a reason.
    is_answer = draft.asked == "emr_vendor" and bool(heard.all_of("emr_vendor"))
    return is_told or not (draft.asked == "reason" or is_answer)


def _is_aside(draft: Draft, heard: Heard) -> bool:
    """Whether the message is about something else, even if it holds a product or a number."""
    is_stuck = wording.is_stuck(heard.text) and len(heard.text.split()) > BARE
    if is_stuck and draft.asked == "reason" and heard.intent in _MISREAD | UNCLEAR:
        # "Jtrouve pas cette page" is a call for help, however much it sounds like "passer".
        return True
    if heard.intent in _MISREAD and heard.text:
        return wording.asks(heard.text) and not _puts_right(draft, heard)
    if heard.intent not in DIGRESSIONS or _puts_right(draft, heard):
        return False
    if not heard.text or heard.intent in WISHES or wording.asks(heard.text):
        return True
    length = len(heard.text.split())
    if draft.asked == "reason":
        # Any statement may be a reason: "on paie trop de frais", "merci mais on change de système".
        return heard.intent in SMALL_TALK and length <= SHORT
    if heard.intent in QUESTIONS:
        says_value = length <= _LONGEST_ANSWER and with_values(draft, heard) != draft
        return not (length <= SHORT or says_value)
    return heard.intent == "out_of_scope" and length > _LONGEST_ANSWER


def _puts_right(draft: Draft, heard: Heard) -> bool:
    """Whether something said before is put right, at the recap or on the way to it."""
    if not heard.text or heard.intent in WISHES:
        return False
    if draft.asked == "confirm" and not wording.asks(heard.text):
        return bool(corrections.corrects(heard.text) or corrections.field_to_change(heard.text))
    return _field_put_right(draft, heard) is not None


def _field_put_right(draft: Draft, heard: Heard) -> corrections.FieldName | None:
    """The known field that the words say is wrong; none while an answer may be read so too."""
    at_reason = draft.asked == "reason"
    wrong = corrections.ordered_change(heard.text, at_reason=at_reason)
    if wrong is None and draft.asked not in _FREE_TEXT and not wording.asks(heard.text):
        wrong = corrections.field_to_change(heard.text)
    if wrong is None or wrong == draft.asked:
        return None
    is_known = draft.reason_skipped if wrong == "reason" else False
    return wrong if is_known or getattr(draft, wrong) else None


def _missed(draft: Draft, fault: Fault) -> tuple[Draft, Outcome]:
    missed = replace(draft, misses=draft.misses + 1)
    if missed.misses >= MAX_MISSES:
        return replace(missed, misses=0), Outcome("way_out", fault)
    return missed, Outcome("misunderstood", fault)
