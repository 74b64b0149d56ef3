"""Tells numbers of invoices, addresses, prices and headcounts from site numbers, French or English.

Called by the finder of values (bot/nlu/entities.py) and by `wording.py`. A number refused is asked
for; one taken for the site number never is.
"""

from __future__ import annotations

import re

# "PS Suite 4411" is an EMR and a site; in "Suite 210" an office is meant.
_THING = (
    r"factures?|invoices?|bureau|(?<!ps )(?<!ps-)suite|local|dossiers?|tickets?|billets?|"
    r"code postal|postal code|zip code|re[çc]u|receipt|appartement|apt|app|unit[ée]?|room|"
    r"bon de commande|purchase order|case|file|poste|ext|extension"
)
_LINK = r"no|num[ée]ro|number|num|c'est|est|is|it's|was|[ée]tait|la|le|the|de|of"
_OF_A_THING = re.compile(rf"\b(?:{_THING})\b(?:[\s.:#°(]|\b(?:{_LINK})\b)*$", re.IGNORECASE)
# "1450, rue Principale", "123 Main Street"; "4411 on Main Street" is a site and where it is.
_ADDRESS_FR = re.compile(
    r",?\s*(?:rue|boul|boulevard|bd|av|avenue|chemin|route|rang|mont[ée]e|autoroute|croissant)\b",
    re.IGNORECASE,
)
_ADDRESS_EN = re.compile(
    r"\s+(?!(?:on|at|in|for|and|is|the|our|sur|et)\b)(?:[\w.'-]+\s+){1,2}"
    r"(?:street|st|avenue|ave|road|rd|boulevard|blvd|drive|lane|crescent)\b(?!-|\.\s?[A-Z])",
    re.IGNORECASE,
)
_PRICE = re.compile(
    r"\s*(?:dollars?|piastres?|bucks|cad)?\s*"
    r"(?:par (?:mois|an|ann[ée]e)|(?:a|per|each|every) (?:month|year)|monthly|yearly)\b",
    re.IGNORECASE,
)
_HEADCOUNT = re.compile(
    r"\s*(?:employ[ée]e?s?|employees?|staff|personnes?|people|membres?|members?|infirmi[èe]re?s?|"
    r"nurses?|m[ée]decins?|physicians?)\b",
    re.IGNORECASE,
)
# Of the site for certain.
SITE_BEFORE = re.compile(r"\bsites?\W*$", re.IGNORECASE)


def is_of_something_else(text: str, start: int, end: int) -> bool:
    """Whether the number at these places is of an invoice, an address, a price, a headcount."""
    before, after = text[:start], text[end:]
    if _OF_A_THING.search(before):
        return True
    counts = (_ADDRESS_FR, _ADDRESS_EN, _PRICE, _HEADCOUNT)
    return not SITE_BEFORE.search(before) and any(words.match(after) for words in counts)
