"""The answer of an account service as types, and what must hold in it before it is believed.

Called by `http_accounts.py`; docs/accounts.openapi.yaml describes the same. Types are strict: a
number that comes as text is a mistake of the service. Fields that are not known are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field

from bot.core.accounts import (
    MAX_COVERED,
    MONTHS_READ,
    AccountLink,
    AccountSnapshot,
    BilledBy,
    Invoice,
    LicenceModel,
    LinkKnowledge,
    MessageCharge,
    MessagingLicence,
    OceanUser,
    Provenance,
    Site,
)
from bot.core.errors import Unavailable

UserId = Annotated[str, Field(min_length=1, max_length=80)]
SiteNumber = Annotated[str, Field(pattern=r"^\d{3,6}$")]
InvoiceNumber = Annotated[str, Field(min_length=1, max_length=40)]
# The service's clock and ours, and its time zone.
ONE_DAY = timedelta(days=1)


class _Site(BaseModel):
    number: SiteNumber
    name: str
    billed_by: BilledBy
    emr_vendor: str
    as_of: AwareDatetime


class _User(BaseModel):
    id: UserId
    username: str
    name: str
    email: str


class _Licence(BaseModel):
    holder_id: UserId | None
    covered_ids: tuple[UserId, ...]
    model: LicenceModel


class _Link(BaseModel):
    user_id: UserId
    site_number: SiteNumber
    emr_vendor: str
    emr_username: str
    linked_at: AwareDatetime | None
    as_of: AwareDatetime


class _LinksRead(BaseModel):
    user_id: UserId
    as_of: AwareDatetime


class _Invoice(BaseModel):
    number: InvoiceNumber
    month: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
    as_of: AwareDatetime


class _Charge(BaseModel):
    invoice_number: InvoiceNumber
    sender_id: UserId | None
    sent_on: date
    amount_cents: int
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]


class SnapshotBody(BaseModel):
    """The body of a 200."""

    site: _Site
    user_id: UserId
    is_site_admin: bool
    users: tuple[_User, ...]
    licences: tuple[_Licence, ...]
    links: tuple[_Link, ...]
    links_read: tuple[_LinksRead, ...]
    invoices: tuple[_Invoice, ...]
    charges: tuple[_Charge, ...]

    def to_snapshot(
        self, external_id: str, site_number: str, today: date, detail: str
    ) -> AccountSnapshot:
        """The snapshot, if it is of whom was asked about and contradicts itself nowhere.

        Raises:
            Unavailable: It is not; the message says every reason, and holds no name or id.
        """
        faults = [*self._faults_of_identity(external_id, site_number), *self._faults(today)]
        if faults:
            raise Unavailable(f"The account service contradicts itself: {'; '.join(faults)}.")
        site = self.site
        # Whoever else the service lists is not this visitor's business.
        people = {external_id, *(charge.sender_id for charge in self.charges)}
        users = {user.id: _ocean_user(user) for user in self.users if user.id in people}
        invoices = sorted(self.invoices, key=lambda invoice: invoice.number)
        invoices.sort(key=lambda invoice: invoice.month, reverse=True)
        return AccountSnapshot(
            site=Site(
                number=site.number,
                name=site.name,
                billed_by=site.billed_by,
                emr_vendor=site.emr_vendor,
                provenance=Provenance("service", detail, site.as_of),
            ),
            user=users[external_id],
            is_site_admin=self.is_site_admin,
            users=tuple(users[id_] for id_ in sorted(users)),
            licences=tuple(
                MessagingLicence(licence.holder_id, licence.covered_ids, licence.model)
                for licence in self.licences
            ),
            links=tuple(
                _account_link(link, detail) for link in self.links if link.user_id in people
            ),
            link_knowledge=tuple(
                LinkKnowledge(read.user_id, site_number, Provenance("service", detail, read.as_of))
                for read in self.links_read
                if read.user_id in users
            ),
            invoices=tuple(
                Invoice(invoice.number, invoice.month, Provenance("service", detail, invoice.as_of))
                for invoice in invoices
            ),
            charges=tuple(MessageCharge(**charge.model_dump()) for charge in self.charges),
        )

    def _faults_of_identity(self, external_id: str, site_number: str) -> Iterator[str]:
        if self.site.number != site_number:
            yield "it is of another site than was asked about"
        if self.user_id != external_id:
            yield "it is of another user than was asked about"
        if external_id not in {user.id for user in self.users}:
            yield "the user who was asked about is not among users"

    def _faults(self, today: date) -> Iterator[str]:
        ids = {user.id for user in self.users}
        numbers = {invoice.number for invoice in self.invoices}
        months = {invoice.month for invoice in self.invoices}
        if len(ids) < len(self.users) or len(numbers) < len(self.invoices):
            yield "a user or an invoice is listed twice"
        if any(len(each.covered_ids) > MAX_COVERED[each.model] for each in self.licences):
            yield "a licence covers more people than it can"
        if len(months) > MONTHS_READ or any(month > f"{today:%Y-%m}" for month in months):
            yield f"there are invoices of more than {MONTHS_READ} months, or of later ones"
        if not {charge.invoice_number for charge in self.charges} <= numbers:
            yield "there are charges of invoices that are not listed"
        if not all(charge.amount_cents for charge in self.charges):
            yield "there are charges of nothing"
        if len({charge.currency for charge in self.charges}) > 1:
            yield "the charges are in several currencies"
        seen = [self.site.as_of, *(link.as_of for link in self.links)]
        seen += [*(read.as_of for read in self.links_read), *(each.as_of for each in self.invoices)]
        days = [moment.date() for moment in seen] + [charge.sent_on for charge in self.charges]
        if max(days) > today + ONE_DAY:
            yield "something is dated in the future"


def _ocean_user(user: _User) -> OceanUser:
    return OceanUser(user.id, user.username, user.name, user.email)


def _account_link(link: _Link, detail: str) -> AccountLink:
    return AccountLink(
        user_id=link.user_id,
        site_number=link.site_number,
        emr_vendor=link.emr_vendor,
        emr_username=link.emr_username,
        linked_at=link.linked_at,
        provenance=Provenance("service", detail, link.as_of),
    )
