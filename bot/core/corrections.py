"""Reads what the visitor's own words change of a request, French or English.

A service kept after all, a field that is wrong, which subscription is meant. Used by `hearing.py`
and `errands.py`, beside `wording.py`, which reads answers; nothing here knows of a draft.
"""

from __future__ import annotations

import re
from typing import Literal

from bot.core.wording import ORDERS_POLITELY, SERVICE, VALUE, phrases

ListChange = Literal["add", "remove", "only", "swap"]
FieldName = Literal[
    "requester_email", "site_number", "requester_name", "emr_vendor", "reason", "products"
]
ScopeName = Literal["site_wide", "licence"]

_OFF_THE_LIST = re.compile(
    r"\b(?:de|from|off|sur) (?:la|ma|the|my) (?:liste|demande|list|request)\b", re.IGNORECASE
)
_SWAPS = phrases("rempla*, replace, swap, au lieu, plutôt que, instead of, à place, à la place")
_ADDS = phrases(
    "ajout*, rajout*, add, aussi, too, also, as well, en plus, également, include, inclu*, met, "
    "mets, mettez, remets, remettez, put"
)
_REMOVES = phrases(
    "enlev*, enlèv*, retir*, ôte, ôter, ôtez, supprim*, remov*, drop, sans, without, take, rather "
    "not, non pour, not for, no for"
)
_SPARES = re.compile(
    r"\b(?:ne|n'|don't|do not|not)\b.*\b(?:annul|résili|cancel|disconnect|déconnect)", re.IGNORECASE
)
_ONLY = phrases("seulement, juste, uniquement, just, only, rien que")
# What may stand before the point: "non attendez, pas tout, juste les études".
_ON_SECOND_THOUGHT = phrases(
    "oui, non, nan, ok, okay, attend*, finalement, en fait, oups, mais, pas tout, yes, no, nope, "
    "wait, actually, oops, but, not all, not everything, hold on, ah, euh, hmm, svp, please",
    opening=True,
)
_ORDERS = phrases(
    "ajout*, rajout*, remet*, mettez, enlev*, enlèv*, retir*, gard*, conserv*, remplace, "
    "remplacez, remplacer, annulez aussi, add, remove, keep, replace, take, drop, changez, "
    "changer, change the, change my, corrig*, also cancel",
    opening=True,
)
# What may stand between such an order and the service: "enlevez donc aussi les rappels". After
# anything else it is none: "drop in bookings", "add-on fees for reminders".
_UP_TO_A_SERVICE = re.compile(
    r"(?:\W+(?:donc|aussi|also|back|out|off|please|svp|just|juste|all|both|services?|modules?"
    r"|le|la|les|l|des|the|our|my|nos|notre|mes|ma|mon))*"
    rf"\W*?{SERVICE}",
    re.IGNORECASE,
)
_PUTS_RIGHT = phrases(
    "c'est plutôt, est plutôt, c'est pas, ce n'est pas, bon numéro, right number, correct number, "
    "s'écrit, s'épelle, spelled, bon courriel, bon site, it's actually, tromp*, typo"
)
_CHANGES = phrases(
    "chang*, corrig*, modifi*, mauvais*, erreur*, tromp*, faux, fausse, pas bon, pas bonne, pas le "
    "bon, pas la bonne, incorrect*, wrong, typo, mistake*, fix, edit, update, mal écrit, mal "
    "orthographié, misspel*, revoir, rectifi*, à la place, instead, not right, n'est pas, isn't, "
    "pas correct*, s'écrit, s'épelle, spelled, se termin*, fini* par, ends with, ends in, manque, "
    "missing"
)
_FIELDS: tuple[tuple[FieldName, re.Pattern[str]], ...] = (
    ("reason", phrases("raison, motif, reason")),
    ("requester_email", phrases("courriel, email, e-mail, adresse, address")),
    ("emr_vendor", phrases("dmé, dme, emr, logiciel, software")),
    ("site_number", phrases("site, numéro, numero, number")),
    ("requester_name", phrases("nom, name")),
    ("products", phrases("service*, produit*, product*")),
)
# A field ordered to be changed, without a word of what is right: "oui mais changez le courriel". Of
# the field's own words only: "on change de logiciel" is a reason to cancel.
_ORDERS_CHANGE = re.compile(
    r"\b(?:chang(?:e|ez|er)|corrig(?:e|ez|er)|modifi(?:e|ez|er)|rectifi(?:e|ez|er)|fix|correct|edit"
    r"|update)\s+(?:donc\s+)?(?:le|la|les|l'|mon|ma|mes|the|my|our)\s*(?P<field>\w+(?:-\w+)?)",
    re.IGNORECASE,
)
_SAYS_WRONG = re.compile(
    r"\b(?P<field>\w+(?:-\w+)?)(?: number| de site| ocean)?\s+"
    r"(?:is|was|est|était|n'est)\s+(?:all |tout )?(?:wrong|incorrect\w*|not right|not correct|"
    r"misspel\w*|pas bon\w*|pas correct\w*|pas l[ea] bon\w*|fau(?:x|sse)|erronée?|"
    r"mauvaise?|mal écrite?)\b",
    re.IGNORECASE,
)
# What may stand between words that put right and the right value: "c'est plutôt le site 5120".
# Hence "c'est plutôt cher chez Accuro" puts nothing right.
_UP_TO_A_VALUE = (
    r"\W+(?:(?:le|la|l|the|mon|ma|notre|my|our|de|du|site|ocean|numéro|numero|number|dmé|dme|emr"
    r"|logiciel|software|pour|par|sur|avec|to|with|est|is|c'est|it's|should|be)\W+)*?"
    rf"{VALUE}"
)
_RIGHT_VALUE = re.compile(
    r"\b(?:(?:c'est|(?:site|numéro|number|dmé|dme|emr|logiciel|software)\s(?:est|is))\splutôt"
    r"|(?:it's|is)\sactually|bon numéro|right number|correct number|bon site|tromp\w*|typo"
    # What is denied is no value of the message any more: any word or two may stand for it.
    r"|(?:pas|not)(?:\s(?:le|la|the|site))*\s[\w-]+(?:\s\w+)?\W+(?:mais\s|but\s)?(?:c'est|it's))"
    rf"{_UP_TO_A_VALUE}",
    re.IGNORECASE,
)
# Only where the text begins so: "we decided to change the EMR to Accuro" is a reason.
_ORDERS_VALUE = re.compile(
    rf"(?:changez|corrigez|modifiez|remplacez|(?:change|correct|fix)\s(?:the|my)){_UP_TO_A_VALUE}",
    re.IGNORECASE,
)
# The fields that nobody names in a reason; the others are: "the service is not right".
_NOT_IN_REASONS = frozenset({"requester_email", "requester_name", "site_number", "reason"})
# Whose plan it is, before "change the name", or what it is of, after it: no order to us.
_PLANS = phrases("on, nous, we, we're, we've, we'll, they, ils")
_OF_THE_CLINIC = re.compile(
    r"\s+(?:de (?:la|notre) clinique|of (?:the|our) clinic|for us|pour nous)\b", re.IGNORECASE
)
_BARE_FIELD = re.compile(
    r"(?:(?:oui|non|yes|no|ok)\W+)?(?:(?:le|la|les|l'|mon|ma|mes|the|my)\s*)?(?P<field>\w+(?:-\w+)?)"
    r"(?: number| de site)?\W*",
    re.IGNORECASE,
)
_ORDERS_ALL = phrases(
    "annul*, résili*, resili*, cancel*, arrêt*, arret*, stop, end, terminate, gard*, conserv*, "
    "keep*"
)
_ASKS_FOR_A_WAY = phrases("comment, où, how, where", opening=True)
_OF_WHOLE_SITE = phrases(
    "tout le site, toute la clinique, l'ensemble du site, l'échelle du site, illimité*, "
    "abonnement mensuel, abonnements mensuels, ocean unlimited, unlimited, site-wide, sitewide, "
    "site wide, whole site, whole clinic, entire site, entire clinic, monthly subscription*"
)
_OF_LICENCE = phrases(
    "licence de base, licences de base, licence plus, une licence, la licence de, la licence du, "
    "licence individuelle, licence d'engagement, étude de base, une étude, une seule étude, "
    "basic licence*, plus licence*, basic license*, plus license*, one licence, one license, "
    "licence of, license of, engagement licence*, basic study, one study, a study, single study"
)


def scope_in(text: str) -> ScopeName | None:
    """Whether a subscription of the whole site or a single licence is spoken of, if it is said."""
    if _OF_WHOLE_SITE.search(text):
        return "site_wide"
    return "licence" if _OF_LICENCE.search(text) else None


def list_change(text: str) -> ListChange | None:
    """What is to become of a list of services that already stands; None if nothing is said."""
    if _SWAPS.search(text) or (_REMOVES.search(text) and _ADDS.search(text)):
        return "swap"
    if takes_off_the_list(text):
        return "remove"
    if _ADDS.search(text):
        return "add"
    if _REMOVES.search(text) or _SPARES.search(text):
        return "remove"
    return "only" if _ONLY.search(text) else None


def takes_off_the_list(text: str) -> bool:
    """Whether the list itself is meant: "enlevez Cloud Connect de la liste"."""
    return _OFF_THE_LIST.search(text) is not None


def narrows(text: str) -> bool:
    """Whether the whole of a list is to be only what follows: "non, juste les études"."""
    return _ONLY.match(_to_the_point(text)) is not None


def narrows_later(text: str) -> bool:
    """Whether the list is narrowed after some other words: "remove booking, leave just studies"."""
    return _ONLY.search(text) is not None


def corrects(text: str) -> bool:
    """Whether this puts right what was said before, rather than tells something."""
    return orders(text) or _PUTS_RIGHT.search(text) is not None


def orders(text: str) -> bool:
    """Whether this begins with an order to change something: "finalement, ajoutez les rappels"."""
    return _is_second_thought(text) or _ORDERS.search(_to_the_point(text)) is not None


def orders_services(text: str, marked: str) -> bool:
    """Whether it begins with an order on services by name, strictly; `marked` is `Heard.marked`."""
    point = _to_the_point(marked)
    verb = _ORDERS.search(point)
    is_order = (
        verb is not None
        and not _CHANGES.match(verb.group())
        and _UP_TO_A_SERVICE.match(point, verb.end()) is not None
    )
    return _is_second_thought(text) or is_order


def puts_value_right(marked: str) -> bool:
    """Whether a number or an EMR directly follows words that put it right, in `Heard.marked`."""
    return bool(_RIGHT_VALUE.search(marked) or _ORDERS_VALUE.match(_to_the_point(marked)))


def _is_second_thought(text: str) -> bool:
    point = _to_the_point(text)
    return point != text and _ONLY.match(point) is not None


def ordered_change(text: str, *, at_reason: bool = False) -> FieldName | None:
    """The field that is to be changed, where the words order it: "oui mais changez le courriel".

    `at_reason` says that any statement may be a reason: "on va changer le nom de la clinique".
    """
    ordered = _ORDERS_CHANGE.search(text)
    found = ordered or _SAYS_WRONG.search(text)
    if found is None or _ASKS_FOR_A_WAY.search(text):
        return None
    field = _field(found["field"])
    is_plan = ordered is not None and _PLANS.search(text[: ordered.start()]) is not None
    is_statement = is_plan or _OF_THE_CLINIC.match(text, found.end()) is not None
    return None if at_reason and (is_statement or field not in _NOT_IN_REASONS) else field


def bare_field(text: str) -> FieldName | None:
    """The field that is all there is to a message, in answer to "what is wrong?": "the email"."""
    found = _BARE_FIELD.fullmatch(text)
    return _field(found["field"]) if found else None


def _field(word: str) -> FieldName | None:
    return next((field for field, pattern in _FIELDS if pattern.fullmatch(word)), None)


def orders_all(text: str) -> bool:
    """Whether "all" or "the rest" is said of a list of services, not of what somebody thinks."""
    return list_change(text) not in (None, "only") or _ORDERS_ALL.search(text) is not None


def field_to_change(text: str) -> FieldName | None:
    """Which field is said to be wrong: "changez le courriel", "the name is misspelled"."""
    if not _CHANGES.search(text):
        return None
    return next((field for field, pattern in _FIELDS if pattern.search(text)), None)


def _to_the_point(text: str) -> str:
    while lead := _ON_SECOND_THOUGHT.match(text) or ORDERS_POLITELY.match(text):
        text = text[lead.end() :].lstrip(" ,.!:;-")
    return text
