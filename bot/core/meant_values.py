"""Which of the values that a message names are meant.

Not the EMR of before, nor the address of whoever gets a copy. Called by `hearing.py` while the text
is as it was written, for the places of values are counted in that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from bot.core import wording
from bot.core.heard import Heard
from bot.core.numbers_in_words import SITE_BEFORE
from bot.core.wording import phrases

# What was used once: "avant on avait Accuro", "we used to be on Accuro".
_BEFORE = phrases(
    "avant on, avant nous, avant c'est, avant c'était, avant j'avais, auparavant, autrefois, "
    "anciennement, ancien, ancienne, previously, formerly, used to, old, before we, before it, "
    "utilise plus, utilise pu, utilisons plus, plus sur, plus avec, no longer on, no longer use, "
    "no longer with, quitté, quittons, moved from, switched from, changed from, "
    "passés de, passé de, moving from, switching from"
)
_BEFORE_AFTER = re.compile(r"[\s)]*(?:avant|before|previously)\s*(?:$|[.,;:!?)(\n])", re.I)
# Of "we switched from Accuro to Oscar" the first alone is what was.
_END_OF_CLAUSE = re.compile(
    r"[.,;:!?()\n]|\b(?:mais|but|maintenant|now|and|et|à|pour|(?<!used )to)\b", re.IGNORECASE
)
_COPIES = phrases("copie, copies, copier, cc, c.c., cci, bcc, copy, copies to, forward")
_COPIED_AFTER = re.compile(r"\s*(?:en|in|on)\s+(?:copie|cc|copy)\b", re.IGNORECASE)
_TO_ONESELF = phrases("moi, me, my, mon, nous, us, mes, our, notre")
# Who is named within so many characters of "copie" gets it: "copie à la Dre Roy, dre.roy@…".
_NEAR = 40
# A reply that was pasted along: its first line, and all below.
_QUOTE = re.compile(r"^(?:le|on)\b.*(?:a [ée]crit|wrote)\s*:", re.IGNORECASE | re.MULTILINE)
_WROTE = re.compile(r"[>)\s]*(?:a [ée]crit|wrote)\b", re.IGNORECASE)
_JOINED = re.compile(r"\s*(?:et|and|&|ou|or|\+)\s*(?:le |the )?(?:site )?", re.IGNORECASE)


def meant(heard: Heard) -> Heard:
    """The message without emails, EMRs and numbers that it names as something else."""
    text = heard.text.replace("\u2019", "'")
    found = list(zip(heard.entities, heard.places, strict=False))
    sites = _sites(text, [place for (name, _), place in found if name == "site_number"])
    unmeant = {
        place
        for (name, _), place in found
        if (name == "email" and is_anothers_email(text, *place))
        or (name == "emr_vendor" and _is_excluded(text, *place))
        or (name == "site_number" and place not in sites)
    }
    kept = [(entity, place) for entity, place in found if place not in unmeant]
    # What the finder of names adds has no place of its own.
    others = heard.entities[len(found) :]
    return replace(
        heard,
        entities=[*(entity for entity, _ in kept), *others],
        places=[place for _, place in kept],
    )


def is_anothers_email(text: str, start: int, end: int) -> bool:
    """Whether an email is one to leave out: denied, of a copy, or in a reply pasted along."""
    before = text[:start]
    quote = _QUOTE.search(text)
    line = before[before.rfind("\n") + 1 :]
    is_quoted = line.lstrip().startswith(">") or bool(_WROTE.match(text[end:]))
    if is_quoted or (quote and start > quote.start()):
        return True
    is_copied = _gets_copy(before) or bool(_COPIED_AFTER.match(text[end:]))
    return is_copied or _is_excluded(text, start, end)


def email_in(text: str) -> str | None:
    """The first email in a text that is not to be left out, also one spelled out."""
    emails = list(wording.EMAIL.finditer(text))
    if not emails:
        return wording.email_in(text)
    return next((m.group().lower() for m in emails if not is_anothers_email(text, *m.span())), None)


def first_or_last(text: str, values: Sequence[str]) -> str | None:
    """Of several values named at once the first, unless somebody puts right what they said."""
    if not values:
        return None
    return values[-1] if wording.puts_another(text) else values[0]


def _gets_copy(before: str) -> bool:
    near = wording.EMAIL.split(re.split(r"[.;!?](?=\s)|\n", before)[-1])[-1][-_NEAR:]
    return bool(_COPIES.search(near)) and not _TO_ONESELF.search(near)


def _is_excluded(text: str, start: int, end: int) -> bool:
    if wording.is_denied_at(text, start) or _BEFORE_AFTER.match(text[end:]):
        return True
    return _BEFORE.search(_END_OF_CLAUSE.split(text[:start])[-1]) is not None


def _sites(text: str, places: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    """The places of numbers that may be the site's: those that "site" stands before, else all.

    None of "4411 et 4412": a request is for one site, and which of them has to be asked.
    """
    possible = [place for place in places if not wording.is_denied_at(text, place[0])]
    if wording.puts_another(text):
        return possible
    if any(_JOINED.fullmatch(text[one[1] : other[0]]) for one, other in pairwise(possible)):
        return []
    return [place for place in possible if SITE_BEFORE.search(text[: place[0]])] or possible
