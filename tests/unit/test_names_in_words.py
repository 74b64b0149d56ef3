"""Names of people, and what is none: the clinic's name, a role, a word in passing."""

from __future__ import annotations

import pytest

from bot.core.cancellation import Draft, Step
from bot.core.heard import Outcome
from bot.core.hearing import hear, start
from bot.core.names_in_words import name_of_another, stated_name
from tests.support.hearing import asking, typed


@pytest.mark.parametrize(
    "text",
    [
        "I don't know it, the clinic name is Lakeside Medical",
        "the clinic's name is Lakeside",
        "our practice name is Lakeside",
        "le nom de la clinique c'est GMF Laurier",
        "le nom du site est Laurier",
        "le nom de notre GMF c'est Laurier",
        "le nom du cabinet est Roy Tremblay",
    ],
)
@pytest.mark.parametrize("step", ["site_number", "emr_vendor", "confirm"])
def test_the_name_of_a_clinic_is_not_the_requesters(step: Step, text: str) -> None:
    assert hear(asking(step), typed(text))[0].requester_name == "Luc Roy"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("the name should be Kimberly Li", "Kimberly Li"),
        ("mon nom c'est Anne Roy", "Anne Roy"),
        ("the clinic name is Lakeside, my name is Ruth Fox", "Ruth Fox"),
        ("changez le nom pour Anne Roy", "Anne Roy"),
        ("full name: Ruth Fox", "Ruth Fox"),
    ],
)
def test_a_name_said_to_be_one_is_read(text: str, name: str) -> None:
    assert stated_name(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("this is Ruth Abernathy writing on behalf of Lakeside Medical", "Ruth Abernathy"),
        ("My name is Ruth Abernathy, on behalf of Lakeside", "Ruth Abernathy"),
        ("I'm Ruth Fox and I write on behalf of Dr. Bell", "Ruth Fox"),
        ("je suis Julie Roy, j'écris au nom de la Dre Cyr", "Julie Roy"),
        ("c'est Julie Roy qui appelle au nom du Dr Cyr", "Julie Roy"),
        ("it's on behalf of Solène Charbonneau", "Solène Charbonneau"),
        ("au nom de la Dre Roy", "Dre Roy"),
        ("je suis Julie Roy, mettez la demande au nom de Anne Cyr", "Anne Cyr"),
        ("in the name of Anne Cyr", "Anne Cyr"),
        ("on behalf of Lakeside Medical", None),
        ("au nom de GMF Laurier", None),
    ],
)
def test_whoever_writes_for_another_is_known_by_her_own_name(text: str, name: str | None) -> None:
    assert name_of_another(text) == name


def test_an_introduced_name_stands_in_a_first_message() -> None:
    text = "this is Ruth Abernathy writing on behalf of Lakeside Medical, cancel reminders"
    assert start(typed(text, "request_cancellation"), Draft()).requester_name == "Ruth Abernathy"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Tremblay, Julie", "Julie Tremblay"),
        ("TREMBLAY, Julie", "Julie TREMBLAY"),
        ("Nakamura, Olivia", "Olivia Nakamura"),
        ("Côté, Jean-François", "Jean-François Côté"),
        ("Charbonneau, Solène", "Solène Charbonneau"),
        ("Julie, Laval", "Julie"),
        ("Luc, MD", "Luc"),
        ("Julie, adjointe", "Julie"),
        ("Bonjour, Julie", "Julie"),
        ("Manon Roy, secrétaire médicale", "Manon Roy"),
        ("Secrétaire, Manon Roy", "Manon Roy"),
        ("Paul Nurse", "Paul Nurse"),
    ],
)
def test_a_name_is_read_in_either_order(text: str, name: str) -> None:
    assert hear(asking("requester_name"), typed(text))[0].requester_name == name


@pytest.mark.parametrize(
    "text",
    [
        "déjà donné",
        "see above",
        "minute",
        "un instant",
        "already gave it",
        "secrétaire médicale",
        "Adjointe administrative",
        "medical secretary",
        "office manager",
        "wait",
    ],
)
def test_a_role_or_a_word_in_passing_is_no_name(text: str) -> None:
    before = asking("requester_name")
    draft, outcome = hear(before, typed(text))
    assert (draft.requester_name, outcome) == (None, Outcome("misunderstood", "no_name"))
