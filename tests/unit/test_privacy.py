"""What must not be kept is masked, and nothing else is touched."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.health_cards import is_bc, is_ramq_date, passes_luhn
from bot.core.privacy import MASK, Masked, mask, mask_address
from tests.bench import privacy as bench

HEALTH_CARDS = [
    "Ma carte RAMQ est TREM 8001 0112",
    "TREM80010112",
    "trem 8001 0112",
    "TREM-8001-0112",
    "TREM 8051 0112",
    "carte d’assurance maladie TREM 8001 0112",
    "carte soleil 1234567890",
    "NAM: 8001 0112 1234",
    "OHIP 1234-567-890-AB",
    "OHIP number is 1234 567 890",
    "health card: 1234567890",
    "health card number 1234-567-890",
    "1234 567 890 AB",
    "PHN 9876543210",
    "BC Services Card 9876543210",
    "Manitoba PHIN 123456789",
    "Alberta health number 123456789",
    "Nova Scotia health card 1234 567 890",
    "carte santé 1234-567-890",
]
BIRTH_DATES = [
    "née le 12 mars 1980",
    "né le 1980-03-12",
    "la patiente est née le 12/03/1980",
    "né le 1er août 1980",
    "date de naissance : 12 mars 1980",
    "naissance: 1980/03/12",
    "DDN 1980-03-12",
    "ddn: 12-03-80",
    "DOB: March 12, 1980",
    "born on March 12 1980",
    "date of birth is 1980-03-12",
    "birthdate 1980-03-12",
]
SECRETS = [
    "mot de passe: Soleil123",
    "mot de passe : oublie-moi",
    "mon mot de passe est Soleil123!",
    "le mdp c’est Soleil123",
    "mot de passe Ocean : Soleil123",
    "mot de passe temporaire de Marie est Soleil1",
    "password is hunter22",
    "password: correcthorse",
    "pwd=hunter22",
    "password for the portal is hunter22",
    "clé de chiffrement partagée : ABCD-EFGH",
    "shared encryption key: ABCD-EFGH-1234",
    "encryption key is abcd1234",
]
CLEAN = [
    "Bonjour, je suis Manon Thibodeau de la Clinique du Ruisseau, site 4411.",
    "Mon courriel est m.thibodeau@clinique.example.com",
    "Appelez-moi au 514 555-1234, ou au (418) 555-9876, ou 1 800 555 1234",
    "5145551234",
    "Le numéro de facture est 123456789, du 12 mars 2024",
    "Facture 2024-10-1123, référence OCN-7K3M-9QXT",
    "FACT 2024 1101",
    "Le patient n’a pas sa carte santé, appelez-moi au 5145551234",
    "La clinique est née en 2010",
    "rendez-vous le 2024-03-12",
    "mon mot de passe ne marche pas",
    "le mot de passe est expiré",
    "j’ai oublié mon mot de passe, que faire?",
    "le mot de passe du site 4411 est perdu",
    "my password is wrong",
    "my password is not working",
    "how do I change my password?",
    "the encryption key is lost",
    "PS Suite 5.2, 3 médecins, 450 $ par mois",
]


@pytest.mark.parametrize("text", HEALTH_CARDS)
def test_health_card_numbers_are_masked(text: str) -> None:
    masked = mask(text)
    assert masked.kinds == ("health_card",)
    assert MASK in masked.text
    assert not any(character.isdigit() for character in masked.text)


@pytest.mark.parametrize("text", BIRTH_DATES)
def test_birth_dates_are_masked(text: str) -> None:
    masked = mask(text)
    assert masked.kinds == ("birth_date",)
    assert not any(character.isdigit() for character in masked.text)


@pytest.mark.parametrize("text", SECRETS)
def test_passwords_and_keys_are_masked(text: str) -> None:
    masked = mask(text)
    assert masked.kinds == ("secret",)
    assert masked.text.endswith(MASK)


@pytest.mark.parametrize("text", CLEAN)
def test_clean_messages_come_back_unchanged(text: str) -> None:
    masked = mask(text)
    assert masked.text == text
    assert masked.kinds == ()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Jean Tremblay, né le 12 mars 1980, écrit", f"{MASK}, né le {MASK}, écrit"),
        ("la patiente Marie-Ève Roy (née le 1980-03-12)", f"la patiente {MASK} (née le {MASK})"),
        ("Mme Tremblay, RAMQ TREM 8053 1212", f"{MASK}, RAMQ {MASK}"),
        ("patient: Jean Tremblay DDN 1980-03-12", f"patient: {MASK} DDN {MASK}"),
        ("TREM 8001 0112 Jean Tremblay attend", f"{MASK} {MASK} attend"),
    ],
)
def test_the_name_beside_a_card_number_or_a_birth_date_goes_with_it(text: str, left: str) -> None:
    masked = mask(text)
    assert masked.text == left
    assert "patient_name" in masked.kinds


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("Je suis Manon Thibodeau. Le patient est né le 12 mars 1980.", "Manon Thibodeau"),
        ("Je m’appelle Luc Roy, de la clinique du Parc; carte TREM 8001 0112", "Luc Roy"),
        ("Carte TREM 8001 0112, Dr Roy", "Dr Roy"),
        ("TREM 8001 0112, site 4411, m.roy@clinique.example.com", "4411, m.roy@"),
    ],
)
def test_the_staff_s_own_names_and_numbers_stay_even_then(text: str, stays: str) -> None:
    assert stays in mask(text).text


def test_several_things_are_masked_at_once_and_named_once_each() -> None:
    masked = mask("TREM 8001 0112 et ROYM 7562 3112, née le 1975-12-31, mot de passe: Soleil123")
    assert masked.kinds == ("health_card", "birth_date", "secret")
    assert masked.text == f"{MASK} et {MASK}, née le {MASK}, mot de passe: {MASK}"


@pytest.mark.parametrize("text", [*HEALTH_CARDS, *BIRTH_DATES, *SECRETS])
def test_masking_twice_is_masking_once(text: str) -> None:
    once = mask(text).text
    assert mask(once).text == once


def test_an_empty_text_is_clean() -> None:
    assert mask("").text == ""


# --- The labelled messages -----------------------------------------------------------------------


def test_no_valid_card_number_stays_and_hardly_a_clean_message_is_touched() -> None:
    measured = bench.measure(bench.ours)
    assert sum(1 for _ in bench.messages()) >= 600
    assert measured.clean >= 200
    assert bench.cards_missed(measured) == []
    assert measured.false_alarm_rate <= bench.MOST_FALSE_ALARMS


@pytest.mark.parametrize(
    ("kind", "at_least"),
    [("birth_date", 0.98), ("patient_name", 0.95), ("chart", 0.95), ("secret", 0.95)],
)
def test_of_the_other_kinds_hardly_any_stays(kind: str, at_least: float) -> None:
    measured = bench.measure(bench.ours)
    assert measured.found[kind] >= at_least * measured.wanted[kind]


# --- Card numbers, whatever their digits ---------------------------------------------------------

SEPARATORS = st.sampled_from(
    ["", " ", "-", "\u00a0", "\u202f", "\u2013", "\u2011", "\u200b", " \u200b"]
)


def luhn(digits: str) -> str:
    """The digits with their check digit."""
    return next(digits + str(last) for last in range(10) if passes_luhn(f"{digits}{last}"))


def grouped(digits: str, sizes: list[int], separator: str) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(digits[at : at + size])
        at += size
    return separator.join(parts)


def digits_left(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


@given(
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3),
    st.dates(date(1920, 1, 1), date(2026, 1, 1)),
    st.booleans(),
    st.integers(0, 99),
    SEPARATORS,
    st.booleans(),
)
def test_every_quebec_number_is_masked_without_any_word_beside_it(
    letters: str, born: date, is_woman: bool, last: int, separator: str, is_lower: bool
) -> None:
    month = born.month + 50 * is_woman
    digits = f"{born:%y}{month:02}{born:%d}{last:02}"
    number = separator.join([f"X{letters}", digits[:4], digits[4:]])
    number = number.lower() if is_lower else number
    assert digits_left(mask(f"Bonjour, {number} n’a rien reçu").text) == ""


@given(st.integers(10**8, 10**9 - 1), st.sampled_from(["AB", "QF", "ZZ"]), SEPARATORS)
def test_every_ontario_number_with_its_version_code_is_masked(
    nine: int, version: str, separator: str
) -> None:
    number = grouped(luhn(str(nine)) + version, [4, 3, 3, 2], separator)
    assert digits_left(mask(f"why is {number} refused").text) == ""


@given(st.integers(0, 10**8 - 1), st.sampled_from([" ", "-", "\u00a0"]))
def test_every_british_columbia_number_is_masked_by_its_check_digit(
    eight: int, separator: str
) -> None:
    valid = [n for n in (f"9{eight:08}{last}" for last in range(10)) if is_bc(n)]
    for number in valid:
        assert digits_left(mask(grouped(number, [4, 3, 3], separator)).text) == ""


@pytest.mark.parametrize(
    ("word", "size"),
    [
        ("OHIP", 10), ("PHN", 10), ("Alberta PHN", 9), ("HSN", 9), ("PHIN", 9), ("Medicare", 9),
        ("carte santé de la Nouvelle-Écosse", 10), ("health card PEI", 8), ("MCP", 12),
        ("carte santé du Nunavut", 9), ("Yukon health card", 9),
    ],
)  # fmt: skip
@given(data=st.data(), separator=SEPARATORS)
def test_every_number_that_a_word_calls_a_card_is_masked(
    word: str, size: int, data: st.DataObject, separator: str
) -> None:
    digits = data.draw(st.text("0123456789", min_size=size, max_size=size))
    number = grouped(digits, [size // 3, size // 3, size - 2 * (size // 3)], separator)
    assert digits_left(mask(f"{word} {number}, merci").text) == ""


@pytest.mark.parametrize(
    ("digits", "is_date"),
    [("80010112", True), ("80510112", True), ("80130112", False), ("80630112", False),
     ("80023099", False), ("00022901", True), ("80003112", False), ("80010012", False)],
)  # fmt: skip
def test_the_birth_date_inside_a_quebec_number_is_checked(digits: str, is_date: bool) -> None:
    assert is_ramq_date(digits) is is_date


# --- Over two messages ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Sa carte RAMQ est TREM 8001", "0112"),
        ("TREM 8001", "0112"),
        ("my OHIP number is 1234 567", "890 AB"),
        ("Le numéro OHIP :", "1234 567 890"),
        ("le numéro d’assurance maladie c’est", "TREM80010112"),
        ("mon mot de passe est", "Soleil123"),
        ("date de naissance :", "12 mars 1980"),
        ("La patiente s’appelle", "Lucie Gagnon"),
    ],
)
def test_what_goes_on_from_the_message_before_is_masked(first: str, second: str) -> None:
    kept = mask(first)
    assert digits_left(kept.text) == ""
    assert mask(second, kept).text == MASK


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Sa carte RAMQ est TREM 8001 0112", "4411"),
        ("Sa carte RAMQ est TREM 8001", "mon site est le 4411"),
        ("la patiente n’a rien reçu", "514 555-0123"),
        ("TREM 8001 0112", "facture 1234567890"),
        ("j’ai oublié mon mot de passe", "site 4411"),
        ("Un patient se plaint", "Manon Thibodeau"),
    ],
)
def test_the_answer_to_another_question_stays(first: str, second: str) -> None:
    assert mask(second, mask(first)).text == second


# --- Whatever is written -------------------------------------------------------------------------


@given(st.text(), st.text())
def test_masking_takes_any_text(text: str, before: str) -> None:
    masked = mask(text, Masked(before, ("health_card_part",)))
    assert (MASK in masked.text) >= bool(masked.kinds)


@given(st.text("abcdefghij éè,.!?\n’-", max_size=200))
def test_text_without_numbers_and_names_is_left_alone(text: str) -> None:
    assert mask(text).text == text


# --- The address of a page -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://clinique.example.com/facturation", "https://clinique.example.com/facturation"),
        ("https://clinique.example.com/a?ramq=TREM80010112#x", "https://clinique.example.com/a"),
        ("https://jean:secret@clinique.example.com/a", "https://clinique.example.com/a"),
        (
            "https://clinique.example.com/p/TREM%208001%200112",
            f"https://clinique.example.com/{MASK}",
        ),
        ("https://[broken", ""),
    ],
)
def test_of_a_page_s_address_only_what_can_hold_nobody_s_data_is_kept(url: str, kept: str) -> None:
    assert mask_address(url) == kept
