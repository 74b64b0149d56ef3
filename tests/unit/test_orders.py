"""Orders to cancel that the classifier takes for something else, and what only sounds like one."""

from __future__ import annotations

import pytest

from bot.core.orders import goes_ahead, orders_cancellation
from tests.support.hearing import pressed, typed


@pytest.mark.parametrize(
    "text",
    [
        "plus besoin des tablettes",
        "mettre fin aux kiosques",
        "désactivez la messagerie patient, on est le site 7788 (Médesync)",
        "stopper les rappels textos svp",
        "take us off cloud connect",
        "discontinue remiders and onlin bookng",
        "jveux pu de vos services",
        "Je veux faire une demande d’annulation",
        "J'aimerais déposer une demande formelle de résiliation",
        "I'd like to submit a cancellation request",
        "faut annuler les kiosques pis les rappels, c'est Julie Roy site 3488 pis on change de DMÉ",
        "l'ancienne gestionnaire avait pris des kiosques jamais utilisés, svp résilier. site 66120",
    ],
)
def test_an_order_in_so_many_words_is_one(text: str) -> None:
    assert orders_cancellation(typed(text, "out_of_scope"))


@pytest.mark.parametrize(
    "text",
    [
        "comment annuler les rappels?",
        "how do I cancel online booking",
        "comment faire une demande d'annulation",
        "je veux annuler le fax",
        "les rappels ne partent plus depuis hier",
        "un patient a annulé son rendez-vous, le rappel part quand même",
        "où sont mes factures pour les tablettes",
        "les kiosques et les rappels, ça marche comment",
        "tablettes",
        "bonjour",
    ],
)
def test_a_question_or_a_complaint_is_no_order(text: str) -> None:
    assert not orders_cancellation(typed(text, "out_of_scope"))


def test_what_is_no_service_of_ours_is_ordered_off_only_if_the_classifier_thinks_so_too() -> None:
    heard = typed("je veux annuler le fax", "out_of_scope")
    assert orders_cancellation(heard, likely=0.4)
    assert not orders_cancellation(heard, likely=0.04)
    assert not orders_cancellation(typed("où est le fax", "out_of_scope"), likely=0.4)


def test_a_button_is_no_order() -> None:
    assert not orders_cancellation(pressed("choose_section", section="cancel-services#formal"))


@pytest.mark.parametrize("text", ["ok je veux le faire", "vas-y", "yes please do", "go ahead"])
def test_words_that_take_up_an_offer_are_heard(text: str) -> None:
    assert goes_ahead(text)


@pytest.mark.parametrize("text", ["ok merci", "thanks", "je vais y penser", "oui"])
def test_words_that_take_up_nothing_begin_nothing(text: str) -> None:
    assert not goes_ahead(text)
