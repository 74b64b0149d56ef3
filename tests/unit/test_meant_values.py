"""Values that a message names without meaning them: services spared, copies, invoices."""

from __future__ import annotations

import pytest

from bot.core.cancellation import PRODUCTS, Draft, Step
from bot.core.heard import Outcome
from bot.core.hearing import hear, start
from tests.support.hearing import RECAP, asking, typed

MESSAGES = ("patient_messages",)
REMINDERS = ("patient_reminders",)
ALL_BUT_REMINDERS = tuple(code for code in PRODUCTS if code != "patient_reminders")
LUC = "luc@clinique.example.com"


def begun(text: str) -> Draft:
    return start(typed(text, "request_cancellation"), Draft())


# --- Services that are named to be spared --------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "products"),
    [
        ("annulez la messagerie, mais n'annulez pas les rappels", MESSAGES),
        ("je ne veux pas annuler les rappels, juste la messagerie", MESSAGES),
        ("cancel messaging but do not cancel the reminders", MESSAGES),
        ("annulez la messagerie sans toucher aux rappels", MESSAGES),
        ("cancel messaging, leave the reminders alone", MESSAGES),
        ("annulez tout, mais touchez pas aux rappels", ALL_BUT_REMINDERS),
        ("n'annulez pas les rappels, seulement la messagerie", MESSAGES),
        ("annulez la messagerie, annulez surtout pas les rappels", MESSAGES),
        ("cancel messaging but don’t cancel the reminders or the studies", MESSAGES),
        ("cancel messaging without touching the reminders", MESSAGES),
        ("laissez-nous les rappels, annulez la messagerie", MESSAGES),
        ("annulez la messagerie sans toucher aux rappels ni aux kiosques", MESSAGES),
        ("on veut pas annuler les rappels mais la messagerie", MESSAGES),
        ("I don't want to stop the reminders, only messaging", MESSAGES),
        ("don't cancel everything, only messaging", MESSAGES),
    ],
)
def test_a_service_named_to_be_spared_is_not_cancelled(
    text: str, products: tuple[str, ...]
) -> None:
    assert begun(text).products == products


@pytest.mark.parametrize(
    "text",
    [
        "je ne peux pas annuler les rappels",
        "I can not cancel the reminders myself",
        "ça marche pas annulez les rappels",
        "n'hésitez pas à annuler les rappels",
        "don't forget to cancel the reminders",
        "n'annulez que les rappels",
        "si vous n'annulez pas les rappels je pars",
        "you have not cancelled the reminders",
        "laissez tomber les rappels",
        "je ne veux plus payer, annulez les rappels",
        "on ne veut pas des rappels",
        "le docteur ne touche pas aux rappels, annulez les rappels",
    ],
)
def test_a_service_is_cancelled_though_something_else_is_denied(text: str) -> None:
    assert begun(text).products == REMINDERS


@pytest.mark.parametrize(
    "text",
    [
        "annulez la messagerie, mais n'annulez pas les rappels",
        "annulez la messagerie sans toucher aux rappels",
        "don't cancel the reminders",
        "leave the reminders alone",
    ],
)
@pytest.mark.parametrize("step", ["requester_email", "reason", "confirm"])
def test_sparing_one_service_takes_no_other_off_the_list(step: Step, text: str) -> None:
    before = asking(step, products=("patient_messages", "patient_reminders"))
    draft, outcome = hear(before, typed(text))
    assert (outcome.result, draft.products) == ("taken", MESSAGES)


def test_what_is_left_on_the_list_stays_in_the_request() -> None:
    draft, _ = hear(RECAP, typed("leave the reminders on the list"))
    assert draft.products == RECAP.products


# --- Emails --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("julie.roy@clinique.ca, pas julie@clinique.ca", "julie.roy@clinique.ca"),
        ("pas julie@clinique.ca, julie.roy@clinique.ca", "julie.roy@clinique.ca"),
        ("c'est julie@clinique.ca mais envoyez pas à admin@clinique.ca", "julie@clinique.ca"),
        ("julie@clinic.ca, do not write to admin@clinic.ca", "julie@clinic.ca"),
        ("j.roy@clinique.ca et mettez en cc dr.tremblay@clinique.ca", "j.roy@clinique.ca"),
        ("copie à dr@clinique.ca, mon courriel est j.roy@clinique.ca", "j.roy@clinique.ca"),
        ("j.roy@clinic.ca, with a copy to dr.bell@clinic.ca", "j.roy@clinic.ca"),
        ("we used to use old@clinic.ca, now it's new@clinic.ca", "new@clinic.ca"),
        ("j.roy@clinique.ca ou sinon admin@clinique.ca", "j.roy@clinique.ca"),
        # As before.
        ("j.roy@clinique.ca, oups j.roi@clinique.ca", "j.roi@clinique.ca"),
        ("envoyez-moi une copie à j.roy@clinique.ca", "j.roy@clinique.ca"),
        ("j.roy@clinique.ca", "j.roy@clinique.ca"),
        ("not sure but j.roy@clinic.ca", "j.roy@clinic.ca"),
        ("pourquoi pas j.roy@clinique.ca", "j.roy@clinique.ca"),
        ("pas de problème, j.roy@clinique.ca", "j.roy@clinique.ca"),
    ],
)
def test_the_email_meant_is_taken(text: str, email: str) -> None:
    draft, outcome = hear(asking("requester_email"), typed(text))
    assert (outcome.result, draft.requester_email) == ("taken", email)
    assert begun(f"annulez les rappels. {text}").requester_email == email


@pytest.mark.parametrize(
    "text", ["pas julie@clinique.ca", "mettez dr.bell@clinic.ca en copie", "cc: dr@clinique.ca"]
)
def test_an_email_that_is_not_meant_answers_nothing(text: str) -> None:
    draft, outcome = hear(asking("requester_email"), typed(text))
    assert (outcome.result, draft.requester_email) == ("misunderstood", None)


@pytest.mark.parametrize(
    "text",
    [
        "annulez les rappels\n\nLe 3 mars, Support <support@oceanmd.com> a écrit :",
        "cancel the reminders\n\nOn Mar 3, Support <help@oceanmd.com> wrote:\nhelp@oceanmd.com",
        "cancel the reminders\n> support@oceanmd.com",
    ],
)
def test_an_address_in_a_reply_pasted_along_is_nobodys(text: str) -> None:
    assert begun(text).requester_email is None
    own = begun(f"j.roy@clinique.ca {text}")
    assert own.requester_email == "j.roy@clinique.ca"


@pytest.mark.parametrize(
    "text",
    ["oui, et envoyez une copie à dre.roy@clinique.ca", "yes, and cc dre.roy@clinic.ca please"],
)
def test_a_copy_wished_for_at_the_recap_replaces_no_address(text: str) -> None:
    draft, _ = hear(RECAP, typed(text, "affirm"))
    assert draft.requester_email == LUC


# --- EMRs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "vendor"),
    [
        ("Oscar, pas Accuro", "OSCAR"),
        ("Oscar (avant on avait Accuro)", "OSCAR"),
        ("pas Accuro, Oscar", "OSCAR"),
        ("we used to be on Accuro, now Oscar", "OSCAR"),
        ("Oscar, previously Accuro", "OSCAR"),
        ("on n'est plus sur Accuro, c'est Oscar", "OSCAR"),
        ("we switched from Accuro to Oscar", "OSCAR"),
        ("Oscar, on avait Accuro avant", "OSCAR"),
        ("Oscar et Accuro", "OSCAR"),
        # As before.
        ("Accuro", "Accuro"),
        ("Oscar, non attendez, Accuro", "Accuro"),
        ("on est sur Accuro", "Accuro"),
        ("on est avec Accuro depuis longtemps", "Accuro"),
        ("pas certaine, Accuro je crois", "Accuro"),
    ],
)
def test_the_emr_meant_is_taken(text: str, vendor: str) -> None:
    draft, outcome = hear(asking("emr_vendor"), typed(text))
    assert (outcome.result, draft.emr_vendor) == ("taken", vendor)
    assert begun(f"annulez les rappels. {text}").emr_vendor == vendor


@pytest.mark.parametrize("text", ["pas Accuro", "not Accuro", "on n'est plus sur Accuro"])
def test_an_emr_denied_is_no_answer(text: str) -> None:
    draft, outcome = hear(asking("emr_vendor"), typed(text))
    assert (outcome.result, draft.emr_vendor) == ("misunderstood", None)


# --- Site numbers --------------------------------------------------------------------------------

OF_SOMETHING_ELSE = [
    "on a encore reçu la facture 20931",
    "la dernière facture c'est la 20931",
    "invoice number is 20931",
    "1450 rue Principale, bureau 210",
    "1450, rue Principale",
    "2300 boul Laurier",
    "we are at 123 Main Street, suite 210",
    "dossier 88213",
    "ticket #48213",
    "on paie 450 par mois",
    "we pay 450 a month",
    "nous sommes 250 employés",
    "we have 250 staff",
]


@pytest.mark.parametrize("text", OF_SOMETHING_ELSE)
def test_a_number_of_something_else_is_no_site_number(text: str) -> None:
    assert begun(f"annulez les rappels, {text}").site_number is None
    assert begun(f"annulez les rappels du site 4411, {text}").site_number == "4411"
    draft, _ = hear(RECAP, typed(f"oui, {text}", "affirm"))
    assert draft.site_number == RECAP.site_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("le site 4411, pas le site 4412", "4411"),
        ("site 4411, not the site 4412", "4411"),
        ("pas le site 4412, le site 4411", "4411"),
        ("site 4411, notre contrat est le 3300", "4411"),
        ("site 4411, non 4412", "4412"),
        ("c'est pas le site 4411 mais 4412", "4412"),
        ("4411", "4411"),
        ("facture de mars 2024 du site 4411", "4411"),
        ("résiliation PS Suite 4411", "4411"),
        ("site 4411, rue Principale", "4411"),
        ("4411 on Main Street", "4411"),
        ("clinique 4411", "4411"),
        ("#4411", "4411"),
    ],
)
def test_the_site_number_meant_is_taken(text: str, number: str) -> None:
    assert begun(text).site_number == number
    draft, _ = hear(asking("site_number"), typed(text))
    assert draft.site_number == number


@pytest.mark.parametrize(
    "text", ["les sites 4411 et 4412", "sites 4411 and 4412", "4411 et 4412", "4411 ou le 4412"]
)
def test_of_two_sites_one_is_asked_for(text: str) -> None:
    assert begun(f"annulez les rappels, {text}").site_number is None
    asked = hear(asking("site_number"), typed(text))
    assert asked[1] == Outcome("misunderstood", "bad_site_number")
    assert hear(RECAP, typed(text))[0].site_number == RECAP.site_number


@pytest.mark.parametrize("text", ["la facture 20931", "bureau 210", "2300 boul Laurier"])
def test_a_number_of_something_else_does_not_answer_the_question_either(text: str) -> None:
    asked = hear(asking("site_number"), typed(text))
    assert asked[1] == Outcome("misunderstood", "bad_site_number")
