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
    r"annul(?:e[rz]?|ons|ation)|r[ée]sili(?:e[rz]?|ons|ation)|cancel(?!l?ed\b)\w*|"
    r"arr[êe]t(?!ées?\b|és\b)\w*|stop(?!ped\b|pée?s\b)\w*|d[ée]sactiv\w*|d[ée]branch\w*|"
    r"d[ée]sabonn\w*|d[ée]barrass\w*|supprim\w*|mettre fin|"
    r"mettez fin|end|terminate|discontinu\w*|get rid of|take us off|remove us from|turn off|"
    r"shut off|kill|drop|unsubscribe"
)
_ORDER = re.compile(
    rf"(?:(?<!\w)(?:{_ENDS})(?!\w)|{phrases(NO_LONGER_WANTS).pattern})"
    rf"(?P<between>[^.,!?;]{{0,40}}?){SERVICE}",
    re.I,
)
_AN_END = re.compile(rf"(?<!\w)(?:{_ENDS})(?!\w)", re.IGNORECASE)
_REFUSES = phrases(
    "veux pas, veut pas, voulons pas, voulait pas, voulions pas, voudrais pas, voudrait pas, "
    "veulent pas, souhaite pas, souhaitons pas, pense pas, pensons pas, demande pas, demandé pas, "
    "pas demandé, pas voulu, jamais demandé, jamais voulu, pas question, surtout pas, ne pas, ne, "
    "n', sans, don't, do not, didn't, did not, won't, will not, never, not, without, don't want, "
    "do not want, didn't want, didn't ask, did not ask, never asked, never wanted, not asking, "
    "not going, not looking, not trying, not planning, don't plan, don't intend, don't wish"
)
# Just before a word of cancelling, what makes it no order: "je ne veux pas annuler les rappels".
_REFUSED = re.compile(
    rf"{_REFUSES.pattern}\s*(?:(?:us|you|it|vous)\s)?(?:to|for|de|d'|à)?\s*$", re.IGNORECASE
)
# Not wanted is the cancelling, not the service: "we don't want you to cancel the reminders".
_OF_THE_END = re.compile(
    rf"\s*(?:(?:(?:us|you|it)\s)?to\s|de\s|d'|que vous\s)?{_AN_END.pattern}", re.IGNORECASE
)
# What was done before is no order either. "Arrêté les rappels svp" alone is one, mistyped.
_DONE = re.compile(
    r"\b(?:a|as|ai|avons|avez|ont|avait|avions|été)\s(?:(?:déjà|bien|tout|enfin|finalement|donc)\s)*$",
    re.IGNORECASE,
)
_PARTICIPLE = re.compile(r"\w+[ée]e?s?", re.IGNORECASE)
_CANCELS = re.compile(
    r"(?<!\w)(?:annul\w*|r[ée]sili\w*|cancel(?!l?ed\b)\w*|terminate)(?!\w)", re.IGNORECASE
)
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
_POSSIBLE = 0.03


def orders_cancellation(heard: Heard, *, likely: float = 0.0) -> bool:
    """Whether services are to be cancelled in so many words; a question orders nothing.

    `likely` is the classifier's probability, 0 to 1, that it is an order: what is none of our
    services may be an appointment, or another vendor's.
    """
    text = wording.plain(heard.text)
    if heard.text.startswith("/") or wording.asks(text):
        return False
    if _LEAVES.search(text) or _means_any(_FILES, text):
        return True
    if _means_any(_ORDER, wording.plain(heard.marked)):
        return True
    is_meant = _means_any(_AN_END, text) or not _AN_END.search(text)
    if is_meant and likely >= _POSSIBLE and unknown_services(heard.marked, is_list=False):
        return True
    return orders_with_data(heard)


def orders_with_data(heard: Heard) -> bool:
    """Whether site, email or EMR come along with it: whoever gives them asks for no explanation."""
    text = wording.plain(heard.text)
    given = {name for name, _ in heard.entities}
    names_service = bool(given & {"product", "kept_product"})
    is_order = not heard.text.startswith("/") and not wording.asks(text)
    return is_order and names_service and bool(_DATA & given) and _means_any(_CANCELS, text)


def _means_any(orders: re.Pattern[str], text: str) -> bool:
    """Whether the text gives such an order, rather than refuses it or tells that it was done."""
    return any(_means(order, text) for order in orders.finditer(text))


def _means(order: re.Match[str], text: str) -> bool:
    before = text[: order.start()]
    verb = order.group().split()[0]
    is_done = _DONE.search(before) is not None and _PARTICIPLE.fullmatch(verb) is not None
    is_of_end = _OF_THE_END.match(order.groupdict().get("between") or "") is not None
    is_wanted = _AN_END.match(order.group()) is not None or not is_of_end
    return is_wanted and not is_done and not _REFUSED.search(before)


def goes_ahead(text: str) -> bool:
    """Whether this takes up what was offered just before: "ok je veux le faire"."""
    return _GOES_AHEAD.search(wording.plain(text)) is not None
