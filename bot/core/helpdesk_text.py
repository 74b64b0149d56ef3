"""What the helpdesk is told of a ticket, in the requester's language.

The description is for the requester's eyes too, so it holds only what they gave; whatever else is
known goes into the private comment, with the conversation as it is stored: masked.
Called by the adapters (`outgoing_ticket`) and by delivery (`private_comment`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from bot.core.formats import amount, day, listed, local_day, local_time, month
from bot.core.helpdesk import Comment, OutgoingTicket

if TYPE_CHECKING:
    from bot.core.conversations import Message
    from bot.core.language import Language
    from bot.core.ports.dialogue import Phrases
    from bot.core.tickets import Ticket

# What is shown to the requester, in this order; a field that is not named here stays private.
PUBLIC = (
    "products",
    "requester_name",
    "requester_email",
    "site_number",
    "emr_vendor",
    "reason",
    "description",
)
TAG = "ocean_helpdesk"
# Fields whose values are codes, with the family of sentences that tells them.
_CODED = {
    "products": "utter_product_",
    "finding": "utter_finding_",
    "source": "utter_source_",
    "language": "utter_helpdesk_language_",
    "duties": "utter_helpdesk_duty_",
    "identity": "utter_helpdesk_identity_",
    "fact": "utter_helpdesk_fact_",
    "issuer": "utter_helpdesk_issuer_",
    "covered_as": "utter_helpdesk_covered_as_",
    "place": "utter_helpdesk_place_",
}
_DAYS = frozenset({"first_on", "last_on"})
_MOMENTS = frozenset({"as_of", "found_at", "linked_at", "linked_by"})
_MONTHS = frozenset({"month", "months"})
# Lists of records that are too long to stand in one line.
_A_LINE_EACH = frozenset({"duties_shown", "senders", "evidence"})


def outgoing_ticket(body: str, phrases: Phrases) -> OutgoingTicket:
    """A stored ticket in a helpdesk's terms; the same body always gives the same."""
    stored: dict[str, Any] = json.loads(body)
    language: Language = "en" if stored["language"] == "en" else "fr"
    fields = {**stored["fields"], "site_number": stored["site_number"]}
    fields["requester_name"] = stored["requester"]["name"]
    fields["requester_email"] = stored["requester"]["email"]
    lines = [
        _line(name, fields[name], language, phrases) for name in PUBLIC if _has(fields.get(name))
    ]
    kind = phrases.say(f"utter_kind_{stored['kind']}", language)
    about = [kind[:1].upper() + kind[1:]]
    if fields.get("products"):
        about.append(_value("products", fields["products"], language, phrases))
    if stored["site_number"]:
        about.append(f"site {stored['site_number']}")
    return OutgoingTicket(
        external_key=stored["external_key"],
        subject=f"{' – '.join(about)} ({stored['external_key']})",
        description="\n".join(lines),
        requester_name=stored["requester"]["name"],
        requester_email=stored["requester"]["email"],
        language=language,
        tags=(
            TAG,
            stored["kind"],
            f"lang_{language}",
            *(["to_confirm"] if stored["to_confirm"] else []),
        ),
        facts={
            "reference": stored["external_key"],
            "kind": stored["kind"],
            **{name: _plain(value) for name, value in fields.items() if _has(value)},
        },
    )


def private_comment(
    key: str, ticket: Ticket, messages: Sequence[Message], phrases: Phrases
) -> Comment:
    """What only the team sees: what else is known, and the conversation so far, oldest first."""
    language: Language = "en" if ticket.language == "en" else "fr"
    known = {name: value for name, value in ticket.fields.items() if name not in PUBLIC}
    known["to_confirm"] = ticket.to_confirm
    lines = [_line(name, value, language, phrases) for name, value in known.items() if _has(value)]
    title = phrases.say("utter_helpdesk_transcript", language)
    said = [_said(message, language, phrases) for message in messages]
    talk = [title, *said] if said else []
    return Comment(key, "\n\n".join(["\n".join(lines), *talk, f"[{key}]"]))


def _said(message: Message, language: Language, phrases: Phrases) -> str:
    author = phrases.say(f"utter_helpdesk_author_{message.author}", language)
    line = phrases.say("utter_helpdesk_line", language, label=author, value=_inert(message.text))
    return f"[{message.created_at:%Y-%m-%d %H:%M} UTC] {line}"


def _line(name: str, value: object, language: Language, phrases: Phrases) -> str:
    try:
        label = phrases.say(f"utter_helpdesk_field_{name}", language)
    except KeyError:
        label = name.replace("_", " ")
    return phrases.say(
        "utter_helpdesk_line",
        language,
        label=label,
        value=_value(name, value, language, phrases),
    )


def _value(name: str, value: object, language: Language, phrases: Phrases) -> str:
    """A value in words. Several records are a line each; the fields of one stand in its line."""
    if isinstance(value, bool):
        return phrases.say("utter_helpdesk_yes" if value else "utter_helpdesk_no", language)
    if isinstance(value, list):
        parts = [_value(name, item, language, phrases) for item in value]
        if len(parts) > 1 and name in _A_LINE_EACH:
            return "".join(f"\n  - {part}" for part in parts)
        return ", ".join(parts)
    if isinstance(value, Mapping):
        return _record(name, value, language, phrases).replace("\n", " ")
    return _word(name, value, language, phrases)


def _record(name: str, record: Mapping[str, Any], language: Language, phrases: Phrases) -> str:
    if name == "scopes":
        return listed((_scope(*item, language, phrases) for item in record.items()), language)
    if name == "duties_shown":
        return _duty_shown(record, language, phrases)
    if name == "by_month":
        count, cents = record["message_count"], record["amount_cents"]
        return f"{month(record['month'], language)} ({count} × {amount(cents, language)})"
    known = {
        # A semicolon ends a field: none of somebody's words may do so.
        field: value.replace(";", ",") if isinstance(value, str) else value
        for field, value in record.items()
        if _has(value)
    }
    if known.get("source") == "database":
        known.pop("detail", None)  # the name of a table
    return "; ".join(_line(field, value, language, phrases) for field, value in known.items())


def _scope(product: str, scope: str, language: Language, phrases: Phrases) -> str:
    named = _word("products", product, language, phrases)
    try:
        return phrases.say(f"utter_scope_{scope}", language, product=named)
    except KeyError:
        return f"{named} ({scope})"


def _duty_shown(notice: Mapping[str, Any], language: Language, phrases: Phrases) -> str:
    duty = _word("duties", notice["duty"], language, phrases)
    if not notice["accepted_at"]:
        return duty
    at = datetime.fromisoformat(notice["accepted_at"])
    return phrases.say(
        "utter_helpdesk_duty_accepted",
        language,
        duty=duty,
        day=local_day(at, language),
        time=local_time(at, language),
    )


def _word(name: str, value: object, language: Language, phrases: Phrases) -> str:
    text = str(value)
    try:
        if name in _CODED:
            return phrases.say(f"{_CODED[name]}{text.replace(':', '_')}", language)
        if name in _DAYS:
            return day(date.fromisoformat(text), language)
        if name in _MOMENTS:
            at = datetime.fromisoformat(text)
            return f"{local_day(at, language)}, {local_time(at, language)}"
        if name in _MONTHS:
            return month(text, language)
        if name.endswith("_cents"):
            return amount(int(text), language)
    except (KeyError, ValueError):
        pass  # Of another version: told as it was stored, since the team must get its ticket.
    return _inert(text)


def _inert(text: str) -> str:
    """Words of a visitor or agent that a helpdesk can show as nothing else.

    Where comments are read as Markdown, an image would be fetched from wherever it points by the
    browser of whoever reads the ticket. And a line after the first is set in, so that it cannot
    pass for a field, or for something that somebody else has said.
    """
    return text.replace("![", "! [").replace("\n", "\n  ")


def _plain(value: object) -> str:
    """A value as text: lists with commas, what is deeper as JSON."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    if isinstance(value, list | Mapping):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return str(value)


def _has(value: object) -> bool:
    return value not in (None, "", [], {})
