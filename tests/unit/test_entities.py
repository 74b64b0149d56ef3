"""Which values are found in a message: products, emails, site numbers, EMRs, references."""

from __future__ import annotations

import pytest
import yaml

from bot.core.cancellation import PRODUCTS
from bot.nlu.entities import EntityFinder, fold, without_values
from bot.settings import ROOT

LOOKUPS = ROOT / "data" / "lookups"
FINDER = EntityFinder(LOOKUPS)


def found(text: str, name: str) -> list[str]:
    return [entity.value for entity in FINDER.find(text) if entity.name == name]


# --- Emails and references -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "emails"),
    [
        ("mon courriel c'est R.Lemay+ocean@Example.com.", ["r.lemay+ocean@example.com"]),
        ("josée@clinique.ca ou info@clinique.qc.ca", ["josée@clinique.ca", "info@clinique.qc.ca"]),
        ("<m.roy@clinique.example.com>", ["m.roy@clinique.example.com"]),
        ("m.roy@clinique", []),
        ("m.roy arobas clinique.ca", []),
        ("@clinique.ca", []),
    ],
)
def test_emails_are_found_in_lower_case(text: str, emails: list[str]) -> None:
    assert found(text, "email") == emails


@pytest.mark.parametrize(
    "text",
    ["OCN-7K3M-9QXT", "ocn 7k3m 9qxt", "OCN7K3M9QXT", "ma référence: OCN-7k3m-9qxt svp"],
)
def test_a_reference_is_found_however_it_is_typed(text: str) -> None:
    assert [(e.name, e.value) for e in FINDER.find(text)] == [("ticket_reference", "OCN-7K3M-9QXT")]


# --- Site numbers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("4411", "4411"),
        ("site 27045", "27045"),
        ("le site no 815", "815"),
        ("numéro de site: 318", "318"),
        ("#4411", "4411"),
        ("4411.", "4411"),
        ("60 233", "60233"),
        ("site 60 233", "60233"),
        ("018842", "018842"),
        ("2024", "2024"),
        ("site 2024", "2024"),
        ("facture de mars 2024 du site 4411", "4411"),
        ("résiliation site 99120, Oscar Pro", "99120"),
    ],
)
def test_a_site_number_has_three_to_six_digits(text: str, number: str) -> None:
    assert found(text, "site_number") == [number]


@pytest.mark.parametrize(
    "text",
    [
        "12",
        "1234567",
        "514 555-1234",
        "(514) 555-1234",
        "514.555.1234",
        "5145551234",
        "1 800 555 1234",
        "514 555-1234 poste 234",
        "le 12 mars 2024",
        "2024-10-11",
        "450 $",
        "$450",
        "12,50",
        "10:30",
        "100%",
        "300 patients et 2500 messages",
        "450 doctors",
        "m.roy4411@clinique.ca",
        "OCN-3344-6677",
    ],
)
def test_other_numbers_are_no_site_numbers(text: str) -> None:
    assert found(text, "site_number") == []


def test_two_site_numbers_are_both_found() -> None:
    assert found("pas 4411, plutôt 5522", "site_number") == ["4411", "5522"]


# --- EMR vendors ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "vendor"),
    [
        ("on est sur Accuro", "Accuro"),
        ("QHR Acuro", "Accuro"),
        ("telus ps suite", "TELUS PS Suite"),
        ("PS Suit", "TELUS PS Suite"),
        ("Med-Access", "TELUS Med Access"),
        ("oscar pro", "OSCAR Pro"),
        ("oscar", "OSCAR"),
        ("WELL", "OSCAR Pro"),
        ("MYLE", "MYLE"),
    ],
)
def test_emr_vendors_are_known_by_their_names_and_misspellings(text: str, vendor: str) -> None:
    assert found(text, "emr_vendor") == [vendor]


def test_well_is_an_english_word_before_it_is_a_company() -> None:
    assert found("we are doing well thanks", "emr_vendor") == []


# --- Products ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "products"),
    [
        ("les tablettes et le kiosque", ["tablets_kiosks", "tablets_kiosks"]),
        ("annule la resrvation en ligne et les massages patients",
         ["online_booking", "patient_messages"]),
        ("la prise de rendez-vous en ligne", ["online_booking"]),
        ("rapels", ["patient_reminders"]),
        ("cloud conect", ["cloud_connect"]),
        ("e-références", ["ereferral"]),
        ("eReferral", ["ereferral"]),
        ("cancel referrals and messages", ["ereferral", "patient_messages"]),
        ("formulaires du site web", ["website_forms"]),
        ("research studies", ["studies"]),
        ("l’imprimante et le fax", []),
        ("quelle est ma référence?", []),
        ("my reference number", []),
    ],
)  # fmt: skip
def test_products_are_known_by_their_names_and_misspellings(text: str, products: list[str]) -> None:
    assert found(text, "product") == products
    assert found(text, "kept_product") == []


@pytest.mark.parametrize(
    "text",
    ["tout", "Everything!", "annuler tout", "tous nos services", "the whole thing", "all of them"],
)
def test_everything_is_everything(text: str) -> None:
    assert found(text, "product") == ["all"]


@pytest.mark.parametrize(
    ("text", "cancelled", "kept"),
    [
        ("gardez les rappels", [], ["patient_reminders"]),
        ("pas les rappels", [], ["patient_reminders"]),
        ("not the reminders", [], ["patient_reminders"]),
        ("les messages, pas les rappels", ["patient_messages"], ["patient_reminders"]),
        ("les messages, pas les rappels ni les études", ["patient_messages"],
         ["patient_reminders", "studies"]),
        ("gardez les tablettes et les rappels", [], ["tablets_kiosks", "patient_reminders"]),
        ("gardez les tablettes et annulez les rappels", ["patient_reminders"], ["tablets_kiosks"]),
        ("cancel reminders but keep the kiosk and the studies", ["patient_reminders"],
         ["tablets_kiosks", "studies"]),
        ("pas les rappels mais les tablettes", ["tablets_kiosks"], ["patient_reminders"]),
        ("tout sauf les rappels", ["all"], ["patient_reminders"]),
        ("tout sauf les rappels et les tablettes", ["all"],
         ["patient_reminders", "tablets_kiosks"]),
        ("everything but online booking", ["all"], ["online_booking"]),
        ("all except reminders", ["all"], ["patient_reminders"]),
        ("annulez tous les services sauf la réservation en ligne", ["all"], ["online_booking"]),
        # The other way round: these are the ones to go.
        ("on garde tout sauf les rappels", ["patient_reminders"], []),
        ("keep everything except the reminders", ["patient_reminders"], []),
        ("ne gardez pas les rappels", ["patient_reminders"], []),
        ("on ne veut pas des rappels", ["patient_reminders"], []),
        ("on veut pas de rappels", ["patient_reminders"], []),
    ],
)  # fmt: skip
def test_what_is_to_be_kept_is_told_from_what_is_to_go(
    text: str, cancelled: list[str], kept: list[str]
) -> None:
    assert found(text, "product") == cancelled
    assert found(text, "kept_product") == kept


def test_the_lookup_lists_name_every_product_and_nothing_else() -> None:
    listed = yaml.safe_load((LOOKUPS / "products.yml").read_text(encoding="utf-8"))
    assert set(listed) == {*PRODUCTS, "all", "rest"}


@pytest.mark.parametrize("file", ["products.yml", "emr_vendors.yml"])
def test_no_name_stands_for_two_things(file: str) -> None:
    listed = yaml.safe_load((LOOKUPS / file).read_text(encoding="utf-8"))
    pairs = {(fold(name), value) for value, names in listed.items() for name in names}
    assert len({name for name, _ in pairs}) == len(pairs)


# --- All of them ---------------------------------------------------------------------------------


def test_entities_come_in_the_order_of_the_text_with_their_places() -> None:
    text = "Manon, m.roy@clinique.ca, site 4411, PS Suite: les rappels"
    entities = FINDER.find(text)
    assert [(e.name, text[e.start : e.end]) for e in entities] == [
        ("email", "m.roy@clinique.ca"),
        ("site_number", "4411"),
        ("emr_vendor", "PS Suite"),
        ("product", "rappels"),
    ]


def test_a_product_is_not_looked_for_inside_an_email() -> None:
    assert found("rappels@clinique.ca", "product") == []


@pytest.mark.parametrize("text", ["", " ", "👍", "?!", "a" * 4_000])
def test_nothing_is_found_in_nothing(text: str) -> None:
    assert FINDER.find(text) == []


def test_folding_leaves_the_letters_alone() -> None:
    assert fold("L’Été — e-Référence, S.V.P.!") == "l ete e reference s v p"


def test_values_become_placeholders_and_the_rest_stays() -> None:
    text = "site 4411, m.roy@clinique.ca, les rappels"
    assert without_values(text, FINDER.find(text)) == (
        "site numerodesite, adressecourriel, les rappels"
    )
