"""Forgets a person or a conversation, everywhere, and says what was erased and what remains.

Called by `python -m bot erase` and `export`. What remains has a reason, and the certificate gives
it; counts are taken anew after erasing, so that it tells what is there and not what was meant.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.core import turns as core
from bot.core.audit import Entry
from bot.core.errors import BadInput, Conflict, NotFound, Unavailable
from bot.core.tickets import OPEN_STATES
from bot.core.wording import EMAIL, with_signs

if TYPE_CHECKING:
    from bot.core.ports.privacy import Records
    from bot.core.services import Services

# What goes with a conversation.
_OF_CONVERSATIONS = (
    "conversations",
    "messages",
    "drafts",
    "errands",
    "feedback",
    "agents_notes",
    "stays_with_people",
    "dialogue_engine_events",
)
# Why something is still there after an erasure.
REASONS: Mapping[str, str] = {
    **dict.fromkeys(
        _OF_CONVERSATIONS, "a turn of the conversation did not end in time: erase again in a minute"
    ),
    "open_tickets": "requests that are still being worked on; erase again when they are closed",
    "ticket_notes": "with requests that are still being worked on",
    "delivery_bodies": "with requests that are still being worked on",
    "builtin_helpdesk_bodies": "with requests that are still being worked on",
    "helpdesk_tickets": "copies in the helpdesk, where its own retention applies: ask its "
    "administrator to redact them by these numbers",
    "mentioned_in": "conversations and requests of somebody else, or in which others wrote the "
    "address: look at each, and erase a conversation by its id if it is theirs",
    "account_rows": "account data comes from the vendor and is erased there",
    "audit_entries": "the record of accesses holds ids alone, and must not change",
    "backups": "older backups keep the data until they expire; do not restore one without erasing "
    "again",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what it is about; exactly one is given. The case of `email` does not matter."""

    conversation_id: str | None = None
    external_id: str | None = None
    email: str | None = None

    def __post_init__(self) -> None:
        given = [v for v in (self.conversation_id, self.external_id, self.email) if v]
        if len(given) != 1:
            raise BadInput(
                "Give one of: a conversation id, the external id of an Ocean user, an email."
            )
        if self.email and not EMAIL.fullmatch(self.address):
            # Half an address, such as a first name, would be found in many conversations.
            raise BadInput(f"{self.email!r} is no whole email, such as name@clinic.example.")

    @property
    def kind(self) -> str:
        """What was given."""
        return next(n for n in ("conversation_id", "external_id", "email") if getattr(self, n))

    @property
    def address(self) -> str:
        """The email as it is compared; empty if another thing was given."""
        return (self.email or "").strip().lower()

    @property
    def digest(self) -> str:
        """The subject for records that must not name it: the start of its SHA-256."""
        value = str(getattr(self, self.kind)).strip().lower()
        return hashlib.sha256(value.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Holdings:
    """What is kept of somebody: ids by which it is found, and how much of each kind.

    `mentioned_in` are conversations and requests that hold the address and may be another person's:
    they are neither erased nor handed out.
    """

    conversation_ids: tuple[str, ...]
    ticket_references: tuple[str, ...]
    helpdesk_ids: tuple[str, ...]
    counts: Mapping[str, int]
    mentioned_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Certificate:
    """What an erasure did. `remains` gives for each thing left how much and why."""

    id: str
    at: datetime
    by: str
    subject: str
    erased: Mapping[str, int]
    remains: Mapping[str, Mapping[str, Any]]

    def to_json(self) -> dict[str, Any]:
        """For a file and for the audit log."""
        return {
            "certificate": self.id,
            "at": self.at.isoformat(),
            "by": self.by,
            "subject": self.subject,
            "erased": dict(self.erased),
            "remains": {name: dict(value) for name, value in self.remains.items()},
        }


def holds_address(text: str, email: str) -> bool:
    """Whether a text holds this address, in any case and spelled out too, not as part of another.

    "marie@clinique.ca" is neither in "anne-marie@clinique.ca" nor in "marie@clinique.ca.example".
    """
    address = re.compile(
        rf"(?<![\w.+%-])(?<!\w['’]){re.escape(email)}(?![\w-]|\.\w)", re.IGNORECASE
    )
    return any(map(address.search, (text, with_signs(text))))


def erase_subject(subject: Subject, services: Services, *, by: str) -> Certificate:
    """Erases all that can be erased, and records it.

    Safe to repeat: what remained because it was open then goes once it is closed. A conversation
    whose turn does not end in time remains as well; all else is erased.
    """
    records = _records(services)
    before = records.holdings(subject)
    for conversation_id in before.conversation_ids:
        try:
            core.erase(
                conversation_id, store=services.conversations, clock=services.clock, owner=by
            )
        except (NotFound, Conflict):
            continue  # The visitor erased it a moment ago, or writes in it: then it remains.
        services.events.publish(conversation_id)
    still_open = 0
    if subject.conversation_id is None:
        for reference in before.ticket_references:
            if services.tickets.get(reference).state in OPEN_STATES:
                still_open += 1
            else:
                records.forget_ticket(reference, by=by, at=services.clock.now())
    records.wipe_traces()
    after = records.holdings_of(before)
    certificate = Certificate(
        id=f"ERA-{secrets.token_hex(6)}",
        at=services.clock.now(),
        by=by,
        subject=f"{subject.kind} sha256:{subject.digest}",
        # What remains may have grown meanwhile.
        erased={name: max(n - after.counts.get(name, 0), 0) for name, n in before.counts.items()},
        remains=_remains(before, after, still_open),
    )
    entry = Entry(certificate.at, by, "erase", certificate.id, certificate.to_json())
    services.audit.add(entry)
    return certificate


def _records(services: Services) -> Records:
    if services.kept is None:
        raise Unavailable("What is kept in memory alone is not erased by command.")
    return services.kept


def _remains(before: Holdings, after: Holdings, still_open: int) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {
        name: {"count": count, "why": REASONS.get(name, "not erased: look into it")}
        for name, count in after.counts.items()
        if count and name != "tickets"
    }
    if still_open:
        found["open_tickets"] = {"count": still_open, "why": REASONS["open_tickets"]}
    if before.helpdesk_ids:
        ids = list(before.helpdesk_ids)
        found["helpdesk_tickets"] = {"ids": ids, "why": REASONS["helpdesk_tickets"]}
    if before.mentioned_in:
        ids = list(before.mentioned_in)
        found["mentioned_in"] = {"ids": ids, "why": REASONS["mentioned_in"]}
    for name in ("audit_entries", "backups"):
        found.setdefault(name, {"why": REASONS[name]})
    return found


def export_subject(subject: Subject, services: Services, *, by: str) -> dict[str, Any]:
    """All that is kept of somebody, as JSON can hold it, and records that it was handed out."""
    records = _records(services)
    held = records.holdings(subject)
    now = services.clock.now()
    exported = records.dump(held, subject)
    details = {"counts": dict(held.counts), "subject": f"{subject.kind} sha256:{subject.digest}"}
    services.audit.add(Entry(now, by, "export", "", details))
    return {
        "exported_at": now.isoformat(),
        subject.kind: getattr(subject, subject.kind),
        "mentioned_in": list(held.mentioned_in),
        **exported,
    }
