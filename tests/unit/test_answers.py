"""What a question gets: an answer, a choice, "tell me more" or "I do not know"."""

from __future__ import annotations

import math
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.memory import Hit
from bot.core.answers import (
    ANSWER_AT,
    CHOICE_SHARE,
    CLARIFY_AT,
    FLOW_OFFERED_AT,
    FOUND_AT,
    LEANING_WORDS,
    MAX_CHOICES,
    OFFERED_FLOWS,
    OFFSET,
    SECOND_AT,
    SLOPE,
    VAGUE_LEAD,
    Abstain,
    Answer,
    AskMore,
    Clarify,
    asked_in_parts,
    calibrated,
    decide,
    leans_on_topic,
    main_intent,
    points_back,
    section_key,
)
from knowledge_base.article import Section
from tests.support.builders import a_section

CSV, PAST, CAUSE, LINK = (
    a_section(key)
    for key in ("invoice-details#csv", "past-invoices#where", "fees#cause", "link-emr#how-to")
)
SCORE = st.floats(0, 1)


def lead_of(confidence: float) -> float:
    """The lead that is calibrated to this confidence."""
    return (math.log(confidence / (1 - confidence)) - OFFSET) / SLOPE


LIKELY = Hit(CSV, 0.5)
A_LITTLE = 0.001

# --- Answer --------------------------------------------------------------------------------------


def test_a_section_that_the_classifier_is_sure_of_answers() -> None:
    decision = decide([LIKELY, Hit(PAST, 0.9)], {CSV.key: 0.95, PAST.key: 0.01})
    assert decision == Answer(CSV, pytest.approx(calibrated(0.95)))


def test_just_enough_is_enough_and_just_too_little_is_not() -> None:
    enough = lead_of(ANSWER_AT)
    assert isinstance(decide([LIKELY], {CSV.key: enough + A_LITTLE}), Answer)
    assert isinstance(decide([LIKELY], {CSV.key: enough - A_LITTLE}), Clarify)


def test_what_may_lie_outside_is_answered_only_with_a_lead_over_that() -> None:
    enough = lead_of(ANSWER_AT)
    scores = {CSV.key: 0.1 + enough}
    assert isinstance(decide([LIKELY], scores, outside=0.1 - A_LITTLE), Answer)
    assert isinstance(decide([LIKELY], scores, outside=0.1 + A_LITTLE), Clarify)


def test_a_word_or_two_are_answered_only_if_no_other_topic_comes_near() -> None:
    hits = [LIKELY, Hit(PAST, 0.5)]
    near = {CSV.key: 0.8, PAST.key: 0.8 - VAGUE_LEAD + 0.01}
    assert isinstance(decide(hits, near), Answer)
    assert decide(hits, near, is_vague=True) == Clarify((CSV, PAST))
    far = {CSV.key: 0.8, PAST.key: 0.8 - VAGUE_LEAD - 0.01}
    assert isinstance(decide(hits, far, is_vague=True), Answer)


def test_a_topic_named_in_a_word_is_asked_about_if_more_likely_ours_than_not() -> None:
    hits = [LIKELY, Hit(PAST, 0.5)]
    spread = {CSV.key: 0.1, PAST.key: 0.08}
    assert isinstance(decide(hits, spread, outside=0.1), Abstain)
    assert decide(hits, spread, outside=0.1, is_vague=True) == Clarify((CSV, PAST))
    assert isinstance(decide(hits, spread, outside=0.18, is_vague=True), Abstain)


def test_a_need_that_is_not_named_is_asked_about() -> None:
    scores = {CSV.key: 0.3}
    assert decide([LIKELY], scores, outside=0.1, unsaid=0.3 + A_LITTLE) == AskMore()
    assert decide([LIKELY], scores, outside=0.1, unsaid=0.3 - A_LITTLE) == Clarify((CSV,))
    assert isinstance(decide([], {}, outside=0.4, unsaid=0.4 - A_LITTLE), Abstain)
    assert decide([], {}, unsaid=0.4) == AskMore()
    wish = {"leave_request": 0.3}
    assert decide([], {}, flows=wish, unsaid=0.4) == Clarify((), ("leave_request",))


def test_the_order_of_the_candidates_does_not_matter() -> None:
    hits = [Hit(CSV, 0.9), Hit(PAST, 0.5), Hit(CAUSE, 0.2)]
    scores = {CSV.key: 0.4, PAST.key: 0.2}
    decisions = [decide(order, scores) for order in permutations(hits)]
    assert decisions == [decisions[0]] * 6


# --- Clarify -------------------------------------------------------------------------------------


def test_several_likely_sections_are_offered_best_first() -> None:
    hits = [Hit(PAST, 0.7), Hit(CSV, 0.8), Hit(CAUSE, 0.1)]
    scores = {PAST.key: 0.2, CSV.key: 0.3, CAUSE.key: 0.3 * CHOICE_SHARE - A_LITTLE}
    assert decide(hits, scores) == Clarify((CSV, PAST))


def test_no_more_than_three_are_offered() -> None:
    sections = (CSV, PAST, CAUSE, LINK)
    decision = decide([Hit(s, 0.8) for s in sections], {s.key: 0.3 for s in sections})
    assert isinstance(decision, Clarify)
    assert len(decision.sections) == MAX_CHOICES == 3


def test_a_section_that_nothing_was_trained_for_is_asked_about_if_the_search_finds_it() -> None:
    new = Hit(CSV, 0.9, is_trained=False)
    assert decide([new, Hit(PAST, 0.9)], {PAST.key: 0.02}) == Clarify((CSV,))
    too_far = Hit(CSV, FOUND_AT - A_LITTLE, is_trained=False)
    assert decide([too_far], {}) == Abstain()


# --- Flows that did not start --------------------------------------------------------------------


def test_a_flow_that_may_be_meant_is_offered_beside_the_sections() -> None:
    flows = {"ask_fee_check": FLOW_OFFERED_AT, "request_cancellation": FLOW_OFFERED_AT - A_LITTLE}
    assert decide([LIKELY], {CSV.key: 0.4}, flows=flows) == Clarify((CSV,), ("ask_fee_check",))


def test_a_flow_that_may_be_meant_is_offered_instead_of_knowing_nothing() -> None:
    flows = {"withdraw_ticket": 0.4, "request_cancellation": 0.45, "ask_person": 0.9}
    offered = ("request_cancellation", "withdraw_ticket")
    assert decide([LIKELY], {CSV.key: 0.02}, flows=flows) == Clarify((), offered)
    assert decide([], {}, flows=flows) == Clarify((), offered)


def test_what_more_likely_lies_outside_offers_no_flow() -> None:
    flows = {"ask_ticket_status": 0.4}
    assert decide([LIKELY], {CSV.key: 0.02}, flows=flows, outside=0.4) == Abstain()


def test_an_answer_stays_an_answer() -> None:
    flows = {"ask_fee_check": 0.3}
    assert isinstance(decide([LIKELY], {CSV.key: 0.7}, flows=flows), Answer)


# --- Abstain -------------------------------------------------------------------------------------


def test_nothing_found_is_nothing_known() -> None:
    assert decide([], {CSV.key: 1.0}) == Abstain()


def test_a_near_miss_is_no_answer() -> None:
    too_little = lead_of(CLARIFY_AT) - A_LITTLE
    assert decide([LIKELY], {CSV.key: max(0.0, too_little)}, outside=0.5) == Abstain()


def test_what_is_likelier_outside_than_in_the_articles_is_not_answered() -> None:
    assert decide([LIKELY], {CSV.key: 0.1}, outside=0.8) == Abstain()


# --- Always --------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.sampled_from([CSV, PAST, CAUSE, LINK]), SCORE, st.booleans()),
             max_size=4, unique_by=lambda found: found[0].key),
    st.dictionaries(st.sampled_from([CSV.key, PAST.key, "gone#away"]), SCORE),
    st.dictionaries(st.sampled_from([*OFFERED_FLOWS, "greet"]), SCORE),
    SCORE,
    SCORE,
    st.booleans(),
)  # fmt: skip
def test_only_what_was_found_is_shown_and_nothing_below_the_thresholds(
    found: list[tuple[Section, float, bool]],
    labels: dict[str, float],
    flows: dict[str, float],
    outside: float,
    unsaid: float,
    is_vague: bool,
) -> None:
    hits = [Hit(section, score, is_trained) for section, score, is_trained in found]
    decision = decide(hits, labels, flows=flows, outside=outside, unsaid=unsaid, is_vague=is_vague)
    sections = [hit.section for hit in hits]
    match decision:
        case Answer(section=section, confidence=confidence):
            assert section in sections
            assert labels[section.key] > 0
            assert confidence == calibrated(labels[section.key] - outside) >= ANSWER_AT
        case Clarify(sections=offered, flows=wished, confidence=confidence):
            assert len(offered) + len(wished) >= 1
            assert max(len(offered), len(wished)) <= MAX_CHOICES
            assert set(offered) <= set(sections)
            is_named = is_vague and sum(labels.values()) > outside
            assert not offered or is_named or confidence >= CLARIFY_AT
            assert all(flows[name] >= FLOW_OFFERED_AT for name in wished)
        case AskMore():
            assert unsaid > max(outside, *(labels.get(s.key, 0.0) for s in sections), 0.0)
        case Abstain(confidence=confidence):
            assert confidence < CLARIFY_AT


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=2))
def test_confidence_grows_with_the_lead_and_is_a_share(leads: list[float]) -> None:
    low, high = sorted(leads)
    assert 0 <= calibrated(low) <= calibrated(high) <= 1


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


# --- What leans on the topic before, and what is asked beside ------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "et pour le mois d'avant?",
        "Where is that button?",
        "ok mais c’est où ça",
        "je trouve pas le bouton",
        "Merci! Et si je veux l’envoyer au comptable?",
        "I can't find it",
    ],
)
def test_a_message_that_needs_the_topic_before_is_known(text: str) -> None:
    assert leans_on_topic(text)


@pytest.mark.parametrize(
    "text",
    [
        "Comment télécharger le détail d’une facture?",
        "How do I remove a user who left the clinic?",
        "et " + "vraiment " * LEANING_WORDS + "rien ne marche",
    ],
)
def test_a_message_that_stands_alone_is_known(text: str) -> None:
    assert not leans_on_topic(text)


@pytest.mark.parametrize("text", ["c’est où ce bouton?", "Where is that button?", "where is it?"])
def test_a_message_that_only_points_is_known(text: str) -> None:
    assert points_back(text)


@pytest.mark.parametrize(
    "text",
    [
        "Où est la page Facturation?",
        "et mes anciennes factures?",
        "This button does not open the invoice that I wanted to see",
    ],
)
def test_a_message_that_names_a_thing_does_not_only_point(text: str) -> None:
    assert not points_back(text)


def test_the_questions_of_a_message_are_told_apart_in_their_order() -> None:
    parts = [("faq/invoice-details.csv", 0.9), ("greet", 0.99), ("faq/link-emr.how-to", 0.8)]
    assert asked_in_parts(parts) == [CSV.key, LINK.key]


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [("faq/link-emr.how-to", SECOND_AT - 0.01)],
        [("faq/invoice-details.csv", 0.9), ("faq/invoice-details.who", 0.9)],
        [("faq/invoice-details.csv", 0.9), ("ask_person", 0.9)],
    ],
)
def test_no_second_question_is_made_up(parts: list[tuple[str, float]]) -> None:
    assert len(asked_in_parts(parts)) < 2
