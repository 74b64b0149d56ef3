"""Which language a conversation is in: kept while in doubt, switched when the visitor clearly does.

A short or technical message ("CSV?", "ok", an email) says nothing about a language, so the one
in use stays. An outright wish ("in English please") is an intent that the assistant handles.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from bot.core.ports.dialogue import LanguageDetector

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "en")

# Words that alone settle it, however short the message; none means something in both languages.
_FRENCH = frozenset(
    "le la les des du une je jai nous vous ils elle est sont suis avec pour pourquoi comment "
    "quand combien ou où mes mon ma notre nos votre vos pas cest ça ca qui que quoi bonjour allo "
    "salut merci svp oui non facture factures facturation frais annuler abonnement courriel dme "
    "clinique chu pis sur dans aux par peux veux voudrais parler quelqu'un aide d'accord aucun "
    "aucune trop ce cette ces ai j'ai en".split()
)
_ENGLISH = frozenset(
    "the an i we you they he she it is are was were my our your with for why how when what which "
    "where who not do does did can could would want need to of and hello hi hey thanks thank "
    "please yes no invoice invoices bill billing charged fees cancel subscription emr clinic "
    "about from have has get this that someone speak talk help don't doesn't didn't can't won't "
    "isn't too many just".split()
)
# Words that stand in names of people and places, which tell nothing of who writes them.
_IN_NAMES = frozenset("de du des la le les the of and clinique clinic".split())
# Below these the detector's opinion of a message is taken for a guess: "online booking", "CSV?".
_SURE = 0.80
_MIN_LETTERS = 12
_MIN_WORDS = 3
# Addresses say where somebody works, not what is spoken.
_NO_LANGUAGE = re.compile(r"\S+@\S+|https?://\S+|www\.\S+")
_WORD = re.compile(r"[a-zà-öø-ÿœ']+")


def choose_language(current: Language, text: str, detector: LanguageDetector) -> Language:
    """The language to answer `text` in: another than `current` only on clear evidence."""
    text = _NO_LANGUAGE.sub(" ", text.replace("\u2019", "'"))
    if _is_name(text):
        return current
    lowered = text.lower()
    words = _WORD.findall(lowered)
    french = sum(_is_among(_FRENCH, word) for word in words)
    english = sum(_is_among(_ENGLISH, word) for word in words)
    if bool(french) != bool(english):
        said: Language = "fr" if french else "en"
        is_clear = french + english >= 2 or len(words) <= 3 or current == said
        return said if is_clear else _ask(current, lowered, detector)
    if len(words) < _MIN_WORDS or sum(map(str.isalpha, lowered)) < _MIN_LETTERS:
        return current
    return _ask(current, lowered, detector)


def _is_among(vocabulary: frozenset[str], word: str) -> bool:
    """Whether a word, or what stands on either side of its apostrophe, is one of these."""
    return word in vocabulary or any(part in vocabulary for part in word.split("'"))


def _is_name(text: str) -> bool:
    """Whether this is a name or a label: "Heather Lindgren", "Clinique du Ruisseau"."""
    words = re.findall(r"[^\W\d_]+", text)
    telling = (_FRENCH | _ENGLISH) - _IN_NAMES
    return len(words) >= 2 and all(
        (word[0].isupper() or word in _IN_NAMES) and word.lower() not in telling for word in words
    )


def _ask(current: Language, text: str, detector: LanguageDetector) -> Language:
    language, confidence = detector.detect(text)
    return language if confidence >= _SURE else current
