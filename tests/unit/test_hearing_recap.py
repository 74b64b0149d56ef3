"""What is said to the recap: a yes, half a yes, a no, or a correction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.core.cancellation import PRODUCTS, Step
from bot.core.heard import Outcome
from bot.core.hearing import hear
from tests.support.hearing import RECAP, pressed, result, typed

# --- The recap: yes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("oui", "affirm"),
        ("yes", "affirm"),
        ("exact", "affirm"),
        ("c’est beau", "affirm"),
        ("oui envoyez la demande", "affirm"),
        ("oui c'est le site 4411", "nlu_fallback"),
        ("oui je confirme l'annulation des tablettes et des rappels", "request_cancellation"),
        ("pourquoi pas", "affirm"),
        ("no problem, yes", "affirm"),
        ("👍", "affirm"),
    ],
)
def test_a_yes_confirms_what_the_recap_showed(text: str, intent: str) -> None:
    draft, outcome = hear(RECAP, typed(text, intent))
    assert outcome == Outcome("confirmed")
    assert draft.confirmed == RECAP.digest


def test_the_button_of_the_recap_confirms() -> None:
    draft, outcome = hear(RECAP, pressed("confirm_draft", draft=RECAP.digest))
    assert outcome == Outcome("confirmed")
    assert draft.confirmed == RECAP.digest


def test_the_button_of_an_older_recap_confirms_nothing() -> None:
    older = replace(RECAP, site_number="9999").digest
    draft, outcome = hear(RECAP, pressed("confirm_draft", draft=older))
    assert (draft, outcome.result) == (RECAP, "misunderstood")


def test_a_button_confirms_nothing_that_was_not_shown() -> None:
    unseen = replace(RECAP, recapped=None)
    assert result(unseen, pressed("confirm_draft", draft=unseen.digest)) == "misunderstood"
    assert result(unseen, typed("oui", "affirm")) == "misunderstood"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("pourquoi?", "affirm"),
        ("oui?", "affirm"),
        ("c'est correct?", "affirm"),
        ("oui mais attendez", "affirm"),
        ("oui sauf le dernier", "affirm"),
        ("yes but not yet", "affirm"),
        ("ok un instant", "affirm"),
        ("annuler", "faq"),
        ("cancel", "request_cancellation"),
        ("send it", "faq"),
        ("asdf", "out_of_scope"),
    ],
)
def test_half_a_yes_confirms_nothing(text: str, intent: str) -> None:
    draft, outcome = hear(RECAP, typed(text, intent))
    assert outcome == Outcome("misunderstood", "yes_or_no")
    assert draft.confirmed is None


@pytest.mark.parametrize(
    ("text", "intent"), [("non", "deny"), ("non merci", "thank"), ("pas tout à fait", "deny")]
)
def test_a_no_is_asked_what_to_correct(text: str, intent: str) -> None:
    assert hear(RECAP, typed(text, intent))[1] == Outcome("misunderstood", "to_correct")
    assert hear(RECAP, pressed("deny"))[1] == Outcome("misunderstood", "to_correct")


# --- The recap: corrections ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "intent", "change"),
    [
        ("non c'est plutôt 5120", "inform", {"site_number": "5120"}),
        ("oui mais c'est le site 5120", "affirm", {"site_number": "5120"}),
        ("c'est pas 4411 c'est 4412", "nlu_fallback", {"site_number": "4412"}),
        ("4412, pas 4411", "inform", {"site_number": "4412"}),
        ("the number has a typo, should be 55013", "inform", {"site_number": "55013"}),
        ("on est sur Oscar Pro pas sur Juno", "inform", {"emr_vendor": "OSCAR Pro"}),
        ("not Juno, Oscar", "inform", {"emr_vendor": "OSCAR"}),
        ("mon courriel est pas bon, c'est info@clinique.example.com", "faq",
         {"requester_email": "info@clinique.example.com"}),
        ("mon nom a été mal écrit, Isabelle Lachance", "inform",
         {"requester_name": "Isabelle Lachance"}),
        ("put my coworker down instead, Olivia Nakamura", "out_of_scope",
         {"requester_name": "Olivia Nakamura"}),
        ("Isabelle Lachance", "out_of_scope", {"requester_name": "Isabelle Lachance"}),
        ("la raison c'est plutôt le service", "inform", {"reason": "le service"}),
        ("change the reason to budget cuts", "out_of_scope", {"reason": "budget cuts"}),
    ],
)  # fmt: skip
def test_a_correction_at_the_recap_replaces_the_value(
    text: str, intent: str, change: dict[str, Any]
) -> None:
    draft, outcome = hear(RECAP, typed(text, intent))
    assert draft == replace(RECAP, **change)
    assert outcome == Outcome("taken", changed=tuple(change))  # type: ignore[arg-type]


def test_a_name_that_is_introduced_replaces_the_name() -> None:
    heard = typed("my name is Heather Lindgren", name="Heather Lindgren")
    assert hear(RECAP, heard)[0].requester_name == "Heather Lindgren"


TABLETS, REMINDERS = ("tablets_kiosks",), ("patient_reminders",)


@pytest.mark.parametrize(
    ("text", "intent", "products"),
    [
        ("ajoutez aussi les études", "inform", (*TABLETS, *REMINDERS, "studies")),
        ("add studies too", "inform", (*TABLETS, *REMINDERS, "studies")),
        ("finalement gardez les rappels", "inform", TABLETS),
        ("yes but keep the reminders", "faq", TABLETS),
        ("on garde les tablettes", "faq", REMINDERS),
        ("pas les rappels", "inform", TABLETS),
        ("finalement non pour les rappels", "inform", TABLETS),
        ("enlevez les rappels", "faq", TABLETS),
        ("remove the reminders", "faq", TABLETS),
        ("pouvez-vous enlever les rappels?", "faq", TABLETS),
        ("sans les tablettes", "faq", REMINDERS),
        ("rather not the tablets", "nlu_fallback", REMINDERS),
        ("je ne veux plus annuler les rappels", "request_cancellation", TABLETS),
        ("don't cancel the reminders", "request_cancellation", TABLETS),
        ("les tablettes seulement", "inform", TABLETS),
        ("only the reminders", "inform", REMINDERS),
        ("remplacez les tablettes par les études svp", "inform", (*REMINDERS, "studies")),
        ("annulez tout", "request_cancellation", PRODUCTS),
    ],
)
def test_the_list_of_services_is_corrected(
    text: str, intent: str, products: tuple[str, ...]
) -> None:
    draft, outcome = hear(RECAP, typed(text, intent))
    assert set(draft.products) == set(products)
    assert outcome == Outcome("taken", changed=("products",))


def test_what_is_not_on_the_list_is_not_put_there_by_taking_it_off() -> None:
    draft, _ = hear(RECAP, typed("enlevez Cloud Connect de la liste"))
    assert draft.products == RECAP.products


def test_an_unlisted_service_to_be_removed_from_the_account_is_added() -> None:
    draft, _ = hear(RECAP, typed("enlevez aussi les études"))
    assert "studies" in draft.products


def test_keeping_everything_leaves_the_services_to_be_asked_for() -> None:
    draft, _ = hear(RECAP, typed("gardez les tablettes et les rappels"))
    assert draft.next_step() == "products"


@pytest.mark.parametrize(
    ("text", "intent", "step"),
    [
        ("oui mais changez le courriel", "affirm", "requester_email"),
        ("yes but the email is wrong", "affirm", "requester_email"),
        ("changer l’adresse", "out_of_scope", "requester_email"),
        ("le nom est mauvais", "inform", "requester_name"),
        ("the name is misspelled", "faq", "requester_name"),
        ("le numéro de site n'est pas bon", "deny", "site_number"),
        ("je me suis trompée de logiciel", "faq", "emr_vendor"),
        ("change the reason", "nlu_fallback", "reason"),
        ("il y a une erreur dans les services", "faq", "products"),
    ],
)
def test_a_field_said_to_be_wrong_is_asked_for_anew(text: str, intent: str, step: Step) -> None:
    draft, outcome = hear(RECAP, typed(text, intent))
    assert (outcome.result, draft.next_step()) == ("taken", step)
    assert draft.confirmed is None


def test_a_question_at_the_recap_is_answered_first() -> None:
    for text, intent in (
        ("combien de temps ça prend?", "out_of_scope"),
        ("how long does it take", "faq"),
        ("est-ce que je vais être remboursé?", "nlu_fallback"),
    ):
        assert hear(RECAP, typed(text, intent)) == (RECAP, Outcome("digression"))


def test_a_correction_after_a_yes_that_could_not_be_filed_takes_the_yes_back() -> None:
    agreed = replace(RECAP, confirmed=RECAP.digest)
    draft, outcome = hear(agreed, typed("le site est 5120"))
    assert (draft.confirmed, outcome.result) == (None, "taken")
