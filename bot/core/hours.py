"""When the support team is open: hours of the week, and days on which it is closed all the same.

Read from two settings; the desk asks before it promises a person. Without either the team is always
open, and only who is at the console decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.core.errors import BadInput
from bot.core.formats import clock, day
from bot.core.language import Language

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_NAMES: dict[Language, tuple[str, ...]] = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_EASTERN = ZoneInfo("America/Toronto")
_YEARLY = re.compile(r"\d\d-\d\d")
_SHAPE = re.compile(
    r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? (?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d)"
)
_EXAMPLE = '"mon-fri 09:00-17:00 America/Toronto"'
_DAYS_EXAMPLE = '"2026-12-24, 12-25, 01-01"'
# It has every day that a year can have.
_LEAP_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days of the week (0 is Monday), and from when to when on each; the end is not included."""

    days: tuple[int, ...]
    start: time
    end: time

    def describe(self, language: Language) -> str:
        """In words, such as "Monday to Friday, 9:00 a.m. to 5:00 p.m."."""
        names = _DAY_NAMES[language]
        first, last = names[self.days[0]], names[self.days[-1]]
        start, end = clock(self.start, language), clock(self.end, language)
        is_one_day = len(self.days) == 1
        if language == "fr":
            days = f"le {first}" if is_one_day else f"du {first} au {last}"
            return f"{days}, de {start} à {end}"
        return f"{first if is_one_day else f'{first} to {last}'}, {start} to {end}"


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Stretches in the team's own time zone; none of them: every day, all day.

    On `closed` days the team is away whatever the stretches say; on those of `closed_yearly`
    (month and day) in every year.
    """

    stretches: tuple[Stretch, ...] = ()
    zone: ZoneInfo = _EASTERN
    closed: frozenset[date] = frozenset()
    closed_yearly: frozenset[tuple[int, int]] = frozenset()

    def describe(self, language: Language, at: datetime) -> str:
        """All stretches in words, with the city whose clock they go by; today, if it is closed."""
        is_french = language == "fr"
        said = "; ".join(stretch.describe(language) for stretch in self.stretches)
        if not said:
            said = "tous les jours" if is_french else "every day"
        city = self.zone.key.rpartition("/")[2].replace("_", " ")
        hours = f"{said} ({f'heure de {city}' if is_french else f'{city} time'})"
        today = at.astimezone(self.zone).date()
        if not self.is_closed_on(today):
            return hours
        but_today = "sauf aujourd’hui, le" if is_french else "except today,"
        return f"{hours}, {but_today} {day(today, language)}"

    def is_closed_on(self, when: date) -> bool:
        """Whether it is one of the days on which nobody is there."""
        return when in self.closed or (when.month, when.day) in self.closed_yearly

    def is_open(self, at: datetime) -> bool:
        """Whether the team is there at this moment."""
        local = at.astimezone(self.zone)
        if self.is_closed_on(local.date()):
            return False
        if not self.stretches:
            return True
        return any(
            local.weekday() in stretch.days and stretch.start <= local.time() < stretch.end
            for stretch in self.stretches
        )


def parse_hours(text: str, closed_days: str = "") -> OpeningHours:
    """Opening hours such as "mon-fri 09:00-17:00, sat 10:00-14:00 America/Toronto"; "" for always.

    `closed_days` are days such as "2026-12-24", or "12-25" for every year; "" for none.

    Raises:
        BadInput: What was found, and how it should look.
    """
    once, yearly = set[date](), set[tuple[int, int]]()
    for part in filter(None, map(str.strip, closed_days.split(","))):
        is_yearly = _YEARLY.fullmatch(part) is not None
        found = _closed_day(f"{_LEAP_YEAR}-{part}" if is_yearly else part, part)
        if is_yearly:
            yearly.add((found.month, found.day))
        else:
            once.add(found)
    hours = _parse_stretches(text)
    return replace(hours, closed=frozenset(once), closed_yearly=frozenset(yearly))


def _closed_day(text: str, written: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"{written!r} is not a day. Closed days look like {_DAYS_EXAMPLE}: a date, or month "
            "and day for every year."
        ) from None


def _parse_stretches(text: str) -> OpeningHours:
    if not text.strip():
        return OpeningHours()
    stretches_text, _, zone_name = text.strip().rpartition(" ")
    try:
        zone = ZoneInfo(zone_name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(
            f"{zone_name!r} is not a time zone. Opening hours look like {_EXAMPLE}."
        ) from None
    stretches = tuple(_stretch(part.strip()) for part in stretches_text.split(","))
    return OpeningHours(stretches, zone)


def _stretch(part: str) -> Stretch:
    found = _SHAPE.fullmatch(part.lower())
    try:
        if found is None:
            raise ValueError(part)
        first = _DAYS.index(found["first"])
        last = _DAYS.index(found["last"] or found["first"])
        start, end = time.fromisoformat(found["start"]), time.fromisoformat(found["end"])
    except ValueError:
        raise BadInput(f"Cannot read {part!r}. Opening hours look like {_EXAMPLE}.") from None
    if start >= end:
        raise BadInput(f"{part!r} ends before it begins. Write a night as two stretches.")
    span = (last - first) % len(_DAYS)
    days = tuple((first + step) % len(_DAYS) for step in range(span + 1))
    return Stretch(days, start, end)
