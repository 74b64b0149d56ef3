"""The port to the accounts of clinics, which the vendor keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import date

    from bot.core.accounts import AccountSnapshot


class AccountDirectory(Protocol):
    """Where the accounts of clinics are looked up; read-only."""

    def snapshot(self, external_id: str, site_number: str, today: date) -> AccountSnapshot:
        """What is known of this user at this site.

        Invoices are those of the last `MONTHS_READ` months that have any, up to the month of
        `today`. Only patient messages that cost something are charges: other products, and
        messages listed at no cost, are not.

        Raises:
            NotFound: The user is not a member of the site; the same error, word for word, if
                either is unknown.
            Unavailable: The directory cannot be read, or holds what cannot be understood.
        """
