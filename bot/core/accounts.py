"""What is known of a clinic's Ocean accounts: sites, users, links to the EMR, licences, invoices.

A snapshot is read through the `AccountDirectory` port and judged by `fee_diagnosis.py`. Every fact
that can be wrong or old carries a `Provenance`: where it comes from and as of when.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

BilledBy = Literal["ocean", "emr_vendor"]
Source = Literal["database", "csv", "service"]
LicenceModel = Literal["support_staff", "primary_delegate"]

# How many people share a licence beside its holder.
MAX_COVERED: Mapping[LicenceModel, int] = {"support_staff": 3, "primary_delegate": 1}

# How far back an invoice is looked at: enough to see a change, few enough to name in a sentence.
MONTHS_READ = 3


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a fact comes from (`source`, with a readable `detail`) and as of when."""

    source: Source
    detail: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Site:
    """A clinic's tenant in Ocean; `emr_vendor` is the name people use, such as "Accuro".

    The provenance covers what is read with the site: who invoices it, its admins, its licences.
    """

    number: str
    name: str
    billed_by: BilledBy
    emr_vendor: str
    provenance: Provenance


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

    `linked_at` is None where the source, such as an export, shows the link but not since when.
    No `AccountLink` for a user means only that none was seen; `LinkKnowledge` says whether
    the absence is evidence.
    """

    user_id: str
    site_number: str
    emr_vendor: str
    emr_username: str
    linked_at: datetime | None
    provenance: Provenance

    @property
    def linked_by(self) -> datetime:
        """When the link was there at the latest: when it was made, else when it was seen."""
        return self.linked_at or self.provenance.as_of


@dataclass(frozen=True, slots=True)
class LinkKnowledge:
    """Evidence that the links of this user at this site were looked at, so absence is a fact."""

    user_id: str
    site_number: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class MessagingLicence:
    """A messaging licence of the site: held by one provider, who shares it with `covered_ids`.

    With support staff, or in the older model with one primary delegate: at most `MAX_COVERED`.
    `holder_id` is None where the source tells who is covered, but not by whose licence.
    """

    holder_id: str | None
    covered_ids: tuple[str, ...]
    model: LicenceModel = "support_staff"


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice that Ocean issued to the site for one month, as "YYYY-MM"."""

    number: str
    month: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class MessageCharge:
    """One per-message bill item of an invoice. `amount_cents` is in cents of `currency`.

    `sender_id` is None where the invoice attributes the message to nobody; it may also be the id
    of somebody who has left the site, or of whom nothing else is known.
    """

    invoice_number: str
    sender_id: str | None
    sent_on: date
    amount_cents: int
    currency: str


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """All that a fee diagnosis looks at, read for one user at one site.

    `users` are `user` and the known senders of `charges`; `links` are theirs, at this site and at
    others; `link_knowledge`, `licences`, `invoices` and `charges` are this site's only. Invoices
    are newest first. All charges are in one currency.
    """

    site: Site
    user: OceanUser
    is_site_admin: bool
    users: tuple[OceanUser, ...]
    licences: tuple[MessagingLicence, ...]
    links: tuple[AccountLink, ...]
    link_knowledge: tuple[LinkKnowledge, ...]
    invoices: tuple[Invoice, ...]
    charges: tuple[MessageCharge, ...]

    @property
    def months(self) -> tuple[str, ...]:
        """The invoice months that were read, as "YYYY-MM", newest first."""
        return tuple(dict.fromkeys(invoice.month for invoice in self.invoices))
