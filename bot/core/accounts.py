"""What is known of a clinic's Ocean accounts: sites, users, links to the EMR, licences, invoices.

A snapshot is read through the `AccountDirectory` port and judged by `fee_diagnosis.py`. Every fact
that can be wrong or old carries a `Provenance`: where it comes from and as of when.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

BilledBy = Literal["ocean", "emr_vendor"]
Source = Literal["database", "csv", "service"]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a fact comes from (`source`, with a readable `detail`) and as of when."""

    source: Source
    detail: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Site:
    """A clinic's tenant in Ocean; `emr_vendor` is the name people use, such as "Accuro"."""

    number: str
    name: str
    billed_by: BilledBy
    emr_vendor: str


@dataclass(frozen=True, slots=True)
class OceanUser:
    """An Ocean account. `external_id` is the id that the vendor's sign-in gives."""

    external_id: str
    username: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class AccountLink:
    """A link that was seen between an Ocean user and an EMR account at one site.

    No `AccountLink` for a user means only that none was seen; `LinkKnowledge` says whether
    the absence is evidence.
    """

    user_id: str
    site_number: str
    emr_vendor: str
    emr_username: str
    linked_at: datetime
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class LinkKnowledge:
    """Evidence that the links of this user at this site were looked at, so absence is a fact."""

    user_id: str
    site_number: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class MessagingLicence:
    """A messaging licence of the site: held by one provider, covering up to three support staff."""

    holder_id: str
    covered_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MessageCharge:
    """One per-message bill item of an invoice. `amount_cents` is in cents of `currency`."""

    invoice_number: str
    sender_id: str
    sent_on: date
    amount_cents: int
    currency: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """All that a fee diagnosis looks at, read for one user at one site.

    `months` are the invoice months that were read, as "YYYY-MM", newest first.
    `links` may hold links at other sites for the users concerned; `charges` are this site's only.
    """

    site: Site
    user: OceanUser
    users: tuple[OceanUser, ...]
    is_site_admin: bool
    licences: tuple[MessagingLicence, ...]
    links: tuple[AccountLink, ...]
    link_knowledge: tuple[LinkKnowledge, ...]
    months: tuple[str, ...]
    charges: tuple[MessageCharge, ...]
