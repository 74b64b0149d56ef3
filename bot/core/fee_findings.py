"""What a fee check can find: findings and facts as codes, and what a diagnosis is made of.

`bot.core.fee_diagnosis` makes one; the sentences for it are `bot.core.fee_reply`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from bot.core.accounts import Source

# In the order in which they are tried: the first that applies is the headline.
Finding = Literal[
    "unverified",
    "directory_unavailable",
    "billed_by_emr_vendor",
    "no_message_charges",
    "site_without_subscription",
    "sender_not_licensed",
    "not_linked",
    "linked_elsewhere",
    "link_unknown",
    "linked_after_charges",
    "other_senders",
]

Fact = Literal[
    "billed_by",  # issuer, emr_vendor
    "no_invoices",
    "no_charges",  # month, invoice
    "charges",  # month, invoice, message_count, amount_cents, currency
    "colleague_charges",  # month, colleague_count
    "unattributed_charges",  # month, message_count
    "no_site_licence",
    "licence",  # user_id, covered_as: "holder" or "staff"
    "no_licence",  # user_id
    "link_seen",  # user_id, place, linked_at (or linked_by, at the latest), …
    "no_link_seen",  # user_id
]

Place = Literal["here", "other_emr", "other_site"]

CURRENCY = "CAD"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A fact as a code with its parameters (beside each `Fact`), where it comes from, and when.

    A link at this site also has `emr_vendor` and `emr_username`. One at another site has
    `emr_vendor` and `site_number` if it is the visitor's own: where else a colleague works is not
    this clinic's business.
    """

    fact: Fact
    params: Mapping[str, str | int]
    source: Source
    detail: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class MonthOfCharges:
    """What one invoice month ("YYYY-MM") has of a sender's messages."""

    month: str
    message_count: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class SenderLine:
    """What one sender's messages cost, and why.

    `user_id` is None for the messages that the invoice attributes to nobody. `unexplained_count`
    is of the messages charged although the sender was covered and linked by then. `by_month` adds
    up to the line, newest first.
    """

    user_id: str | None
    name: str
    finding: Finding
    message_count: int
    unexplained_count: int
    amount_cents: int
    first_on: date
    last_on: date
    by_month: tuple[MonthOfCharges, ...] = ()

    @property
    def told_as(self) -> str:
        """The code of the sentence for it: the finding, unless it leaves messages unexplained."""
        return "unexplained" if self.unexplained_count else self.finding


@dataclass(frozen=True, slots=True)
class Particulars:
    """What the sentences need beside the lines.

    `linked_at` and `elsewhere_linked_at` are None where it is only known by when there was a link,
    which `linked_by` and `elsewhere_linked_by` say. Links and counts of unexplained messages are
    the visitor's own; so is the date of the last charge if the visitor has any (else that of all
    lines). `elsewhere_site` is None for a link to another EMR at this site. `colleague_count` is
    of senders, `unattributed_count` of messages.
    """

    is_site_admin: bool = False
    emr_vendor: str | None = None
    linked_at: datetime | None = None
    linked_by: datetime | None = None
    elsewhere_site: str | None = None
    elsewhere_emr: str | None = None
    elsewhere_linked_at: datetime | None = None
    elsewhere_linked_by: datetime | None = None
    last_charge_on: date | None = None
    unexplained_count: int = 0
    unattributed_count: int = 0
    colleague_count: int = 0


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The headline finding, the section to show beside it ("slug#anchor"), and what backs them.

    `lines` are dearest first: of every sender for a site admin, of the visitor alone for anybody
    else. `total_cents` is their sum.
    """

    finding: Finding
    section: str
    lines: tuple[SenderLine, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    months: tuple[str, ...] = ()
    total_cents: int = 0
    currency: str = CURRENCY
    also: Particulars = Particulars()

    @property
    def told_as(self) -> str:
        """As of a line, for the headline."""
        return "unexplained" if self.also.unexplained_count else self.finding
