"""What tests are made of: valid things, of which each test states only what matters to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.core.agents import Agent
from bot.core.cancellation import Draft, Notice
from bot.core.conversations import Button, Conversation, Identity, Message, Reply
from bot.core.ports.conversations import Conversations
from bot.core.tickets import CHECKLIST, Ticket, new_reference, request_key
from knowledge_base.article import Section

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)


def an_identity(**changes: Any) -> Identity:
    """A site admin of site 4411, signed in."""
    identity = Identity(
        external_id="ocean-17",
        name="Manon Thibodeau",
        email="m.thibodeau@clinique.example.com",
        email_verified=True,
        site_number="4411",
        roles=("site_admin",),
    )
    return replace(identity, **changes)


def a_conversation(id: str = "conversation-1", **changes: Any) -> Conversation:
    """A French conversation of somebody who is not signed in, with the bot."""
    conversation = Conversation(
        id=id,
        language="fr",
        state="bot",
        identity=None,
        page_url=None,
        topic=None,
        abstentions=0,
        handoff_reason=None,
        waiting_since=None,
        assignee_id=None,
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(conversation, **changes)


def start(
    store: Conversations, id: str = "conversation-1", *greeting: Reply, **changes: Any
) -> Conversation:
    """A conversation kept in a store, opened with this greeting."""
    conversation = a_conversation(id, **changes)
    store.start(conversation, f"hash-of-{id}", greeting)
    return conversation


def exchange(store: Conversations, kept: Conversation, text: str, *said: Reply) -> Message:
    """A message that the visitor has written and what was said in answer; gives the message."""
    client_id = f"client-{store.newest_message_id()}"
    visit = store.add_visit(kept, client_id, text=text, payload=None, at=NOW)
    store.finish_turn(visit, said, at=NOW)
    return visit


def an_answer(text: str = "Voici.", *buttons: Button, topic: str = "faq/invoice-details") -> Reply:
    """An answer from an article."""
    return Reply("answer", text, topic, buttons)


def a_draft(**changes: Any) -> Draft:
    """A request with nothing left to ask, of which the recap has just been shown."""
    draft = Draft(
        products=("tablets_kiosks", "patient_reminders"),
        requester_name="Manon Thibodeau",
        requester_email="m.thibodeau@clinique.example.com",
        site_number="4411",
        emr_vendor="Accuro",
        reason="trop cher",
        asked="confirm",
    )
    draft = replace(draft, **changes)
    if "notices" not in changes:
        shown = NOW.isoformat()
        notices = [Notice(duty, "fr", f"Texte de {duty}.", shown) for duty in draft.duties()]
        draft = replace(draft, notices=tuple(notices))
    return draft if "recapped" in changes else replace(draft, recapped=draft.digest)


def a_ticket(**changes: Any) -> Ticket:
    """An open cancellation of the tablets at site 4411; another request for every other key."""
    ticket = Ticket(
        reference=new_reference(),
        kind="cancellation",
        state="open",
        request_key=request_key("cancellation", "4411", "tablets_kiosks"),
        requester_name="Manon Thibodeau",
        requester_email="m.thibodeau@clinique.example.com",
        site_number="4411",
        language="fr",
        fields={"products": ["tablets_kiosks"], "reason": "l’été, c’est fermé"},
        checklist=dict.fromkeys(CHECKLIST, False),
        to_confirm=True,
        requester_id=None,
        conversation_id=None,
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(ticket, **changes)


def an_agent(id: str = "agent-1", **changes: Any) -> Agent:
    """An agent who may sign in."""
    return replace(Agent(id, f"{id}@soutien.example.com", f"Name of {id}", "agent"), **changes)


def a_section(key: str = "invoice-details#csv", **changes: Any) -> Section:
    """A French section of an article for anyone; `key` is "slug#anchor"."""
    slug, anchor = key.split("#")
    section = Section(
        slug=slug,
        anchor=anchor,
        heading=f"Heading of {key}",
        article_title=f"Title of {slug}",
        language="fr",
        audience="anyone",
        url=f"https://soutien.example.com/{slug}#{anchor}",
        body="Un paragraphe.",
        digest="0123456789abcdef",
    )
    return replace(section, **changes)
