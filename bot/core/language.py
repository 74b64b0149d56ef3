"""Which language a conversation is in: kept while in doubt, switched when the visitor clearly does.

A short or technical message ("CSV?", "ok", an email) says nothing about a language, so the one
in use stays. An outright wish ("in English please") is an intent that the assistant handles.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from bot.core.ports import LanguageDetector

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "en")

# Words that alone settle it, however short the message; none means something in both languages.
_FRENCH = frozenset(
    "le la les des du une je jai nous vous ils elle est sont suis avec pour pourquoi comment "
    "quand combien ou où mes mon ma notre nos votre vos pas cest ça ca qui que quoi bonjour allo "
    "salut merci svp oui non facture factures facturation frais annuler abonnement courriel dme "
    "clinique chu pis sur dans aux par peux veux voudrais parler quelqu'un aide".split()
)
_ENGLISH = frozenset(
    "the an i we you they he she it is are was were my our your with for why how when what which "
    "where who not do does did can could would want need to of and hello hi hey thanks thank "
    "please yes no invoice invoices bill billing charged fees cancel subscription emr clinic "
    "about from have has get this that someone speak talk help".split()
)
# Below this the detector's opinion of a message is taken for a guess.
_SURE = 0.80
_MIN_LETTERS = 12
# Addresses say where somebody works, not what is spoken.
_NO_LANGUAGE = re.compile(r"\S+@\S+|https?://\S+|www\.\S+")
_WORD = re.compile(r"[a-zà-öø-ÿœ']+")


def choose_language(current: Language, text: str, detector: LanguageDetector) -> Language:
    """The language to answer `text` in: another than `current` only on clear evidence."""
    lowered = _NO_LANGUAGE.sub(" ", text.lower().replace("\u2019", "'"))
    words = [
        part for word in _WORD.findall(lowered) for part in re.split(r"(?<=[ldjcmnst])'", word)
    ]
    french = sum(word in _FRENCH for word in words)
    english = sum(word in _ENGLISH for word in words)
    if french and not english:
        return (
            "fr"
            if french >= 2 or len(words) <= 3 or current == "fr"
            else _ask(current, lowered, detector)
        )
    if english and not french:
        return (
            "en"
            if english >= 2 or len(words) <= 3 or current == "en"
            else _ask(current, lowered, detector)
        )
    if sum(map(str.isalpha, lowered)) < _MIN_LETTERS:
        return current
    return _ask(current, lowered, detector)


def _ask(current: Language, text: str, detector: LanguageDetector) -> Language:
    language, confidence = detector.detect(text)
    return language if confidence >= _SURE else current
