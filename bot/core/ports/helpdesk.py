"""The port to the vendor's helpdesk, where tickets are delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.core.helpdesk import Capabilities, Comment, LookedUp, Sent


class Helpdesk(Protocol):
    """The vendor's helpdesk. Nothing here raises for what a result can say; all may be repeated."""

    @property
    def capabilities(self) -> Capabilities:
        """What this helpdesk can do."""

    def prepare(self, body: str) -> str:
        """What will be sent for a stored ticket; made once and kept, so that retries are equal."""

    def find(self, external_key: str) -> LookedUp:
        """Whether the helpdesk has the ticket that carries our key."""

    def create(self, external_key: str, payload: str) -> Sent:
        """Creates the ticket from what `prepare` gave."""

    def find_comment(self, ticket_id: str, key: str) -> LookedUp:
        """Whether the ticket has the comment that carries this key."""

    def comment(self, ticket_id: str, comment: Comment) -> Sent:
        """Adds a comment to the ticket."""

    def redact(self, ticket_id: str, key: str) -> Sent:
        """Makes the comment that carries this key unreadable, and the files on it."""

    def check(self) -> str | None:
        """What an operator must mend before anything can be delivered; None if all is well."""
