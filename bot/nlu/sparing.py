"""Whether the words that lead up to a product spare it: "n'annulez pas les", "leave the".

Called by `entities.py` with folded words of the same clause. "Gardez" and "pas les" are read there.
"""

from __future__ import annotations

import re

# "N'annulez pas les rappels": verbs of ending, what denies them, and what else may stand between.
_ENDS = re.compile(r"(?:annul|arret|resili|cancel|stop|desactiv|touch)(?!.*tion)")
_DENIES = frozenset("ne n pas plus jamais not dont don never sans without".split())
_WILL = frozenset(
    "je j tu on nous vous i we you veux veut voulons voulez faut va vais allons souhaite "
    "souhaitons surtout svp want wish need do does t to please".split()
)
# Before them, nothing is spared: "je ne peux pas annuler", "if you don't cancel", "why not cancel".
_UNABLE = frozenset(
    "peux peut pouvons pouvez ai avons avez a ont can could did have has had si if unless pourquoi "
    "why personne nobody qui who".split()
)
# What may stand between such a verb and its service.
_ARTICLES = frozenset(
    "le la les l un une au aux a de des d du notre nos votre vos mon ma mes ce ces service "
    "services pas plus jamais surtout ni the our your my any of with".split()
)
_LEAVES = frozenset("laisse laissez laisser laissons leave".split())
# "Leave the reminders on the list" is said of the request.
_OF_THE_REQUEST = frozenset("liste list demande request".split())


def is_not_ended(lead: list[str]) -> bool:
    """Whether a product is not to be ended: "n'annulez pas les", "sans toucher aux"."""
    ends = [place for place, word in enumerate(lead) if _ENDS.match(word)]
    if not ends:
        return False
    before, verb, following = lead[: ends[-1]], lead[ends[-1]], lead[ends[-1] + 1 :]
    # "Annulez plus de services" denies nothing, "n'annulez plus" does.
    is_denied = "pas" in following or "jamais" in following
    # "Ça marche pas annulez les rappels": what is said of another verb denies no imperative.
    is_imperative = verb.endswith(("e", "ez", "ons"))
    denies = _DENIES - {"pas", "plus", "jamais"} if is_imperative else _DENIES
    while before and before[-1] in denies | _WILL:
        is_denied |= before.pop() in _DENIES
    # "Le docteur ne touche pas aux tablettes" is no order, but a reason.
    is_unable = bool(before) and (before[-1] in _UNABLE or verb.endswith(("e", "ent")))
    return is_denied and not is_unable and all(word in _ARTICLES for word in following)


def is_left(lead: list[str], following: list[str]) -> bool:
    """Whether a product is to be left alone: "laissez les rappels"."""
    places = [place for place, word in enumerate(lead) if word in _LEAVES]
    if not places or any(word in _OF_THE_REQUEST for word in following):
        return False
    is_denied = any(word in _DENIES for word in lead[: places[-1]])
    # "Laisser un message" is something else; "laissez-nous les rappels" is not.
    articles = (_ARTICLES | {"nous", "moi"}) - {"un", "une", "a"}
    return not is_denied and all(word in articles for word in lead[places[-1] + 1 :])
