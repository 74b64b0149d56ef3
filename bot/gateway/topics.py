"""Which articles stand together on the help pages, in the order a clinic would look for them.

`pages.py` shows them so; a test holds that every article stands under exactly one topic. One that
is not named here yet is shown under the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.language import Language


@dataclass(frozen=True, slots=True)
class Topic:
    """A group of articles; `id` is its anchor on the page and its drawing in topics.svg."""

    id: str
    title: Mapping[Language, str]
    summary: Mapping[Language, str]
    slugs: tuple[str, ...]


TOPICS = (
    Topic(
        "billing",
        {"fr": "Facturation", "en": "Billing"},
        {
            "fr": "Lire une facture, la retrouver, changer de payeur.",
            "en": "Read an invoice, find an old one, change the payer.",
        },
        (
            "billing-overview",
            "billing-page-admin",
            "invoice-details",
            "past-invoices",
            "finance-admin-email",
            "payer-change",
            "emr-vendor-billing",
            "subsites-separate-bills",
            "ereferral-billing",
        ),
    ),
    Topic(
        "payment",
        {"fr": "Paiement et prix", "en": "Payment and prices"},
        {
            "fr": "Carte, débit bancaire, chèque; où voir les prix.",
            "en": "Card, bank debit, cheque; where to see prices.",
        },
        ("payment-method-setup", "payment-method-update", "prepay-cheque", "prices-where"),
    ),
    Topic(
        "licences",
        {"fr": "Messages et licences", "en": "Messages and licences"},
        {
            "fr": "Frais par message; ajouter, assigner ou retirer une licence.",
            "en": "Per-message fees; add, assign or remove a licence.",
        },
        (
            "per-message-fees",
            "sms-reminder-fees",
            "licence-who-needs",
            "licence-types",
            "licence-add",
            "licence-remove",
            "regional-authority-coverage",
        ),
    ),
    Topic(
        "accounts",
        {"fr": "Comptes de DMÉ", "en": "EMR accounts"},
        {
            "fr": "Lier le compte du DMÉ au compte Ocean, et ce qui l’empêche.",
            "en": "Link an EMR account to an Ocean account, and what prevents it.",
        },
        ("link-emr-account", "link-error-existing", "accuro-oceanapi-permissions"),
    ),
    Topic(
        "users",
        {"fr": "Utilisateurs et connexion", "en": "Users and sign-in"},
        {
            "fr": "Inviter ou retirer quelqu’un, rôles, mot de passe, "
            "authentification à deux facteurs.",
            "en": "Invite or remove someone, roles, password, two-factor authentication.",
        },
        (
            "user-add",
            "user-remove",
            "users-page-export",
            "roles-site-admin",
            "delegates",
            "support-site-access",
            "password-username-email",
            "two-factor",
        ),
    ),
    Topic(
        "cloud",
        {"fr": "Cloud Connect", "en": "Cloud Connect"},
        {
            "fr": "Le pont entre Ocean et le DMÉ, et la clé de chiffrement.",
            "en": "The bridge between Ocean and the EMR, and the encryption key.",
        },
        ("cloud-connect-about", "cloud-connect-enable", "encryption-key"),
    ),
    Topic(
        "cancel",
        {"fr": "Annuler un service", "en": "Cancel a service"},
        {
            "fr": "Ce que l’on annule soi-même, et ce qu’il faut demander.",
            "en": "What you cancel yourself, and what you must ask for.",
        },
        (
            "cancel-services",
            "cancel-per-product",
            "online-booking-stop-billing",
            "study-delete",
            "tablet-deregister",
            "website-form-delete",
        ),
    ),
    Topic(
        "site",
        {"fr": "Site et soutien", "en": "Site and support"},
        {
            "fr": "Numéro et adresses du site, interruptions, joindre le soutien.",
            "en": "Site number and addresses, maintenance, reaching support.",
        },
        ("site-number", "site-contacts", "maintenance-window", "contact-support"),
    ),
)
