"""Finds what somebody wants to cancel that is none of Ocean's services: "les rappels et le fax".

Called by `hearing.py` with a message in which what was recognized is marked. Places, people, EMR
systems and reasons stand beside services too, so it is careful: only what is listed with services,
or cancelled outright, counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from bot.core.wording import NO_LONGER_WANTS, SERVICE, VALUE, phrases

MOST_NAMES = 5
_LONGEST = 5

_CANCELS = phrases(
    "annul*, résili*, resili*, cancel*, arrêt*, arret*, désabonn*, mettre fin à, stop, end, "
    "terminate, discontinue, get rid of, débarrasser de, ajout*, rajout*, add, unsubscribe from, "
    f"retir*, enlev*, enlèv*, remove, drop, {NO_LONGER_WANTS}"
)
_KEEPS = phrases("gard*, conserv*, keep*")
_END_OF_SENTENCE = re.compile(r"[.!?;()\n]|,\s*(?=mais\b|but\b|car\b|so\b)|\s-\s|\u2014")
# What comes after the list: the reason, the place, the time, a word of courtesy.
_END_OF_LIST = phrases(
    "pour, parce, car, puisque, vu, que, qu'on, qui, dont, où, si, quand, comme, chez, dans, "
    "sur, avec, sans, depuis, dès, à, au, aux, en, par, jusqu*, à partir, because, since, as we, "
    "for, at, in, on, from, with, without, by, until, effective, starting, if, when, that, "
    "which, who, so, due, svp, s'il vous plaît, s'il te plaît, merci, please, pls, plz, thanks, "
    "thank you, asap, maintenant, now, today, aujourd'hui, immédiatement, immediately, right "
    "away, sauf, except, mais pas, but not, but"
)
_AND = r"et|pis|puis|ni|ainsi que|and|or|nor|as well as|plus|\u0026|\+"
_SEPARATOR = re.compile(
    rf"(?:\s*,\s*|\s+)(?:{_AND})\s+(?:aussi|also|même|donc)?\s*|\s*[,/]\s*", re.I
)
_JOINS = re.compile(rf"(?<!\w)(?:{_AND})(?!\w)", re.IGNORECASE)
_ARTICLE = re.compile(
    r"(?:aussi|also|donc|all)?\s*(?:(?:le|la|les|notre|nos|mon|ma|mes|votre|vos|the|our|my|your)\s+|l')",
    re.IGNORECASE,
)
# "On veut pu du fax": said of what is not wanted, it vouches for nothing.
_OF = re.compile(r"(?:de la|de l'|du|des|de|d'|any more|any|of)\s*(?=\w)", re.IGNORECASE)
# "Le fax du site de Laval" is a fax; whose it is comes after.
_WHOSE = re.compile(r"\s+(?:de la|de l'|du|des|de|d'|of)\s*(?P<whom>\w+)")
_TRAILING = phrases("aussi, also, too, as well, également, actuel*, current")
_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
_OF_OTHERS = phrases(
    "fax*, télécop*, telecop*, téléphon*, phone*, voip, voicemail*, boîte vocale, vocale, "
    "internet, wifi, wi-fi, téléconsult*, télésanté, telehealth, visio*, video*, vidéo*, zoom, "
    "dictée*, dictation, transcription*, scribe*, laboratoire*, lab, labs, imagerie, imaging, "
    "prescription*, ordonnance*, comptabilité, accounting, paie, payroll, sms, texto*, texting, "
    "portail*, portal, infolettre*, newsletter*, hébergement, hosting, imprimante*, printer*"
)
# Words that name no service: what holds services, what a request holds, people, times, places.
_NO_SERVICE = phrases(
    "service*, abonnement*, produit*, licence*, license*, compte*, forfait*, contrat*, "
    "contract*, demande*, ocean, reste, tout, toute, tous, frais, option*, module*, chose*, "
    "truc*, site*, clinique*, subscription*, account*, product*, plan*, request*, rest, whole, "
    "everything, thing*, fees, fee, clinic*, annulation*, cancellation*, paiement*, payment*, "
    "facturation, billing, facture*, invoice*, charge*, more, autre*, other*, deux, two, trois, "
    "three, nom, name, courriel*, email*, e-mail*, adresse*, address*, raison*, reason*, motif*, "
    "numéro*, number*, note*, dmé, dme, emr, dossier*, file, files, actuel*, mensuel*, annuel*, "
    "complet, current, monthly, yearly, annual, entire, old, vieux, ancien*, nouveau*, "
    "nouvelle*, new, dernier*, dernière*, last, docteur*, doctor*, dr, dre, mme, m, mr, mrs, ms, "
    "médecin*, physician*, nurse*, infirm*, secrétaire*, secretar*, réception*, reception*, "
    "staff, personnel, équipe*, team*, patient*, gestionnaire*, manager*, admin*, propriétaire*, "
    "owner*, patron*, boss, collègue*, colleague*, utilisateur*, user*, employé*, employee*, "
    "monde, people, gens, provider*, bureau*, office*, mois, month*, année*, year*, semaine*, "
    "week*, jour*, day*"
)
_SAYS_SOMETHING = phrases(
    "je, j', j'ai, tu, il, elle, nous, vous, ils, elles, ne, n', n'est, n'a, pas, est, sont, "
    "ont, ai, avons, avez, suis, sera, va, vont, fait, font, fonctionn*, march*, coût*, sert, "
    "servent, ferm*, prend, part, partent, quitt*, utilis*, peut, doit, veu*, voul*, i, we, you, "
    "he, she, it, they, is, are, was, were, be, have, has, had, do, does, don't, doesn't, will, "
    "can, can't, isn't, aren't, work*, cost*, need*, want*, use, uses, used, closed, closes, "
    "close, leaves, left, retire*, gard*, conserv*, keep*, me, moi, let, dites, tell, send, "
    "call, confirm*, not, non"
)


def unknown_services(marked: str, *, is_list: bool) -> tuple[str, ...]:
    """Names of what is to be cancelled and is no service of ours, as they were written.

    With `is_list` the message answers the question for services; otherwise a word of cancelling or
    adding opens the list.
    """
    return _names(item for items in _lists(marked, is_list=is_list) for item in items)


def services_beside_ours(marked: str) -> tuple[str, ...]:
    """What others sell and is listed after one of our services, in a message known to be an order.

    However the order is worded: "il faudrait fermer les rappels et le fax".
    """
    starts = [
        sentence[sentence.index(SERVICE) :]
        for sentence in _END_OF_SENTENCE.split(marked)
        if SERVICE in sentence and not _KEEPS.search(sentence)
    ]
    # Nothing but the name itself vouches for it.
    return _names((item, False) for text in starts for item, _ in _items(text, is_list=False))


def _names(items: Iterable[tuple[str, bool]]) -> tuple[str, ...]:
    """The names among items, each with whether its list vouches for it; each once, in order."""
    names = (_unknown_name(item, is_joined=is_joined) for item, is_joined in items)
    return tuple(dict.fromkeys(name for name in names if name))[:MOST_NAMES]


def _lists(text: str, *, is_list: bool) -> Iterator[list[tuple[str, bool]]]:
    """The lists of a text: each item with whether the list vouches for it."""
    for sentence in _END_OF_SENTENCE.split(text):
        openings = [found.end() for found in _CANCELS.finditer(sentence)]
        bounds = [*(openings or [0] * is_list), len(sentence)]
        for start, end in pairwise(bounds):
            yield _items(sentence[start:end], is_list=is_list)


def _items(text: str, *, is_list: bool) -> list[tuple[str, bool]]:
    """What is listed, up to where the list ends. After a bare comma anything may follow."""
    end = _END_OF_LIST.search(text)
    text = text[: end.start()] if end else text
    bounds = [(0, 0), *(found.span() for found in _SEPARATOR.finditer(text)), (len(text), 0)]
    is_and = [bool(_JOINS.search(text[start:end])) for start, end in bounds[:-1]]
    return [
        (text[before[1] : after[0]], is_list or number == 0 or any(is_and[number:]))
        for number, (before, after) in enumerate(pairwise(bounds))
    ]


def _unknown_name(item: str, *, is_joined: bool) -> str | None:
    """The name of something that is no service of ours, if the item is one."""
    item = item.strip(" :'\"\u00ab\u00bb\u00a0")
    article = _ARTICLE.match(item)
    opening = article or _OF.match(item)
    name = _TRAILING.sub("", item[opening.end() :] if opening else item).strip()
    for found in _WHOSE.finditer(name):
        if found["whom"][:1].isupper() or _NO_SERVICE.fullmatch(found["whom"]):
            name = name[: found.start()]
            break
    words = _WORD.findall(name)
    if not 1 <= len(words) <= _LONGEST or re.search(rf"[{SERVICE}{VALUE}\d@]", name):
        return None
    if _SAYS_SOMETHING.search(name) or any(word.endswith(("ez", "-moi")) for word in words):
        return None
    if _OF_OTHERS.search(name):
        return name
    is_named = any(not _NO_SERVICE.fullmatch(word) and len(word) > 2 for word in words)
    is_proper = any(word[:1].isupper() for word in words)
    return name if article and is_joined and is_named and not is_proper else None
