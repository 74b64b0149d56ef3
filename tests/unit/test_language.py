"""The language of a conversation: kept while in doubt, switched on clear evidence."""

from __future__ import annotations

import pytest

from bot.adapters.language_lingua import LinguaDetector
from bot.adapters.memory import FixedDetector
from bot.core.language import LANGUAGES, Language, choose_language

UNSURE = FixedDetector("en", 0.5)
LINGUA = LinguaDetector()

FRENCH = [
    "Bonjour",
    "allo",
    "oui",
    "non merci",
    "Où sont mes factures?",
    "factures",
    "frais par message",
    "Pourquoi on nous charge des messages?",
    "je veux canceller les rappels",
    "c’est quoi un DMÉ",
    "tannée de payer pour rien",
    "chu pas capable de voir mes factures",
    "le booking en ligne",
    "parler à une personne",
    "trop cher",
    "on est sur Accuro",
    "Patient Messages c'est combien?",
    "d’accord",
]
ENGLISH = [
    "Hello",
    "yes",
    "no thanks",
    "Where are my invoices?",
    "invoices",
    "per-message fees",
    "Why are we charged per message?",
    "I want to cancel reminders",
    "what’s an EMR",
    "we’re on Accuro",
    "doesn’t work",
    "sick of paying for nothing",
    "too expensive",
    "just the tablets",
    "nobody uses the reminders",
    "talk to a person",
    "our clinic in Trois-Rivières",
]
SAYS_NOTHING = [
    "ok",
    "CSV?",
    "stop",
    "message",
    "agent",
    "4411",
    "site 4411",
    "OCN-7K3M-9QXT",
    "PS Suite",
    "Accuro",
    "cloud connect",
    "online booking",
    "Manon Thibodeau",
    "Heather Lindgren",
    "Clinique du Ruisseau",
    "Maple Ridge Family Health",
    "Menu Admin Site Account",
    "www.hello-where-are-my-invoices.ca",
    "👍",
    "?",
    "",
]


@pytest.mark.parametrize("text", FRENCH)
@pytest.mark.parametrize("current", LANGUAGES)
def test_french_is_french_whatever_was_spoken_before(current: Language, text: str) -> None:
    assert choose_language(current, text, LINGUA) == "fr"


@pytest.mark.parametrize("text", ENGLISH)
@pytest.mark.parametrize("current", LANGUAGES)
def test_english_is_english_whatever_was_spoken_before(current: Language, text: str) -> None:
    assert choose_language(current, text, LINGUA) == "en"


@pytest.mark.parametrize("text", SAYS_NOTHING)
@pytest.mark.parametrize("current", LANGUAGES)
def test_short_and_technical_messages_and_names_keep_the_language(
    current: Language, text: str
) -> None:
    assert choose_language(current, text, LINGUA) == current


@pytest.mark.parametrize(
    "email",
    ["heather.where@invoices.example.com", "secretaire.pour.factures@clinique-du-nord.example.com"],
)
@pytest.mark.parametrize("current", LANGUAGES)
def test_an_email_address_does_not_count(current: Language, email: str) -> None:
    assert choose_language(current, email, LINGUA) == current
    assert choose_language(current, f"{email} https://www.the-clinic.example/where", LINGUA) == (
        current
    )


def test_the_words_around_an_address_do_count() -> None:
    assert choose_language("fr", "my email is jean@factures.example.com", UNSURE) == "en"
    assert choose_language("en", "mon courriel est the.hello@example.com", UNSURE) == "fr"


def test_words_of_both_languages_leave_it_to_the_detector_if_it_is_sure() -> None:
    mixed = "je veux keep online booking et the reminders"
    assert choose_language("fr", mixed, FixedDetector("en", 0.95)) == "en"
    assert choose_language("fr", mixed, FixedDetector("en", 0.7)) == "fr"
    assert choose_language("en", mixed, FixedDetector("fr", 0.95)) == "fr"


def test_words_of_neither_language_leave_it_to_the_detector_if_it_is_sure() -> None:
    text = "résiliation immédiate exigée"
    assert choose_language("en", text, FixedDetector("fr", 0.95)) == "fr"
    assert choose_language("en", text, FixedDetector("fr", 0.7)) == "en"


def test_one_telling_word_in_a_long_message_is_not_enough() -> None:
    text = "Accuro PS Suite OSCAR Juno Medesync the"
    assert choose_language("fr", text, UNSURE) == "fr"


def test_typographic_and_straight_apostrophes_are_alike() -> None:
    assert choose_language("en", "j’ai", UNSURE) == choose_language("en", "j'ai", UNSURE) == "fr"
