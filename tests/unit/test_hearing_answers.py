"""What an answer gives to a request, step by step, over many messages in both languages.

Intents are those that the classifier gives, right or wrong: the wrong ones are the point.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.core.cancellation import PRODUCTS, Draft
from bot.core.draft_values import MAX_REASON_CHARS
from bot.core.heard import Fault, Outcome
from bot.core.hearing import hear, start
from tests.support.hearing import CAUTION, asking, pressed, result, typed

ALL_BUT_REMINDERS = tuple(code for code in PRODUCTS if code != "patient_reminders")


# --- The first message ---------------------------------------------------------------------------


def test_the_first_message_gives_all_that_it_holds() -> None:
    text = (
        "C’est Manon Thibodeau, site 5528, on est sur Myle: annulez les rappels et la réservation "
        "en ligne, m.thibodeau@clinique.example.com, raison : vente de la clinique"
    )
    draft = start(typed(text, "request_cancellation", name="Manon Thibodeau"), Draft())
    assert draft == Draft(
        products=("patient_reminders", "online_booking"),
        requester_name="Manon Thibodeau",
        requester_email="m.thibodeau@clinique.example.com",
        site_number="5528",
        emr_vendor="MYLE",
        reason="vente de la clinique",
    )


def test_what_is_known_of_the_visitor_need_not_be_said() -> None:
    known = Draft(requester_name="Manon Thibodeau", site_number="4411")
    draft = start(typed("cancel the reminders", "request_cancellation"), known)
    assert draft == replace(known, products=("patient_reminders",))


def test_a_button_starts_an_empty_request() -> None:
    assert start(pressed("request_cancellation"), Draft()) == Draft()


def test_asking_again_adds_to_the_request_left_open() -> None:
    left = asking("reason")
    again = start(typed("je veux annuler aussi les rappels", "request_cancellation"), left)
    assert again == replace(left, products=("patient_reminders", "studies"), asked=None)


# --- Products ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "intent", "products"),
    [
        ("les rappels", "inform", ("patient_reminders",)),
        ("la réservation en ligne svp", "faq", ("online_booking",)),
        ("la messagerie", "faq", ("patient_messages",)),
        ("le kiosque de l'entrée et les deux ipads", "faq", ("tablets_kiosks",)),
        ("massages aux patients", "inform", ("patient_messages",)),
        ("resrvation en ligne", "request_cancellation", ("online_booking",)),
        ("arrêtez les rappels", "stop", ("patient_reminders",)),
        ("online booking and reminders", "inform", ("patient_reminders", "online_booking")),
        ("just the tablets", "inform", ("tablets_kiosks",)),
        ("pouvez-vous enlever les études?", "faq", ("studies",)),
        ("les messages, pas les rappels", "nlu_fallback", ("patient_messages",)),
        ("tout", "affirm", PRODUCTS),
        ("everything", "inform", PRODUCTS),
        ("tout sauf les rappels", "inform", ALL_BUT_REMINDERS),
        ("everything but reminders", "nlu_fallback", ALL_BUT_REMINDERS),
    ],
)
def test_products_are_taken_whatever_they_sound_like(
    text: str, intent: str, products: tuple[str, ...]
) -> None:
    draft, outcome = hear(asking("products"), typed(text, intent))
    assert (outcome.result, draft.products) == ("taken", products)


def test_a_number_given_along_is_taken_too() -> None:
    draft, _ = hear(asking("products"), typed("les études, site 4411"))
    assert (draft.products, draft.site_number) == (("studies",), "4411")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("quels services existent?", "nlu_fallback"),
        ("which ones can I cancel?", "faq"),
        ("comment annuler la réservation en ligne?", "faq"),
        ("comment on annule la réservation en ligne", "faq"),
        ("je voudrais savoir comment arrêter les rappels", "faq"),
        ("je ne sais pas trop, vous offrez quoi?", "help"),
    ],
)
def test_a_question_about_products_chooses_none(text: str, intent: str) -> None:
    before = asking("products")
    assert hear(before, typed(text, intent)) == (before, Outcome("digression"))


@pytest.mark.parametrize(
    ("text", "intent", "fault"),
    [
        ("l'imprimante", "inform", "unknown_product"),
        ("le fax", "out_of_scope", "no_product"),
        ("notre licence", "ask_fee_check", "no_product"),
        ("ocean", "faq", "no_product"),
        ("oui", "affirm", "no_product"),
        ("je sais pas", "skip", "no_product"),
    ],
)
def test_a_service_that_is_not_one_is_said_to_be_none(text: str, intent: str, fault: Fault) -> None:
    assert hear(asking("products"), typed(text, intent))[1] == Outcome("misunderstood", fault)


# --- Name ----------------------------------------------------------------------------------------

NAMES = [
    ("Manon Thibodeau", "Manon Thibodeau"),
    ("manon thibodeau", "manon thibodeau"),
    ("Luc", "Luc"),
    ("Dre Amélie Fortin-Roy", "Dre Amélie Fortin-Roy"),
    ("Dr. Marcus Bell", "Dr. Marcus Bell"),
    ("M. Bertrand Asselin, directeur", "M. Bertrand Asselin"),
    ("Jaspreet Gill, clinic manager", "Jaspreet Gill"),
    ("nadia b, réception", "nadia b"),
    ("c’est Guylaine Desrosiers", "Guylaine Desrosiers"),
    ("it's Heather", "Heather"),
    ("Heather Lindgren here", "Heather Lindgren"),
    ("je m'appelle Nathalie Gagnon", "Nathalie Gagnon"),
    ("mon nom est Sofia Marchetti, je suis l'adjointe administrative.", "Sofia Marchetti"),
    ("This is Ruth Abernathy calling on behalf of Dr. Bell's office", "Ruth Abernathy"),
    ("mettez le nom de ma gestionnaire, Chantal Pépin", "Chantal Pépin"),
    ("put my coworker, Olivia Nakamura", "Olivia Nakamura"),
    ("Jean-François O'Neil", "Jean-François O'Neil"),
    ("Marie de la Sablonnière", "Marie de la Sablonnière"),
    ("Thi Mai Pham", "Thi Mai Pham"),
    ("Nguyen Van An", "Nguyen Van An"),
    ("Jessica Ma", "Jessica Ma"),
    ("c'est Wei He", "Wei He"),
    ("DORIS DAY", "DORIS DAY"),
    ("C. Tremblay", "C. Tremblay"),
    ("Karim Haddad, k.haddad@clinique.example.com", "Karim Haddad"),
]


@pytest.mark.parametrize(("text", "name"), NAMES)
@pytest.mark.parametrize("intent", ["inform", "nlu_fallback", "out_of_scope", "faq"])
def test_a_name_is_taken_whatever_it_sounds_like(text: str, name: str, intent: str) -> None:
    draft, outcome = hear(asking("requester_name"), typed(text, intent))
    assert (outcome.result, draft.requester_name) == ("taken", name)


@pytest.mark.parametrize("intent", ["ask_person", "stop", "abuse", "check_again", "bye", "affirm"])
def test_a_full_name_is_no_wish_for_anything(intent: str) -> None:
    draft, outcome = hear(asking("requester_name"), typed("Louise Cooper", intent))
    assert (outcome.result, draft.requester_name) == ("taken", "Louise Cooper")


def test_a_francois_does_not_ask_for_french() -> None:
    draft, _ = hear(asking("requester_name"), typed("François", "switch_language"))
    assert draft.requester_name == "François"


def test_name_and_email_in_one_message_are_both_taken() -> None:
    text = "Karim Haddad, K.Haddad@clinique.example.com"
    draft, _ = hear(asking("requester_name"), typed(text))
    assert (draft.requester_name, draft.requester_email) == (
        "Karim Haddad",
        "k.haddad@clinique.example.com",
    )


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("oui", "affirm"),
        ("non", "deny"),
        ("ok", "affirm"),
        ("passer", "skip"),
        ("le mien", "out_of_scope"),
        ("mon nom", "faq"),
        ("au nom de la clinique", "inform"),
        ("Ma clinique", "inform"),
        ("donnez ma ligne", "inform"),
        ("3 fois rien", "nlu_fallback"),
        ("pourquoi?", "affirm"),
        ("I'd rather not say", "stop"),
        ("je ne veux pas donner mon nom", "stop"),
    ],
)
def test_what_is_no_name_is_asked_again(text: str, intent: str) -> None:
    draft, outcome = hear(asking("requester_name"), typed(text, intent))
    assert outcome == Outcome("misunderstood", "no_name")
    assert draft.requester_name is None


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Bonjour", "greet"),
        ("Merci beaucoup", "thank"),
        ("bonne journée", "bye"),
        ("Aide", "help"),
        ("in English please", "switch_language"),
        ("English", "switch_language"),
        ("pourquoi vous voulez mon nom?", "nlu_fallback"),
        ("why do you need my name", "ask_bot"),
        ("what happens after I send this?", "faq"),
        ("je veux parler à quelqu'un", "ask_person"),
    ],
)
def test_small_talk_and_questions_are_no_names(text: str, intent: str) -> None:
    before = asking("requester_name")
    assert hear(before, typed(text, intent)) == (before, Outcome("digression"))


def test_a_product_named_instead_of_a_name_is_added_and_the_name_asked_again() -> None:
    draft, outcome = hear(asking("requester_name"), typed("les rappels aussi"))
    assert draft.products == ("patient_reminders", "studies")
    assert (draft.requester_name, draft.next_step()) == (None, "requester_name")
    assert outcome.result == "taken"


@pytest.mark.parametrize(
    ("text", "name"), [("I don't have one", "I don't have one"), ("blah blah", "blah blah")]
)
def test_what_only_looks_like_a_name_changes_none_that_is_known(text: str, name: str) -> None:
    draft, _ = hear(asking("requester_email"), typed(text, "skip", name=name))
    assert draft.requester_name == "Luc Roy"


# --- Email ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("secretariat@clinique-exemple.ca", "secretariat@clinique-exemple.ca"),
        ("M.ROY@CLINIQUE.CA", "m.roy@clinique.ca"),
        ("mon courriel c’est r.lemay@example.com.", "r.lemay@example.com"),
        ("<m.roy@clinique.ca>", "m.roy@clinique.ca"),
        ("r.lemay arobas example.com", "r.lemay@example.com"),
        ("r.lemay at example dot com", "r.lemay@example.com"),
        ("hgosselin arobas example point com", "hgosselin@example.com"),
    ],
)
@pytest.mark.parametrize("intent", ["inform", "out_of_scope"])
def test_an_email_is_taken_also_spelled_out(text: str, email: str, intent: str) -> None:
    draft, outcome = hear(asking("requester_email"), typed(text, intent))
    assert (outcome.result, draft.requester_email) == ("taken", email)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("r.lemay@example", "inform"),
        ("r.lemay@", "inform"),
        ("je n'ai pas de courriel", "deny"),
        ("the same as before", "faq"),
        ("passer", "skip"),
        ("pourquoi?", "affirm"),
    ],
)
def test_what_is_no_email_is_asked_again(text: str, intent: str) -> None:
    outcome = hear(asking("requester_email"), typed(text, intent))[1]
    assert outcome == Outcome("misunderstood", "bad_email")


@pytest.mark.parametrize(
    ("text", "intent"),
    [("est-ce que ça peut être un gmail?", "faq"), ("what will you use it for?", "help")],
)
def test_a_question_about_the_email_is_no_email(text: str, intent: str) -> None:
    assert result(asking("requester_email"), typed(text, intent)) == "digression"


# --- Site number ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "intent", "number"),
    [
        ("4411", "inform", "4411"),
        ("le num du site je crois que c'est 9074", "inform", "9074"),
        ("60 233", "inform", "60233"),
        ("4 4 1 1", "out_of_scope", "4411"),
        ("c'est 2024", "nlu_fallback", "2024"),
        ("pas 2019, 2091, j'ai inversé les chiffres", "out_of_scope", "2091"),
        ("2091, pas 2019", "inform", "2091"),
        ("20910, pas 209", "inform", "20910"),
        ("pas le 2 0 1 9, le 2091", "inform", "2091"),
        ("4411?", "faq", "4411"),
    ],
)
def test_a_site_number_is_taken(text: str, intent: str, number: str) -> None:
    draft, outcome = hear(asking("site_number"), typed(text, intent))
    assert (outcome.result, draft.site_number) == ("taken", number)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("12", "out_of_scope"),
        ("1234567", "nlu_fallback"),
        ("514 555-1234", "inform"),
        ("٤٤١١", "inform"),
        ("quatre mille", "out_of_scope"),
        ("je l'ai pas le numéro", "skip"),
        ("c'est pas 4412", "inform"),
        ("pas le 4 4 1 2", "out_of_scope"),
        ("I don't know", "skip"),
    ],
)
def test_what_is_no_site_number_is_asked_again(text: str, intent: str) -> None:
    outcome = hear(asking("site_number"), typed(text, intent))[1]
    assert outcome == Outcome("misunderstood", "bad_site_number")


@pytest.mark.parametrize(
    ("text", "intent"),
    [("où je trouve ça?", "faq"), ("what's a site number?", "out_of_scope")],
)
def test_a_question_about_the_site_number_is_answered(text: str, intent: str) -> None:
    assert result(asking("site_number"), typed(text, intent)) == "digression"


# --- EMR -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "intent", "vendor"),
    [
        ("Accuro", "inform", "Accuro"),
        ("epic", "out_of_scope", "Epic"),
        ("on est avec Telus, Med Access je crois", "inform", "TELUS Med Access"),
        ("Nightingale", "bye", "Nightingale"),
        ("Oracle Cerner", "out_of_scope", "Oracle Cerner"),
        ("Le logiciel Endura", "faq", "Endura"),
        ("on utilise Akinox je pense mais je suis pas certaine", "faq", "Akinox"),
        ("we're on Input Health", "faq", "Input Health"),
        ("je sais pas", "skip", "inconnu"),
        ("aucun", "deny", "aucun"),
        ("on a pas de DMÉ encore, tout est papier", "out_of_scope", "aucun"),
        ("we don't have an EMR", "faq", "none"),
    ],
)
def test_an_emr_is_taken_known_to_us_or_not(text: str, intent: str, vendor: str) -> None:
    draft, outcome = hear(asking("emr_vendor"), typed(text, intent))
    assert (outcome.result, draft.emr_vendor) == ("taken", vendor)


@pytest.mark.parametrize(
    ("text", "intent"),
    [("oui", "affirm"), ("non", "deny"), ("passer", "skip")],
)
def test_what_is_no_emr_is_asked_again(text: str, intent: str) -> None:
    outcome = hear(asking("emr_vendor"), typed(text, intent))[1]
    assert outcome == Outcome("misunderstood", "no_emr_vendor")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("c'est quoi un DMÉ?", "faq"),
        ("pourquoi cette question?", "skip"),
        ("merci", "thank"),
        ("en anglais svp", "switch_language"),
        ("es-tu un robot", "ask_bot"),
    ],
)
def test_small_talk_and_questions_are_no_emr(text: str, intent: str) -> None:
    assert result(asking("emr_vendor"), typed(text, intent)) == "digression"


def test_a_product_added_meanwhile_is_no_emr() -> None:
    draft, _ = hear(asking("emr_vendor"), typed("ajoutez les rappels"))
    assert (draft.products, draft.emr_vendor) == (("patient_reminders", "studies"), None)


# --- The caution about Cloud Connect -------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("oui", "affirm"),
        ("oui j'ai compris pour Cloud Connect, on continue", "affirm"),
        ("oui, incluez cloud connect", "faq"),
        ("absolutely", "deny"),
        ("go", "nlu_fallback"),
        ("pas de problème", "affirm"),
    ],
)
def test_a_yes_to_the_caution_includes_cloud_connect(text: str, intent: str) -> None:
    draft, outcome = hear(CAUTION, typed(text, intent))
    assert (outcome.result, draft.cloud_connect_understood) == ("taken", True)
    assert draft.next_step() == "reason"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("non", "deny"),
        ("finalement non", "stop"),
        ("je veux le garder", "stop"),
        ("I want to keep it", "stop"),
        ("non, pas cloud connect", "deny"),
        ("gardez cloud connect", "faq"),
        ("enlevez Cloud Connect de la liste", "inform"),
        ("take cloud connect off the list", "inform"),
        ("je ne veux pas déconnecter cloud connect", "faq"),
    ],
)
def test_a_no_to_the_caution_leaves_cloud_connect_out(text: str, intent: str) -> None:
    draft, outcome = hear(CAUTION, typed(text, intent))
    assert (outcome.result, draft.products) == ("taken", ("studies",))
    assert draft.next_step() == "reason"


@pytest.mark.parametrize(
    ("text", "intent"),
    [("peut-être", "faq"), ("je suis pas certaine", "faq"), ("oui mais attendez", "affirm")],
)
def test_a_perhaps_is_neither(text: str, intent: str) -> None:
    assert hear(CAUTION, typed(text, intent))[1] == Outcome("misunderstood", "yes_or_no")


def test_a_yes_given_once_does_not_hold_after_cloud_connect_left_and_came_back() -> None:
    agreed = replace(CAUTION, cloud_connect_understood=True, asked="reason")
    left, _ = hear(agreed, typed("gardez cloud connect"))
    back, _ = hear(left, typed("ajoutez cloud connect"))
    assert back.next_step() == "cloud_connect"


# --- Reason --------------------------------------------------------------------------------------

REASONS = [
    ("trop cher", "inform"),
    ("budget", "inform"),
    ("lack of use", "faq"),
    ("on change de logiciel", "inform"),
    ("nos patients préfèrent le téléphone", "out_of_scope"),
    ("on a reçu une facture de 450$ et personne comprend les frais", "faq"),
    ("on paie des frais par message alors que c'est supposé être inclus", "ask_fee_check"),
    ("we are charged for messages that should be free", "ask_fee_check"),
    ("les patients n'aiment pas les rappels", "out_of_scope"),
    ("la réservation en ligne ne fonctionne jamais", "faq"),
    ("trop de bogues avec cloud connect", "inform"),
    ("we got Accuro and it doesn't integrate", "faq"),
    ("change of EMR to Oscar Pro", "faq"),
    ("we moved to site 5512", "inform"),
    ("Dr Luc Tremblay a pris sa retraite", "inform"),
    ("on ferme la clinique en juin", "stop"),
    ("merci pour tout mais on change de système", "thank"),
    ("on paie on sait même plus combien", "faq"),
    ("we pay I don't know how much", "ask_fee_check"),
    ("le service n'est pas bon", "deny"),
    ("ça ne sert plus à personne ici", "deny"),
    ("it does not do what we need", "deny"),
]


@pytest.mark.parametrize(("text", "intent"), REASONS)
def test_a_statement_is_a_reason_and_changes_nothing_else(text: str, intent: str) -> None:
    before = asking("reason")
    draft, outcome = hear(before, typed(text, intent, name="Luc Tremblay"))
    assert outcome == Outcome("taken")
    assert draft == replace(before, reason=text)


@pytest.mark.parametrize("intent", ["skip", "deny", "inform", "faq", "nlu_fallback"])
@pytest.mark.parametrize(
    "text",
    [
        "est-ce obligatoire?",
        "combien ça coûte annuler ?",
        "can I still get my data afterwards?",
    ],
)
def test_a_question_is_no_reason_whatever_it_sounds_like(text: str, intent: str) -> None:
    before = asking("reason")
    assert hear(before, typed(text, intent)) == (before, Outcome("digression"))


@pytest.mark.parametrize("intent", ["skip", "deny", "inform"])
@pytest.mark.parametrize(
    "text",
    [
        "jtrouve pas cette page",
        "je trouve pas cette page",
        "je vois pas où c'est",
        "I can't find that page",
        "je comprends pas ce que vous voulez",
    ],
)
def test_somebody_who_is_lost_does_not_skip_the_reason(text: str, intent: str) -> None:
    before = asking("reason")
    assert hear(before, typed(text, intent)) == (before, Outcome("digression"))


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("combien ça coûte ?", "out_of_scope"),
        ("combien ça coûte?", "faq"),
        ("ça coûte combien", "faq"),
        ("c’est combien", "ask_fee_check"),
        ("c'est combien par mois", "faq"),
        ("pis les rappels ça coûte combien", "faq"),
        ("that would cost how much", "faq"),
        ("how much does it cost", "faq"),
        ("is that required", "faq"),
        ("pourquoi est-ce qu’on paie par message?", "ask_fee_check"),
        ("because of the price, why are we even charged per message?", "faq"),
    ],
)
def test_a_question_during_the_reason_is_not_stored(text: str, intent: str) -> None:
    before = asking("reason")
    assert hear(before, typed(text, intent)) == (before, Outcome("digression"))


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("passer", "skip"),
        ("skip", "skip"),
        ("non", "deny"),
        ("aucune raison en particulier", "skip"),
        ("I'd rather not say", "stop"),
        ("je préfère ne pas dire", "nlu_fallback"),
    ],
)
def test_the_reason_may_be_skipped(text: str, intent: str) -> None:
    draft, outcome = hear(asking("reason"), typed(text, intent))
    assert (outcome.result, draft.reason, draft.reason_skipped) == ("taken", None, True)


def test_a_yes_is_no_reason() -> None:
    heard = typed("oui", "affirm")
    assert hear(asking("reason"), heard)[1] == Outcome("misunderstood", "no_reason")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("finalement la raison c'est le prix", "le prix"),
        ("the reason is mostly cost", "cost"),
        ("Pour la raison, écrivez simplement réorganisation interne", "réorganisation interne"),
    ],
)
def test_a_reason_named_as_such_is_kept_without_its_introduction(text: str, reason: str) -> None:
    assert hear(asking("reason"), typed(text))[0].reason == reason


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("finalement gardez les études", {"products": ()}),
        ("ajoutez aussi les rappels", {"products": ("patient_reminders", "studies")}),
        ("c'est plutôt le site 5120", {"site_number": "5120"}),
        ("mon courriel est info@clinique.example.com",
         {"requester_email": "info@clinique.example.com"}),
    ],
)  # fmt: skip
def test_a_correction_during_the_reason_is_a_correction(text: str, change: dict[str, Any]) -> None:
    before = asking("reason")
    draft, outcome = hear(before, typed(text))
    assert draft == replace(before, **change)
    assert outcome.result == "taken"


def test_a_long_reason_is_cut() -> None:
    draft, _ = hear(asking("reason"), typed("a" * 4_000))
    assert draft.reason == "a" * MAX_REASON_CHARS
