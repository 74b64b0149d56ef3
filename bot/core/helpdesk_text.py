"""What the helpdesk is told of a ticket, in the requester's language.

The description is for the requester's eyes too, so it holds only what they gave; whatever else is
known goes into the private comment, with the conversation as it is stored: masked.
Called by the adapters (`outgoing_ticket`) and by delivery (`private_comment`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

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
    said = [
        f"[{message.created_at:%Y-%m-%d %H:%M} UTC] {message.author}: {_inert(message.text)}"
        for message in messages
    ]
    talk = [title, *said] if said else []
    return Comment(key, "\n\n".join(["\n".join(lines), *talk, f"[{key}]"]))


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
    if name == "products" and isinstance(value, list):
        return ", ".join(phrases.say(f"utter_product_{code}", language) for code in value)
    if isinstance(value, bool):
        return phrases.say("utter_helpdesk_yes" if value else "utter_helpdesk_no", language)
    return _inert(_plain(value))


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
