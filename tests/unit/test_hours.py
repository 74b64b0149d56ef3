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
    assert hours.describe("fr") == (
        "lundi au vendredi, 9\u00a0h à 17\u00a0h; "
        "samedi, 10\u00a0h à 14\u00a0h\u00a030 (heure de Toronto)"
    )
    assert hours.describe("en") == (
        "Monday to Friday, 9:00 to 17:00; Saturday, 10:00 to 14:30 (time in Toronto)"
    )


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
