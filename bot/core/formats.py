"""How amounts, dates and lists are written in a sentence, in each language.

Called by whatever makes sentences for visitors, and for the names of months by what reads them.
Days are the clinics' own, in Eastern time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from bot.core.language import Language

_EASTERN = ZoneInfo("America/Toronto")
NBSP = "\N{NO-BREAK SPACE}"
_FRENCH_MONTHS = (
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
)
_ENGLISH_MONTHS = (
    "January February March April May June July August September October November December".split()
)
# How people write a month, in lower case and without accents: its names and short forms.
MONTHS: Mapping[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "january jan janvier janv",
            "february feb fevrier fevr fev",
            "march mar mars",
            "april apr avril avr",
            "may mai",
            "june jun juin",
            "july jul juillet juil",
            "august aug aout aou",
            "september sep sept septembre",
            "october oct octobre",
            "november nov novembre",
            "december dec decembre",
        ),
        start=1,
    )
    for name in names.split()
}


def amount(cents: int, language: Language) -> str:
    """An amount in dollars: `12,50 $` in French, `$12.50` in English."""
    whole, rest = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else ""
    if language == "fr":
        grouped = f"{whole:,}".replace(",", NBSP)
        return f"{sign}{grouped},{rest:02d}{NBSP}$"
    return f"{sign}${whole:,}.{rest:02d}"


def local_day(moment: datetime, language: Language) -> str:
    """The day of a moment in the clinics' own time, Eastern: an evening's UTC day is the next."""
    return day(moment.astimezone(_EASTERN).date(), language)


def local_time(moment: datetime, language: Language) -> str:
    """The time of a moment in the clinics' own time: `14 h 05`, `2:05 p.m.`."""
    return clock(moment.astimezone(_EASTERN).time(), language)


def clock(at: time, language: Language) -> str:
    """A time of day: `9 h`, `14 h 05`, `2:05 p.m.`."""
    if language == "fr":
        return f"{at.hour}{NBSP}h" + (f"{NBSP}{at.minute:02d}" if at.minute else "")
    half = "a.m." if at.hour < 12 else "p.m."
    return f"{at.hour % 12 or 12}:{at.minute:02d}{NBSP}{half}"


def day(value: date, language: Language) -> str:
    """A date in words: `1er mars 2026`, `March 1, 2026`."""
    if language == "fr":
        number = "1er" if value.day == 1 else str(value.day)
        return f"{number} {_FRENCH_MONTHS[value.month - 1]} {value.year}"
    return f"{_ENGLISH_MONTHS[value.month - 1]} {value.day}, {value.year}"


def month(value: str, language: Language) -> str:
    """A month given as "2026-03": `mars 2026`, `March 2026`."""
    year, number = value.split("-")
    names = _FRENCH_MONTHS if language == "fr" else _ENGLISH_MONTHS
    return f"{names[int(number) - 1]} {year}"


def listed(items: Iterable[str], language: Language, last: str | None = None) -> str:
    """A list in a sentence: `a, b et c`, `a, b and c`; `last` is another word before the end."""
    words = list(items)
    if len(words) < 2:
        return "".join(words)
    link = last or ("et" if language == "fr" else "and")
    return f"{', '.join(words[:-1])} {link} {words[-1]}"


def plain(text: str) -> str:
    """What somebody typed or a file holds, so that Markdown shows it as it is, on one line."""
    escaped = "".join("\\" + c if c in "\\`*_[]<>#|~!" else c for c in text)
    return " ".join(escaped.split())
