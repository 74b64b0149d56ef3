"""Finds health-card numbers of every province and territory in a folded text.

Called by `privacy.py`. Two things tell a card number from a telephone, an invoice or a site: the
nearest word that says what a number is, and the number's own form and check digit. The word goes
first: a number that is called a health card is masked even when it was mistyped.

Forms, from the provinces' public descriptions: Québec four letters and eight digits that hold the
birth date, the month plus 50 for women; Ontario ten digits with Luhn's check digit and a version
code; British Columbia ten digits from 9 on, modulo 11; Nova Scotia ten; Alberta, Saskatchewan
(modulo 11), Manitoba, New Brunswick, Nunavut and Yukon nine; Newfoundland and Labrador twelve;
Prince Edward Island eight; Northwest Territories a letter and seven.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator

from bot.core.folded import Span

CARD = "health_card"
# A card number that is not all there: the rest may come in the next message.
CARD_PART = "health_card_part"
SOCIAL_INSURANCE = "social_insurance"
PAYMENT_CARD = "payment_card"

_SEP = r"[ .\-]"
# How far a word reaches: forward to a number after it, back to one before it.
_REACH = 60
_REACH_BACK = 25

_CARD_WORD = (
    r"ohip|ramq|phns?|phin|mcp|n\.?a\.?m\.?(?= |:|#|\d|=|$)|h\.?c\.?n\.?|hsn|ahcip|uli|msp"
    r"|health[- ]?(?:care )?(?:card|number|insurance|no\b|#|id)s?|h\.?c\.? ?(?:#|no\b|number)"
    r"|(?:healthcare|medicare|personal health)(?: (?:card|number|no|id))?|services card"
    r"|care ?card"
    r"|cartes? (?:d'assurance[ -])?(?:maladie|sant[ée])|carte[- ]sant[ée]|carte soleil"
    r"|assurance[ -]maladie|num[ée]ro de sant[ée]|health cards?"
)
_SIN_WORD = (
    r"n\.?a\.?s\.?(?= |:|#|=|$)|s\.?i\.?n\.?(?= |:|#|=|$)|assurance sociale|social insurance"
)
_OTHER_WORD = (
    r"fact(?:ures?|\.|\b)|invoices?|inv\b|re[çc]us?|receipts?|sites?|tickets?|billets?|cliniques?"
    r"|r[ée]f(?:[ée]rences?|\.|\b)|orders?|commandes?|dossier|case|t[ée]l(?:[ée]phones?|\.|\b)"
    r"|phones?|call(?:ing|ed)?|cell(?:ulaire|phone)?s?|mobile|fax|t[ée]l[ée]copieur|appel(?:er|ez"
    r"|ons)"
    r"|rappel(?:er|ez)(?:-moi)?|joindre|joignable|reach(?:ed)?|texto?|poste|ext(?:ension)?\b"
    r"|comptes?|accounts?|acct|licen[cs]es?|gst|hst|tps|tvq|qst|tax|taxes|bn|neq|transit"
    r"|ch[èe]ques?"
    r"|cheques?|montant|amount|total|version|erreur|error|serial|s[ée]rie|cpso|permis|pratique"
    r"|practice|billing|facturation|utilisateur|username|user|transaction|confirmation|tracking"
    r"|suivi|po\b|quote|soumission|device|appareil|tablet(?:te)?s?|num[ée]ro client|client id"
)
_WORDS = re.compile(
    rf"(?<![^\W_])(?:(?P<sin>{_SIN_WORD})|(?P<card>{_CARD_WORD})"
    rf"|(?P<other>{_OTHER_WORD}))(?![^\W\d_])",
    re.IGNORECASE,
)
PATIENT = re.compile(
    r"\b(?:patiente?s?|pte?s?)\b(?!e?s? (?:message|reminder|portal))", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"[.!?;](?=\s)|\n")

_RAMQ = re.compile(
    rf"(?<![^\W_])([A-Za-z]{{4}})[ .\-\n]{{0,2}}(\d(?:{_SEP}?[\n]?\d){{7}})(?![^\W_])"
)
_RAMQ_HALF = re.compile(rf"(?<![^\W_])([A-Z]{{4}})[ .\-]?(\d\d{_SEP}?\d\d)\W*$")
# Capitals before digits that name something else.
_NO_NAME = frozenset(
    "SITE FACT CODE BILL CASE ITEM NOTE DATE YEAR MARS AOUT JUIN JULY JUNE PAGE USER POST "
    "ROOM PLAN ZONE FORM LIEN STEP PART AREA UNIT APPT FROM MAIL TELE TELL FAXE POBX CALL PAYE "
    "PAID COST COUT PRIX AVEC POUR DANS SANS VERS TEST LOTS LIST FILE DOSS CLIN DEPT".split()
)
# The letters of a Québec number, not the word before it.
_LETTERS = rf"(?:[A-Za-z]{{4}}|(?!(?:OHIP|RAMQ|PHIN|CARD|CARE)\b)[A-Z]{{4}}{_SEP})"
# Digits that a word calls a card, whatever their form.
_NAMED = re.compile(
    rf"(?<![^\W_])(?:{_LETTERS}(?=\d))?[NDMTH]?{_SEP}?\d(?:{_SEP}{{0,2}}\d){{6,}}"
    rf"(?:{_SEP}?[A-Z]{{1,2}}(?![^\W_]))?"
)
_NAMED_PART = re.compile(rf"(?<![^\W_])(?:{_LETTERS})?\d(?:{_SEP}?\d){{3,5}}(?![^\W_])")
# What may stand between the word and a part of its number.
_BETWEEN = re.compile(
    r"[\s:#=(\-]*(?:(?:is|est|c'est|no|n[o°]|num[ée]ro|number|card|carte|de|du|la|le|of|the"
    r"|patiente?|qu[eé]bec"
    r"|starts? with|commence par)[\s:#=.(\-]*){0,5}",
    re.IGNORECASE,
)
_TEN = re.compile(
    r"(?<![^\W_])(?<!\d[.,\- ])(\d{4}([ .\-]?)\d{3}\2\d{3})(?!\d)(?!-\d)( ?-?[A-Za-z]{2}\b)?"
)
_TEN_AS_PHONE = re.compile(r"(?<![^\W_])\(?\d{3}\)?[ .\-]?\d{3}[ .\-]?\d{4}(?!\d)")
_NINE = re.compile(
    r"(?<![^\W_])(?<!\d[.,\- ])\d{3}[ \-]?\d{3}[ \-]?\d{3}(?![ \-]?\d)(?! ?R[TPC]\d)"
)
_TWELVE = re.compile(
    r"(?<![^\W_])(?<!\d[.,\- ])(?:\d{4}[ \-]?\d{4}[ \-]?\d{4}"
    r"|\d{3}[ \-]?\d{3}[ \-]?\d{3}[ \-]?\d{3})(?![ \-]?\d)"
)
_PAYMENT = re.compile(
    r"(?<![^\W_])(?<!\d[.,\- ])(?:\d{4}([ \-]?)\d{4}\1\d{4}\1\d{4}"
    r"|\d{4}([ \-]?)\d{6}\2\d{5})(?![ \-]?\d)"
)
# Telephone area codes of Canada, and those that cost the caller nothing.
_AREA_CODES = frozenset(
    "204 226 236 249 250 257 263 289 306 343 354 365 367 368 382 387 403 416 418 428 431 437 "
    "438 450 460 468 474 506 514 519 537 548 568 579 581 584 587 604 613 639 647 672 683 705 "
    "709 742 753 778 780 782 807 819 825 851 867 873 879 902 905 942 800 833 844 855 866 877 "
    "888".split()
)


def find(text: str) -> list[Span]:
    """The numbers that must not be kept, in no particular order; they may overlap."""
    words = list(_WORDS.finditer(text))
    return [*_by_form(text, words), *_by_word(text, words)]


def rest_of_number(text: str) -> Span | None:
    """The rest of a card number whose first part stood in the message before, if it is no more."""
    match = re.fullmatch(rf"\W{{0,3}}((?:\d{_SEP}?){{2,10}}(?:[A-Za-z]{{1,2}})?)\W{{0,3}}", text)
    return Span(match.start(1), match.end(1), CARD) if match else None


def _by_word(text: str, words: list[re.Match[str]]) -> Iterator[Span]:
    """Numbers that a word calls a card; and the part of one at the end of the text."""
    whole: set[int] = set()
    for match in _NAMED.finditer(text):
        whole.update(range(*match.span()))
        kind = _called(text, words, match.start(), match.end())
        if kind in ("card", "sin") and not _is_amount(text, match.end()):
            yield Span(*match.span(), _kind_of(match[0]) if kind == "card" else SOCIAL_INSURANCE)
    for word in words:
        if word.lastgroup != "card":
            continue
        between = _BETWEEN.match(text, word.end())
        part = _NAMED_PART.match(text, between.end()) if between else None
        if part and part.start() not in whole and not _is_amount(text, part.end()):
            yield Span(*part.span(), CARD_PART)


def _kind_of(number: str) -> str:
    """A part where no number is that short; the Northwest Territories' begins with a letter."""
    digits = re.sub(r"\D", "", number)
    return CARD if len(digits) > 7 or number[0].isalpha() else CARD_PART


def _by_form(text: str, words: list[re.Match[str]]) -> Iterator[Span]:
    """Numbers whose form and check digit say what they are, unless a word calls them otherwise."""
    for match in _RAMQ.finditer(text):
        letters, digits = match[1], re.sub(r"\D", "", match[2])
        is_valid = is_ramq_date(digits) and letters.upper() not in _NO_NAME
        if is_valid or (letters.isupper() and _is_about_patient(text, match.start())):
            yield Span(*match.span(), CARD)
    half = _RAMQ_HALF.search(text)
    if half and half[1] not in _NO_NAME and is_ramq_date(re.sub(r"\D", "", half[2]) + "0100"):
        yield Span(half.start(1), half.end(2), CARD_PART)
    for match in _PAYMENT.finditer(text):
        if passes_luhn(match[0]):
            yield Span(*match.span(), PAYMENT_CARD)
    for pattern, is_card in (
        (_TEN, _is_card_of_ten),
        (_NINE, _is_patients),
        (_TWELVE, _is_patients),
    ):
        for match in pattern.finditer(text):
            called = _called(text, words, *match.span())
            if _has_version(match) or (called is None and is_card(text, match)):
                yield Span(*match.span(), CARD)
    for match in _TEN_AS_PHONE.finditer(text):
        is_free = _called(text, words, *match.span()) is None
        if is_free and not is_phone(match[0]) and _is_about_patient(text, match.start()):
            yield Span(*match.span(), CARD)


def _is_card_of_ten(text: str, match: re.Match[str]) -> bool:
    digits = re.sub(r"\D", "", match[1])
    is_valid = passes_luhn(digits) or is_bc(digits)
    if match[2]:
        return is_valid or _is_about_patient(text, match.start())
    return (is_valid or _is_about_patient(text, match.start())) and not is_phone(digits)


def _has_version(match: re.Match[str]) -> bool:
    """Whether Ontario's version code follows: two capitals, as on nothing else of that form."""
    if match.re is not _TEN or not match[3] or not match[3].strip(" -").isupper():
        return False
    return bool(match[2]) or passes_luhn(match[1])


def _is_patients(text: str, match: re.Match[str]) -> bool:
    return _is_about_patient(text, match.start())


def _called(text: str, words: list[re.Match[str]], start: int, end: int) -> str | None:
    """What the nearest word calls a number: "card", "sin", "other" or None.

    The nearest before it in the same line or the line before; without one, the next after it.
    """
    before = [word for word in words if start - _REACH <= word.end() <= start]
    if before:
        word = before[-1]
        gap = text[word.end() : start]
        if not re.search(r"[.!?](?=\s)|\n\s*\n", gap):
            return word.lastgroup
    for word in words:
        if end <= word.start() <= end + _REACH_BACK:
            gap = text[end : word.start()]
            # "…, call me": what follows says less of a number than what goes before.
            is_apart = word.lastgroup == "other" or re.search(r"[\d\n;]|[.!?](?=\s)", gap)
            return None if is_apart else word.lastgroup
    return None


def _is_about_patient(text: str, start: int) -> bool:
    """Whether the sentence that a number stands in speaks of a patient before or after it."""
    begins = max((m.end() for m in _SENTENCE_END.finditer(text, 0, start)), default=0)
    ends = _SENTENCE_END.search(text, start)
    return PATIENT.search(text, begins, ends.start() if ends else len(text)) is not None


def _is_amount(text: str, end: int) -> bool:
    return (
        re.match(r"(?:[.,]\d{2})? ?(?:\$|cad\b|dollars?\b)", text[end : end + 12], re.IGNORECASE)
        is not None
    )


def is_ramq_date(digits: str) -> bool:
    """Whether eight digits begin with a birth date as Québec writes it: year, month (+50), day."""
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    month -= 50 if month > 50 else 0
    # 2000 was a leap year and so was 1904: the century does not matter for February.
    return 1 <= month <= 12 and 1 <= day <= monthrange(2000 + year, month)[1]


def passes_luhn(number: str) -> bool:
    """Luhn's check digit, modulo 10: Ontario's cards and payment cards."""
    digits = [int(character) for character in number if character.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def is_bc(digits: str) -> bool:
    """British Columbia: ten digits, the first a 9, the last modulo 11 of the others."""
    weights = (2, 4, 8, 5, 10, 9, 7, 3)
    total = sum(w * int(d) for w, d in zip(weights, digits[1:9], strict=True))
    return digits[0] == "9" and (11 - total % 11) % 11 == int(digits[9])


def is_phone(number: str) -> bool:
    """Whether ten digits can be a Canadian telephone number."""
    digits = re.sub(r"\D", "", number)
    return digits[:3] in _AREA_CODES and digits[3] in "23456789"
