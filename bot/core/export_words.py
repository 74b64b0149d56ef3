"""The words of Ocean's two exports: headers, products of bill items, types of licence.

Used by `account_files.py`. Everything is compared as `csv_table.words` gives it. No page lists
these words in full, so French ones and likely variants are taken too; what could be read in two
ways is refused, and of a product whose name says too little no charge is made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from bot.core.cells import CellError, is_nothing
from bot.core.csv_table import Column, words

# Whether a user has a licence, is covered by somebody's (whose, the export does not say), or none.
Coverage = Literal["holder", "staff", "primary_delegate"]

MESSAGES = "patient_messages"


def _column(headers: str, *, is_required: bool = False) -> Column:
    return Column(tuple(headers.split("|")), is_required)


# Where a file has two headers that fit one field, the first of these counts.
USER_COLUMNS: Mapping[str, Column] = {
    "username": _column(
        "username|user name|ocean username|nom d utilisateur|nom d utilisateur ocean"
        "|identifiant|identifiant ocean",
        is_required=True,
    ),
    "emr_username": _column(
        "emr username|emr user name|nom d utilisateur dme|nom d utilisateur du dme"
        "|nom d utilisateur de dme|nom d utilisateur emr|utilisateur dme"
        "|identifiant dme|identifiant du dme",
        is_required=True,
    ),
    "licence_type": _column(
        "patient messages licence type|patient message licence type|licence type"
        "|type de licence de messages aux patients|type de licence des messages aux patients"
        "|type de licence pour les messages aux patients|type de licence messages aux patients"
        "|type de licence",
        is_required=True,
    ),
    "latest_message": _column(
        "date of latest patient message|latest patient message|date du dernier message au patient"
        "|date du dernier message aux patients|date du dernier message patient"
        "|date du plus recent message au patient|dernier message au patient"
    ),
    "first_name": _column("first name|given name|prenom"),
    "surname": _column("surname|last name|family name|nom de famille|nom"),
    "name": _column("name|full name|nom complet"),
    "email": _column("email|e mail|email address|courriel|adresse courriel|adresse e mail"),
    "external_id": _column("external id|identifiant externe"),
    "site_admin": _column(
        "site admin|site administrator|administrateur de site|administrateur du site"
    ),
}

BILL_ITEM_COLUMNS: Mapping[str, Column] = {
    "date": _column(
        "date sent|sent on|sent date|date d envoi|message date|date du message|item date"
        "|date de l element|transaction date|date de transaction|service date|date de service|date",
        is_required=True,
    ),
    "product": _column(
        "bill item type|item type|type d element|bill item|element de facturation"
        "|article de facturation|product|produit|item|element|article|type|description",
        is_required=True,
    ),
    "amount": _column(
        "amount|montant|subtotal|sous total|line total|total|montant total|fee|frais",
        is_required=True,
    ),
    "sender": _column(
        "sender|sender username|sent by|expediteur|envoye par|ocean user|utilisateur ocean"
        "|username|nom d utilisateur|user|utilisateur"
    ),
    "quantity": _column("quantity|qty|quantite|qte|count|units|unites"),
    "currency": _column("currency|devise|monnaie"),
    "invoice": _column(
        "invoice number|invoice no|invoice id|invoice"
        "|numero de facture|no de facture|n de facture|facture"
    ),
    "site": _column("site number|numero du site|numero de site|site"),
}

# The first that is found counts: a licence for messages and a reminder message are no messages.
_PRODUCTS = tuple(
    (code, re.compile(rf"\b(?:{pattern})"))
    for code, pattern in (
        ("licences", "licence|subscription|abonnement"),
        ("patient_reminders", "reminder|rappel"),
        ("website_forms", "website form|web form|formulaire|erequest"),
        ("online_booking", "online booking|booking|reservation|rendez vous en ligne"),
        ("tablets_kiosks", "tablet|kiosk|kiosque|borne"),
        ("studies", "stud(?:y|ies)|etude"),
        ("ereferral", "ereferral|econsult|eference|ereference|eorientation|econseil"),
        (MESSAGES, "messag"),
    )
)
_CODES = frozenset(code for code, _ in _PRODUCTS)


def product_code(description: str) -> str:
    """The code of the product that a bill item is of.

    A product code of the public contract, or `licences` (their monthly price is no charge for a
    message), or `other` where the words say too little to be sure.
    """
    said = words(description)
    if said.replace(" ", "_") in _CODES:
        return said.replace(" ", "_")
    return next((code for code, pattern in _PRODUCTS if pattern.search(said)), "other")


_NO_LICENCE = re.compile(r"(?:no|non|not|false|faux|aucune?|sans|unlicenced|unassigned)\b")
_DELEGATE = re.compile("delegate|delegue")
_STAFF = re.compile("staff|support|soutien|personnel|covered|couvert|shared|partage")
_HOLDER = re.compile(
    r"provider|fournisseur|licence|basic|de base|plus|unlimited|illimite|\b(?:yes|oui|true|vrai)\b"
)


def coverage(text: str) -> Coverage | None:
    """What a user's type of licence means; None for no licence.

    Raises:
        CellError: The words are of none of the known kinds.
    """
    said = words(text)
    if is_nothing(text) or _NO_LICENCE.match(said):
        return None
    if _DELEGATE.search(said):
        return "primary_delegate"
    if _STAFF.search(said):
        return "staff"
    if _HOLDER.search(said):
        return "holder"
    allowed = "a provider licence, support staff, primary delegate, or nothing"
    raise CellError("unknown_licence", allowed)
