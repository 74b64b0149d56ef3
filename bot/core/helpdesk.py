"""What a helpdesk can answer, and what it is asked.

Adapters give results, not exceptions, for all that can be foreseen: delivery has one rule for each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Created:
    """It is there now, under the helpdesk's own id."""

    id: str


@dataclass(frozen=True, slots=True)
class Found:
    """It was there before. `others` are further tickets with the same key, which people made."""

    id: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Absent:
    """The helpdesk looked and has nothing of that key."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The helpdesk refuses it and will do so again; a person must look. Nothing is there."""

    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may be there or not: look it up before sending again, not before `seconds` have passed."""

    why: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Later:
    """This call did nothing; it may be repeated after `seconds`, or when delivery thinks fit.

    True of the helpdesk as a whole: nothing else fares better meanwhile.
    """

    why: str
    seconds: float = 0.0


LookedUp = Found | Absent | Unknown | Later
Sent = Created | Found | Rejected | Unknown | Later


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What differs between helpdesks.

    `knows_keys`: a second creation under the same key makes no second ticket. `settles_within`:
    how long after a lost answer what was sent may still be under way, so that a look-up misses it.
    """

    takes_transcripts: bool = False
    can_redact: bool = False
    knows_keys: bool = True
    settles_within: timedelta = timedelta(0)

    def trusts_look_up_after(self, *, of_ticket: bool) -> timedelta:
        """How long to wait after a lost answer: a key makes haste harmless."""
        return timedelta(0) if of_ticket and self.knows_keys else self.settles_within


@dataclass(frozen=True, slots=True)
class Comment:
    """Something to add to a ticket. `key` stands in its text and is how it is found again."""

    key: str
    text: str
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class OutgoingTicket:
    """A ticket in a helpdesk's terms. `facts` go into fields that the operator has mapped."""

    external_key: str
    subject: str
    description: str
    requester_name: str
    requester_email: str
    language: str
    tags: tuple[str, ...]
    facts: dict[str, str] = field(default_factory=dict)
