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
        "on a décidé d'arrêter les rappels",
        "we have decided to cancel online booking",
        "we don't use it cancel the reminders",
        "les kiosques marchent pas annulez les rappels",
        "arrêté les rappels svp",
        "on veut arrêter et annuler les rappels",
        "we don't want the reminders anymore",
        "we want to stop and cancel online booking",
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
        "on a arrêté les rappels en mars mais vous nous facturez encore",
        "we stopped the reminders last month and still get charged",
        "we cancelled online booking in May but it is still on our bill",
        "j'ai désactivé les rappels hier et ça part quand même",
        "nous avons déjà annulé les tablettes l'an passé",
        "on a arrete les rappels, on paie encore",
        "les rappels arrêtés en mars mais la réservation en ligne est facturée",
        "we canceled online booking, site 4411, still billed",
        "tablettes",
        "bonjour",
    ],
)
def test_a_question_or_a_complaint_is_no_order(text: str) -> None:
    assert not orders_cancellation(typed(text, "out_of_scope"))


@pytest.mark.parametrize(
    "text",
    [
        "je ne veux pas annuler les rappels",
        "je ne veux plus annuler les rappels",
        "on veut pas arrêter les rappels",
        "n'annulez pas les rappels",
        "on n'a jamais demandé d'annuler la messagerie",
        "je ne veux pas annuler les rappels, site 4411",
        "we don't want to cancel the reminders",
        "we don't want you to cancel the reminders",
        "we did not ask you to cancel online booking",
        "I'm not asking to cancel the kiosks",
        "don't cancel the reminders",
        "I don't want to file a cancellation request",
    ],
)
def test_a_refusal_to_cancel_is_no_order(text: str) -> None:
    assert not orders_cancellation(typed(text, "out_of_scope"), likely=0.4)


def test_what_is_no_service_of_ours_is_ordered_off_only_if_the_classifier_thinks_so_too() -> None:
    heard = typed("je veux annuler le fax", "out_of_scope")
    assert orders_cancellation(heard, likely=0.4)
    assert not orders_cancellation(heard, likely=0.02)
    assert not orders_cancellation(typed("où est le fax", "out_of_scope"), likely=0.4)


def test_a_button_is_no_order() -> None:
    assert not orders_cancellation(pressed("choose_section", section="cancel-services#formal"))


@pytest.mark.parametrize("text", ["ok je veux le faire", "vas-y", "yes please do", "go ahead"])
def test_words_that_take_up_an_offer_are_heard(text: str) -> None:
    assert goes_ahead(text)


@pytest.mark.parametrize("text", ["ok merci", "thanks", "je vais y penser", "oui"])
def test_words_that_take_up_nothing_begin_nothing(text: str) -> None:
    assert not goes_ahead(text)
