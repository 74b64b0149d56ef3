"""Reads people's names out of the visitor's own words, French or English.

Beside `wording.py`, which reads everything else: to whoever knows that a name was asked for,
"louise cooper" is a name.
"""

from __future__ import annotations

import re
from itertools import takewhile

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
    "english french anglais français francais".split()
)
# Of these, what is a surname as well: "Jessica Ma", "Wei He", "Doris Day".
_ALSO_SURNAMES = frozenset({"ma", "he", "day"})
_AFTER_A_NAME = re.compile(r"\s+(?:here|ici|speaking|à l'appareil)$", re.IGNORECASE)
_STATED_NAME = re.compile(
    r"\b(?:nom|name)\b.{0,25}?"
    r"(?:\bc'est|\bc|\best|\bs'écrit|\bserait|\bto|\bpour|\bpar|\bis|\bbe|\breads?|\bspel\w+|:)\s+"
    r"(?:(?:plutôt|en fait|actually|rather)\s+)*(?P<name>[^\W\d_a-zà-ÿ].*)"
)
_IN_NAME_OF = re.compile(
    r"\b(?:au nom d[eu']|in the name of|on behalf of)\s*(?:[a-zà-ÿ' ]+,?\s+)??"
    r"(?P<name>[^\W\d_a-zà-ÿ].*)"
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
    capitalised = (name for name in parts if name and is_capitalised(name))
    return next(capitalised, parts[0])


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
    return _capitalised_name(_STATED_NAME.search(text))


def name_of_another(text: str) -> str | None:
    """In whose name the request shall be, where it is said: "au nom de la Dre Roy"."""
    return _capitalised_name(_IN_NAME_OF.search(text))


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
