"""What a cell of an export says: dates, amounts, yes or no, in the forms that people write here.

Called by `account_files.py`. What can be read in two ways (03/04/2026; 1,234) is read only if the
rest of the file settles it, and refused otherwise: a wrong date or amount is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Literal

from bot.core.csv_table import FaultCode, words
from bot.core.formats import MONTHS

DateOrder = Literal["day_first", "month_first"]
DecimalMark = Literal[".", ","]

YEARS = range(2000, 2101)
# What the database's integers hold.
MAX_CENTS = 2**31 - 1
MAX_QUANTITY = 10_000

# By which an export says that there is nothing; NA and ND may be somebody's initials.
_NOTHING = frozenset({"", "n a", "n d", "none", "null", "never", "jamais", "aucun"})
LONGEST_NOTHING = 8
_TIME = r"(?:[T,\s]+(?:à\s*)?\d{1,2}\s?[:h].*)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_TIME}")
_YEAR_LAST = re.compile(rf"(\d{{1,2}})[-/.](\d{{1,2}})[-/.](\d{{4}}){_TIME}")
_DAY_MONTH = re.compile(
    rf"(\d{{1,2}})(?:er|st|nd|rd|th)?[-/.\s]+([^\W\d_]+)\.?[-/,.\s]+(\d{{4}}){_TIME}", re.IGNORECASE
)
_MONTH_DAY = re.compile(
    rf"([^\W\d_]+)\.?[-/.\s]+(\d{{1,2}})(?:st|nd|rd|th)?[-/,.\s]+(\d{{4}}){_TIME}", re.IGNORECASE
)
_YES = frozenset("yes y true 1 oui o vrai x".split())
_NO = frozenset("no n false 0 non faux".split())


class CellError(ValueError):
    """A cell that cannot be read: the code of the fault and what is allowed."""

    def __init__(self, code: FaultCode, allowed: str) -> None:
        super().__init__(allowed)
        self.code = code
        self.allowed = allowed


def is_nothing(text: str) -> bool:
    """Whether the cell is empty, or says in a word or a dash that there is nothing."""
    return len(text) <= LONGEST_NOTHING and words(text) in _NOTHING


def yes_or_no(text: str) -> bool:
    """What the cell answers; an empty one says no."""
    said = words(text)
    if said in _YES:
        return True
    if said in _NO or is_nothing(text):
        return False
    raise CellError("not_yes_or_no", "yes or no")


# --- Dates ---------------------------------------------------------------------------------------


def date_order(texts: Iterable[str]) -> DateOrder | None:
    """The order of day and month that dates such as 13/03/2026 give away; None if they do not."""
    orders: set[DateOrder] = set()
    for text in texts:
        found = _YEAR_LAST.fullmatch(text)
        if found and int(found[1]) > 12 >= int(found[2]):
            orders.add("day_first")
        elif found and int(found[2]) > 12 >= int(found[1]):
            orders.add("month_first")
    return orders.pop() if len(orders) == 1 else None


def read_date(text: str, order: DateOrder | None) -> date:
    """The day, as it is written: a time beside it is left out, whatever its zone.

    Raises:
        CellError: It is none, of no year that is likely, or can be read in two ways.
    """
    if found := _YEAR_FIRST.fullmatch(text):
        return _date(int(found[1]), int(found[2]), int(found[3]))
    if found := _YEAR_LAST.fullmatch(text):
        first, second, year = (int(part) for part in found.groups())
        if first <= 12 and second <= 12 and first != second and order is None:
            raise CellError(
                "ambiguous_date",
                "a date that says which number is the month, such as 2026-03-04",
            )
        month_first = order == "month_first" if max(first, second) <= 12 else second > 12
        return _date(year, first, second) if month_first else _date(year, second, first)
    if found := _DAY_MONTH.fullmatch(text):
        return _date(int(found[3]), _month(found[2]), int(found[1]))
    if found := _MONTH_DAY.fullmatch(text):
        return _date(int(found[3]), _month(found[1]), int(found[2]))
    raise _no_date()


def _month(name: str) -> int:
    number = MONTHS.get(words(name))
    if number is None:
        raise _no_date()
    return number


def _date(year: int, month: int, day: int) -> date:
    if year not in YEARS:
        raise _no_date()
    try:
        return date(year, month, day)
    except ValueError:
        raise _no_date() from None


def _no_date() -> CellError:
    return CellError(
        "not_a_date",
        f"a date of {YEARS[0]} to {YEARS[-1]}, such as 2026-03-04, 4 mars 2026 or Mar 4, 2026",
    )


# --- Amounts -------------------------------------------------------------------------------------

_MONEY = re.compile(r"^(?:CA|US|C)?\$|(?:CA|US|C)?\$(?:CA|US)?$|^(?:CAD|USD)|(?:CAD|USD)$", re.I)
_DIGITS = re.compile(r"\d*(?:[.,]\d+)*")
_GROUPS = re.compile(r"[1-9]\d{0,2}(?:[.,]\d{3})+")


def read_quantity(text: str) -> int:
    """How many; an empty cell says one.

    Raises:
        CellError: It is no whole number, or more than `MAX_QUANTITY`.
    """
    if is_nothing(text):
        return 1
    found = re.fullmatch(r"(\d{1,6})(?:[.,]0+)?", text)
    if found is None or int(found[1]) > MAX_QUANTITY:
        raise CellError("not_a_quantity", f"a whole number up to {MAX_QUANTITY}")
    return int(found[1])


def read_currency(text: str) -> str | None:
    """The code of a currency; None where there is none.

    Raises:
        CellError: It is no three letters.
    """
    if is_nothing(text):
        return None
    if not re.fullmatch("[A-Za-z]{3}", text):
        raise CellError("not_a_currency", "three letters, such as CAD")
    return text.upper()


def currency_in(text: str) -> str | None:
    """The currency that an amount names; None where it says nothing, or only "$"."""
    squeezed = "".join(text.upper().split())
    if "US" in squeezed:
        return "USD"
    return "CAD" if re.search(r"CAD|CA\$|C\$|\$CA", squeezed) else None


def decimal_mark(texts: Iterable[str]) -> DecimalMark | None:
    """The decimal mark that amounts such as 0,45 give away; None if none or both are used."""
    marks: set[DecimalMark] = set()
    for text in texts:
        digits, _ = _bare(text)
        ending = re.fullmatch(r".*([.,])(\d+)", digits)
        if ending and len(ending[2]) != 3:
            marks.add("," if ending[1] == "," else ".")
    return marks.pop() if len(marks) == 1 else None


def read_cents(text: str, mark: DecimalMark | None) -> int:
    """The amount in cents. `mark` settles 1,234: the decimal mark of the rest of the file.

    Raises:
        CellError: It is no amount, has fractions of a cent, or can be read in two ways.
    """
    digits, is_negative = _bare(text)
    if not digits or not _DIGITS.fullmatch(digits):
        raise _no_amount()
    whole, fraction = _parts(digits, mark)
    if fraction[2:].strip("0"):
        raise CellError("not_whole_cents", "whole cents")
    cents = int(whole or 0) * 100 + int(fraction[:2].ljust(2, "0"))
    if cents > MAX_CENTS:
        raise CellError("not_an_amount", f"an amount of at most {MAX_CENTS // 100}")
    return -cents if is_negative else cents


def _bare(text: str) -> tuple[str, bool]:
    """The digits and marks alone, and whether the amount is negative."""
    text = "".join(text.split()).replace("’", "").replace("'", "").replace("−", "-")
    is_negative = text.startswith("(") and text.endswith(")")
    text = text.strip("()") if is_negative else text
    text = _MONEY.sub("", text)
    if text.startswith("-") or text.endswith("-"):
        is_negative, text = not is_negative, text.strip("-")
    return _MONEY.sub("", text), is_negative


def _parts(digits: str, mark: DecimalMark | None) -> tuple[str, str]:
    """The whole part and the fraction, both digits only."""
    marks = re.sub(r"\d", "", digits)
    if not marks:
        return digits, ""
    last = marks[-1]
    could_be_groups = bool(_GROUPS.fullmatch(digits)) and len(set(marks)) == 1
    if len(marks) == 1 and could_be_groups and mark is None:
        raise CellError(
            "ambiguous_amount", "an amount with two decimals, such as 1234.00 or 1 234,00"
        )
    if could_be_groups and (len(marks) > 1 or mark != last):
        return digits.replace(last, ""), ""
    whole, _, fraction = digits.rpartition(last)
    if re.search("[.,]", whole) and not (_GROUPS.fullmatch(whole) and last not in whole):
        raise _no_amount()
    return re.sub("[.,]", "", whole), fraction


def _no_amount() -> CellError:
    return CellError("not_an_amount", "an amount in dollars, such as 0.45, 0,45 $ or (1 234,50)")
