"""What a visitor wants of a ticket, other than to file a cancellation: an errand.

Where it stands, a note to add, taking it back; or leaving a support request when nobody can be had.
`actions/tickets.py` keeps one errand a conversation in the database and does what is settled here;
what a ticket says is told only to whoever may see it (`requester.find_for_visitor`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from bot.core import corrections, names_in_words, wording
from bot.core.filing import Request, digest_of

if TYPE_CHECKING:
    from bot.core.heard import Heard

Purpose = Literal["status", "note", "withdraw", "support"]
ErrandStep = Literal["reference", "email", "text", "name", "confirm", "settled"]
# What became of a message; "way_out" after too many misses in a row.
Verdict = Literal["taken", "missed", "way_out", "stopped", "elsewhere"]
# By the intent that begins each errand.
PURPOSES: Mapping[str, Purpose] = {
    "ask_ticket_status": "status",
    "add_ticket_note": "note",
    "withdraw_ticket": "withdraw",
    "leave_request": "support",
}
# Those that change the ticket last spoken of, if no other is named.
_ON_A_TICKET = frozenset({"note", "withdraw"})
TEXT_CHARS = 2_000
SUBJECT_CHARS = 80
MAX_MISSES = 3
# What ends an errand in favour of something else, whatever was asked.
_ELSEWHERE = frozenset({"ask_person", "abuse", "request_cancellation", "choose_section"})
_SPOKEN = frozenset({"switch_language"}) | _ELSEWHERE
# Where any words are the answer, only these are not, and only if there is no more to them.
_INSTEAD_OF_TEXT = frozenset({"ask_person", "abuse", "switch_language"})
_ASKS_FOR_REFERENCE = re.compile(
    r"\b(?:num[ée]ro|no|r[ée]f[ée]rence|number|ref)\b.{0,20}\b(?:demande|request|ticket|billet)\b"
    r"|\b(?:request|ticket|reference|confirmation)\s+(?:number|no|id)\b|\bma r[ée]f[ée]rence\b",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"\b(?:note|pr[ée]cision|message)\b[^:.]{0,30}?\s*(?::|\bque\b|\bthat\b)\s*(?P<note>\S.{2,})",
    re.IGNORECASE | re.DOTALL,
)
# In words.
_SHORT = 4
_LONG = 8


def asks_for_reference(text: str) -> bool:
    """Whether the reference of a request is asked for: "c'est quoi le numéro de ma demande?"."""
    return _ASKS_FOR_REFERENCE.search(text) is not None


@dataclass(frozen=True, slots=True)
class Errand:
    """An errand as far as it has come. `is_known` says that the visitor may see the ticket.

    `confirmed` is the digest that a yes carried; `heard_message` the last message judged.
    """

    purpose: Purpose
    reference: str | None = None
    email: str | None = None
    name: str | None = None
    text: str | None = None
    is_known: bool = False
    asked: ErrandStep | None = None
    misses: int = 0
    confirmed: str | None = None
    heard_message: int = 0

    @property
    def digest(self) -> str:
        """Of what a yes agrees to."""
        return digest_of([self.purpose, self.reference, self.email, self.name, self.text])

    def next_step(self) -> ErrandStep:
        """What to ask now; "settled" when nothing is left to ask."""
        if self.purpose == "support":
            missing: list[tuple[ErrandStep, bool]] = [
                ("text", not self.text),
                ("name", not self.name),
                ("email", not self.email),
                ("confirm", self.confirmed != self.digest),
            ]
        else:
            missing = [
                ("reference", not self.reference),
                ("email", not self.is_known),
                ("text", self.purpose == "note" and not self.text),
                ("confirm", self.purpose == "withdraw" and self.confirmed != self.digest),
            ]
        return next((step for step, is_missing in missing if is_missing), "settled")

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Errand:
        """The errand that `to_json` wrote."""
        return cls(**stored)


def begin(heard: Heard, before: Errand | None) -> Errand:
    """A new errand with what its first message holds, and what an errand `before` has found out.

    A ticket that the visitor was shown in this conversation opens again without its email, and a
    question asked anew before it was answered keeps what was said.
    """
    purpose = PURPOSES[heard.intent]
    references, emails = heard.all_of("ticket_reference"), heard.all_of("email")
    reference = references[-1] if references else None
    email = emails[-1] if emails else None
    if before and before.is_known:
        is_same = reference == before.reference or (reference is None and purpose in _ON_A_TICKET)
        if is_same:
            known = Errand(purpose, before.reference, before.email, is_known=True)
            return replace(known, text=_note_in(heard, purpose))
    elif before and before.asked and before.purpose == purpose:
        return replace(
            before,
            reference=reference or before.reference,
            email=email or before.email,
            text=_note_in(heard, purpose) or before.text,
        )
    return Errand(purpose, reference, email, text=_note_in(heard, purpose))


def _note_in(heard: Heard, purpose: Purpose) -> str | None:
    """The note, where the wish for one holds it: "ajoutez une note : appelez après 15 h"."""
    found = _NOTE.search(heard.text) if purpose == "note" else None
    return found["note"].strip()[:TEXT_CHARS] if found else None


def hear(errand: Errand, heard: Heard) -> tuple[Errand, Verdict]:
    """The errand after a message that is not its first, and what became of the message."""
    if heard.intent == "confirm_draft":
        return _confirmed(errand, is_yes=heard.all_of("draft") == [errand.digest])
    text = "" if heard.text.startswith("/") else wording.plain(heard.text)
    if _is_given_up(errand, heard, text):
        return errand, "stopped"
    match errand.asked:
        case "text":
            if not text or (heard.intent in _INSTEAD_OF_TEXT and len(text.split()) <= _LONG):
                return errand, "elsewhere"
            return _taken(replace(errand, text=heard.text.strip()[:TEXT_CHARS]))
        case "confirm":
            return _hear_confirmation(errand, heard, text)
        case "name" | "email" | "reference":
            found = _with_value(errand, heard, text)
            if found is not None:
                return _taken(found)
    if heard.intent in _SPOKEN or not text or (errand.purpose != "support" and not _is_short(text)):
        return errand, "elsewhere"
    if errand.purpose != "support" and heard.intent == "faq":
        return errand, "elsewhere"
    return _missed(errand)


def to_request(errand: Errand, site_number: str | None) -> Request:
    """What a support request asks for, once it is settled."""
    text = errand.text or ""
    line = text if len(text) <= SUBJECT_CHARS else text[: SUBJECT_CHARS - 1].rstrip() + "…"
    return Request(
        kind="support_request",
        requester_name=errand.name or "",
        requester_email=errand.email or "",
        site_number=site_number or "",
        fields={"subject": line, "description": text},
        about=((errand.email or "").lower(), text),
    )


def _with_value(errand: Errand, heard: Heard, text: str) -> Errand | None:
    """The errand with the value asked for, or another one that the message names."""
    references = heard.all_of("ticket_reference")
    email = wording.email_in(text)
    if errand.purpose != "support" and references:
        # An email is known before its reference only where it was said first: it is of this one.
        return replace(
            errand, reference=references[-1], email=email or errand.email, is_known=False
        )
    found = replace(errand, email=email or errand.email)
    if errand.asked == "name" and not wording.asks(text):
        found = replace(found, name=names_in_words.name_in(text) or next(iter(heard.names), None))
    return found if found != errand else None


def _hear_confirmation(errand: Errand, heard: Heard, text: str) -> tuple[Errand, Verdict]:
    if heard.intent == "deny" or wording.refuses(text):
        return errand, "stopped"
    if text and wording.agrees(text, is_yes=heard.intent == "affirm"):
        return _confirmed(errand, is_yes=True)
    email = wording.email_in(text)
    if errand.purpose == "support" and email:
        return _taken(replace(errand, email=email))
    if errand.purpose == "support" and (field := corrections.field_to_change(text)):
        match field:
            case "requester_email":
                return _taken(replace(errand, email=None))
            case "requester_name":
                return _taken(replace(errand, name=None))
            case _:
                return _taken(replace(errand, text=None))
    if heard.intent in _SPOKEN or wording.asks(text):
        return errand, "elsewhere"
    return _missed(errand)


def _is_given_up(errand: Errand, heard: Heard, text: str) -> bool:
    if errand.asked == "text":
        # A note may well say "arrêtez tout le 30".
        return heard.intent == "stop" and (not text or _is_short(text))
    return heard.intent == "stop"


def _is_short(text: str) -> bool:
    return len(text.split()) <= _SHORT


def _taken(errand: Errand) -> tuple[Errand, Verdict]:
    return replace(errand, misses=0, confirmed=None), "taken"


def _confirmed(errand: Errand, *, is_yes: bool) -> tuple[Errand, Verdict]:
    if errand.asked != "confirm" or not is_yes:
        # The button of something older: what is open now is shown again.
        return errand, "taken"
    return replace(errand, confirmed=errand.digest, misses=0), "taken"


def _missed(errand: Errand) -> tuple[Errand, Verdict]:
    missed = replace(errand, misses=errand.misses + 1)
    if missed.misses >= MAX_MISSES:
        return replace(missed, misses=0), "way_out"
    return missed, "missed"
