"""What holds at every question: leaving, asking for a person, and never misusing a word."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.cancellation import Draft, Step
from bot.core.heard import Heard, Outcome
from bot.core.hearing import DIGRESSIONS, MAX_MISSES, hear, start
from tests.support.hearing import CAUTION, asking, pressed, result, typed

INTENTS = sorted({*DIGRESSIONS, "inform", "affirm", "deny", "skip", "stop", "request_cancellation"})


# --- Leaving, wishes, buttons --------------------------------------------------------------------

STEPS = [asking(step) for step in get_args(Step) if step != "cloud_connect"] + [CAUTION]
BY_STEP = pytest.mark.parametrize("draft", STEPS, ids=lambda draft: draft.asked)


@BY_STEP
@pytest.mark.parametrize("text", ["stop", "laissez tomber", "Oubliez ma demande", "never mind"])
def test_the_request_can_be_given_up_at_any_time(draft: Draft, text: str) -> None:
    assert hear(draft, typed(text, "stop")) == (draft, Outcome("stopped"))


@BY_STEP
def test_the_button_for_giving_up_works_at_any_time(draft: Draft) -> None:
    assert hear(draft, pressed("stop")) == (draft, Outcome("stopped"))


@pytest.mark.parametrize("text", ["annuler", "Cancel.", "Annuler!"])
@pytest.mark.parametrize("intent", ["faq", "request_cancellation"])
def test_a_bare_cancel_before_the_recap_gives_the_request_up(text: str, intent: str) -> None:
    for draft in STEPS:
        if draft.asked != "confirm":
            assert result(draft, typed(text, intent)) == "stopped"


@BY_STEP
def test_a_person_can_be_asked_for_at_any_time(draft: Draft) -> None:
    for heard in (typed("je veux parler à quelqu'un", "ask_person"), pressed("ask_person")):
        assert hear(draft, heard) == (draft, Outcome("digression"))


@BY_STEP
@pytest.mark.parametrize("intent", sorted(DIGRESSIONS))
def test_a_button_for_something_else_is_something_else(draft: Draft, intent: str) -> None:
    heard = pressed(intent, section="invoice-details#csv")
    assert hear(draft, heard) == (draft, Outcome("digression"))


@BY_STEP
def test_an_old_button_for_starting_changes_nothing_and_is_no_mistake(draft: Draft) -> None:
    after, outcome = hear(draft, pressed("request_cancellation"))
    assert (after, outcome) == (draft, Outcome("taken"))


@BY_STEP
@pytest.mark.parametrize("intent", ["affirm", "deny", "skip"])
def test_the_text_of_a_button_never_becomes_a_value(draft: Draft, intent: str) -> None:
    after, _ = hear(draft, pressed(intent))
    assert f"/{intent}" not in str(after)


# --- Misunderstandings ---------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["products", "requester_email", "site_number"])
@pytest.mark.parametrize("intent", ["nlu_fallback", "out_of_scope", "inform"])
def test_gibberish_three_times_offers_a_way_out(step: Step, intent: str) -> None:
    draft = asking(step)
    results = []
    for text in ("asdfgh", "qwe rty", "zzz"):
        draft, outcome = hear(draft, typed(text, intent))
        results.append(outcome.result)
    assert results == ["misunderstood", "misunderstood", "way_out"]
    assert len(results) == MAX_MISSES
    assert draft == asking(step)


def test_something_understood_starts_the_count_anew() -> None:
    draft = asking("requester_email", misses=2)
    draft, _ = hear(draft, typed("site 5120"))
    assert draft.misses == 0
    assert result(draft, typed("asdf", "out_of_scope")) == "misunderstood"


def test_a_digression_neither_counts_nor_clears() -> None:
    draft = asking("site_number", misses=2)
    after, _ = hear(draft, typed("où je trouve ça?", "faq"))
    assert after.misses == 2


def test_three_digressions_lead_back_to_the_same_question() -> None:
    draft = asking("site_number")
    for text in ("où je trouve ça?", "c'est quoi un site?", "pourquoi?"):
        draft, outcome = hear(draft, typed(text, "faq"))
        assert (outcome.result, draft.next_step()) == ("digression", "site_number")
    assert hear(draft, typed("4411"))[0].next_step() == "emr_vendor"


# --- Whatever is said ----------------------------------------------------------------------------

WORDS = [
    "oui", "non", "yes", "no", "mais", "but", "pas", "gardez", "keep", "enlevez", "remove", "add",
    "les rappels", "tablets", "cloud connect", "tout", "sauf", "Accuro", "4411", "5120", "site",
    "m.roy@clinique.ca", "Manon Roy", "pourquoi", "?", "courriel", "stop", "annuler", "raison",
    "c'est", "trop cher", "passer", "erreur", "juste", ",", "\n", "/affirm", "é", "12",
    "514 555-1234",
]  # fmt: skip
MESSAGES = st.one_of(
    st.builds(
        typed,
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join),
        st.sampled_from(INTENTS),
    ),
    st.builds(typed, st.text(min_size=1, max_size=60), st.sampled_from(INTENTS)),
    st.sampled_from(INTENTS).map(pressed),
)


def as_asked(draft: Draft) -> Draft:
    """What the action keeps when it asks the next question."""
    step = draft.next_step()
    return replace(
        draft, asked=step, recapped=draft.digest if step == "confirm" else draft.recapped
    )


@given(st.lists(MESSAGES, min_size=1, max_size=10))
def test_only_what_the_last_recap_showed_is_ever_confirmed(messages: list[Heard]) -> None:
    draft = as_asked(start(messages[0], Draft()))
    for heard in messages[1:]:
        shown = draft.recapped if draft.asked == "confirm" else None
        draft, outcome = hear(draft, heard)
        if outcome.result == "confirmed":
            assert draft.confirmed == draft.digest == shown
        elif draft.confirmed is not None:
            assert draft.confirmed == draft.digest
        draft = as_asked(draft)


@given(st.lists(MESSAGES, min_size=1, max_size=10))
def test_whatever_is_collected_can_be_filed_or_is_asked_for(messages: list[Heard]) -> None:
    draft = as_asked(start(messages[0], Draft()))
    for heard in messages[1:]:
        draft, outcome = hear(draft, heard)
        assert outcome.result != "misunderstood" or outcome.fault is not None
        draft = as_asked(draft)
        assert draft.asked != "confirm" or draft.faults() == []
        assert 0 <= draft.misses < MAX_MISSES


@given(MESSAGES, st.sampled_from(STEPS))
def test_a_refusal_a_digression_or_a_stop_changes_no_value(heard: Heard, draft: Draft) -> None:
    after, outcome = hear(draft, heard)
    if outcome.result in ("digression", "stopped"):
        assert after == draft
    elif outcome.result in ("misunderstood", "way_out"):
        assert replace(after, misses=0) == draft
