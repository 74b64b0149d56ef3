"""What a visitor asks about a fee check: which months, whom; and what has changed since the last.

Called when a fee check is asked for or spoken of. Whom a message names is looked up among the
senders that the diagnosis itself may tell of, so that asking a name teaches nobody anything.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from difflib import SequenceMatcher
from typing import Literal

from bot.core.accounts import AccountSnapshot
from bot.core.fee_findings import Diagnosis, SenderLine
from bot.core.formats import MONTHS
from bot.core.senders import TITLES

Aspect = Literal["who", "amount", "since"]

# In a sentence, "mar." is Tuesday too, and the others may be names.
_IN_EXPORTS_ONLY = frozenset({"mar", "jun", "jul"})
_MONTHS = {name: number for name, number in MONTHS.items() if name not in _IN_EXPORTS_ONLY}
_MONTH = re.compile(
    rf"(?<!\w)(?:(?P<iso>20\d\d)-(?P<number>0[1-9]|1[0-2])"
    rf"|(?P<name>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})"
    r"\.?(?:\s+(?:de\s+)?(?P<year>20\d\d))?)(?!\w)"
)
# These are months only where the words around them say so.
_ALSO_WORDS = frozenset({"may", "march", "sept"})
_LEADS_TO_MONTH = re.compile(
    r"(?:\b(?:in|for|of|from|about|since|and|the|en|de|pour|depuis|et)\s+|^\W*)$"
)
_FOLLOWS_MONTH = re.compile(r"\W*$|\s+(?:invoice|bill|statement|only|charges|fees|one)\b")
_LAST_MONTH = re.compile(r"\b(?:mois (?:dernier|passe)|last month)\b")
_SINCE = re.compile(r"\b(?:depuis|since|a partir (?:de|d|du))\W+(?:le\s+|the\s+)?(?:mois de\s+)?$")
_INVOICE = re.compile(
    r"\b(?:(?:la|ma|une|cette|notre|votre|leur|les|mes|nos|ces) factures?"
    r"|invoices?|bills?|statements?)\b"
)
_NEAR_INVOICE = 24

_SITE = re.compile(
    r"\b(?:site|clinique|clinic)\W{1,3}(?:(?:no|num[ée]ro|number)\W{1,3})?#?(\d{3,6})\b", re.I
)
# In a sentence, "m" and "me" are words as well.
_NAMES_SOMEBODY = re.compile(
    rf"\b(?:{'|'.join(sorted(TITLES - {'m', 'me'}))})\b\.?\s+[^\W\d_]{{2,}}"
    r"|\b(?:et|pour|pis|and|for|about|is|does)\s+(?-i:[A-ZÀ-Ý][^\W\d_]{2,})",
    re.IGNORECASE,
)
_MINE = re.compile(
    r"\b(?:pour moi|a moi|mon nom|mes (?:frais|messages|envois)|mon compte|for me|mine|my name"
    r"|my (?:own )?(?:fees|messages|charges|account)|moi personnellement|me personally)\b"
)
_NO_PERSONS = frozenset("ocean accuro oscar telus well med dme emr quebec ontario".split())
_NAME_CHARS = 3
_FORGIVEN_CHARS, _FORGIVEN_ABOVE = 5, 0.84


def months_named(text: str, read: Sequence[str], today: date) -> tuple[str, ...]:
    """The months ("YYYY-MM") that a message names, newest first.

    A month without a year is the latest one that has begun. "Since October" is every month of
    `read`, those that the diagnosis is about, from then on.
    """
    found: set[str] = set()
    for named in _months_in(_fold(text), today):
        since = {one for one in read if one >= named.month}
        found |= since if named.is_since else {named.month}
    return tuple(sorted(found, reverse=True))


def invoice_months_named(text: str, today: date) -> tuple[str, ...]:
    """The months that are said of an invoice: in "since we subscribed in June" there is none."""
    folded = _fold(text)
    invoices = [match.span() for match in _INVOICE.finditer(folded)]
    found = {
        named.month
        for named in _months_in(folded, today)
        if not named.is_since
        and any(start - _NEAR_INVOICE <= named.at <= end + _NEAR_INVOICE for start, end in invoices)
    }
    return tuple(sorted(found, reverse=True))


def only_months(snapshot: AccountSnapshot, months: Sequence[str]) -> AccountSnapshot:
    """The snapshot as if these months alone had been invoiced."""
    invoices = tuple(one for one in snapshot.invoices if one.month in months)
    numbers = {invoice.number for invoice in invoices}
    charges = tuple(one for one in snapshot.charges if one.invoice_number in numbers)
    return replace(snapshot, invoices=invoices, charges=charges)


def senders_named(text: str, lines: Sequence[SenderLine]) -> tuple[SenderLine, ...]:
    """The lines whose sender a message names, by first or last name, typing mistakes forgiven."""
    words = set(re.findall(r"[^\W\d_]+", _fold(text)))
    named = {line: _matched(words, line.name) for line in lines if line.user_id is not None}
    return tuple(
        line
        for line, matched in named.items()
        # "Solène Charbonneau" is not every Solène.
        if matched and not any(matched < others for others in named.values())
    )


def speaks_of_self(text: str) -> bool:
    """Whether a message asks for the visitor's own part: "combien à mon nom?"."""
    return _MINE.search(_fold(text)) is not None


def names_somebody(text: str) -> bool:
    """Whether a message names a person at all, known or not: "et pour Dre Roy?"."""
    named = (_fold(match.group().split()[-1]) for match in _NAMES_SOMEBODY.finditer(text))
    return any(name not in _MONTHS and name not in _NO_PERSONS for name in named)


def site_named(text: str) -> str | None:
    """The number of the site that a message names as such."""
    found = _SITE.search(text)
    return found[1] if found else None


# --- Since the last look -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """What is different of one line; `line` None is the diagnosis as a whole.

    `before` and `after` are codes of findings as they are told; None: was not, or is no more,
    among the charges. `more_messages` counts those charged since the last look.
    """

    line: SenderLine | None
    before: str | None
    after: str | None
    more_messages: int = 0


def changes(before: Diagnosis, after: Diagnosis, visitor_id: str) -> tuple[Change, ...]:
    """What has changed from one look to the next, in the order of the lines.

    Of anybody but the visitor only where both looks saw the whole site, or neither: who came into
    view was there before, and who went out of it may still be.
    """
    is_same_period = before.months == after.months
    old = {line.user_id: line for line in before.lines}
    new = {line.user_id: line for line in after.lines}
    senders = [*new, *(id_ for id_ in old if id_ not in new)]
    if before.also.is_site_admin != after.also.is_site_admin:
        senders = [id_ for id_ in senders if id_ == visitor_id]
    found = []
    for id_ in senders:
        was, now = old.get(id_), new.get(id_)
        more = now.message_count - was.message_count if now and was and is_same_period else 0
        change = Change(now or was, _told_as(was), _told_as(now), max(0, more))
        if change.before != change.after or change.more_messages:
            found.append(change)
    if not found and before.told_as != after.told_as:
        found.append(Change(None, before.told_as, after.told_as))
    return tuple(found)


def is_unchanged(before: Diagnosis, after: Diagnosis) -> bool:
    """Whether a look finds all as it was: the same charges of the same months, seen as widely."""
    return _seen(before) == _seen(after)


def _told_as(line: SenderLine | None) -> str | None:
    return line.told_as if line else None


def _seen(found: Diagnosis) -> tuple[object, ...]:
    # Of whom there is no line, the numbers.
    others = (found.also.colleague_count, found.also.unattributed_count)
    return found.finding, found.months, found.also.is_site_admin, found.lines, others


def _month(match: re.Match[str], today: date) -> str:
    if match["iso"]:
        return f"{match['iso']}-{match['number']}"
    number = _MONTHS[match["name"]]
    year = int(match["year"]) if match["year"] else today.year - (number > today.month)
    return f"{year}-{number:02d}"


@dataclass(frozen=True, slots=True)
class _Named:
    """A month that is named in a text, and where; `is_since`: and all that come after it."""

    month: str
    at: int
    is_since: bool = False


def _months_in(folded: str, today: date) -> Iterator[_Named]:
    for match in _MONTH.finditer(folded):
        before, after = folded[: match.start()], folded[match.end() :]
        is_sure = match["name"] not in _ALSO_WORDS or match["year"]
        if is_sure or (_LEADS_TO_MONTH.search(before) and _FOLLOWS_MONTH.match(after)):
            is_since = _SINCE.search(before) is not None
            yield _Named(_month(match, today), match.start(), is_since)
    for match in _LAST_MONTH.finditer(folded):
        last = today.replace(day=1) - timedelta(days=1)
        yield _Named(f"{last:%Y-%m}", match.start())


def _matched(words: set[str], name: str) -> frozenset[str]:
    """Which parts of a name stand among the words."""
    parts = {part for part in re.findall(r"[^\W\d_]+", _fold(name)) if len(part) >= _NAME_CHARS}
    return frozenset(
        part for part in parts - TITLES if any(_is_meant(part, word) for word in words)
    )


def _is_meant(part: str, word: str) -> bool:
    if min(len(part), len(word)) < _FORGIVEN_CHARS or part[0] != word[0]:
        return part == word
    return SequenceMatcher(None, part, word).ratio() >= _FORGIVEN_ABOVE


def _fold(text: str) -> str:
    """Lower case, without accents; what separates words stays."""
    decomposed = unicodedata.normalize("NFKD", text.lower().replace("’", "'"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))
