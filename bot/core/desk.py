"""The support desk: what happens between a visitor and people, without the dialogue engine.

The gateway and the actions come here to queue, claim, transfer, return and resolve. Each change of
owner is stored together with the words that announce it, so that no announcement is without its
change and nobody changes hands untold. What is promised to a visitor is counted, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core import handoff
from bot.core.conversations import Button, Conversation, Message, Reply
from bot.core.errors import BadInput, Conflict, NotFound, Unavailable
from bot.core.handoff import AGENT_LEASE, Ownership, Reason, Transfer
from bot.core.hours import OpeningHours
from bot.core.payloads import BACK_TO_BOT, LEAVE_REQUEST, REQUEST_CANCELLATION
from bot.core.ratings import (
    COMMENT_RATING,
    RATE,
    RATING_COMMENT,
    SCORES,
    rate_payload,
    read_score,
)
from bot.core.waits import MOST_WAITS, RECENT, STEPS_MIN, Outlook, likely_minutes

if TYPE_CHECKING:
    from bot.core.agents import Agent
    from bot.core.language import Language
    from bot.core.ports.agents import Agents
    from bot.core.ports.clock import Clock
    from bot.core.ports.conversations import Conversations
    from bot.core.ports.desk import DeskRecords
    from bot.core.ports.dialogue import Phrases

# Whoever has waited so long is told so, once, with the offer to leave a message instead.
LONG_WAIT = timedelta(minutes=10)
UNHELPFUL_BEFORE_HANDOFF = 2
# What tells visitors that they are in the queue.
_TELLS_OF_QUEUE = frozenset({"handoff/queued", "handoff/away", "handoff/waiting"})
_SENTENCES: dict[str, str] = {
    "asked": "utter_queued",
    "abstained": "utter_queued_abstained",
    "angry": "utter_queued_angry",
    "failed": "utter_queued_failed",
    "unhelpful": "utter_queued_unhelpful",
    "taken_over": "utter_queued",
}


@dataclass(frozen=True, slots=True)
class SupportDesk:
    """The ports of the desk in one hand; every method is safe from several processes."""

    conversations: Conversations
    agents: Agents
    records: DeskRecords
    phrases: Phrases
    clock: Clock
    hours: OpeningHours
    lease: timedelta = AGENT_LEASE

    # --- The visitor's side ---

    def queue(self, conversation: Conversation, reason: Reason, language: Language) -> Reply:
        """Puts the conversation into the queue, then says so: what is said is true already."""
        change = handoff.ask_person(Ownership.of(conversation), self.clock.now(), reason)
        self.conversations.change_owner(conversation.id, change, at=self.clock.now())
        return self._queued(conversation.id, _SENTENCES[reason], language)

    def tell_untold(self, conversation: Conversation, language: Language) -> list[Reply]:
        """What `queue` says, to a visitor who waits and whom a crash kept from hearing it."""
        since = conversation.waiting_since
        said = self.conversations.messages(conversation.id)
        if since is None or any(m.topic in _TELLS_OF_QUEUE and m.created_at >= since for m in said):
            return []
        sentence = _SENTENCES[conversation.handoff_reason or "asked"]
        return [self._queued(conversation.id, sentence, language)]

    def outlook(self, conversation_id: str) -> Outlook:
        """What may be expected now by whoever waits in this conversation."""
        now = self.clock.now()
        waits = self.records.recent_waits(now - RECENT, MOST_WAITS)
        return Outlook(
            place=self.records.place_in_queue(conversation_id),
            within_min=likely_minutes(waits),
            is_open=self.hours.is_open(now),
            is_staffed=bool(self.agents.present(now - self.lease)),
        )

    def answer(self, message: Message, conversation: Conversation) -> list[Reply] | None:
        """What the desk itself answers to a message; None if that is for the engine or for nobody.

        Whoever leaves a message for the team leaves the queue with it.
        """
        if message.payload is None:
            return self._take_comment(message)
        payload, language = message.payload, message.language
        if payload.startswith(RATE):
            return self._rate(message)
        if payload == COMMENT_RATING:
            return [self._notice("utter_rating_comment", RATING_COMMENT, language)]
        if payload == BACK_TO_BOT:
            # It may be clicked twice: the second time there is nothing to leave.
            if conversation.state in ("waiting", "agent"):
                self._leave(conversation)
            return [self._back_again(conversation.id, language)]
        if payload == LEAVE_REQUEST and conversation.state == "waiting":
            self._leave(conversation)
        return None

    def hear_vote(self, conversation_id: str, *, helpful: bool) -> bool:
        """After a vote on an answer: brings a person at the second unhelpful one in this stretch.

        Not while a request is being collected: that goes on. Gives whether a person was brought.
        """
        conversation = self.conversations.get(conversation_id)
        if helpful or conversation.state != "bot":
            return False
        if self.conversations.draft(conversation_id) is not None:
            return False
        if self.records.unhelpful_votes(conversation_id) < UNHELPFUL_BEFORE_HANDOFF:
            return False
        reply = self.queue(conversation, "unhelpful", conversation.language)
        self.conversations.say(conversation_id, reply.author, [reply], at=self.clock.now())
        return True

    # --- The agents' side ---

    def claim(self, conversation_id: str, agent: Agent) -> Conversation:
        """Gives the conversation to the agent; of two who claim at once one gets Conflict."""
        now = self._ownership(conversation_id)
        change = handoff.claim(now, agent.id)
        return self._announce(conversation_id, change, "utter_agent_joined", "joined", agent)

    def transfer(self, conversation_id: str, agent: Agent, to_agent_id: str) -> Conversation:
        """Gives the agent's own conversation to a colleague.

        Raises:
            BadInput: No such colleague may sign in.
        """
        colleague = next((a for a in self.agents.all() if a.id == to_agent_id), None)
        if colleague is None:
            raise BadInput("No such agent. GET /api/v1/agent/agents lists them.")
        change = handoff.transfer(self._ownership(conversation_id), agent.id, colleague.id)
        return self._announce(
            conversation_id, change, "utter_agent_transferred", "joined", colleague
        )

    def give_back(self, conversation_id: str, agent: Agent) -> Conversation:
        """Gives the agent's own conversation back to the bot, with its form forgotten."""
        change = handoff.back_to_bot(self._ownership(conversation_id), by=agent.id)
        self._forget_forms(conversation_id)
        return self._announce(conversation_id, change, "utter_agent_returned", "left", agent)

    def resolve(self, conversation_id: str, agent: Agent, note: str | None = None) -> Conversation:
        """Ends the agent's own conversation and asks the visitor how it went."""
        change = handoff.resolve(self._ownership(conversation_id), agent.id)
        self._forget_forms(conversation_id)
        resolved = self._announce(conversation_id, change, "utter_resolved", "left", agent)
        if note:
            self.records.add_note(conversation_id, agent, note, at=self.clock.now())
        return resolved

    def _forget_forms(self, conversation_id: str) -> None:
        self.conversations.drop_draft(conversation_id)
        self.conversations.drop_errand(conversation_id)

    # --- What time does ---

    def reclaim(self) -> list[str]:
        """Puts conversations whose agent is gone back into the queue; gives their ids."""
        now = self.clock.now()
        present = {agent.id for agent in self.agents.present(now - self.lease)}
        lost = [c for c in self.records.held() if c.assignee_id not in present]
        return [c.id for c in lost if self._put_back(c)]

    def remind(self) -> list[str]:
        """Tells those who have waited long, once each, and offers to take a message instead."""
        now = self.clock.now()
        told = []
        for conversation in self.records.untold_waiting(now - LONG_WAIT):
            outlook = self.outlook(conversation.id)
            language = conversation.language
            sentences = (
                self._say("utter_still_waiting", language),
                self._expectation(outlook, language),
            )
            ways_out = self._ways_out(outlook, language, is_long=True)
            reply = Reply("handoff", " ".join(sentences), "handoff/waiting", ways_out)
            if self._tell_waiting(conversation, reply):
                told.append(conversation.id)
        return told

    # --- Shared ---

    def _ownership(self, conversation_id: str) -> Ownership:
        return Ownership.of(self.conversations.get(conversation_id))

    def _announce(
        self, conversation_id: str, change: Transfer, name: str, topic: str, agent: Agent
    ) -> Conversation:
        language = self.conversations.get(conversation_id).language
        said = [Reply("handoff", self._say(name, language, agent=agent.name), f"handoff/{topic}")]
        if change.outcome == "resolved":
            said.append(self._ask_rating(language))
        return self.conversations.change_owner(
            conversation_id, change, at=self.clock.now(), saying=said
        )

    def _tell_waiting(self, conversation: Conversation, reply: Reply) -> bool:
        now = self.clock.now()
        try:
            owned = Ownership.of(conversation)
            if not self.records.mark_told(conversation.id, at=now):
                return False
            self.conversations.say(
                conversation.id, reply.author, [reply], at=now, while_owned=owned
            )
        except (Conflict, NotFound, Unavailable):
            # Somebody has joined meanwhile, it is erased, or nobody can say whose it is.
            return False
        return True

    def _put_back(self, conversation: Conversation) -> bool:
        now = self.clock.now()
        text = self._say("utter_agent_away", conversation.language)
        back = self._ways_out(self.outlook(conversation.id), conversation.language)
        reply = Reply("handoff", text, "handoff/away", back)
        try:
            change = handoff.lose(Ownership.of(conversation), now)
            self.conversations.change_owner(conversation.id, change, at=now, saying=[reply])
        except (Conflict, NotFound, Unavailable):
            # Another gateway was first, the agent has just acted, it is erased, or its row cannot
            # be read: then the others are taken back all the same.
            return False
        return True

    def _leave(self, conversation: Conversation) -> None:
        now = self.clock.now()
        change = handoff.back_to_bot(Ownership.of(conversation), by="visitor")
        self.conversations.change_owner(conversation.id, change, at=now)
        errand = self.conversations.errand(conversation.id)
        if errand and errand.asked:
            # Its form is forgotten by then: what comes next answers no question of it.
            self.conversations.save_errand(conversation.id, replace(errand, asked=None), at=now)

    def _queued(self, conversation_id: str, sentence: str, language: Language) -> Reply:
        outlook = self.outlook(conversation_id)
        sentences = [self._say(sentence, language), self._expectation(outlook, language)]
        return Reply(
            "handoff",
            " ".join(sentences),
            "handoff/queued",
            self._ways_out(outlook, language),
        )

    def _back_again(self, conversation_id: str, language: Language) -> Reply:
        """That the bot answers again; a cancellation request left open is offered, its form is not.

        Whatever is written next answers no question of it.
        """
        text = self._say("utter_back_to_bot", language)
        if self.conversations.draft(conversation_id) is None:
            return Reply("handoff", text, "handoff/left")
        text += " " + self._say("utter_request_kept", language)
        take_up = Button(self._say("utter_button_take_up", language), REQUEST_CANCELLATION)
        return Reply("handoff", text, "handoff/left", (take_up,))

    def _expectation(self, outlook: Outlook, language: Language) -> str:
        if not outlook.is_open:
            hours = self.hours.describe(language, self.clock.now())
            return self._say("utter_queue_closed", language, hours=hours)
        if not outlook.is_staffed:
            return self._say("utter_queue_nobody", language)
        first = outlook.place <= 1
        sentences = [
            self._say("utter_queue_next", language)
            if first
            else self._say("utter_queue_place", language, place=outlook.place)
        ]
        if outlook.within_min is not None:
            sentences.append(self._wait(outlook.within_min, language))
        return " ".join(sentences)

    def _wait(self, minutes: int, language: Language) -> str:
        if minutes <= 1:
            return self._say("utter_queue_wait_short", language)
        if minutes > STEPS_MIN[-1]:
            return self._say("utter_queue_wait_long", language)
        return self._say("utter_queue_wait", language, minutes=minutes)

    def _ways_out(
        self, outlook: Outlook, language: Language, *, is_long: bool = False
    ) -> tuple[Button, ...]:
        back = Button(self._say("utter_button_back_to_bot", language), BACK_TO_BOT)
        leave = Button(self._say("utter_button_leave_request", language), LEAVE_REQUEST)
        # Where no person may be had now, leaving a message is the first thing to offer.
        is_away = is_long or not (outlook.is_open and outlook.is_staffed)
        return (leave, back) if is_away else (back, leave)

    def _ask_rating(self, language: Language) -> Reply:
        buttons = tuple(
            Button(self._say(f"utter_rating_{score}", language), rate_payload(score))
            for score in reversed(SCORES)
        )
        return Reply("notice", self._say("utter_ask_rating", language), "rating/ask", buttons)

    def _rate(self, message: Message) -> list[Reply]:
        score = read_score(message.payload or "")
        self.records.rate(message.conversation_id, score, at=self.clock.now())
        button = Button(self._say("utter_button_comment", message.language), COMMENT_RATING)
        text = self._say("utter_rated", message.language)
        return [Reply("notice", text, "rating/thanks", (button,))]

    def _take_comment(self, message: Message) -> list[Reply] | None:
        """Keeps a text as the comment on a rating if just that was asked for."""
        if self.records.last_topic(message.conversation_id, before=message.id) != RATING_COMMENT:
            return None
        self.records.comment_rating(message.conversation_id, message.text)
        return [self._notice("utter_rating_thanks", "rating/thanks", message.language)]

    def _notice(self, name: str, topic: str, language: Language) -> Reply:
        return Reply("notice", self._say(name, language), topic)

    def _say(self, name: str, language: Language, **values: object) -> str:
        return self.phrases.say(name, language, **values)
