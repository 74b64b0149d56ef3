"""Reasons that sound like something else, and what only sounds like a reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.core.cancellation import Draft, Step
from bot.core.heard import Outcome
from bot.core.hearing import hear, start
from tests.support.hearing import FINDER, RECAP, asking, result, typed

# --- What may be a reason, where one is asked for -------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "le service n'est pas bon",
        "le service est mauvais",
        "the service was not right for us",
        "We decided to change our EMR",
        "on va changer le logiciel de la clinique",
        "notre DMÉ est pas bon",
        "our software is wrong for the job",
        "Remplacé par Accuro",
        "Remplacé par les rappels d'Accuro",
        "changer pour Accuro",
        "c'est plutôt cher comparé à Accuro",
        "c'est pas Accuro le problème",
        "c'est pas rentable, les rappels coûtent trop cher",
        "c'est pas normal de payer 450 par mois pour les rappels",
        "c'est pas rentable, une licence de base",
        "c'est pas utile de garder les rappels",
        "it's actually the reminders that cost too much",
        "drop in use of online booking",
        "add-on fees for reminders are too high",
        "on va changer le nom de la clinique",
        "we will change the name of the clinic",
        "we need to change our address",
        "We're staying with Accuro's own messaging tool",
        "on va rester juste avec Telus",
        "we will stay with Telus for reminders",
        "we'll stay open until June only",
        "c'est pas bon, on enlève le fax",
    ],
)
@pytest.mark.parametrize("intent", ["inform", "out_of_scope"])
def test_an_ordinary_reason_is_kept_and_changes_nothing(text: str, intent: str) -> None:
    before = asking("reason")
    draft, outcome = hear(before, typed(text, intent))
    assert (draft, outcome) == (replace(before, reason=text), Outcome("taken"))


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("c'est plutôt le site 5120", {"site_number": "5120"}),
        ("  non,  c'est plutôt\n5120", {"site_number": "5120"}),
        ("c'est pas 4411 c'est 4412", {"site_number": "4412"}),
        ("changez le site pour 5120", {"site_number": "5120"}),
        ("je me suis trompée de site, c'est le 5120", {"site_number": "5120"}),
        ("c'est plutôt Accuro", {"emr_vendor": "Accuro"}),
        ("c'est pas Juno, c'est Accuro", {"emr_vendor": "Accuro"}),
        ("change the EMR to Accuro", {"emr_vendor": "Accuro"}),
        ("mon nom s'écrit Joe Roy", {"requester_name": "Joe Roy"}),
        ("the email is info@clinique.example.com",
         {"requester_email": "info@clinique.example.com"}),
        ("ajoutez aussi les rappels", {"products": ("patient_reminders", "studies")}),
        ("finalement gardez les études", {"products": ()}),
        ("also cancel the reminders", {"products": ("patient_reminders", "studies")}),
        ("changez le courriel", {"requester_email": None}),
        ("the site number is wrong", {"site_number": None}),
    ],
)  # fmt: skip
def test_a_correction_with_its_value_is_no_reason(text: str, change: dict[str, Any]) -> None:
    draft, outcome = hear(asking("reason"), typed(text))
    assert (draft, outcome.result) == (replace(asking("reason"), **change), "taken")


# --- What gives nothing up ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "laisse faire la raison",
        "laissez tomber la raison",
        "oubliez la raison, envoyez",
        "passez cette raison svp",
        "never mind the reason, just send it",
        "forget about the reason",
        "skip the reason please",
    ],
)
@pytest.mark.parametrize("intent", ["stop", "skip", "inform"])
def test_the_reason_given_up_is_skipped(text: str, intent: str) -> None:
    draft, outcome = hear(asking("reason"), typed(text, intent))
    assert (outcome.result, draft) == ("taken", asking("reason", reason_skipped=True))


@pytest.mark.parametrize(
    "text", ["on va rester avec Accuro", "we're staying with Accuro", "we will stay on Accuro"]
)
@pytest.mark.parametrize("intent", ["stop", "inform"])
def test_the_emr_that_somebody_stays_with_is_an_answer(text: str, intent: str) -> None:
    draft, outcome = hear(asking("emr_vendor"), typed(text, intent))
    assert (outcome.result, draft.emr_vendor) == ("taken", "Accuro")


@pytest.mark.parametrize(
    ("text", "products"),
    [
        ("laissez tomber la messagerie et les rappels", ("patient_messages", "patient_reminders")),
        ("on laisse tomber les rappels pour cette année", ("patient_reminders",)),
        ("forget about the online booking and the reminders",
         ("patient_reminders", "online_booking")),
        ("we want to give up the studies and kiosks", ("tablets_kiosks", "studies")),
    ],
)  # fmt: skip
def test_services_that_are_given_up_are_those_to_cancel(
    text: str, products: tuple[str, ...]
) -> None:
    draft, outcome = hear(asking("products"), typed(text, "stop"))
    assert (outcome.result, set(draft.products)) == ("taken", set(products))


@pytest.mark.parametrize(
    "text",
    [
        "on va rester",
        "on va rester finalement",
        "on va rester avec vous",
        "on reste avec Ocean",
        "we'll stay",
        "actually we're staying with Ocean",
        "we will stay with you, thanks",
        "laissez faire",
        "never mind",
        "laissez tout tomber",
    ],
)
@pytest.mark.parametrize("step", ["products", "emr_vendor", "reason", "confirm"])
def test_staying_with_us_still_ends_the_request(step: Step, text: str) -> None:
    assert result(asking(step), typed(text, "stop")) == "stopped"


# --- Words that only connect ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "As we discussed on the phone, please cancel online booking",
        "as we already agreed, cancel online booking",
        "as we spoke yesterday, cancel online booking",
        "We've been double charged since we moved to Accuro, cancel online booking",
        "We have no reason to keep online booking, please cancel it",
        "there isn't any reason to keep online booking, cancel it",
        "aucune raison de garder la réservation en ligne, annulez-la",
        "for some reason it is still there, cancel online booking",
        "we have a reason to cancel online booking",
    ],
)
def test_words_that_only_connect_give_no_reason(text: str) -> None:
    draft = start(typed(text, "request_cancellation"), Draft())
    assert (draft.reason, draft.products) == (None, ("online_booking",))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("cancel the kiosks, since we moved to Accuro", "moved to Accuro"),
        ("Since we closed. Cancel the kiosks", "closed"),
        ("cancel the kiosks as we never use them", "never use them"),
        ("annulez les kiosques puisque on ferme", "on ferme"),
        ("cancel the kiosks, the reason is budget cuts", "budget cuts"),
        ("cancel the kiosks, reason: budget cuts", "budget cuts"),
        ("no reason to wait; the reason is cost, cancel kiosks", "cost, cancel kiosks"),
        ("change the reason to budget cuts", "budget cuts"),
        ("put the reason as closing down", "closing down"),
    ],
)
def test_a_reason_that_is_given_is_still_heard(text: str, reason: str) -> None:
    assert start(typed(text, "request_cancellation"), Draft()).reason == reason


@pytest.mark.parametrize(
    "text",
    [
        "no reason to wait, go ahead",
        "aucune raison d'attendre, allez-y, parfait",
        "no need to wait, yes",
    ],
)
def test_no_reason_to_wait_is_a_yes(text: str) -> None:
    draft, outcome = hear(RECAP, typed(text, "affirm"))
    assert (outcome.result, draft.reason) == ("confirmed", RECAP.reason)


def test_no_reason_to_wait_is_a_yes_without_the_classifier_too() -> None:
    assert result(RECAP, typed("no reason to wait, go ahead", "inform")) == "confirmed"
    assert result(RECAP, typed("no reason to go ahead", "inform")) != "confirmed"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("no reason to keep the reminders", "product"),
        ("pas de raison de conserver les rappels", "product"),
        ("no, keep the reminders", "kept_product"),
        ("pour cette raison gardez les rappels", "kept_product"),
    ],
)
def test_a_service_that_there_is_no_reason_to_keep_is_not_kept(text: str, name: str) -> None:
    assert [entity.name for entity in FINDER.find(text)] == [name]
