"""What must not be kept is masked, and nothing else is touched."""

from __future__ import annotations

import pytest

from bot.core.privacy import MASK, mask

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
    "le patient Jean Tremblay n’a pas reçu son rappel",
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
