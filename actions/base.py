"""What every action shares: who is speaking, what was understood, and what happens on a fault.

An action says things through its `Turn` and returns Rasa events. Identity and language are looked
up in the database by conversation id; nothing in a Rasa slot is trusted.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import dropwhile, takewhile
from typing import Any, ClassVar

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.say import to_payload
from actions.slots import Event
from bot.core.conversations import Button, Conversation, Kind, Message, Reply, SourceLink
from bot.core.fee_record import Record, last_record
from bot.core.fee_reply import Telling
from bot.core.heard import Heard
from bot.core.language import Language
from bot.core.service_replies import person_button, trouble
from bot.core.services import Services
from bot.wiring import services

log = structlog.get_logger()
NOTHING_UNDERSTOOD = "nlu_fallback"


@dataclass
class Turn:
    """One visitor message on its way to an answer.

    `is_signed_out`: the visitor's sign-in has ended, so that the conversation has no identity.
    """

    services: Services
    tracker: Tracker
    conversation: Conversation
    is_signed_out: bool = False
    replies: list[Reply] = field(default_factory=list)

    @property
    def language(self) -> Language:
        """The language to answer in."""
        return self.conversation.language

    @property
    def text(self) -> str:
        """What the visitor wrote, or the payload of the button."""
        return str(self.tracker.latest_message.get("text") or "")

    @property
    def intent(self) -> str:
        """The name of the intent that was understood."""
        return str(
            (self.tracker.latest_message.get("intent") or {}).get("name") or NOTHING_UNDERSTOOD
        )

    @property
    def is_collecting(self) -> bool:
        """Whether a cancellation request is being collected now; its draft may outlast the form."""
        return bool(self.tracker.active_loop_name == "cancellation_form")

    @cached_property
    def message_id(self) -> int:
        """Our id of the visitor's message; 0 if the message did not come through the gateway."""
        for event in reversed(self.tracker.events):
            if event.get("event") == "user":
                return int((event.get("metadata") or {}).get("message_id") or 0)
        return 0

    @property
    def heard(self) -> Heard:
        """The message as the core takes it."""
        entities = self.tracker.latest_message.get("entities") or []
        return Heard(
            self.text,
            self.intent,
            [(str(e["entity"]), str(e["value"])) for e in entities],
            [(int(e.get("start") or 0), int(e.get("end") or 0)) for e in entities],
        )

    def phrase(self, name: str, **values: object) -> str:
        """A sentence of domain.yml in the visitor's language."""
        return self.services.phrases.say(name, self.language, **values)

    def say(
        self,
        kind: Kind,
        text: str,
        topic: str | None = None,
        buttons: tuple[Button, ...] = (),
        sources: tuple[SourceLink, ...] = (),
        data: dict[str, Any] | None = None,
    ) -> None:
        """Adds a message to the answer."""
        self.replies.append(Reply(kind, text, topic, buttons, sources, data or {}))

    @property
    def telling(self) -> Telling:
        """To whom this turn speaks of fees."""
        chosen, visitor = self.services, self.conversation.identity
        return Telling(chosen.phrases, chosen.search, self.language, visitor, self.now())

    @cached_property
    def transcript(self) -> Sequence[Message]:
        """The conversation so far, oldest message first."""
        return self.services.conversations.messages(self.conversation.id)

    @cached_property
    def just_said(self) -> Sequence[Message]:
        """What was said to the visitor since the message before this one, newest first."""
        earlier = dropwhile(lambda message: message.author == "visitor", reversed(self.transcript))
        return list(takewhile(lambda message: message.author != "visitor", earlier))

    @cached_property
    def fee_record(self) -> Record | None:
        """What a fee check last found for this visitor in this conversation."""
        return last_record(self.transcript, self.conversation.identity)

    def person_button(self) -> Button:
        """The offer of a person."""
        return person_button(self.language, self.services.phrases)

    def now(self) -> datetime:
        """The present moment in UTC."""
        return self.services.clock.now().astimezone(UTC)


class TalkAction(Action, ABC):
    """An action of the assistant. Abstract, or the SDK would register it.

    `events_on_fault` are returned when `act` fails: the visitor has then been told of the trouble.
    """

    events_on_fault: ClassVar[list[Event]] = []

    @abstractmethod
    def name(self) -> str:
        """The action's name in domain.yml."""

    @abstractmethod
    def act(self, turn: Turn) -> list[Event]:
        """Says what is to be said and returns Rasa events."""

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],  # noqa: ARG002 - the SDK passes it by name
    ) -> list[Event]:
        """Called by the SDK. Never raises: it would show the whole tracker to the caller."""
        return await asyncio.to_thread(self._run, dispatcher, tracker)

    def _run(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        turn = None
        try:
            chosen = services()
            kept = chosen.conversations.get(tracker.sender_id)
            current = kept.as_of(chosen.clock.now())
            turn = Turn(chosen, tracker, current, is_signed_out=current.identity != kept.identity)
            events = self.act(turn)
        except Exception as error:
            log.exception(
                "action failed",
                action=self.name(),
                conversation_id=tracker.sender_id,
                error=type(error).__name__,
            )
            if turn is None:
                # Nobody to speak to: an empty answer tells the gateway that something failed.
                return self.events_on_fault
            turn.replies = [trouble(turn.language, turn.services.phrases)]
            events = self.events_on_fault
        for reply in turn.replies:
            dispatcher.utter_message(json_message=to_payload(reply))
        return events
