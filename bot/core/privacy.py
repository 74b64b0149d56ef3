"""Masks what must not be kept: card numbers, birth dates and secrets, before anything is stored.

Called once, on every text, at the door. Staff names, emails, phones, site and invoice numbers stay.
Formats: the provinces' own descriptions of their health numbers (RAMQ: four letters, eight digits
that hold the birth date; OHIP: ten digits and a version code).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_RAMQ = re.compile(r"\b[A-Z]{4}[ .-]?\d{4}[ .-]?\d{4}\b", re.IGNORECASE)
_TEN_DIGITS = r"\d{4}[ -]?\d{3}[ -]?\d{3}(?:[ -]?[A-Z]{2})?"
# Ten digits alone may be a telephone number: they are a card number only when a word says so.
_HEALTH_CARD = re.compile(
    r"((?:ohip|ramq|phn|health ?card|carte (?:d['\u2019]assurance[ -])?(?:maladie|sant[ée])"
    r"|assurance[ -]maladie|nam|no d'assurance|health (?:number|insurance))\D{0,25})"
    rf"({_TEN_DIGITS}|\d{{9,12}})\b",
    re.IGNORECASE,
)
_VERSIONED = re.compile(r"\b\d{4}[ -]\d{3}[ -]\d{3}[ -]?[A-Z]{2}\b")
_DATE = (
    r"(?:\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}|\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}"
    r"|\d{1,2}(?:er)? [a-zéû]{3,9}\.? \d{4}|[a-z]{3,9}\.? \d{1,2},? \d{4})"
)
_BIRTH = re.compile(
    r"(\bn[ée]e? le|\bn[ée]\(e\) le|\bdate de naissance|\bddn|\bdob|\bdate of birth|\bborn(?: on)?)"
    rf"(\W{{0,4}}(?:est |is |le )?)({_DATE})",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"(\b(?:mot de passe|mdp|password|passwd|pwd|cl[ée] de chiffrement(?: partag[ée]e)?"
    r"|cl[ée] d['\u2019]encryption|(?:shared )?encryption key)\b"
    r"(?:\s*(?:d['\u2019]ocean|ocean|actuel|current))?\s*(?::|=|\best\b|\bis\b|\bc['\u2019]est\b)\s*)"
    r"(\S{4,})",
    re.IGNORECASE,
)

MASK = "█████"


@dataclass(frozen=True, slots=True)
class Masked:
    """A text safe to keep, and the kinds of things that were taken out of it."""

    text: str
    kinds: tuple[str, ...]


def mask(text: str) -> Masked:
    """Replaces what must not be kept; text without any comes back unchanged."""
    kinds: list[str] = []

    def put(kind: str, pattern: re.Pattern[str], replacement: str, value: str) -> str:
        masked, count = pattern.subn(replacement, value)
        if count:
            kinds.append(kind)
        return masked

    text = put("health_card", _RAMQ, MASK, text)
    text = put("health_card", _HEALTH_CARD, rf"\1{MASK}", text)
    text = put("health_card", _VERSIONED, MASK, text)
    text = put("birth_date", _BIRTH, rf"\1\2{MASK}", text)
    text = put("secret", _SECRET, rf"\1{MASK}", text)
    return Masked(text, tuple(dict.fromkeys(kinds)))
