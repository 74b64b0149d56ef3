"""What the core needs of the outside, as Protocols. Adapters implement them; `wiring.py` picks.

Every method may raise `Unavailable`; the other errors are named where they can happen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from bot.core.accounts import AccountDirectory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.agents import (
        Account,
        AccountChange,
        Agent,
        AgentSession,
        KnownSession,
        Note,
        Side,
        Signal,
    )
    from bot.core.answers import Candidate
    from bot.core.audit import Entry, Sealed
    from bot.core.cancellation import Draft
    from bot.core.conversations import (
        Author,
        Button,
        Conversation,
        Identity,
        Message,
        QueueFilter,
        Reply,
    )
    from bot.core.delivery import Backlog
    from bot.core.desk import SupportDesk
    from bot.core.erasure import Holdings, Subject
    from bot.core.errands import Errand
    from bot.core.handoff import Ownership, Reason, Transfer
    from bot.core.helpdesk import Capabilities, Comment, LookedUp, Sent
    from bot.core.insights import Facts, Unanswered
    from bot.core.language import Language
    from bot.core.tickets import (
        Change,
        Delivery,
        DeliveryKind,
        HistoryEntry,
        Ticket,
        TicketFilter,
    )
    from knowledge_base.article import Article, Section


class Clock(Protocol):
    """The time; tests hold it still."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""


class LanguageDetector(Protocol):
    """Guesses the language of a text."""

    def detect(self, text: str) -> tuple[Language, float]:
        """The likelier language and its probability, 0.5 to 1."""


class Phrases(Protocol):
    """The sentences of domain.yml."""

    def say(self, name: str, language: Language, **values: object) -> str:
        """The response `name` in that language with its {values} filled in.

        Raises:
            KeyError: No such response or value: a mistake in the code, not of a visitor.
        """


class Assistant(Protocol):
    """The dialogue engine."""

    def reply(
        self,
        conversation_id: str,
        text: str,
        language: Language,
        message_id: int,
        *,
        is_fresh_start: bool = False,
    ) -> list[Reply]:
        """What is to be said in answer; empty when something behind the engine failed.

        With `is_fresh_start` the engine first forgets the form that it may be in the middle of.

        Raises:
            Unavailable: It did not answer, or not in time.
        """


class SectionSearch(Protocol):
    """Finds sections of the knowledge base."""

    @property
    def has_untrained(self) -> bool:
        """Whether a section is published that no training message asks for yet."""

    def find(self, query: str, language: Language, limit: int) -> Sequence[Candidate]:
        """Sections that may answer, best first, each in the asked language."""

    def section(self, key: str, language: Language) -> Candidate | None:
        """One section by its key ("slug#anchor"); None if it is not published."""

    def related(self, section: Section) -> Sequence[Section]:
        """The first section of each article that goes with this one, in the same language."""

    def article(self, slug: str, language: Language) -> Article | None:
        """An article with the sections that are shown; None if it is not published."""

    def articles(self, language: Language) -> Sequence[Article]:
        """Every published article of a language, sorted by slug."""

    def likeness(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """The cosine of the meanings of each text with each, -1 to 1, whatever their languages."""

    def warm(self) -> None:
        """Prepares for the first question, which would wait otherwise."""


class Conversations(Protocol):
    """Keeps conversations, their messages, turns and drafts.

    Methods that take an id raise `NotFound` for one that does not exist.
    """

    def start(self, conversation: Conversation, token_hash: str, greeting: Sequence[Reply]) -> None:
        """Stores a new conversation with what it opens with."""

    def get(self, conversation_id: str) -> Conversation:
        """The conversation as it is now."""

    def token_hash(self, conversation_id: str) -> str:
        """The SHA-256 of the token that opens this conversation, in hex."""

    def set_language(self, conversation_id: str, language: Language) -> Conversation:
        """Changes the language of what is said from now on."""

    def set_identity(self, conversation_id: str, identity: Identity) -> Conversation:
        """Puts another identity in the place of the one that is kept."""

    def find_visit(self, conversation_id: str, client_id: str) -> Message | None:
        """The visitor message that came under this client id, if it did."""

    def last_visit(self, conversation_id: str) -> Message | None:
        """The newest message that the visitor wrote, if there is one."""

    def add_visit(
        self,
        conversation: Conversation,
        client_id: str,
        *,
        text: str,
        payload: str | None,
        at: datetime,
        masked: Sequence[str] = (),
    ) -> Message:
        """Stores a visitor message; the same client id again gives the first one back."""

    def find_button(self, conversation_id: str, payload: str) -> Button | None:
        """The button with this payload among those that the conversation offered."""

    def take_turn(
        self, conversation_id: str, *, owner: str, lease: timedelta, wait_s: float, clock: Clock
    ) -> str:
        """Waits until no other turn runs, takes the lease, and gives its holder for `end_turn`.

        Raises:
            Conflict: The other turn did not end within `wait_s` seconds.
        """

    def end_turn(self, conversation_id: str, holder: str) -> None:
        """Frees the lease if it is still this holder's."""

    def free_turns(self, owner: str) -> int:
        """Frees every lease of a process that died; gives how many there were."""

    def unanswered(self, conversation_id: str, *, up_to: int) -> list[Message]:
        """Visitor messages without an answer, oldest first, up to message id `up_to`."""

    def with_unanswered(self, before: datetime) -> list[tuple[str, int]]:
        """(conversation id, newest message id) where a message from before then has no answer."""

    def finish_turn(self, message: Message, replies: Sequence[Reply], *, at: datetime) -> None:
        """Stores the answers and marks the message answered, in one transaction.

        Nothing is stored if it was answered before: by whoever took over a lease that had ended.
        """

    def answers_to(self, message_id: int) -> list[Message]:
        """What was said in answer to a visitor message, in order."""

    def say(
        self,
        conversation_id: str,
        author: Author,
        replies: Sequence[Reply],
        *,
        at: datetime,
        while_owned: Ownership | None = None,
        client_id: str | None = None,
    ) -> list[Message]:
        """Adds messages that answer no visitor message: an agent's, or the system's.

        The same `client_id`, of a single message, twice gives the first one again.

        Raises:
            Conflict: The conversation is no longer `while_owned`.
        """

    def messages(self, conversation_id: str, after: int = 0) -> list[Message]:
        """The transcript, oldest first, from after that message id."""

    def change_owner(
        self,
        conversation_id: str,
        transfer: Transfer,
        *,
        at: datetime,
        saying: Sequence[Reply] = (),
    ) -> Conversation:
        """Stores a change of owner, with what announces it, and notes the stay with people.

        Where nothing changes, nothing is said either.

        Raises:
            Conflict: The conversation is no longer as the transfer found it.
        """

    def queue(self, wanted: QueueFilter, *, limit: int, cursor: int) -> list[Conversation]:
        """Conversations for the console, longest wait first, then newest; `cursor` skips rows."""

    def draft(self, conversation_id: str) -> Draft | None:
        """The unfinished request of this conversation."""

    def save_draft(self, conversation_id: str, draft: Draft, *, at: datetime) -> None:
        """Keeps the unfinished request."""

    def drop_draft(self, conversation_id: str) -> None:
        """Forgets the unfinished request; nothing happens if there is none."""

    def errand(self, conversation_id: str) -> Errand | None:
        """What the visitor is or was last about with a ticket; None if nothing."""

    def save_errand(self, conversation_id: str, errand: Errand, *, at: datetime) -> None:
        """Keeps the errand."""

    def drop_errand(self, conversation_id: str) -> None:
        """Forgets the errand; nothing happens if there is none."""

    def last_questions(self, conversation_ids: Sequence[str]) -> dict[str, str]:
        """The last thing that each visitor asked, by conversation id.

        That is the last text with an answer on some topic; without any, the last text at all.
        """

    def messages_of_assignee(self, agent_id: str, after: int) -> list[Message]:
        """Messages after that id in the conversations that an agent holds, oldest first."""

    def newest_message_id(self) -> int:
        """The id of the newest message of all; 0 if there is none."""

    def add_feedback(
        self,
        conversation_id: str,
        message_id: int,
        *,
        helpful: bool,
        comment: str | None,
        at: datetime,
    ) -> None:
        """Keeps what the visitor thought of an answer; the last word counts.

        Raises:
            NotFound: No such message in this conversation.
        """

    def erase(self, conversation_id: str) -> None:
        """Deletes the conversation and what the dialogue engine kept of it; tickets stay.

        What the helpdesk was sent of it is taken back: a "redaction" goes into the outbox.
        """

    def insights(self) -> dict[str, Any]:
        """The counts of the console's Insights tab."""


class TicketStore(Protocol):
    """Keeps tickets, their history and their outbox."""

    def open(self, ticket: Ticket, body: str, who: str) -> Ticket:
        """Stores the ticket and its outbox row in one transaction and gives it back.

        If an open ticket has the same request key, gives that one and stores nothing.
        """

    def get(self, reference: str) -> Ticket:
        """The ticket.

        Raises:
            NotFound: No such reference.
        """

    def find(self, wanted: TicketFilter, *, limit: int, cursor: int) -> list[Ticket]:
        """Tickets, newest first; `cursor` skips rows."""

    def change(self, reference: str, change: Change, *, who: str, at: datetime) -> Ticket:
        """Changes state or check-list, adds a note, and writes the history.

        What the helpdesk is told of it goes into the outbox in the same transaction.
        """

    def history(self, reference: str) -> list[HistoryEntry]:
        """What happened to the ticket, oldest first."""

    def failed_lookups(
        self, reference: str, conversation_id: str, *, since: datetime
    ) -> tuple[int, int]:
        """How many there were since then: of this reference, and in this conversation."""

    def add_failed_lookup(self, reference: str, conversation_id: str, *, at: datetime) -> None:
        """Notes that a reference and an email did not belong together."""

    def forget_failed_lookups(self, before: datetime) -> int:
        """Forgets those noted before then; gives how many."""

    def delivery(self, reference: str) -> Delivery | None:
        """The outbox row by which the ticket itself travels."""

    def deliveries(self, reference: str) -> list[Delivery]:
        """All outbox rows of the ticket, oldest first."""

    def enqueue(self, reference: str, kind: DeliveryKind, body: str, *, at: datetime) -> None:
        """Puts something that belongs to a ticket into the outbox; it goes after the ticket.

        `body` is the text of a "comment" (public), or the key of the comment that a "redaction"
        makes unreadable.
        """

    def lease_due(
        self, now: datetime, lease: timedelta, limit: int, owner: str = "worker"
    ) -> list[Delivery]:
        """Outbox rows to send now, oldest first, each leased to this caller alone for that long.

        What belongs to a ticket is not due before the ticket is delivered, and a redaction not
        while a transcript is on its way.
        """

    def keep_payload(self, delivery: Delivery) -> None:
        """Stores what will be sent, before it is sent."""

    def settle(self, delivery: Delivery, then: DeliveryKind | None = None) -> None:
        """Stores the outcome of an attempt and ends its lease; ignored if the lease was lost.

        In the same transaction adds a row of the kind `then`, due at once.
        """

    def release(self, owner: str, *, at: datetime) -> int:
        """Ends the leases of a process that died, to be looked up from `at` on; gives how many."""

    def retry(self, reference: str, *, who: str, at: datetime) -> int:
        """Makes what of the ticket is not delivered due at once, and writes the history.

        What is being attempted at the moment is left alone. Gives how many rows that was.

        Raises:
            NotFound: No such reference.
        """

    def undelivered(self, limit: int) -> list[Delivery]:
        """Outbox rows that are not delivered, those that wait for a person first, then oldest."""

    def backlog(self, now: datetime) -> Backlog:
        """How many rows are in each state, and since when the oldest that is due waits."""


class Helpdesk(Protocol):
    """The vendor's helpdesk. Nothing here raises for what a result can say; all may be repeated."""

    @property
    def capabilities(self) -> Capabilities:
        """What this helpdesk can do."""

    def prepare(self, body: str) -> str:
        """What will be sent for a stored ticket; made once and kept, so that retries are equal."""

    def find(self, external_key: str) -> LookedUp:
        """Whether the helpdesk has the ticket that carries our key."""

    def create(self, external_key: str, payload: str) -> Sent:
        """Creates the ticket from what `prepare` gave."""

    def find_comment(self, ticket_id: str, key: str) -> LookedUp:
        """Whether the ticket has the comment that carries this key."""

    def comment(self, ticket_id: str, comment: Comment) -> Sent:
        """Adds a comment to the ticket."""

    def redact(self, ticket_id: str, key: str) -> Sent:
        """Makes the comment that carries this key unreadable, and the files on it."""

    def check(self) -> str | None:
        """What an operator must mend before anything can be delivered; None if all is well."""


class DeskRecords(Protocol):
    """What the desk keeps beside the conversations: stays with people, notes, signals, figures."""

    def place_in_queue(self, conversation_id: str) -> int:
        """1 for whoever is served next; 0 if the conversation does not wait."""

    def recent_waits(self, since: datetime, limit: int) -> list[timedelta]:
        """How long those waited whom an agent has claimed since then, newest first."""

    def held(self) -> list[Conversation]:
        """The conversations that agents have."""

    def untold_waiting(self, before: datetime) -> list[Conversation]:
        """Those queued before then, for the last time, and not told since that it takes long."""

    def mark_told(self, conversation_id: str, *, at: datetime) -> bool:
        """Notes that; whether it had not been noted before."""

    def unhelpful_votes(self, conversation_id: str) -> int:
        """Answers found unhelpful since people last had the conversation."""

    def last_topic(self, conversation_id: str, *, before: int) -> str | None:
        """The topic of the last message before that id."""

    def rate(self, conversation_id: str, score: int, *, at: datetime) -> None:
        """Keeps how the last stay with people went, 1 to 5; the last word counts."""

    def comment_rating(self, conversation_id: str, comment: str) -> None:
        """Adds the visitor's words to that."""

    def add_note(self, conversation_id: str, agent: Agent, text: str, *, at: datetime) -> None:
        """Keeps a note for colleagues.

        Raises:
            NotFound: No such conversation.
        """

    def notes(self, conversation_id: str) -> list[Note]:
        """The notes for colleagues, oldest first."""

    def signal(
        self,
        conversation_id: str,
        who: Side,
        *,
        typing_until: datetime | None = None,
        read: int | None = None,
    ) -> None:
        """Notes that a side is typing until then, or has read up to that message id.

        What is None stays as it was; a `typing_until` that is not in the future ends the typing.

        Raises:
            NotFound: No such conversation.
        """

    def signals(self, conversation_id: str) -> Mapping[Side, Signal]:
        """What was last signalled by each side."""

    def facts(self, since: datetime) -> Facts:
        """All that has happened since then, to be counted (`insights.summarise`)."""

    def unanswered(self, since: datetime, limit: int) -> list[Unanswered]:
        """Questions that the bot had no answer to, newest first, each text once."""


class Desk(Protocol):
    """What a turn needs of the support desk."""

    def queue(self, conversation: Conversation, reason: Reason, language: Language) -> Reply:
        """Puts the conversation into the queue and gives what says so."""

    def answer(self, message: Message, conversation: Conversation) -> list[Reply] | None:
        """What the desk itself answers; None if that is for the engine or for nobody."""


class Agents(Protocol):
    """Keeps support agents, their sessions, and failed attempts to sign in."""

    def by_email(self, email: str) -> tuple[Agent, str] | None:
        """The agent and the hash of the password; None for nobody, or somebody disabled."""

    def all(self) -> list[Agent]:
        """Agents who may sign in, by name."""

    def accounts(self) -> list[Account]:
        """All agents, disabled ones too, by name."""

    def present(self, since: datetime) -> list[Agent]:
        """Agents whose console was heard of since then."""

    def add(self, agent: Agent, password_hash: str) -> None:
        """Adds an agent, or gives an existing email that name, role and password."""

    def change(self, agent_id: str, change: AccountChange) -> Account:
        """Changes an account. Whoever is disabled, or gets a new password, is signed out.

        Raises:
            NotFound: No such agent.
        """

    def start_session(self, session: AgentSession, token_hash: str) -> None:
        """Keeps a session."""

    def session(self, token_hash: str, now: datetime) -> AgentSession | None:
        """The session of this token, unless it has expired or its agent is disabled.

        Notes that the agent is there: `present` tells of it from now on.
        """

    def sessions(self, agent_id: str, now: datetime) -> list[KnownSession]:
        """The agent's sessions that have not expired, newest first."""

    def end_session(self, token_hash: str) -> None:
        """Forgets the session; with the last one the agent is no longer there."""

    def end_other_sessions(self, agent_id: str, *, but: str) -> None:
        """Forgets the agent's sessions, except the one with this hash of its token."""

    def purge(self, now: datetime, failures_before: datetime) -> int:
        """Deletes expired sessions and failures from before then; gives how many sessions."""

    def failed_sign_ins(self, email_hash: str, address: str, since: datetime) -> tuple[int, int]:
        """How many there were since then: from this address with this email, and with any."""

    def add_failed_sign_in(self, email_hash: str, address: str, at: datetime) -> None:
        """Notes that a sign-in failed."""


class Audit(Protocol):
    """Keeps the audit log: entries are added, and never changed."""

    def add(self, entry: Entry) -> Sealed:
        """Seals the entry onto the chain."""

    def entries(self, subject: str | None = None) -> Iterator[Sealed]:
        """The log in order, whole or about one subject."""


class Records(Protocol):
    """Everything kept of a person, over all stores: for erasure, export and retention."""

    def holdings(self, subject: Subject) -> Holdings:
        """What is kept of somebody."""

    def holdings_of(self, before: Holdings) -> Holdings:
        """The same counted anew: what is left of it."""

    def dump(self, held: Holdings, subject: Subject) -> dict[str, Any]:
        """All of it, as JSON can hold it; tokens and leases are left out."""

    def forget_ticket(self, reference: str, *, at: datetime) -> None:
        """Takes the person out of a ticket and of what was sent of it; the request stays."""

    def wipe_traces(self) -> None:
        """Makes what was deleted unreadable in the database's files as well."""

    def idle_conversations(self, before: datetime, limit: int) -> list[str]:
        """Conversations with nobody waiting in them, unchanged since then, oldest first."""

    def closed_tickets(self, before: datetime, limit: int) -> list[str]:
        """References of closed tickets unchanged since then that still name their requester."""

    def drop_old_drafts(self, before: datetime) -> int:
        """Forgets unfinished requests unchanged since then; gives how many."""

    def empty_deliveries(self, before: datetime) -> int:
        """Empties what was delivered before then; the helpdesk has it. Gives how many."""


class Events(Protocol):
    """Wakes those who wait for something new. Carries no content: the database has it."""

    def publish(self, topic: str) -> None:
        """Tells that there is something new under a topic: a conversation id, or "console"."""

    async def wait(self, topics: Sequence[str], since: int, timeout_s: float) -> int:
        """Returns when something was published under them after `since`, or in time.

        Gives the position of the newest of it, to wait from again; `since` if there was none.
        """

    def position(self) -> int:
        """The present position, to wait from."""


@dataclass(frozen=True, slots=True)
class Draw:
    """Something a caller asks a share of: `burst` at once, `per_minute` in the long run.

    With `is_taken` false it is only looked whether anything is left.
    """

    key: str
    burst: float
    per_minute: float
    is_taken: bool = True


class Shares(Protocol):
    """What callers have left of what they may ask for: a token bucket for each key."""

    @property
    def is_remote(self) -> bool:
        """Whether a draw may wait for another process, and so must not hold up an event loop."""

    def draw(self, asked: Sequence[Draw]) -> list[float]:
        """How much each had left; one is taken of each if all had at least one. Never fails."""


@dataclass(frozen=True, slots=True)
class Services:
    """Every port, ready to use; `wiring.py` builds one, tests build one from memory adapters.

    `probes` say whether each part that the service needs answers, by its name in /readyz.
    """

    clock: Clock
    phrases: Phrases
    conversations: Conversations
    records: DeskRecords
    tickets: TicketStore
    accounts: AccountDirectory
    agents: Agents
    helpdesk: Helpdesk
    assistant: Assistant
    search: SectionSearch
    detector: LanguageDetector
    events: Events
    shares: Shares
    audit: Audit
    desk: SupportDesk
    probes: Mapping[str, Callable[[], bool]]
    # None in memory, where nothing outlives the process.
    kept: Records | None = None
