"""A diagnosis as it is kept with the message that told it, to be spoken of again.

Called by whatever tells a diagnosis and by what is asked about it later. A record is of one person
at one site: it opens to nobody else, and not to that person once the sign-in has ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any

from bot.core.conversations import Identity, Message
from bot.core.fee_findings import Diagnosis, Evidence, MonthOfCharges, Particulars, SenderLine

_KEY = "record"


@dataclass(frozen=True, slots=True)
class Record:
    """What was found for whom, when.

    `from_files`: it rests on files dropped into the chat. `shown` is what agents see of it.
    """

    diagnosis: Diagnosis
    user_id: str
    site_number: str
    found_at: datetime
    from_files: bool = False
    shown: Mapping[str, Any] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """The record as data of a message; `last_record` reads it back."""
        kept = asdict(self)
        return {**kept.pop("shown"), _KEY: _plain(kept)}


def last_record(messages: Iterable[Message], identity: Identity | None) -> Record | None:
    """The newest diagnosis of the visitor's own that was told in this conversation.

    `identity` is the visitor's as of now; `messages` are in order.
    """
    if identity is None:
        return None
    records = [_read(message) for message in messages if _KEY in message.data]
    own = [
        record
        for record in records
        if (record.user_id, record.site_number) == (identity.external_id, identity.site_number)
    ]
    if not own:
        return None
    # Who is no admin any more is told no more of colleagues, not even what was told before.
    newest = own[-1]
    is_admin = newest.diagnosis.also.is_site_admin and identity.is_site_admin
    return newest if is_admin else replace(newest, diagnosis=_own_part(newest))


def _own_part(record: Record) -> Diagnosis:
    found = record.diagnosis
    if not found.also.is_site_admin:
        return found
    lines = tuple(line for line in found.lines if line.user_id == record.user_id)
    return replace(
        found,
        lines=lines,
        evidence=tuple(
            evidence
            for evidence in found.evidence
            if evidence.params.get("user_id") == record.user_id
        ),
        total_cents=sum(line.amount_cents for line in lines),
        also=replace(found.also, is_site_admin=False),
    )


def _read(message: Message) -> Record:
    kept: Mapping[str, Any] = message.data[_KEY]
    return Record(
        diagnosis=_diagnosis(kept["diagnosis"]),
        user_id=kept["user_id"],
        site_number=kept["site_number"],
        found_at=datetime.fromisoformat(kept["found_at"]),
        from_files=kept["from_files"],
        shown={name: value for name, value in message.data.items() if name != _KEY},
    )


def _diagnosis(kept: Mapping[str, Any]) -> Diagnosis:
    also = _known(Particulars, kept["also"])
    for name in ("linked_at", "linked_by", "elsewhere_linked_at", "elsewhere_linked_by"):
        also[name] = also[name] and datetime.fromisoformat(also[name])
    also["last_charge_on"] = also["last_charge_on"] and date.fromisoformat(also["last_charge_on"])
    return Diagnosis(
        **{
            **kept,
            "lines": tuple(_line(line) for line in kept["lines"]),
            "evidence": tuple(
                Evidence(**{**one, "as_of": datetime.fromisoformat(one["as_of"])})
                for one in kept["evidence"]
            ),
            "months": tuple(kept["months"]),
            "also": Particulars(**also),
        }
    )


def _line(kept: Mapping[str, Any]) -> SenderLine:
    return SenderLine(
        **{
            **_known(SenderLine, kept),
            "first_on": date.fromisoformat(kept["first_on"]),
            "last_on": date.fromisoformat(kept["last_on"]),
            "by_month": tuple(MonthOfCharges(**month) for month in kept["by_month"]),
        }
    )


def _known(kind: type[Particulars] | type[SenderLine], kept: Mapping[str, Any]) -> dict[str, Any]:
    """What was kept, without what these no longer have: a record outlives a release."""
    names = {one.name for one in fields(kind)}
    return {name: value for name, value in kept.items() if name in names}


def _plain(value: Any) -> Any:
    """The same with dates as text and tuples as lists, as JSON keeps it."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value
