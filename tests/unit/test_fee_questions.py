"""What is understood of a question about fees, and what is told to have changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.core.fee_findings import Diagnosis, Particulars, SenderLine
from bot.core.fee_questions import (
    Change,
    changes,
    invoice_months_named,
    is_unchanged,
    months_named,
    names_somebody,
    senders_named,
    site_named,
)

TODAY = date(2026, 11, 27)
READ = ("2026-10", "2026-09", "2026-08")


def a_line(
    user_id: str | None, name: str, finding: str = "not_linked", count: int = 3
) -> SenderLine:
    day = date(2026, 10, 5)
    return SenderLine(user_id, name, finding, count, 0, 45 * count, day, day)  # type: ignore[arg-type]


KARIM = a_line("u1", "Professeur Karim Benhaddou")
SOLENE = a_line("u2", "Dre Solène Charbonneau")
OTHER_SOLENE = a_line("u3", "Solène Roy")
NOBODY = a_line(None, "")
LINES = (KARIM, SOLENE, OTHER_SOLENE, NOBODY)


# --- Months --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("et en octobre?", ("2026-10",)),
        ("Octobre", ("2026-10",)),
        ("pis pour sept.", ("2026-09",)),
        ("celle d’août", ("2026-08",)),
        ("décembre", ("2025-12",)),
        ("decembre 2024", ("2024-12",)),
        ("the July bill", ("2026-07",)),
        ("2026-08", ("2026-08",)),
        ("in May", ("2026-05",)),
        ("may 2025", ("2025-05",)),
        ("March invoice", ("2026-03",)),
        ("la facture de mars", ("2026-03",)),
        ("août et octobre", ("2026-10", "2026-08")),
        ("le mois dernier", ("2026-10",)),
        ("how much was it last month", ("2026-10",)),
        ("combien depuis septembre", ("2026-10", "2026-09")),
        ("for the month of september", ("2026-09",)),
        ("since September", ("2026-10", "2026-09")),
        ("may I ask who they are", ()),
        ("they march to their own drum", ()),
        ("sept messages en tout", ()),
        ("mar. 3, 10 h", ()),
        ("mais combien?", ()),
        ("combien", ()),
    ],
)
def test_months_are_understood_as_people_write_them(text: str, months: tuple[str, ...]) -> None:
    assert months_named(text, READ, TODAY) == months


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("la facture de septembre montre 212 messages à l'unité", ("2026-09",)),
        ("why is the October invoice so high", ("2026-10",)),
        ("we subscribed in June so why are there still transaction fees", ()),
        ("depuis qu'on a changé de DMÉ en mai on est facturé au message", ()),
        ("Pourquoi la facture que j'ai reçue en mars 2025", ("2025-03",)),
        ("la facture du mois dernier", ("2026-10",)),
    ],
)
def test_a_fee_check_is_of_a_month_only_where_its_invoice_is_spoken_of(
    text: str, months: tuple[str, ...]
) -> None:
    assert invoice_months_named(text, TODAY) == months


# --- People and sites ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("et pour Dr Benhaddou?", (KARIM,)),
        ("et karim", (KARIM,)),
        ("what about dr. benhadou", (KARIM,)),
        ("Solene Charbonneau", (SOLENE,)),
        ("et Solène?", (SOLENE, OTHER_SOLENE)),
        ("Charbonneau et Benhaddou", (KARIM, SOLENE)),
        ("et Dre Roy", (OTHER_SOLENE,)),
        ("royal", ()),
        ("qui d'autre?", ()),
        ("et le docteur", ()),
        ("et le professeur", ()),
    ],
)
def test_senders_are_known_by_any_part_of_their_name(
    text: str, named: tuple[SenderLine, ...]
) -> None:
    assert senders_named(text, LINES) == named


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        ("et pour Dre Roy?", True),
        ("et dre tremblay", True),
        ("what about Brenda", True),
        ("qui d'autre?", False),
        ("et les autres", False),
        ("et en octobre", False),
        ("what about October", False),
        ("combien pour moi", False),
        ("how much for Ocean", False),
    ],
)
def test_it_is_noticed_that_somebody_is_named(text: str, is_name: bool) -> None:
    assert names_somebody(text) is is_name


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("pourquoi le site 40218 paie par message", "40218"),
        ("check site no. 40218", "40218"),
        ("our clinic #40218", "40218"),
        ("312 messages facturés", None),
        ("la clinique a 40218 patients", None),
    ],
)
def test_a_site_is_named_by_its_number_after_the_word(text: str, site: str | None) -> None:
    assert site_named(text) == site


# --- Since the last look -------------------------------------------------------------------------


def a_diagnosis(*lines: SenderLine, finding: str = "not_linked", admin: bool = True) -> Diagnosis:
    return Diagnosis(finding, "", lines, months=READ, also=Particulars(admin))  # type: ignore[arg-type]


def changed(before: Diagnosis, after: Diagnosis) -> tuple[Change, ...]:
    """What has changed for Karim."""
    return changes(before, after, "u1")


def test_nothing_is_said_to_have_changed_where_nothing_has() -> None:
    assert changed(a_diagnosis(KARIM), a_diagnosis(KARIM)) == ()
    assert is_unchanged(a_diagnosis(KARIM), a_diagnosis(KARIM))


def test_a_finding_that_changed_is_told_with_what_it_was() -> None:
    linked = replace(KARIM, finding="linked_after_charges")
    assert changed(a_diagnosis(KARIM, SOLENE), a_diagnosis(linked, SOLENE)) == (
        Change(linked, "not_linked", "linked_after_charges"),
    )


@pytest.mark.parametrize("line", [KARIM, NOBODY])
def test_further_messages_of_the_same_months_are_counted(line: SenderLine) -> None:
    more = replace(line, message_count=5)
    (change,) = changed(a_diagnosis(line), a_diagnosis(more))
    assert (change.line, change.more_messages) == (more, 2)


def test_other_months_are_not_more_messages_and_not_all_as_it_was() -> None:
    more = replace(a_diagnosis(replace(KARIM, message_count=5)), months=("2026-11",))
    assert changed(a_diagnosis(KARIM), more) == ()
    assert not is_unchanged(a_diagnosis(KARIM), more)


def test_senders_who_came_or_went_are_told() -> None:
    assert changed(a_diagnosis(KARIM), a_diagnosis(SOLENE)) == (
        Change(SOLENE, None, "not_linked"),
        Change(KARIM, "not_linked", None),
    )


def test_whom_only_one_of_two_looks_may_show_neither_came_nor_went() -> None:
    linked = replace(KARIM, finding="linked_after_charges")
    everybody, own = a_diagnosis(KARIM, SOLENE), a_diagnosis(linked, admin=False)
    assert changed(everybody, own) == (Change(linked, "not_linked", "linked_after_charges"),)
    assert changed(own, everybody) == (Change(KARIM, "linked_after_charges", "not_linked"),)
    assert not is_unchanged(a_diagnosis(KARIM), a_diagnosis(KARIM, admin=False))


def test_without_lines_the_diagnosis_as_a_whole_may_change() -> None:
    before, after = a_diagnosis(finding="other_senders"), a_diagnosis(finding="link_unknown")
    assert changed(before, after) == (Change(None, "other_senders", "link_unknown"),)


@pytest.mark.parametrize("number", ["colleague_count", "unattributed_count"])
def test_charges_of_which_there_is_only_a_number_are_not_as_they_were(number: str) -> None:
    before = a_diagnosis(finding="other_senders", admin=False)
    after = replace(before, also=replace(before.also, **{number: 40}))
    assert not is_unchanged(before, after)
