"""Masks what must not be kept: card numbers, birth dates and secrets, before anything is stored.

Called once, on every text, at the door. Staff names, emails, phones, site and invoice numbers stay.
Formats: the provinces' own descriptions of their health numbers (RAMQ: four letters, eight digits
that hold the birth date; OHIP: ten digits and a version code).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# The digits hold the birth date: year, month (plus 50 for women), day. "FACT 2024 1101" is none.
_RAMQ = re.compile(
    r"\b[A-Z]{4}[ .-]?\d\d(?:0[1-9]|1[0-2]|5[1-9]|6[0-2])[ .-]?(?:0[1-9]|[12]\d|3[01])\d\d\b",
    re.IGNORECASE,
)
# Digits alone may be a telephone or an invoice: they are a card number only when a word says so.
_HEALTH_CARD = re.compile(
    r"(\b(?:ohip|ramq|phn|phin|mcp|nam|hcn|ahcip|health (?:card|number|insurance)|services card"
    r"|care ?card|carte (?:d['\u2019]assurance[ -])?(?:maladie|sant[ée])|carte soleil"
    r"|assurance[ -]maladie)\b"
    r"(?:\W{0,3}(?:card|number|num[ée]ro|no|is|est|c['\u2019]est|du patient|of the patient)\b){0,3}"
    r"\W{0,4})"
    r"(\d{4}[ -]?\d{3}[ -]?\d{3}(?:[ -]?[A-Z]{2})?|\d{4} \d{4} \d{4}|\d{9,12})\b",
    re.IGNORECASE,
)
_VERSIONED = re.compile(r"\b\d{4}[ -]\d{3}[ -]\d{3}[ -]?[A-Z]{2}\b")
_DATE = (
    r"(?:\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}|\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}"
    r"|\d{1,2}(?:er)? [a-zéû]{3,9}\.? \d{4}|[a-z]{3,9}\.? \d{1,2},? \d{4})"
)
_BIRTH = re.compile(
    r"(\bn[ée]e? le|\bn[ée]\(e\) le|\b(?:date de )?naissance|\bddn|\bdob|\bdate of birth"
    r"|\bbirth ?dat?e|\bbirthday|\bborn(?: on)?)"
    rf"(\W{{0,4}}(?:est |is |le )?)({_DATE})",
    re.IGNORECASE,
)
# A full name, or one with a courtesy; a doctor's is of the staff and stays.
_NAME_WORD = (
    r"(?!(?:Dre?|BC|Nova|British|Services|Care|Health|Card|Carte)\b)"
    r"[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ'\u2019]+(?:-[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ'\u2019]+)*"
)
_NAME = (
    rf"(?:(?:Mme|M\.|Mr\.?|Mrs\.?|Ms\.?) {_NAME_WORD}(?: {_NAME_WORD})?"
    rf"|\b{_NAME_WORD}(?: {_NAME_WORD}){{1,3}})"
)
_SECRET_WORD = (
    r"\b(?:mot de passe|mdp|password|passwd|pwd|cl[ée] de chiffrement(?: partag[ée]e)?"
    r"|cl[ée] d['\u2019]encryption|(?:shared )?encryption key)\b"
)
# What is said of a password more often than what it is: "le mot de passe est expiré".
_IS = (
    r"\s*\b(?:est|is|c['\u2019]est)\b\s*(?!(?:expir\w*|incorrecte?|invalide?|oubli\w*|perdue?|lost"
    r"|bloqu\w*|refus\w*|chang\w*|mauvaise?|toujours|encore|trop|wrong|forgotten|blocked|locked"
    r"|rejected|reset|still|broken|required|needed|correcte?|bonne|différent|different|obligatoire"
    r"|mandatory|case|sensible)\b)"
)
_SECRET = re.compile(
    rf"({_SECRET_WORD}(?:\s*(?:d['\u2019]ocean|ocean|actuel|current))?(?:\s*[:=]\s*|{_IS}))(\S{{4,}})",
    re.IGNORECASE,
)
# With other words between, only what looks like a password: something with a digit in it.
_SECRET_FARTHER = re.compile(
    rf"({_SECRET_WORD}(?: [\w'\u2019]+){{1,4}}?(?:\s*[:=]\s*|{_IS}))((?=\S*\d)\S{{4,}})",
    re.IGNORECASE,
)

MASK = "█████"
_NAME_BEFORE = re.compile(
    rf"{_NAME}([ ,;:(-]{{1,3}}(?:(?:RAMQ|NAM|OHIP|PHN|DDN|DOB|n[ée]e?|born|date|health|carte|birth)"
    rf"\b[^\n{MASK[0]}]{{0,30}})?{MASK})"
)
_NAME_AFTER = re.compile(rf"({MASK}[ ,;:(-]{{1,3}}){_NAME}")


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
    if kinds:
        # Whose number or birth date it is: the name just before or just after.
        text = put("patient_name", _NAME_BEFORE, rf"{MASK}\1", text)
        text = put("patient_name", _NAME_AFTER, rf"\1{MASK}", text)
    text = put("secret", _SECRET, rf"\1{MASK}", text)
    text = put("secret", _SECRET_FARTHER, rf"\1{MASK}", text)
    return Masked(text, tuple(dict.fromkeys(kinds)))
