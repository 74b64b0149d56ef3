"""Reads an order to cancel where the classifier saw none, French or English.

The classifier knows wishes by what they resemble; "mettre fin aux kiosques" orders something in so
many words. Called by `actions/answers.py` before it says that it does not know.
"""

from __future__ import annotations

import re

from bot.core import wording
from bot.core.heard import Heard
from bot.core.unknown_services import unknown_services
from bot.core.wording import NO_LONGER_WANTS, SERVICE, phrases

_ENDS = (
    r"annul(?:e[rz]?|ons|ation)|r[ée]sili(?:e[rz]?|ons|ation)|cancel\w*|arr[êe]t\w*|stop\w*|"
    r"d[ée]sactiv\w*|d[ée]branch\w*|d[ée]sabonn\w*|d[ée]barrass\w*|supprim\w*|mettre fin|"
    r"mettez fin|end|terminate|discontinu\w*|get rid of|take us off|remove us from|turn off|"
    r"shut off|kill|drop|unsubscribe"
)
_ORDER = re.compile(
    rf"(?:(?<!\w)(?:{_ENDS})(?!\w)|{phrases(NO_LONGER_WANTS).pattern})[^.,!?;]{{0,40}}{SERVICE}",
    re.I,
)
_CANCELS = re.compile(r"(?<!\w)(?:annul\w*|r[ée]sili\w*|cancel\w*|terminate)(?!\w)", re.IGNORECASE)
_LEAVES = re.compile(
    r"(?<!\w)(?:(?:j?veu[xt]|voulons|besoin|avoir) (?:pu|plus) (?:rien )?(?:de|d')"
    r"|(?:pu|plus) besoin de) ?(?:vos services|ocean)(?!\w)|\b(?:done with|leaving) ocean\b",
    re.IGNORECASE,
)
_FILES = re.compile(
    r"(?<!\w)(?:veu[xt]|voulons|voudrai[st]|voudrions|aimerai[st]|aimerions|souhait\w+|d[ée]sir\w+|"
    r"viens|want|like|need|wish)\s(?:to\s)?"
    r"(?:faire|d[ée]poser|envoyer|soumettre|pr[ée]senter|make|file|submit|send|place)\s"
    r"(?:un|une|la|notre|ma|a|an|my|our|the)\s(?:formal\s|official\s)?"
    r"(?:demande(?:\s(?:formelle|officielle))?\s(?:d'|de\s)(?:annulation|r[ée]siliation)|"
    r"cancellation(?:\srequest)?|request\sto\scancel)(?!\w)",
    re.IGNORECASE,
)
_GOES_AHEAD = phrases(
    "je veux le faire, je veux la faire, faites-le, faites-la, fais-le, fais-la, allez-y, vas-y, "
    "on y va, je veux faire ça, je veux faire la demande, oui je veux, do it, go ahead, please do, "
    "let's do it, let's do that, start it, i want that, yes i want"
)
_DATA = frozenset({"email", "site_number", "emr_vendor"})
# From this probability on the classifier holds an order possible.
_POSSIBLE = 0.05


def orders_cancellation(heard: Heard, *, likely: float = 0.0) -> bool:
    """Whether services are to be cancelled in so many words; a question orders nothing.

    `likely` is the classifier's probability, 0 to 1, that it is an order: what is none of our
    services may be an appointment, or another vendor's.
    """
    text = wording.plain(heard.text)
    if heard.text.startswith("/") or wording.asks(text):
        return False
    if any(words.search(text) for words in (_LEAVES, _FILES)):
        return True
    if _ORDER.search(wording.plain(heard.marked)):
        return True
    if likely >= _POSSIBLE and unknown_services(heard.marked, is_list=False):
        return True
    # Whoever gives site and address along with it asks for no explanation.
    has_data = bool(_DATA & {name for name, _ in heard.entities})
    return has_data and bool(heard.all_of("product")) and _CANCELS.search(text) is not None


def goes_ahead(text: str) -> bool:
    """Whether this takes up what was offered just before: "ok je veux le faire"."""
    return _GOES_AHEAD.search(wording.plain(text)) is not None
