"""Requests as hurried people write them: what is heard of them, and what is not.

Every message was first written by hand against the running assistant, with the intent that the
classifier gave it; each of them was once heard wrong.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.core.cancellation import PRODUCTS, Draft, Step
from bot.core.heard import Outcome
from bot.core.hearing import hear, start
from tests.support.hearing import RECAP, asking, result, typed

ALL_BUT_REMINDERS = tuple(code for code in PRODUCTS if code != "patient_reminders")
THREE = ("tablets_kiosks", "patient_messages", "patient_reminders")


# --- How it begins -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "products"),
    [
        ("gardez les rappels, annulez le reste", ALL_BUT_REMINDERS),
        ("keep the reminders and cancel the rest", ALL_BUT_REMINDERS),
        ("jveux canceler les iPads pis la messagerie", ("tablets_kiosks", "patient_messages")),
        ("annulez les rapels et les msg patient", ("patient_messages", "patient_reminders")),
        ("le reste, je vous le dirai plus tard", ()),
    ],
)
def test_services_are_heard_however_they_are_named(text: str, products: tuple[str, ...]) -> None:
    assert start(typed(text, "request_cancellation"), Draft()).products == products


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("annulez les rappels parce que c'est trop cher", "c'est trop cher"),
        ("on arrête tout vu qu'on ferme en juin", "on ferme en juin"),
        ("cancel the kiosks because nobody uses them. Thanks", "nobody uses them"),
        ("annulez les rappels", None),
    ],
)
def test_a_reason_given_along_with_the_wish_is_not_asked_again(
    text: str, reason: str | None
) -> None:
    assert start(typed(text, "request_cancellation"), Draft()).reason == reason


@pytest.mark.parametrize(
    "text",
    [
        "je veux annuler le fax et la téléphonie",
        "annulez notre service de télécopie",
        "please cancel the fax line",
        "je voudrais résilier l'assistance dentaire",
    ],
)
def test_what_is_no_service_of_ocean_is_said_to_be_unknown(text: str) -> None:
    assert start(typed(text, "request_cancellation"), Draft()).unknown


@pytest.mark.parametrize(
    "text",
    [
        "je veux annuler",
        "je veux annuler mon abonnement",
        "annuler nos services svp",
        "annuler le service de réservation en ligne",
        "cancel the subscription",
        "I want to cancel our account",
        "je veux arrêter de payer",
    ],
)
def test_a_wish_that_names_nothing_or_a_service_names_nothing_unknown(text: str) -> None:
    assert not start(typed(text, "request_cancellation"), Draft()).unknown


# --- Answers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "text", "intent", "change"),
    [
        ("requester_name", "c Julie Roy", "out_of_scope", {"requester_name": "Julie Roy"}),
        ("requester_name", "moi c Sophie Lavoie, adjointe", "out_of_scope",
         {"requester_name": "Sophie Lavoie"}),
        ("requester_name", "its Heather", "out_of_scope", {"requester_name": "Heather"}),
        ("site_number", "le site c le 4 4 1 2", "faq", {"site_number": "4412"}),
        ("emr_vendor", "je sais pas", "skip", {"emr_vendor": "inconnu"}),
        ("emr_vendor", "no idea, ask the doctor", "skip", {"emr_vendor": "unknown"}),
    ],
)  # fmt: skip
def test_an_answer_is_heard_however_hurried(
    step: Step, text: str, intent: str, change: dict[str, Any]
) -> None:
    draft, outcome = hear(asking(step), typed(text, intent))
    assert outcome.result == "taken"
    assert draft == replace(asking(step), **change)


def test_keys_struck_at_random_are_no_name_and_bring_the_way_out() -> None:
    draft = asking("requester_name")
    results = []
    for text in ("asdf qwer", "zxcv", "hjkl"):
        draft, outcome = hear(draft, typed(text, "out_of_scope"))
        results.append(outcome.result)
    assert results == ["misunderstood", "misunderstood", "way_out"]
    assert draft.requester_name is None


@pytest.mark.parametrize("name", ["Ng", "Li", "Szczepan Krzysztof", "Wertheim", "Lynn"])
def test_a_name_with_few_vowels_is_a_name(name: str) -> None:
    draft, _ = hear(asking("requester_name"), typed(name, "nlu_fallback"))
    assert draft.requester_name == name


# --- Corrections on the way ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "intent", "field"),
    [
        ("oui mais changez le courriel", "faq", "requester_email"),
        ("attendez, corrigez mon nom", "faq", "requester_name"),
        ("can I change the email", "faq", "requester_email"),
        ("est-ce que je peux corriger le numéro?", "faq", "site_number"),
        ("wait, fix my name", "inform", "requester_name"),
    ],
)
@pytest.mark.parametrize("step", ["emr_vendor", "reason", "confirm"])
def test_a_field_said_to_be_wrong_is_asked_for_anew(
    step: Step, text: str, intent: str, field: Step
) -> None:
    draft, outcome = hear(asking(step), typed(text, intent))
    assert outcome == Outcome("taken", changed=(field,))
    assert draft.next_step() == field
    assert draft == replace(asking(step), **{field: None})


@pytest.mark.parametrize("step", ["emr_vendor", "reason"])
def test_how_an_account_is_changed_is_a_question_and_no_correction(step: Step) -> None:
    heard = typed("comment changer le courriel de mon compte?", "faq")
    assert hear(asking(step), heard) == (asking(step), Outcome("digression"))


@pytest.mark.parametrize("text", ["on change de logiciel", "changement de système", "fix the roof"])
def test_a_change_at_the_clinic_is_a_reason_and_no_correction(text: str) -> None:
    draft, _ = hear(asking("reason"), typed(text, "inform"))
    assert draft == replace(asking("reason"), reason=text)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("finalement gardez la messagerie", "stop"),
        ("attendez, j'ai changé d'idée, on garde la messagerie", "stop"),
        ("oups, pas la messagerie", "deny"),
        ("actually we changed our mind, keep patient messages", "stop"),
    ],
)
@pytest.mark.parametrize("step", ["requester_email", "reason", "confirm"])
def test_a_service_kept_after_all_does_not_end_the_request(
    step: Step, text: str, intent: str
) -> None:
    draft, outcome = hear(asking(step, products=THREE), typed(text, intent))
    assert outcome.result == "taken"
    assert draft.products == ("tablets_kiosks", "patient_reminders")
    assert draft.reason == asking(step).reason


@pytest.mark.parametrize("text", ["laissez tomber la messagerie", "forget patient messages"])
@pytest.mark.parametrize("step", ["requester_email", "confirm"])
def test_dropping_one_service_is_not_dropping_the_request(step: Step, text: str) -> None:
    draft, outcome = hear(asking(step, products=THREE), typed(text, "stop"))
    assert (outcome.result, draft.products) == ("taken", ("tablets_kiosks", "patient_reminders"))


def test_keeping_the_only_service_asks_which_one_is_meant() -> None:
    draft, outcome = hear(asking("reason"), typed("finalement gardez les études", "inform"))
    assert (outcome.result, draft.next_step()) == ("taken", "products")


@pytest.mark.parametrize("text", ["on garde tout finalement", "never mind, keep everything"])
def test_keeping_everything_ends_the_request(text: str) -> None:
    assert result(RECAP, typed(text, "stop")) == "stopped"


@pytest.mark.parametrize(
    ("text", "products"),
    [
        ("non pas tout juste les études", ("studies",)),
        ("enlève donc les rappels pis met les études à place", ("tablets_kiosks", "studies")),
        ("remove the reminders and add studies", ("tablets_kiosks", "studies")),
        ("remettez les formulaires", ("tablets_kiosks", "patient_reminders", "website_forms")),
        ("pouvez-vous enlever les kiosques?", ("patient_reminders",)),
    ],
)
@pytest.mark.parametrize("step", ["requester_email", "reason", "confirm"])
def test_the_list_of_services_can_be_changed_at_any_time(
    step: Step, text: str, products: tuple[str, ...]
) -> None:
    before = asking(step, products=RECAP.products)
    draft, outcome = hear(before, typed(text, "nlu_fallback"))
    assert outcome == Outcome("taken", changed=("products",))
    assert draft == replace(before, products=products)


@pytest.mark.parametrize("text", ["the name should be Kimberly Li", "le nom c Kimberly Li"])
@pytest.mark.parametrize("step", ["site_number", "emr_vendor", "confirm"])
def test_a_name_said_to_be_one_is_taken_at_any_time(step: Step, text: str) -> None:
    draft, _ = hear(asking(step), typed(text, "inform"))
    assert draft.requester_name == "Kimberly Li"


def test_a_no_to_the_recap_is_no_mistake_however_often() -> None:
    draft = RECAP
    for _ in range(4):
        draft, outcome = hear(draft, typed("non", "deny"))
        assert outcome == Outcome("misunderstood", "to_correct")


# --- Which kind of subscription ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "scopes"),
    [
        ("annuler l'abonnement aux messages pour tout le site", {"patient_messages": "site_wide"}),
        ("cancel our Ocean Unlimited", {"patient_messages": "site_wide"}),
        ("je veux retirer la licence de messages de la Dre Roy, c'est une licence de base",
         {"patient_messages": "licence"}),
        ("annuler une étude", {"studies": "licence"}),
        ("cancel the site-wide studies and the kiosks", {"studies": "site_wide"}),
        ("annuler les messages et les études", {}),
        ("annuler les kiosques pour tout le site", {}),
    ],
)  # fmt: skip
def test_the_kind_of_subscription_is_heard_where_it_is_said(
    text: str, scopes: dict[str, str]
) -> None:
    assert start(typed(text, "request_cancellation"), Draft()).scopes == scopes


def test_a_licence_of_a_service_added_at_the_recap_is_said_of_no_other() -> None:
    before = asking("confirm", products=("patient_messages",))
    heard = typed("ajoutez les rappels, une licence de base")
    draft, _ = hear(before, heard)
    assert (draft.products, draft.scopes) == (("patient_messages", "patient_reminders"), {})
    assert "call_emr_vendor" in draft.duties()


def test_the_kind_of_subscription_can_be_said_at_the_recap_which_is_then_another() -> None:
    before = asking("confirm")
    draft, outcome = hear(before, typed("c'est une étude de base", "inform"))
    assert (outcome.result, draft.scopes) == ("taken", {"studies": "licence"})
    assert draft.digest != before.digest


# --- Names and the like, as they are written in passing ------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("kill the kiosks, site 4412, Bob Fox bob@clinic.example.com", "Bob Fox"),
        ("annulez tout. Diane Hébert <diane@clinique.example.com>", "Diane Hébert"),
        ("cancel reminders. Thanks, Pat Lee pat@clinic.example.com", "Pat Lee"),
        ("annulez les rappels, Site Web info@clinique.example.com", None),
        ("annulez les rappels, écrivez à julie@clinique.example.com", None),
    ],
)
def test_a_name_beside_the_address_made_of_it_is_not_asked_again(
    text: str, name: str | None
) -> None:
    assert start(typed(text, "request_cancellation"), Draft()).requester_name == name


@pytest.mark.parametrize("step", ["products", "site_number", "reason"])
def test_a_name_never_gives_the_request_up(step: Step) -> None:
    assert result(asking(step), typed("Kim Lee", "stop")) != "stopped"


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("mon nom s'écrit Joe Roy", {"requester_name": "Joe Roy"}),
        ("the name is spelled Joe Roy", {"requester_name": "Joe Roy"}),
        ("le site se termine par 9, pas par 8", {"site_number": None}),
        ("il manque un chiffre au numéro de site", {"site_number": None}),
        ("there's a letter missing in my email", {"requester_email": None}),
        ("remove the reminders, leave just the kiosks", {"products": ("tablets_kiosks",)}),
    ],
)
def test_what_is_wrong_at_the_recap_is_heard_in_other_words(
    text: str, change: dict[str, Any]
) -> None:
    draft, outcome = hear(RECAP, typed(text, "inform"))
    assert outcome.result == "taken"
    assert draft == replace(RECAP, **change)


@pytest.mark.parametrize("text", ["asdkjh", "qsdlkfj qsdf", "mlkjmlkj"])
def test_keys_of_any_keyboard_struck_at_random_are_no_name(text: str) -> None:
    assert result(asking("requester_name"), typed(text, "nlu_fallback")) == "misunderstood"


@pytest.mark.parametrize("name", ["Goldschmidt", "hans schmidt", "Wojciech", "Thrth Nguyen"])
def test_a_name_of_many_consonants_is_a_name(name: str) -> None:
    assert hear(asking("requester_name"), typed(name, "inform"))[0].requester_name == name


# --- What is said of the whole, and what of its parts --------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "everything looks good",
        "everything is correct, just send it",
        "tout est beau",
        "great",
        "looks right to me",
        "c'est ça",
    ],
)
def test_praise_of_the_recap_is_a_yes_and_adds_no_service(text: str) -> None:
    draft, outcome = hear(RECAP, typed(text, "thank"))
    assert (outcome.result, draft.products) == ("confirmed", RECAP.products)


@pytest.mark.parametrize(
    "text", ["wait change everything", "tout est à refaire", "everything is wrong", "fix it all"]
)
def test_blame_of_the_whole_recap_asks_what_is_wrong_and_adds_no_service(text: str) -> None:
    draft, outcome = hear(RECAP, typed(text, "inform"))
    assert (outcome.result, draft.products) == ("misunderstood", RECAP.products)


@pytest.mark.parametrize("text", ["annulez tout finalement", "add all of them"])
def test_all_services_can_be_added_at_the_recap(text: str) -> None:
    draft, _ = hear(RECAP, typed(text, "inform"))
    assert len(draft.products) > len(RECAP.products)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("the email", "requester_email"),
        ("le nom", "requester_name"),
        ("no, the site number", "site_number"),
        ("mon DMÉ", "emr_vendor"),
    ],
)
def test_a_field_named_in_answer_to_what_is_wrong_is_asked_for_anew(text: str, field: Step) -> None:
    draft, outcome = hear(RECAP, typed(text, "nlu_fallback"))
    assert (outcome.result, draft.next_step()) == ("taken", field)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("hmm the site number is wrong", "site_number"),
        ("le courriel est pas bon", "requester_email"),
        ("attendez le nom est mal écrit", "requester_name"),
    ],
)
@pytest.mark.parametrize("step", ["emr_vendor", "reason", "confirm"])
def test_a_field_said_to_be_wrong_is_no_reason(step: Step, text: str, field: Step) -> None:
    draft, _ = hear(asking(step), typed(text, "inform"))
    assert draft == replace(asking(step), **{field: None})


@pytest.mark.parametrize("text", ["-", ".", "n/a", "...", "x"])
def test_a_mark_instead_of_a_reason_skips_the_question(text: str) -> None:
    draft, _ = hear(asking("reason"), typed(text, "nlu_fallback"))
    assert (draft.reason, draft.reason_skipped) == (None, True)


@pytest.mark.parametrize(
    ("text", "products"),
    [
        ("no wait, reminders not messages", ("patient_reminders",)),
        ("les rappels, pas la messagerie", ("patient_reminders",)),
        ("kiosks not the messages", ("tablets_kiosks",)),
    ],
)
def test_one_service_and_not_another_is_heard(text: str, products: tuple[str, ...]) -> None:
    before = asking("requester_name", products=("patient_messages",))
    assert hear(before, typed(text))[0].products == products


@pytest.mark.parametrize(
    "text",
    [
        "c'est au nom de mon boss, Dre Solène Charbonneau",
        "it's on behalf of Solène Charbonneau",
        "au nom de Solène Charbonneau",
    ],
)
@pytest.mark.parametrize("step", ["emr_vendor", "confirm"])
def test_in_whose_name_may_be_said_at_any_time(step: Step, text: str) -> None:
    draft, _ = hear(asking(step), typed(text))
    assert (draft.requester_name or "").endswith("Solène Charbonneau")


def test_paper_charts_are_no_emr() -> None:
    assert hear(asking("emr_vendor"), typed("we use paper charts"))[0].emr_vendor == "none"


@pytest.mark.parametrize(
    "text",
    [
        "on va en reparler à la réunion, annule ça",
        "actually no, we'll stay with you",
        "cancel this request",
        "annulez ma demande svp",
        "bof laisse faire",
    ],
)
@pytest.mark.parametrize("intent", ["deny", "skip", "request_cancellation", "inform"])
@pytest.mark.parametrize("step", ["requester_name", "site_number", "reason", "confirm"])
def test_giving_up_in_so_many_words_ends_the_request(step: Step, text: str, intent: str) -> None:
    assert result(asking(step), typed(text, intent)) == "stopped"


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("change the name to Alan Fox", {"requester_name": "Alan Fox"}),
        ("changez le nom pour Anne Roy", {"requester_name": "Anne Roy"}),
        ("put the reason as closing down", {"reason": "closing down"}),
        ("only kiosks and forms", {"products": ("tablets_kiosks", "website_forms")}),
        ("juste les kiosques et le fax", {"products": ("tablets_kiosks",), "unknown": ("fax",)}),
    ],
)
def test_what_is_right_at_the_recap_is_heard_in_other_words(
    text: str, change: dict[str, Any]
) -> None:
    draft, _ = hear(RECAP, typed(text, "inform"))
    assert draft == replace(RECAP, **change)


def test_a_reason_said_to_be_one_is_taken_at_any_time() -> None:
    draft, _ = hear(asking("requester_email"), typed("put the reason as closing down", "inform"))
    assert draft.reason == "closing down"


def test_an_order_to_keep_what_is_not_in_the_request_is_no_reason() -> None:
    draft, outcome = hear(asking("reason"), typed("keep reminders", "inform"))
    assert (outcome.result, draft.reason) == ("misunderstood", None)


@pytest.mark.parametrize(
    ("text", "number"), [("c'est 4 chiffres: 9 8 7 6", "9876"), ("4 4 1 2 1", "44121")]
)
def test_a_number_spelled_out_is_heard_among_words(text: str, number: str) -> None:
    assert hear(asking("site_number"), typed(text, "inform"))[0].site_number == number


def test_all_is_all_however_long_it_is_drawn() -> None:
    assert hear(asking("products"), typed("touttt", "inform"))[0].products == PRODUCTS
