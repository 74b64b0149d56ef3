"""Reads people's names out of the visitor's own words, French or English.

Beside `wording.py`, which reads everything else: to whoever knows that a name was asked for,
"louise cooper" is a name.
"""

from __future__ import annotations

import re
from itertools import takewhile

from bot.core.given_names import GIVEN_NAMES
from bot.core.wording import EMAIL, phrases

_LEAD_IN = phrases(
    "c'est, c, cest, moi c'est, moi c, moi, je m'appel*, jm'appel*, je mappel*, je suis, mon nom, "
    "mon nom est, mon nom c'est, mon nom complet est, au nom de, my name is, my full name is, "
    "my name's, it's, its, it is, this is, i am, i'm, im, in the name of, bonjour, allo, hello, "
    "hi, non, no",
    opening=True,
)
_INITIAL = re.compile(r"[^\W\d_]\.")
_WORD_OF_NAME = re.compile(r"[^\W\d_]+(?:['.-][^\W\d_]*)*")
_PARTICLES = frozenset("de du des la le les van von der den el al bin ben di da dos".split())
_NEVER_IN_NAMES = frozenset(
    "oui non ouais ok okay merci bonjour bonsoir salut allo allô hello hi hey yes no yep nope "
    "thanks thank passer passe sauter skip next suivant suivante aide help stop annuler cancel "
    "quoi pourquoi comment rien mon ma mes my mien mine the a un une same pareil idem aucun "
    "aucune none nothing autre other je j'ai tu il elle on nous vous ils i we you they he she it "
    "is est sont suis are am pas not ne n'ai don't sais know veux want peux can donner give say "
    "dire have ai avez pour for from et and ou or sur aussi too also clinique clinic nom name with "
    "avec ça ca this that quit quitter later svp please because parce of les bye goodbye revoir "
    "bonne bon journée soirée good great nice day super parfait beaucoup much lot bientôt soon "
    "english french anglais français francais déjà already donné above ci-haut minute instant "
    "moment attendez attends wait gmf clsc cabinet hôpital hospital centre center medical".split()
)
# What somebody does, in answer to "whose name?": of these alone no name is made.
_ROLES = frozenset(
    "secrétaire secretary réceptionniste receptionist adjointe adjoint assistante assistant "
    "administrative administratif médicale médical gestionnaire manager directrice directeur "
    "director infirmière infirmier nurse médecin doctor docteur physician owner propriétaire "
    "admin administrator administratrice office réception reception".split()
)
# Of these, what is a surname as well: "Jessica Ma", "Wei He", "Doris Day".
_ALSO_SURNAMES = frozenset({"ma", "he", "day"})
_AFTER_A_NAME = re.compile(r"\s+(?:here|ici|speaking|à l'appareil)$", re.IGNORECASE)
_NAME = phrases("nom, name")
_STATED_NAME = re.compile(
    r"\b(?:nom|name)\b(?P<whose>.{0,25}?)"
    r"(?:\bc'est|\bc|\best|\bs'écrit|\bserait|\bto|\bpour|\bpar|\bis|\bbe|\breads?|\bspel\w+|:)\s+"
    r"(?:(?:plutôt|en fait|actually|rather)\s+)*(?P<name>[^\W\d_a-zà-ÿ].*)"
)
# "The clinic name is …", "le nom de la clinique, c'est …" names no person.
_PLACE = phrases(
    "clinique*, clinic, clinic's, clinics, gmf, clsc, site*, practice, practice's, cabinet, "
    "bureau, office, office's, centre, center, hôpital, hospital, pharmacie, pharmacy, "
    "établissement, compagnie, company, company's, business, organization, organisation, "
    "logiciel, software, emr, dmé"
)
_OF_A_PLACE = re.compile(rf"{_PLACE.pattern}\W*$", re.IGNORECASE)
_IN_NAME_OF = re.compile(
    r"\b(?:au nom d[eu']|in the name of|on behalf of)\s*(?:[a-zà-ÿ' ]+,?\s+)??"
    r"(?P<name>[^\W\d_a-zà-ÿ].*)"
)
# Who writes for somebody introduces herself: "this is Ruth Abernathy writing on behalf of …".
_WRITES_FOR = re.compile(
    r"\b(?:[Tt]his is|[Mm]y name is|[Ii]'m|I am|[Cc]'est|[Jj]e suis|[Jj]e m'appelle|[Mm]on nom est|"
    r"[Ii]ci)\s+(?P<name>[^\W\d_a-zà-ÿ][^.!?]*?)\s*,?\s*"
    r"(?:on behalf of|(?:qui |j')?(?:écri\w+|appel\w+|communique\w*|contacte\w*) au nom d[eu'])"
)
_BESIDE_EMAIL = re.compile(r"((?:[^\W\d_][\w'-]*\s+){1,3})[(<]?\s*([^@\s<>\"',;()]+)@")
_KEYBOARD_ROWS = (
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
)
# "Goldschmidt" has as many, but whoever is called so begins with a capital letter.
_STRUCK = re.compile(r"[^aeiouyàâäéèêëîïôöùûüœæ\W\d_]{4}")
_VOWELS = frozenset("aeiouyàâäéèêëîïôöùûüœæ")


def name_in(text: str) -> str | None:
    """The name in an answer to "whose name?", as it was written; None if there is none.

    "Jaspreet Gill, clinic manager" and "it's Heather" are answers as much as a bare name is.
    """
    parts = [_bare_name(part) for part in re.split(r"[,;(]| - ", EMAIL.sub(" ", text))]
    if len(parts) == 2 and _is_surname_first(*parts):
        return f"{parts[1]} {parts[0]}"
    capitalised = (name for name in parts if name and is_capitalised(name))
    return next(capitalised, parts[0])


def _is_surname_first(first: str | None, second: str | None) -> bool:
    """Whether "Tremblay, Julie" is written so; not "Julie, Laval" or "Luc, MD"."""
    if not first or not second or " " in first + second:
        return False
    is_written = first[:1].isupper() and second[:1].isupper()
    is_rank = second.isupper() and not first.isupper()
    starts_given = first.split("-")[0].lower() in GIVEN_NAMES
    ends_given = second.split("-")[0].lower() in GIVEN_NAMES
    return is_written and not is_rank and (ends_given or not starts_given)


def is_capitalised(name: str) -> bool:
    """Whether a name is written as one: "Marie de la Sablonnière"."""
    words = name.split()
    return words[0][:1].isupper() and all(_may_stand_in_name(word) for word in words)


def is_full_name(text: str) -> bool:
    """Whether this is a first and a last name, written as such, and nothing else."""
    name = name_in(text)
    return bool(name and " " in name and name == text.strip(" .") and is_capitalised(name))


def _may_stand_in_name(word: str) -> bool:
    return word[:1].isupper() or word in _PARTICLES


def _bare_name(part: str) -> str | None:
    text = part.strip(' .!:<>"')
    # The C of "C. Tremblay" is no "c'est".
    while (lead := _LEAD_IN.match(text)) and not _INITIAL.match(text):
        text = text[lead.end() :].strip(" :!")
    words = _AFTER_A_NAME.sub("", text).split()
    if len(words) > 2 and words[0][:1].isupper():
        # What follows a name in lower case is no part of it: "Ruth Abernathy calling for …".
        words = list(takewhile(_may_stand_in_name, words))
    others = [w for w in words[1:] if not (w[:1].isupper() and w.lower() in _ALSO_SURNAMES)]
    is_name = (
        1 <= len(words) <= 5
        and not all(_is_gibberish(word) for word in words)
        and words[0] not in _PARTICLES
        and all(_WORD_OF_NAME.fullmatch(word) for word in words)
        and not all(word.lower() in _ROLES for word in words)
        and not _NEVER_IN_NAMES & {word.lower() for word in (*words[:1], *others)}
    )
    return " ".join(words) if is_name else None


def _is_gibberish(word: str) -> bool:
    """Whether keys were only struck: "asdf", "zxcv", "hjkl"."""
    letters = word.lower()
    is_row = len(letters) >= 4 and any(letters in row for row in _KEYBOARD_ROWS)
    is_struck = word.islower() and _STRUCK.search(letters) is not None
    return is_row or is_struck or (len(letters) >= 3 and not _VOWELS & {*letters})


def stated_name(text: str) -> str | None:
    """The name where the text says that it is one: "the name should be Kimberly Li"."""
    for word in _NAME.finditer(text):
        stated = _STATED_NAME.match(text, word.start())
        is_place = _OF_A_PLACE.search(text[: word.start()])
        if stated and not is_place and not _PLACE.search(stated["whose"]):
            return _capitalised_name(stated)
    return None


def name_of_another(text: str) -> str | None:
    """In whose name the request shall be, where it is said: "au nom de la Dre Roy".

    Whoever writes on behalf of somebody has a name, which counts where it is introduced.
    """
    writer = _capitalised_name(_WRITES_FOR.search(text))
    return writer or _capitalised_name(_IN_NAME_OF.search(text))


def _capitalised_name(found: re.Match[str] | None) -> str | None:
    name = name_in(found["name"]) if found else None
    return name if name and is_capitalised(name) else None


def name_beside_email(text: str) -> str | None:
    """The name just before an email that is made of it: "Bob Fox bob@clinic.ca"."""
    found = _BESIDE_EMAIL.search(text)
    words = found[1].split() if found else []
    while words and not words[0][:1].isupper():
        words = words[1:]
    address = found[2].lower() if found else ""
    is_alike = any(word.lower()[:3] in address for word in words if len(word) >= 2)
    name = name_in(" ".join(words)) if len(words) >= 2 and is_alike else None
    return name if name and is_capitalised(name) else None
