"""What a question gets: an answer, a choice, or "I do not know"."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.memory import Hit
from bot.core.answers import (
    ANSWER_AT,
    CLARIFY_AT,
    MAX_CHOICES,
    NEAR,
    Abstain,
    Answer,
    Clarify,
    decide,
    main_intent,
    section_key,
)
from tests.support.builders import a_section

CSV, PAST, CAUSE, LINK = (
    a_section(key)
    for key in ("invoice-details#csv", "past-invoices#where", "fees#cause", "link-emr#how-to")
)
SCORE = st.floats(0, 1)


def sure(score: float) -> tuple[Hit, dict[str, float]]:
    """A section of which both witnesses think this much."""
    return Hit(CSV, score), {CSV.key: score}


# --- Answer --------------------------------------------------------------------------------------


def test_a_section_that_both_witnesses_name_answers() -> None:
    decision = decide([Hit(CSV, 0.9), Hit(PAST, 0.3)], {CSV.key: 0.8, PAST.key: 0.1})
    assert decision == Answer(CSV, pytest.approx(0.85))


def test_each_witness_weighs_half() -> None:
    by_search = decide([Hit(CSV, 1.0)], {CSV.key: 0.4})
    by_classifier = decide([Hit(CSV, 0.4)], {CSV.key: 1.0})
    assert by_search == by_classifier == Answer(CSV, pytest.approx(0.7))


def test_the_classifier_alone_brings_up_no_section_that_the_search_did_not_find() -> None:
    assert decide([Hit(CSV, 0.1)], {PAST.key: 1.0}) == Abstain()


def test_the_order_of_the_candidates_does_not_matter() -> None:
    hits = [Hit(CSV, 0.9), Hit(PAST, 0.5), Hit(CAUSE, 0.2)]
    scores = {CSV.key: 0.6, PAST.key: 0.2}
    decisions = [decide(order, scores) for order in permutations(hits)]
    assert decisions == [decisions[0]] * 6


def test_two_sections_that_are_not_told_apart_are_both_offered() -> None:
    hits = [Hit(PAST, 0.9), Hit(CSV, 0.9)]
    assert decide(hits, {CSV.key: 0.9, PAST.key: 0.9}) == Clarify((CSV, PAST))


@pytest.mark.parametrize(
    ("lead", "is_vague", "kind"),
    [
        (NEAR + 0.01, False, Answer),
        (NEAR - 0.01, False, Clarify),
        (2 * NEAR + 0.01, True, Answer),
        (2 * NEAR - 0.01, True, Clarify),
    ],
)
def test_an_answer_leads_clearly_and_by_more_to_a_vague_word(
    lead: float, is_vague: bool, kind: type
) -> None:
    scores = {CSV.key: 0.8, PAST.key: 0.8 - lead}
    hits = [Hit(section, scores[section.key]) for section in (CSV, PAST)]
    assert isinstance(decide(hits, scores, is_vague=is_vague), kind)


def test_just_enough_is_enough_and_just_too_little_is_not() -> None:
    hit, scores = sure(ANSWER_AT)
    assert isinstance(decide([hit], scores), Answer)
    hit, scores = sure(ANSWER_AT - 0.001)
    assert isinstance(decide([hit], scores), Clarify)


# --- Clarify -------------------------------------------------------------------------------------


def test_a_likely_section_is_asked_about() -> None:
    hit, scores = sure(0.4)
    assert decide([hit], scores) == Clarify((CSV,))


def test_several_likely_sections_are_offered_best_first() -> None:
    hits = [Hit(PAST, 0.7), Hit(CSV, 0.8), Hit(CAUSE, 0.1)]
    assert decide(hits, {}) == Clarify((CSV, PAST))


def test_no_more_than_three_are_offered() -> None:
    hits = [Hit(section, 0.8) for section in (CSV, PAST, CAUSE, LINK)]
    decision = decide(hits, {})
    assert isinstance(decision, Clarify)
    assert len(decision.sections) == MAX_CHOICES == 3


# --- Abstain -------------------------------------------------------------------------------------


def test_nothing_found_is_nothing_known() -> None:
    assert decide([], {CSV.key: 1.0}) == Abstain()


def test_a_near_miss_is_no_answer() -> None:
    hit, scores = sure(CLARIFY_AT - 0.001)
    assert decide([hit], scores) == Abstain()


def test_what_is_likelier_outside_than_in_the_articles_is_not_answered() -> None:
    hit, scores = sure(0.6)
    assert isinstance(decide([hit], scores, outside=0.59), Answer)
    assert decide([hit], scores, outside=0.61) == Abstain()


# --- Always --------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.sampled_from([CSV, PAST, CAUSE, LINK]), SCORE), max_size=4,
             unique_by=lambda pair: pair[0].key),
    st.dictionaries(st.sampled_from([CSV.key, PAST.key, "gone#away"]), SCORE),
    SCORE,
    st.booleans(),
)  # fmt: skip
def test_only_what_was_found_is_shown_and_nothing_below_the_thresholds(
    found: list[tuple[object, float]], labels: dict[str, float], outside: float, is_vague: bool
) -> None:
    hits = [Hit(section, score) for section, score in found]  # type: ignore[arg-type]
    decision = decide(hits, labels, outside=outside, is_vague=is_vague)
    sections = [hit.section for hit in hits]
    confidences = [0.5 * hit.score + 0.5 * labels.get(hit.section.key, 0.0) for hit in hits]
    best = max(confidences, default=0.0)
    match decision:
        case Answer(section=section, confidence=confidence):
            assert section in sections
            assert confidence == best >= max(ANSWER_AT, outside)
        case Clarify(sections=offered):
            assert 1 <= len(offered) <= MAX_CHOICES
            assert set(offered) <= set(sections)
            assert best >= max(CLARIFY_AT, outside)
        case Abstain():
            assert best < max(CLARIFY_AT, outside) or not hits


# --- Labels --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "intent", "key"),
    [
        ("faq/invoice-details.csv", "faq", "invoice-details#csv"),
        ("faq/per-message-fees.cause", "faq", "per-message-fees#cause"),
        ("faq", "faq", None),
        ("ask_person", "ask_person", None),
        ("out_of_scope/weather", "out_of_scope", None),
    ],
)
def test_a_label_names_an_intent_and_perhaps_a_section(
    label: str, intent: str, key: str | None
) -> None:
    assert main_intent(label) == intent
    assert section_key(label) == key
