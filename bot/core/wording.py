"""Reads the visitor's own words, French or English, when the question asked is known.

The classifier has to tell everything that may be said from everything else; to whoever knows that a
site number was asked for, "4411" is one. Names are read in `names_in_words.py`. Nothing here knows
of a draft.
"""

from __future__ import annotations

import re
from itertools import takewhile

from bot.core.numbers_in_words import is_of_something_else

EMAIL = re.compile(r"[^@\s<>\"',;()]+@[^@\s<>\"',;()]+\.[a-zA-Z]{2,}")
# Of a site, wherever it is checked.
SITE_NUMBER = re.compile(r"[0-9]{3,6}")
# What covers a service, or another value, that was recognized in a message: `Heard.marked`.
SERVICE, VALUE = "\u2022", "\u00a6"
# What stands for an EMR vendor where there is no EMR.
NO_EMR = frozenset({"aucun", "none"})
# What stands for an EMR vendor that the visitor does not know.
UNKNOWN_EMR = frozenset({"inconnu", "unknown"})

# How a service is given up without a word of cancelling, as `phrases` takes it.
NO_LONGER_WANTS = (
    "pu besoin, plus besoin, veux pu, veux plus, jveux pu, jveux plus, veut pu, veut plus, "
    "voulons pu, voulons plus, utilise pu, utilise plus, utilisons pu, utilisons plus, "
    "no longer need, no longer want, no longer use, don't need, don't want, don't use, "
    "do not need, do not want, do not use"
)


def phrases(listed: str, *, opening: bool = False) -> re.Pattern[str]:
    """Finds any of some phrases, listed with commas; "gard*" has any ending.

    With `opening`, only where the text begins with one.
    """
    # The longest first, or "mon nom" would hide "mon nom est".
    longest_first = sorted((phrase.strip() for phrase in listed.split(",")), key=len, reverse=True)
    patterns = (re.escape(phrase).replace(r"\*", r"\w*") for phrase in longest_first)
    return re.compile(rf"{'^' if opening else ''}(?<!\w)(?:{'|'.join(patterns)})(?!\w)", re.I)


_QUESTION_WORDS = (
    "comment, pourquoi, combien, quand, où, qui, que, quoi, quel, quelle, quels, quelles, lequel, "
    "laquelle, est-ce, est-ce que, qu'est-ce, c'est quoi, c'est où, c'est combien, ça coûte "
    "combien, puis-je, peut-on, dois-je, faut-il, y a-t-il, how, why, when, where, what, what's, "
    "which, who, can i, do i, do we, does, is it, is that, is there, je veux savoir, je voudrais "
    "savoir, j'aimerais savoir, i want to know, i'd like to know, i would like to know"
)
_OPENS_A_QUESTION = phrases(_QUESTION_WORDS, opening=True)
# "Les rappels ça coûte combien" asks; "on sait même plus combien" tells.
_ENDS_A_QUESTION = re.compile(
    r"(?<!pas )(?<!plus )(?<!jamais )(?<!importe )(?<!know )(?<!sure )(?<!idea )"
    r"\b(?:combien|how much)[\s.!]*$",
    re.IGNORECASE,
)
# In words; what is longer tells more than it asks.
_LONGEST_SO_ENDED = 8
# "Can you remove the reminders?" asks for something, but is no question.
ORDERS_POLITELY = phrases(
    "pouvez-vous, pourriez-vous, voulez-vous, peux-tu, serait-il possible, can you, could you, "
    "would you, will you",
    opening=True,
)
_SAYS_YES = phrases(
    "oui, ouais, ouin, yes, yep, yup, yeah, ok, okay, d'accord, absolument, absolutely, exact*, "
    "parfait, go, great, perfect, correct, all good, all correct, looks good, looks great, looks "
    "right, that's right, everything looks good, everything looks right, everything is good, "
    "everything is correct, everything's good, everything's fine, confirmed, "
    "c'est beau, c'est ça, tout est beau, tout est bon, tout est correct, tout est exact, "
    "tiguidou, nickel, impeccable, je confirme, i confirm",
    opening=True,
)
_SAYS_NO = phrases("non, nan, no, nope, finalement non, actually no", opening=True)
_HEDGES = phrases(
    "mais, sauf, attend*, un instant, cependant, par contre, pas, non, but, except, wait, hold on, "
    "one moment, however, not, no, chang*, corrig*, wrong, erreur*"
)
_HARMLESS = phrases(
    "pourquoi pas, why not, pas de problème, pas de souci, no problem, no reason to wait, no need "
    "to wait, no reason not to, aucune raison d'attendre, pas de raison d'attendre, pas besoin "
    "d'attendre"
)
_WANTS_TO_KEEP = phrases("gard*, conserv*, keep*, ne veux pas, ne veux plus, don't want")
_GIVES_UP = phrases(
    "stop, arrêt*, arret*, laiss*, oubli*, abandonn*, never mind, nevermind, nvm, forget, discard, "
    "drop the request, changé d'idée, changed my mind, changed our mind, quit*, exit, scrap, "
    "abort, plus tard, later, pas maintenant, not now, n'envoyez, ne soumettez, don't send, don't "
    "submit, don't file, give up, let it go, leave it, en parler à"
)
# What ends a request whatever the classifier takes it for.
_GIVES_UP_OUTRIGHT = phrases(
    "annule ça, annulez ça, annule la demande, annulez la demande, annule ma demande, annulez ma "
    "demande, cancel this request, cancel my request, cancel the request, forget it, never mind, "
    "nevermind, laisse faire, laissez faire, laisse tomber, laissez tomber, oublie ça, oubliez ça"
)
_STAYS = phrases(
    "we'll stay, we're staying, we will stay, we are staying, on reste avec, on va rester, nous "
    "allons rester"
)
# "We're staying with Accuro" is an EMR, or a reason: of ours, only what follows may speak.
_WITH_US = re.compile(
    r"\W*(?:$|[.,;!]|(?:(?:with|avec|chez)\s+)?(?:vous|you|ocean|finalement|then|for now|after all"
    r"|pour l'instant|pour le moment|thanks|thank you|merci|svp|please)\b)",
    re.IGNORECASE,
)
_DECLINES = phrases(
    "ne veux pas donner, ne veux pas dire, ne veux pas le dire, don't want to give, don't want to "
    "say, rather not, prefer not, préfère pas, préfère ne pas, aime mieux pas, aimerais mieux pas, "
    "none of your business, pas de vos affaires, no reason, aucune raison"
)
# The question alone is given up, and it may be: "laisse faire la raison", "never mind the reason".
_LEAVES_THE_REASON = re.compile(
    r"\b(?:laisse[rz]?|oublie[rz]?|passe[rz]?|saute[rz]?|never ?mind|forget|skip|ignore[rz]?)\s"
    r"(?:faire\s|tomber\s|about\s)?(?:pour\s|avec\s)?(?:la|une|cette|the|a|any|that|this)\s"
    r"(?:raison|reason)\b",
    re.IGNORECASE,
)

_CHAT = frozenset(
    "oui non ouais ok okay d'accord merci bonjour bonsoir salut allo allô hello hi hey yes no "
    "thanks thank passer passe sauter skip next suivant aide help stop annuler cancel bye goodbye "
    "revoir journée day quoi pourquoi rien correct exact".split()
)
_OF_THE_EMR = phrases(
    "c'est, it's, on est sur, on est avec, on travaille avec, on a, on utilise, nous avons, nous "
    "utilisons, nous sommes sur, nous sommes avec, we're on, we're using, we are on, we use, we "
    "have, notre dmé est, notre logiciel est, notre dmé c'est, le logiciel, our emr is",
    opening=True,
)
_NO_EMR_FR = phrases("aucun, pas de dmé, pas de dme, pas de logiciel, sans dmé, papier")
_NO_EMR_EN = phrases("none, no emr, don't have an emr, don't have one, paper")
_UNSURE_FR = phrases("sais pas, sais plus, aucune idée, pas certaine, pas certain, inconnu")
_UNSURE_EN = phrases("don't know, dont know, idk, no idea, no clue, not sure, unknown")
_TELEPHONE = re.compile(r"\d{3}[-. )]{1,2}\d{3}[-. ]?\d{4}|\d{10,}")
_SPACED_DIGITS = re.compile(r"\D{0,25}(?P<digits>(?:\d ?){3,6})\D?", re.ASCII)
_ONE_BY_ONE = re.compile(r"(?<!\d)(?P<digits>(?:\d ){2,5}\d)(?!\d)", re.ASCII)
_NUMBER = re.compile(r"(?<!\d)(?<!\d[-.,/])\d{3,6}(?!\d|[-.,/]\d)", re.ASCII)
# "Pas le site 4412", "envoyez pas à", "do not send to"; "pourquoi pas" denies nothing.
_NOT_JUST_BEFORE = re.compile(
    r"(?<!pourquoi )(?<!why )\b(?:pas|not|don't|dont)"
    r"(?: (?:le|la|the|à|a|au|to|sur|on|avec|with|de|for|pour|site|num[ée]ro|number|use|using|send"
    r"|write)){0,3}[\s#<(:]*$",
    re.IGNORECASE,
)

_ON_SECOND_THOUGHT = phrases(
    "plutôt, oups, oops, désolé, désolée, pardon, je veux dire, en fait, erreur*, tromp*, sorry, "
    "i mean, i meant, actually, rather, correction, wait, attend*, non, nope, instead, mais c'est"
)

_REASON = phrases("raison, motif, reason")
_THE_REASON = r"(?:(?:plutôt|surtout|simplement|mostly|simply|rather|just)\s+)*(?P<reason>\S.*)"
_STATED_REASON = re.compile(
    r"\b(?:raison|motif|reason)\b.{0,25}?"
    rf"(?:\bc'est|\best|\bis|\bbe|:|,? (?:écrivez|mettez|put|write))\s+{_THE_REASON}",
    re.IGNORECASE,
)
# "Change the reason to cost"; of itself "a reason to leave" tells none.
_PUT_REASON = re.compile(
    r"\b(?:change|correct|edit|update|modify|switch|set|put|list|write|enter)\s+"
    rf"(?:(?:the|my|our)\s+)?reason\s+(?:to|as)\s+{_THE_REASON}",
    re.IGNORECASE,
)
_NO_REASON = re.compile(
    r"\b(?:no|any|some|whatever|without(?: a)?|aucune?|sans|pas de|pour une)\s"
    r"(?:(?:good|real|particular|specific|other|more|autre|bonne)\s)*$",
    re.IGNORECASE,
)

# "Charged since we moved" tells a time, and "as we discussed" refers to a talk.
_BECAUSE = re.compile(
    r"(?:\b(?:parce que?|vu que?|étant donné que?|puisque?|because"
    r"|as we(?! (?:\w+ )?(?:discuss|agree|sp[eo]ke|talk|sa(?:id|y)|mention)))"
    r"|(?:^|[,.!;:]\s*)since we)['\s]\s*(?P<reason>[^.!?]{3,})",
    re.IGNORECASE,
)
_STUCK = re.compile(
    r"\bj?(?:trouv\w*|voi[st]|comprend\w*|march\w*|fonctionn\w*) (?:pas|plus)\b"
    r"|\b(?:can't|cannot|can not|cant|don't|dont|couldn't) (?:find|see|open|get to|understand)\b",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """The text on one line, with straight apostrophes."""
    return " ".join(text.replace("\u2019", "'").split())


def asks(text: str) -> bool:
    """Whether this is a question by its form: by its mark, or by the word that opens or ends it."""
    if ORDERS_POLITELY.search(text):
        return False
    opens = _OPENS_A_QUESTION.search(text) and not _HARMLESS.search(text)
    ends = _ENDS_A_QUESTION.search(text) and len(text.split()) <= _LONGEST_SO_ENDED
    return text.rstrip().endswith("?") or bool(opens or ends)


def agrees(text: str, *, is_yes: bool) -> bool:
    """Whether this is a yes and nothing but a yes: "oui mais changez le courriel" is none.

    `is_yes` is what the classifier says; without it the words must open with a yes.
    """
    is_whole = not _HEDGES.search(_HARMLESS.sub("", text)) and not asks(text)
    # "No reason to wait, go ahead" opens with the harmless part.
    point = _HARMLESS.sub("", text).lstrip(" ,.!:;-")
    is_said = _SAYS_YES.search(text) or _SAYS_YES.search(point)
    return is_whole and (is_yes or is_said is not None)


def refuses(text: str) -> bool:
    """Whether this says no, or wants to keep what the question was about."""
    return bool(_SAYS_NO.search(text) or _WANTS_TO_KEEP.search(text))


def opens_with_no(text: str) -> bool:
    """Whether the first word is a no."""
    return _SAYS_NO.search(text) is not None


def is_stuck(text: str) -> bool:
    """Whether somebody cannot find or understand something: no answer, and no wish to skip one."""
    return _STUCK.search(text) is not None


def gives_up(text: str) -> bool:
    """Whether words of giving up stand in it."""
    return _GIVES_UP.search(text) is not None


def gives_up_outright(text: str) -> bool:
    """Whether this gives the whole up in so many words and says little else."""
    stays = any(_WITH_US.match(text, found.end()) for found in _STAYS.finditer(text))
    is_told = stays or _GIVES_UP_OUTRIGHT.search(text) is not None
    return len(text.split()) <= 10 and not asks(text) and is_told


def declines(text: str) -> bool:
    """Whether this would rather leave the question open."""
    return bool(_DECLINES.search(text) or _LEAVES_THE_REASON.search(text))


def email_in(text: str) -> str | None:
    """The email in a text, also one spelled out: "r.lemay arobas example point com"."""
    found = EMAIL.search(text) or EMAIL.search(with_signs(text))
    return found.group().lower() if found else None


def with_signs(text: str) -> str:
    """The text with "@" and "." where an email is spelled out."""
    text = re.sub(r"\s*(?:\barobase?\b|\bat\b|\(at\))\s*", "@", text, flags=re.IGNORECASE)
    return re.sub(r"\s+(?:point|dot)\s+", ".", text, flags=re.IGNORECASE)


def site_number_in(text: str) -> str | None:
    """The site number in an answer to the question for it: three to six digits."""
    if _TELEPHONE.search(text):
        return None
    spelled = _SPACED_DIGITS.fullmatch(text) or _ONE_BY_ONE.search(text)
    if spelled and _is_meant(text, *spelled.span("digits")):
        return spelled["digits"].replace(" ", "")
    found = [number.span() for number in _NUMBER.finditer(text)]
    numbers = [text[start:end] for start, end in found if _is_meant(text, start, end)]
    # Of "4411 et 4412" neither is meant more than the other.
    is_one = len({*numbers}) == 1 or (numbers and puts_another(text))
    return numbers[-1] if is_one else None


def _is_meant(text: str, start: int, end: int) -> bool:
    """Whether the number at these places may be a site's."""
    return not is_denied_at(text, start) and not is_of_something_else(text, start, end)


def denies(text: str, value: str) -> bool:
    """Whether a value is named as what it is not: "c'est pas 4412", "not the site 4412"."""
    found = re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text, re.IGNORECASE)
    return found is not None and is_denied_at(text, found.start())


def is_denied_at(text: str, start: int) -> bool:
    """Whether what begins at this place is named as what it is not."""
    return _NOT_JUST_BEFORE.search(text[:start]) is not None


def puts_another(text: str) -> bool:
    """Whether somebody corrects themselves: of two values the last is meant, "4411, non 4412"."""
    return _ON_SECOND_THOUGHT.search(text) is not None


def emr_vendor_in(text: str) -> str | None:
    """The EMR in an answer to the question for it; of `NO_EMR` or `UNKNOWN_EMR` if that is said."""
    if _NO_EMR_FR.search(text):
        return "aucun"
    if _NO_EMR_EN.search(text):
        return "none"
    lead = _OF_THE_EMR.search(text)
    if not lead and _UNSURE_FR.search(text):
        return "inconnu"
    if not lead and _UNSURE_EN.search(text):
        return "unknown"
    words = (text[lead.end() :] if lead else text).strip(" .!").split()
    if lead and words and words[0][:1].isupper():
        # "On utilise Akinox, je pense": what follows the name is no part of it.
        words = list(takewhile(lambda word: not word[:1].islower(), words))
    vendor = " ".join(words).strip(" .,!")
    is_vendor = 1 <= len(words) <= 4 and len(vendor) <= 60
    if words and is_denied_at(words[0], len(words[0])):
        # "Pas Accuro" says which it is not.
        return None
    is_chat = bool(_CHAT & {word.lower().strip(",.") for word in words})
    return vendor if is_vendor and not is_chat and re.search(r"[^\W\d_]", vendor) else None


def spells_number(text: str) -> bool:
    """Whether this is a number of three to six digits and little else: "c le 4 4 1 2"."""
    spelled = _SPACED_DIGITS.fullmatch(text)
    is_meant = spelled is not None and _is_meant(text, *spelled.span("digits"))
    return is_meant and not _TELEPHONE.search(text)


def speaks_of_emr(text: str) -> bool:
    """Whether it says outright which EMR there is, or that there is none."""
    return bool(
        _OF_THE_EMR.search(text) or _NO_EMR_FR.search(text) or _NO_EMR_EN.search(text)
    ) and bool(emr_vendor_in(text))


def reason_in(text: str) -> str | None:
    """The reason where the text names it as such: "change the reason to budget cuts"."""
    put = _PUT_REASON.search(text)
    if put:
        return put["reason"].strip()
    for word in _REASON.finditer(text):
        stated = _STATED_REASON.match(text, word.start())
        if stated and not _NO_REASON.search(text[: word.start()]):
            return stated["reason"].strip()
    return None


def because_in(text: str) -> str | None:
    """The reason given along with a wish: "annulez les rappels parce que c'est trop cher"."""
    found = _BECAUSE.search(text)
    return found["reason"].strip() if found else None
