"""What is to be cancelled and is none of the services: told, and never silently left out.

The other half are words that stand beside services and name none: false alarms.
"""

from __future__ import annotations

import pytest

from bot.core.cancellation import Draft
from bot.core.hearing import hear, start
from tests.support.hearing import RECAP, asking, typed


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("annulez les rappels et le module de télécopie", ("module de télécopie",)),
        ("cancel reminders, fax and voicemail please", ("fax", "voicemail")),
        ("annulez le fax, les rappels et la téléphonie", ("fax", "téléphonie")),
        ("stop the kiosks and our appointment dashboard asap", ("appointment dashboard",)),
        ("annuler l’agenda partagé et les rappels parce qu’on ferme", ("agenda partagé",)),
        ("annulez les rappels pis le portail de Laval", ("portail",)),
        ("annulez les rappels, le clavardage et les kiosques. Julie Roy, site 4411",
         ("clavardage",)),
        ("we want to cancel the kiosks, the loyalty program and the reminders for our Laval site",
         ("loyalty program",)),
        ("get rid of the kiosks and the texting thing", ("texting thing",)),
        ("on veut pu des rappels pis du fax, svp annuler", ("fax",)),
        ("on n’a plus besoin des kiosques ni de la téléphonie", ("téléphonie",)),
        ("jveux pu du fax pis des rappels", ("fax",)),
        ("on n’utilise plus les rappels et le fax, fermez-nous ça", ("fax",)),
        ("we don't want any more voicemail or reminders", ("voicemail",)),
        ("no longer need the reminders, the kiosks and voicemail", ("voicemail",)),
        ("il faudrait que vous fermiez les rappels et le fax", ("fax",)),
        ("please shut down reminders, kiosks and fax for us", ("fax",)),
    ],
)  # fmt: skip
def test_what_is_no_service_is_named_and_the_rest_goes_on(
    text: str, unknown: tuple[str, ...]
) -> None:
    draft = start(typed(text, "request_cancellation"), Draft())
    assert draft.unknown == unknown
    assert draft.products


@pytest.mark.parametrize(
    "text",
    [
        "annulez les rappels de Laval et de Longueuil",
        "annulez les rappels et la licence de la Dre Roy",
        "annulez la licence de Marie Tremblay et les kiosques",
        "annulez les rappels, la secrétaire est partie et le docteur prend sa retraite",
        "annulez les rappels et rappelez-moi",
        "cancel the reminders and call me back",
        "cancel the reminders, our fax is 514-555-1234",
        "annulez les rappels parce que le fax ne marche plus",
        "annulez les rappels et les kiosques, notre DMÉ est Accuro",
        "annulez les rappels et Accuro",
        "cancel kiosks and reminders for the Main Street and the Elm Street offices",
        "cancel the reminders and the doctor retires in May",
        "gardez le fax, annulez les rappels",
        "annuler les rappels et garder le fax",
        "annulez les rappels du Dr Roy et les kiosques de la Clinique Bellevue",
        "on arrête tout, la clinique ferme et les patients partent",
        "cancel the whole thing and close my account",
        "annulez tout et envoyez-moi une confirmation",
        "on annule les rappels et les tablettes vu que le contrat finit",
        "annulez la dernière facture",
        "annulez les deux abonnements",
        "stop charging us for the messages",
        "on garde les rappels et le fax, annulez les kiosques",
        "we don't need the reminders of our Main Street clinic",
        "plus besoin des rappels de la clinique de Laval ni de la Dre Roy",
        "on veut plus des kiosques, des patients se plaignent du prix",
        "on n’utilise plus les rappels depuis que le fax est réparé",
        "fermez les rappels, notre numéro de fax est sur le site",
    ],
)
def test_places_people_systems_and_reasons_are_no_unknown_services(text: str) -> None:
    assert start(typed(text, "request_cancellation"), Draft()).unknown == ()


@pytest.mark.parametrize("text", ["les rappels et le fax", "reminders, fax", "fax + rappels svp"])
def test_what_is_listed_in_answer_to_the_question_is_heard_too(text: str) -> None:
    draft, outcome = hear(asking("products"), typed(text))
    assert outcome.result == "taken"
    assert (draft.products, draft.unknown) == (("patient_reminders",), ("fax",))


@pytest.mark.parametrize("text", ["ajoutez aussi le fax", "add the fax too"])
def test_what_is_added_at_the_recap_and_is_no_service_is_told(text: str) -> None:
    draft, _ = hear(RECAP, typed(text, "inform"))
    assert draft.unknown == ("fax",)
    assert (draft.products, draft.confirmed) == (RECAP.products, None)
    assert draft.digest != RECAP.digest
    assert Draft.from_json(draft.to_json()) == draft


def test_what_is_unknown_can_be_taken_off_again() -> None:
    with_fax, _ = hear(RECAP, typed("ajoutez aussi le fax"))
    draft, _ = hear(with_fax, typed("finalement enlevez le fax"))
    assert draft.unknown == ()
