"""The opening hours: read from a setting, told in both languages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.errors import BadInput
from bot.core.hours import parse_hours

WEEK = "mon-fri 09:00-17:00, sat 10:00-14:30 America/Toronto"


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        # Toronto is four hours behind UTC in July, five in January.
        (datetime(2026, 7, 6, 13, 0, tzinfo=UTC), True),
        (datetime(2026, 7, 6, 12, 59, tzinfo=UTC), False),
        (datetime(2026, 1, 5, 13, 0, tzinfo=UTC), False),
        (datetime(2026, 1, 5, 21, 59, tzinfo=UTC), True),
        (datetime(2026, 1, 5, 22, 0, tzinfo=UTC), False),
        (datetime(2026, 7, 11, 18, 29, tzinfo=UTC), True),
        (datetime(2026, 7, 12, 15, 0, tzinfo=UTC), False),
    ],
)
def test_the_team_is_there_in_its_own_time_zone(moment: datetime, is_open: bool) -> None:
    assert parse_hours(WEEK).is_open(moment) is is_open


def test_without_hours_the_team_is_always_there() -> None:
    assert parse_hours("  ").is_open(datetime(2026, 12, 25, 3, 0, tzinfo=UTC))


def test_a_stretch_may_go_over_the_weekend() -> None:
    hours = parse_hours("sat-mon 08:00-12:00 UTC")
    days = [hours.is_open(datetime(2026, 3, day, 9, 0, tzinfo=UTC)) for day in range(6, 11)]
    assert days == [False, True, True, True, False]


def test_hours_are_told_as_they_are_written_in_each_language() -> None:
    hours = parse_hours(WEEK)
    monday = datetime(2026, 7, 6, 13, 0, tzinfo=UTC)
    assert hours.describe("fr", monday) == (
        "du lundi au vendredi, de 9\u00a0h à 17\u00a0h; "
        "le samedi, de 10\u00a0h à 14\u00a0h\u00a030 (heure de Toronto)"
    )
    assert hours.describe("en", monday) == (
        "Monday to Friday, 9:00\u00a0a.m. to 5:00\u00a0p.m.; "
        "Saturday, 10:00\u00a0a.m. to 2:30\u00a0p.m. (Toronto time)"
    )


def test_on_a_closed_day_nobody_is_there_once_or_every_year_by_the_team_s_own_calendar() -> None:
    hours = parse_hours(WEEK, " 2026-12-24, 12-25 ,02-29")
    noon = [datetime(2026, 12, day, 17, 0, tzinfo=UTC) for day in (23, 24, 25)]
    assert [hours.is_open(at) for at in noon] == [True, False, False]
    a_year_on = [at.replace(year=2029) for at in noon]  # Sunday, Monday, Tuesday
    assert [hours.is_open(at) for at in a_year_on] == [False, True, False]
    # Without hours as well; the evening of the 25th in Toronto is the 26th in UTC.
    always = parse_hours("", "12-25")
    assert not always.is_open(datetime(2026, 12, 26, 3, 0, tzinfo=UTC))
    assert always.is_open(datetime(2026, 12, 26, 5, 0, tzinfo=UTC))


def test_on_a_closed_day_the_hours_are_told_with_their_exception() -> None:
    hours = parse_hours("mon-fri 09:00-17:00 America/Toronto", "01-01")
    new_year = datetime(2027, 1, 1, 15, 0, tzinfo=UTC)
    assert hours.describe("fr", new_year) == (
        "du lundi au vendredi, de 9\u00a0h à 17\u00a0h (heure de Toronto), "
        "sauf aujourd’hui, le 1er janvier 2027"
    )
    assert hours.describe("en", new_year) == (
        "Monday to Friday, 9:00\u00a0a.m. to 5:00\u00a0p.m. (Toronto time), "
        "except today, January 1, 2027"
    )
    assert parse_hours("", "01-01").describe("en", new_year).startswith("every day (Toronto time)")


@pytest.mark.parametrize("text", ["25-12", "2026-02-30", "Noël", "12/25", "2026-12-24 2026-12-25"])
def test_a_closed_day_that_cannot_be_read_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadInput, match="is not a day"):
        parse_hours("", text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("mon-fri 09:00-17:00", "is not a time zone"),
        ("mon-fri 9h-17h America/Toronto", "Cannot read"),
        ("lun-ven 09:00-17:00 America/Toronto", "Cannot read"),
        ("mon 25:00-26:00 America/Toronto", "Cannot read"),
        ("mon 17:00-09:00 America/Toronto", "ends before it begins"),
    ],
)
def test_hours_that_cannot_be_read_are_refused_with_an_example(text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        parse_hours(text)
