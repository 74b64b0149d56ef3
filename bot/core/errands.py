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
from bot.core.heard import UNCLEAR
from bot.core.wording import phrases

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
_NOUN = r"\b(?:note|pr[ée]cision|message)\b"
# The colon of "15:30" opens no note.
_AFTER_COLON = re.compile(
    _NOUN + r"[^:.]{0,30}?(?:(?<!\d):|:(?!\d))\s*(?P<note>\S.{2,})", re.IGNORECASE | re.DOTALL
)
# Right after the noun or a verb of saying: in "une note à la demande que j'ai faite" it opens none.
_AFTER_THAT = re.compile(
    _NOUN + r"(?:[^:.]{0,30}?\b(?:dire|disant|indiquer|indiquant|say|saying|stating))?"
    r"\s+(?:que|that)\s+(?P<note>\S.{2,})",
    re.IGNORECASE | re.DOTALL,
)
# Of what opens so, "que" tells which note is meant: "une note que j'ai oubliée".
_TELLS_WHICH = phrases(
    "j'ai oubli*, j'avais oubli*, j'ai laiss*, j'ai envoy*, je vous ai laiss*, je vous ai envoy*, "
    "nous avons oubli*, nous avons envoy*, on a oubli*, on a envoy*, i forgot, i left, i sent, "
    "i wrote, we forgot, we left, we sent",
    opening=True,
)
# Who names a time has begun the note; "ajoutez une note, svp" has not.
_BEFORE_TIME = re.compile(_NOUN + r"\s*,\s*(?P<note>\S.*\d:\d.*)", re.IGNORECASE | re.DOTALL)
# Where any words are the answer, these alone are none: the first say that there is nothing to add.
_NOTHING_TO_ADD = phrases(
    "non, nan, nenni, non merci, non rien, non c'est tout, non c'est beau, non c'est bon, non ça "
    "va, non finalement, finalement non, non pas maintenant, pas maintenant, rien, rien merci, "
    "rien finalement, finalement rien, rien du tout, rien d'autre, rien à ajouter, aucune, aucune "
    "note, pas de note, pas besoin, c'est tout, merci, merci non, merci bien, no, nah, nope, no "
    "thanks, no thank you, no nothing, no never mind, actually no, no actually, not now, nothing, "
    "nothing thanks, nothing else, nothing actually, actually nothing, nothing to add, no note, "
    "none, that's all, that's it, thanks, thank you, never mind, nevermind, laisse faire, laissez "
    "faire, laisse tomber, laissez tomber, oublie ça, oubliez ça, forget it"
)
_BARE_YES = phrases(
    "oui, oui oui, oui svp, oui merci, oui je veux, ouais, ok, okay, d'accord, parfait, bien sûr, "
    "certainement, yes, yes please, yes i do, yeah, yep, yup, sure, of course, all right"
)
# Not wanting to keep something is no wish to keep it.
_NOT_KEPT = phrases(
    "veux pas la garder, veux pas garder, veux plus la garder, veux plus garder, veut pas la "
    "garder, veut pas garder, veut plus la garder, veut plus garder, voulons pas la garder, "
    "voulons pas garder, voulons plus la garder, voulons plus garder, la gardez pas, veux plus de "
    "cette demande, don't want to keep, do not want to keep, don't keep, do not keep, no longer "
    "want to keep, don't want it anymore, don't want it any more"
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
    if purpose != "note":
        return None
    that = _AFTER_THAT.search(heard.text)
    if that and _TELLS_WHICH.search(wording.plain(that["note"])):
        that = None
    openings = [that, _AFTER_COLON.search(heard.text), _BEFORE_TIME.search(heard.text)]
    # What opens it first: "une note que le bureau ferme : le 30".
    found = min(filter(None, openings), key=lambda opening: opening.start("note"), default=None)
    if found is None or not _beside_values(found["note"], heard):
        return None
    return found["note"].strip()[:TEXT_CHARS]


def _beside_values(text: str, heard: Heard) -> str:
    """What a text says beside a reference and an email; nothing if it is no more than these."""
    text = wording.EMAIL.sub("", text)
    for reference in heard.all_of("ticket_reference"):
        # Spelled with hyphens, with spaces, or in one word.
        spelled = re.escape(reference).replace(r"\-", "[ -]?")
        text = re.sub(spelled, "", text, flags=re.IGNORECASE)
    return text.strip(" .,;:!")


def goes_on(errand: Errand, heard: Heard) -> bool:
    """Whether a message answers within an errand, although its intent would begin another one.

    The classifier has learned that a bare reference asks for a status, and "oui, retirez ma
    demande" resembles the wish that it says yes to. A button means what it says.
    """
    if heard.text.startswith("/"):
        return False
    references = heard.all_of("ticket_reference")
    is_support = errand.purpose == "support"
    match errand.asked:
        case "text":
            return True
        case "confirm":
            is_same_ticket = is_support or {*references} <= {errand.reference}
            return PURPOSES.get(heard.intent) == errand.purpose and is_same_ticket
        case "reference" | "email":
            text = wording.plain(heard.text)
            if not (wording.email_in(text) or (references and not is_support)):
                return False
            # "Retirez OCN-7K3M-9QXT" wishes for something else, and so does a question.
            is_status = heard.intent == "ask_ticket_status" and not wording.asks(text)
            return (is_status and not is_support) or not _beside_values(text, heard)
    return False


def hear(errand: Errand, heard: Heard) -> tuple[Errand, Verdict]:
    """The errand after a message that is not its first, and what became of the message."""
    if heard.intent == "confirm_draft":
        return _confirmed(errand, is_yes=heard.all_of("draft") == [errand.digest])
    text = "" if heard.text.startswith("/") else wording.plain(heard.text)
    if errand.asked == "confirm" and text and heard.intent in _INSTEAD_OF_TEXT:
        # "Oui je veux parler à quelqu'un" agrees to nothing.
        return errand, "elsewhere"
    if errand.asked == "confirm" and _opens_with_yes(errand, heard, text):
        return _confirmed(errand, is_yes=True)
    if _is_given_up(errand, heard, text):
        return errand, "stopped"
    match errand.asked:
        case "text":
            if _BARE_YES.fullmatch(_words(text)):
                return _missed(errand)
            if not text or (heard.intent in _INSTEAD_OF_TEXT and len(text.split()) <= _LONG):
                return errand, "elsewhere"
            return _taken(replace(errand, text=heard.text.strip()[:TEXT_CHARS]))
        case "confirm":
            return _hear_confirmation(errand, heard, text)
        case "name" | "email" | "reference":
            found = _with_value(errand, heard, text)
            if found is not None:
                return _taken(found)
            if _is_note(errand, heard, text):
                return _taken(replace(errand, text=heard.text.strip()[:TEXT_CHARS]))
    if heard.intent in _SPOKEN or not text or (errand.purpose != "support" and not _is_short(text)):
        return errand, "elsewhere"
    if errand.purpose != "support" and heard.intent == "faq":
        return errand, "elsewhere"
    return _missed(errand)


def _is_note(errand: Errand, heard: Heard, text: str) -> bool:
    """Whether the note itself comes while its ticket is asked for: "appelez après 15 h"."""
    is_open = errand.purpose == "note" and not errand.text and not _is_short(text)
    return is_open and heard.intent in {*UNCLEAR, "inform"} and not wording.asks(text)


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


def _opens_with_yes(errand: Errand, heard: Heard, text: str) -> bool:
    """Whether this says yes first and nothing against it, whatever the words after it resemble.

    "Oui, annulez-la" agrees to a withdrawal; "ok, oubliez ça" does not, nor "oui, gardez-la".
    """
    rest = _NOT_KEPT.sub("", text)
    if not wording.agrees(rest, is_yes=False) or wording.refuses(rest):
        return False
    if heard.intent not in ("stop", "deny"):
        return True
    return errand.purpose == "withdraw" and not wording.gives_up(text)


def _is_given_up(errand: Errand, heard: Heard, text: str) -> bool:
    if errand.asked == "text":
        # A note may well say "arrêtez tout le 30".
        is_stop = heard.intent == "stop" and (not text or _is_short(text))
        return is_stop or _NOTHING_TO_ADD.fullmatch(_words(text)) is not None
    return heard.intent == "stop"


def _words(text: str) -> str:
    """The text without its punctuation."""
    return " ".join(re.sub(r"[.,;:!]", " ", text).split())


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
