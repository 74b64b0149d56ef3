"""What goes over the wire: the public HTTP contract as models. `docs/http.md` tells it in words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, model_validator

from bot.core import conversations as core
from bot.gateway.render import markdown_to_html, plain_to_html

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# The largest that the database's integers hold.
MAX_MESSAGE_ID = 2**31 - 1
LanguageCode = Annotated[Literal["fr", "en"], Field(description="French or English.")]
StateCode = Annotated[
    Literal["bot", "waiting", "agent", "closed"],
    Field(description="Who has it: the bot, nobody yet, an agent, nobody any more."),
]


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[
    datetime,
    PlainSerializer(_rfc3339, return_type=str),
    Field(description="RFC 3339, in UTC.", examples=["2026-03-10T15:00:00.000Z"]),
]
Next = Annotated[str | None, Field(description="Cursor of the next page; null after the last.")]
ConversationId = Annotated[str, Field(description="The conversation; nobody can guess it.")]
Reference = Annotated[
    str, Field(description="The ticket, as its requester knows it.", examples=["OCN-7K3M-9QXT"])
]
TicketKindCode = Annotated[
    Literal["cancellation", "billing_review", "support_request"],
    Field(description="What kind of request it is."),
]
TicketStateCode = Annotated[
    Literal["open", "in_progress", "done", "rejected", "withdrawn"],
    Field(description="Where the team stands with it."),
]
AgentId = Annotated[str, Field(description="The agent.", examples=["agt_4f1c9d2e8a70"])]


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class Body(BaseModel):
    """A request body: unknown fields are refused, and letters that no database stores."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="after")
    def _refuse_what_cannot_be_stored(self) -> Self:
        for value in vars(self).values():
            # Of a map, such as a check-list, the names.
            for text in value if isinstance(value, dict) else (value,):
                if isinstance(text, str) and _UNSTORABLE.search(text):
                    raise ValueError("a text holds NUL or half a surrogate, which is no character")
        return self


class Out(BaseModel):
    """Something that goes out; made of the core's own object with `model_validate`."""

    model_config = ConfigDict(from_attributes=True)


# --- Visitor -------------------------------------------------------------------------------------


class StartConversation(Body):
    """How a conversation begins."""

    model_config = _example(language="fr", page_url="https://clinique.example.com/facturation")

    language: LanguageCode | None = Field(None, description="The page's language; French if none.")
    identity: str | None = Field(
        None, max_length=8_192, description="The JWT by which the vendor's site vouches."
    )
    page_url: str | None = Field(None, max_length=2_048, description="The page of the widget.")


class RenewIdentity(Body):
    """A fresh token of the person in whose name the conversation was begun."""

    model_config = _example(identity="eyJhbGciOiJIUzI1NiIsImtpZCI6ImFwcF8yMDI2In0.eyJzY29wZSI6…")

    identity: str = Field(
        max_length=8_192, description="The JWT by which the vendor's site vouches."
    )


class IdentityRenewed(Out):
    """Who goes on, and until when accounts are told of."""

    external_id: str = Field(description="The Ocean user, as before.", examples=["demo-roy"])
    site_number: str | None = Field(description="The site signed in to.", examples=["44170"])
    expires_at: Moment


class SendMessage(Body):
    """A text, or the payload of a button that this conversation was offered."""

    model_config = _example(
        text="Où sont mes anciennes factures?", client_id="0b7c4b1e-6d3e-4a51-9d0f-3f2f6f0a7c11"
    )

    text: str | None = Field(None, description="1 to 4,000 characters.")
    payload: str | None = Field(
        None, min_length=1, max_length=2_000, description="As it stands in the button."
    )
    client_id: UUID = Field(description="Chosen by the sender; the same one twice acts once.")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.text is None) == (self.payload is None):
            raise ValueError("give either text or payload")
        if self.text is not None and not self.text.strip():
            raise ValueError("text is empty; write at least one character")
        return self


class SendFiles(Body):
    """Two CSV files that a site admin exports from Ocean."""

    model_config = _example(users="users.csv", items="bill-items.csv")

    users: UploadFile = Field(description="The users list (“Export Users”), at most 2 MiB.")
    items: UploadFile = Field(description="The bill items (“Bill Item Report”), at most 2 MiB.")


class SendFeedback(Body):
    """What the visitor thought of an answer."""

    model_config = _example(helpful=True, comment="Parfait, merci!")

    helpful: bool = Field(description="Whether the answer helped.")
    comment: str | None = Field(None, max_length=2_000, description="In the visitor's words.")


class SendSignal(Body):
    """What one side lets the other see of it."""

    model_config = _example(typing=True, read=12)

    typing: bool | None = Field(
        None, description="Whether something is being typed right now; absent: as before."
    )
    read: int | None = Field(
        None, ge=0, le=MAX_MESSAGE_ID, description="The last message that was seen."
    )


class ButtonOut(Out):
    """A choice under a message."""

    title: str = Field(description="What stands on the button.")
    payload: str = Field(description="What to send when it is pressed.")


class SourceOut(Out):
    """The section that an answer was taken from."""

    slug: str = Field(description="The article.", examples=["invoice-details"])
    section: str = Field(description="The section of the article.", examples=["csv"])
    title: str = Field(description="Title of the article.")
    url: str = Field(description="Where the article can be read.")
    language: LanguageCode
    digest: str = Field(description="Of the section as shown.")


class MessageOut(Out):
    """A message of the transcript."""

    id: int = Field(description="Grows with time within a conversation.")
    author: Literal["visitor", "bot", "agent", "system"] = Field(description="Who says it.")
    kind: core.Kind = Field(description="`message` for what a visitor or an agent wrote.")
    topic: str | None = Field(description="What it is about.", examples=["faq/invoice-details"])
    text: str = Field(description="Markdown.")
    html: str = Field(description="Sanitised HTML of the same.")
    language: LanguageCode
    buttons: list[ButtonOut] = Field(description="Choices that are offered.")
    sources: list[SourceOut] = Field(description="Where the words come from.")
    created_at: Moment
    client_id: str | None = Field(description="Of a visitor's message: the id it was sent with.")
    is_masked: bool = Field(
        description="Whether something that must not be kept was masked in it; never what."
    )

    @classmethod
    def of(cls, message: core.Message) -> MessageOut:
        """The message as it goes out: without what is for agents only."""
        html = plain_to_html if message.author == "visitor" else markdown_to_html
        return cls(
            id=message.id,
            author=message.author,
            kind=message.kind,
            topic=message.topic,
            text=message.text,
            html=html(message.text),
            language=message.language,
            buttons=[ButtonOut.model_validate(button) for button in message.buttons],
            sources=[SourceOut.model_validate(source) for source in message.sources],
            created_at=message.created_at,
            client_id=message.client_id,
            is_masked=bool(message.data.get("masked")),
        )

    @classmethod
    def all_of(cls, messages: Iterable[core.Message]) -> list[MessageOut]:
        """The messages as they go out, in order."""
        return [cls.of(message) for message in messages]


class Started(Out):
    """A new conversation. The token opens this conversation alone; it is told only once."""

    id: ConversationId
    token: str = Field(description="Bearer token of this conversation.")
    language: LanguageCode
    state: StateCode
    messages: list[MessageOut] = Field(description="The greeting.")


class Answered(Out):
    """What was said in answer."""

    messages: list[MessageOut] = Field(description="In order; none while a person answers.")
    state: StateCode


class Transcript(Out):
    """The whole conversation, for a reload."""

    id: ConversationId
    language: LanguageCode
    state: StateCode
    messages: list[MessageOut] = Field(description="All of them, oldest first.")


# --- Agent ---------------------------------------------------------------------------------------


class SignIn(Body):
    """An agent's credentials."""

    model_config = _example(email="amelie@soutien.example", password="demo-amelie")

    email: str = Field(max_length=320, description="In upper or lower case.")
    password: str = Field(max_length=1_000, description="The agent's password.")


class AgentOut(Out):
    """A signed-in agent."""

    id: AgentId
    name: str = Field(description="As visitors see it.")
    email: str = Field(description="For signing in.")
    role: str = Field(description="`agent` or `lead`.")


class SessionOut(Out):
    """A session of one's own."""

    key: str = Field(description="Names the session in this list; opens nothing.")
    started_at: Moment | None = Field(description="Null for one from before this was noted.")
    expires_at: Moment
    device: str | None = Field(description="What the browser said of itself.")
    is_this: bool = Field(description="Whether it is the session that asks.")


class SessionList(Out):
    """One's own sessions, newest first."""

    sessions: list[SessionOut] = Field(description="Those that have not expired.")


class ChangePassword(Body):
    """A new password in place of the present one."""

    model_config = _example(current="quatre mots au hasard", new="cinq autres mots bien longs")

    current: str = Field(max_length=1_000, description="The current password.")
    new: str = Field(max_length=1_000, description="At least 12 characters.")


class AccountOut(Out):
    """An agent as leads see one."""

    id: AgentId
    email: str = Field(description="For signing in.")
    name: str = Field(description="As visitors see it.")
    role: Literal["agent", "lead"] = Field(description="Leads also keep these accounts.")
    is_disabled: bool = Field(description="Whether signing in is refused.")
    seen_at: Moment | None = Field(description="When the console was last heard of.")


class AccountList(Out):
    """All agents, by name."""

    accounts: list[AccountOut] = Field(description="Disabled ones too.")


class CreateAccount(Body):
    """A new agent."""

    model_config = _example(
        email="lea@soutien.example", name="Léa Roy", role="agent", password="quatre mots au hasard"
    )

    email: str = Field(
        max_length=320, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", description="For signing in."
    )
    name: str = Field(
        min_length=1, max_length=200, pattern=r"\S", description="As visitors see it."
    )
    role: Literal["agent", "lead"] = Field("agent", description="Leads also keep accounts.")
    password: str = Field(max_length=1_000, description="At least 12 characters.")


class ChangeAccount(Body):
    """What a lead changes of an account; whoever gets a new password is signed out."""

    model_config = _example(is_disabled=True)

    name: str | None = Field(None, min_length=1, max_length=200, description="As visitors see it.")
    role: Literal["agent", "lead"] | None = Field(None, description="Leads also keep accounts.")
    is_disabled: bool | None = Field(None, description="Whether signing in is refused.")
    password: str | None = Field(None, max_length=1_000, description="At least 12 characters.")


class SignedIn(Out):
    """The session; the token must come back as X-CSRF-Token with every change."""

    agent: AgentOut = Field(description="Who is signed in.")
    csrf_token: str = Field(description="Sent back as X-CSRF-Token with every change.")
    wait_goal_s: float = Field(description="From how long a wait on the console warns of it.")


class AgentRef(Out):
    """An agent by id and name."""

    id: AgentId
    name: str = Field(description="As visitors see it.")


class AgentList(Out):
    """Agents, by name."""

    agents: list[AgentRef] = Field(description="Those who may sign in.")
    next: Next


class ConversationRow(Out):
    """A conversation in the queue."""

    id: ConversationId
    language: LanguageCode
    state: StateCode
    visitor: str | None = Field(description="Name of a signed-in visitor; null if anonymous.")
    site: str | None = Field(description="Site number of a signed-in visitor.")
    topic: str | None = Field(description="Of the last answer.", examples=["fees/not_linked"])
    summary: str = Field(description="What the visitor asked last, shortened.")
    waiting_since: Moment | None = Field(description="Since when a person has been waited for.")
    assignee: AgentRef | None = Field(description="The agent who has or had it.")
    priority: Literal["normal", "high"] = Field(description="High after anger or a failure.")
    reason: str | None = Field(description="Why a person is wanted.", examples=["abstained"])
    updated_at: Moment


class ConversationList(Out):
    """The queue, oldest wait first."""

    conversations: list[ConversationRow] = Field(description="Oldest wait first.")
    next: Next


class IdentityOut(Out):
    """Who the vendor's site says is writing."""

    name: str = Field(description="As the vendor's site tells it.")
    email: str = Field(description="As the vendor's site tells it.")
    external_id: str = Field(description="The Ocean user.")
    site_number: str | None = Field(description="The site signed in to.", examples=["44170"])
    roles: list[str] = Field(description="Roles at that site.", examples=[["site_admin"]])
    verified: Literal[True] = Field(True, description="Always true: signed by the vendor's site.")


class NoteOut(Out):
    """What an agent wrote for colleagues."""

    id: int = Field(description="Grows with time.")
    author: str = Field(description="The agent's name.")
    text: str = Field(description="Plain text.")
    created_at: Moment


class TicketRef(Out):
    """A ticket by its reference."""

    reference: Reference
    kind: TicketKindCode
    state: TicketStateCode


class ConversationDetail(ConversationRow):
    """A conversation with all that an agent needs."""

    messages: list[MessageOut] = Field(description="All of them, oldest first.")
    identity: IdentityOut | None = Field(description="Null if nobody vouches for the visitor.")
    slots: dict[str, Any] = Field(description="What an unfinished request holds so far.")
    diagnosis: dict[str, Any] | None = Field(description="The last fee diagnosis, with evidence.")
    tickets: list[TicketRef] = Field(description="Filed in this conversation, newest first.")
    notes: list[NoteOut] = Field(description="For colleagues; no visitor sees them. Oldest first.")
    page_url: str | None = Field(description="The page on which the visitor began.")
    created_at: Moment


class AgentMessage(Body):
    """An agent's reply, in Markdown."""

    model_config = _example(text="Bonjour, je regarde **votre compte**.")

    text: str = Field(
        min_length=1, max_length=core.MAX_TEXT_CHARS, pattern=r"\S", description="Markdown."
    )
    client_id: UUID | None = Field(
        None, description="Chosen by the sender; the same one twice is said once."
    )


class WriteNote(Body):
    """A note for colleagues."""

    model_config = _example(text="Rappeler la clinique jeudi.")

    text: str = Field(
        min_length=1, max_length=2_000, pattern=r"\S", description="Never shown to the visitor."
    )


class Preview(Out):
    """A text as the visitor would see it."""

    html: str = Field(description="Sanitised HTML.")


class SuggestionOut(Out):
    """A section that may answer the visitor's last question."""

    key: str = Field(description="Article and section.", examples=["invoice-details#csv"])
    heading: str = Field(description="Of the section.")
    title: str = Field(description="Of the article.")
    url: str = Field(description="Where the article can be read.")
    language: LanguageCode
    text: str = Field(description="The section in Markdown, as it can be sent.")


class Suggestions(Out):
    """Sections for the visitor's last question, best first."""

    question: str = Field(description="The question; empty if none was asked.")
    suggestions: list[SuggestionOut] = Field(description="Best first; none without a question.")


class CannedReply(Out):
    """A reply that agents send often, in both languages, with {placeholders}."""

    key: str = Field(description="Names the reply.", examples=["hello"])
    fr: str = Field(description="Markdown with {agent}, {visitor}, {site}.")
    en: str = Field(description="Markdown with {agent}, {visitor}, {site}.")


class CannedReplies(Out):
    """All canned replies, in the order of their file."""

    replies: list[CannedReply] = Field(description="In the order of their file.")


class TransferTo(Body):
    """The colleague who takes over."""

    model_config = _example(agent="agt_4f1c9d2e8a70")

    agent: str = Field(max_length=40, description="The colleague's id.")


class Resolve(Body):
    """How a conversation ended, for colleagues."""

    model_config = _example(note="Réglé au téléphone.")

    note: str | None = Field(None, max_length=2_000, description="Never shown to the visitor.")


class DeliveryOut(Out):
    """Where the ticket, or something that belongs to it, is on its way to the helpdesk."""

    kind: Literal["ticket", "transcript", "comment", "redaction"] = Field(
        description="What is on its way."
    )
    state: Literal["pending", "in_flight", "delivered", "unknown", "rejected", "dead"] = Field(
        description="`rejected` and `dead` wait for a person; the others are seen to."
    )
    next_at: Moment = Field(description="Not attempted before then.")
    attempts: int = Field(description="How often it has been sent.")
    last_error: str | None = Field(description="Why the last attempt failed.")
    external_id: str | None = Field(description="The helpdesk's own number.")


class TicketOut(Out):
    """A ticket."""

    reference: Reference
    kind: TicketKindCode
    state: TicketStateCode
    requester_name: str = Field(description="Who asks.")
    requester_email: str = Field(description="Where the requester can be written to.")
    site_number: str = Field(description="The site that it is about.", examples=["44170"])
    language: str = Field(description="`fr` or `en`: to answer in.")
    fields: dict[str, Any] = Field(description="What is asked for, by the kind of ticket.")
    checklist: dict[str, bool] = Field(description="What the team has done.")
    to_confirm: bool = Field(description="Whether a site admin must still agree.")
    conversation_id: str | None = Field(description="Null once the conversation is erased.")
    created_at: Moment
    updated_at: Moment
    delivery: DeliveryOut | None = Field(description="Its way to the helpdesk.")


class HistoryOut(Out):
    """One line of a ticket's history."""

    at: Moment
    who: str = Field(description="An agent's name, `assistant`, or `requester`.")
    what: str = Field(description="What happened.", examples=["state: open -> in_progress"])


class TicketDetail(TicketOut):
    """A ticket with its history."""

    history: list[HistoryOut] = Field(description="Oldest first.")
    deliveries: list[DeliveryOut] = Field(
        description="All that goes to the helpdesk for it, oldest first."
    )


class TicketList(Out):
    """Tickets, newest first."""

    tickets: list[TicketOut] = Field(description="Newest first.")
    next: Next


class ChangeTicket(Body):
    """What an agent changes of a ticket."""

    model_config = _example(state="in_progress", checklist={"account_reviewed": True})

    state: TicketStateCode | None = Field(None, description="Left as it is if not given.")
    checklist: dict[str, bool] | None = Field(None, description="The items that change.")


class Votes(Out):
    """Feedback on answers."""

    helpful: int = Field(description="Answers that helped.")
    not_helpful: int = Field(description="Answers that did not.")


class ArticleCount(Out):
    """How often an article answered."""

    slug: str = Field(description="The article.", examples=["invoice-details"])
    count: int = Field(description="How often.")


class UnansweredQuestion(Out):
    """A question that got no answer."""

    text: str = Field(description="In the visitor's words.")
    language: LanguageCode
    created_at: Moment


class DayOut(Out):
    """The counts of one day, in the team's time zone."""

    day: date = Field(description="The day.", examples=["2026-03-10"])
    conversations: int = Field(description="Begun on that day.")
    contained: int = Field(description="Of these, used and never handed off.")
    handed_off: int = Field(description="Of these, handed to people.")
    abstained: int = Field(description="How often the bot said that it does not know.")
    helpful: int = Field(description="Answers that helped.")
    not_helpful: int = Field(description="Answers that did not.")
    wait_s: float | None = Field(description="Median wait for a person in seconds; null: none.")
    satisfaction: float | None = Field(description="Mean of the ratings, 1 to 5; null: none.")


class FailingOut(Out):
    """An article that was found unhelpful."""

    slug: str = Field(description="The article.", examples=["invoice-details"])
    shown: int = Field(description="How often it answered.")
    not_helpful: int = Field(description="How often that did not help.")


class RatingComment(Out):
    """What a visitor said of the help of people."""

    score: int | None = Field(description="1 to 5.")
    comment: str = Field(description="In the visitor's words.")
    rated_at: Moment | None = Field(description="When it was rated.")


class ReportOut(Out):
    """The figures of the last days."""

    days: list[DayOut] = Field(description="Oldest first; days without anything too.")
    reasons: dict[str, int] = Field(description="Why people were wanted, and how often.")
    outcomes: dict[str, int] = Field(description="How stays with people ended, and how often.")
    waits: int = Field(description="How many waited until an agent came.")
    median_wait_s: float | None = Field(description="Half of them waited no longer; seconds.")
    long_wait_s: float | None = Field(description="Nine of ten waited no longer; seconds.")
    scores: dict[int, int] = Field(description="Ratings from 1 to 5, and how many of each.")
    satisfaction: float | None = Field(description="Mean of the ratings; null without any.")
    comments: list[RatingComment] = Field(description="Newest first.")
    failing_articles: list[FailingOut] = Field(description="Most often unhelpful first.")


class GapQuestion(Out):
    """A question of a gap, and what it gets now if it was played again."""

    text: str = Field(description="In the visitor's words.")
    language: LanguageCode
    created_at: Moment


class NearestSection(Out):
    """The section that comes nearest to a gap, without answering it."""

    key: str = Field(description="Article and section.", examples=["invoice-details#csv"])
    heading: str = Field(description="Of the section.")
    title: str = Field(description="Of the article.")
    url: str = Field(description="Where the article can be read.")


class GapOut(Out):
    """Questions without an answer that mean the same, in whatever language."""

    id: str = Field(description="Stays the same while the questions do.")
    questions: list[GapQuestion] = Field(description="The one that speaks for all first.")
    nearest: NearestSection | None = Field(description="Null if nothing comes near.")


class Gaps(Out):
    """What the knowledge base lacks, most often asked first."""

    gaps: list[GapOut] = Field(description="Most often asked first.")


class ReplayedQuestion(Out):
    """What a question gets now."""

    text: str = Field(description="The question.")
    kind: str = Field(description="Of what was said: `answer`, `abstain` …", examples=["answer"])
    topic: str | None = Field(description="What it is about.", examples=["faq/invoice-details"])


class ReplayedGap(Out):
    """A gap after its questions were played again."""

    id: str = Field(description="The gap.")
    state: Literal["closed", "partly", "open"] = Field(
        description="Whether all, some or none of its questions are answered now."
    )
    questions: list[ReplayedQuestion] = Field(description="In the order of the gap.")


class Replay(Out):
    """Which gaps have closed."""

    gaps: list[ReplayedGap] = Field(description="In the order of the gaps.")


class Insights(Out):
    """Counts over all conversations, and a report of the last days."""

    report: ReportOut = Field(description="By day, with reasons, waits and ratings.")

    conversations: int = Field(description="All that were begun and not erased.")
    contained: int = Field(description="With a visitor's message, and never handed off.")
    handed_off: int = Field(description="That waited for a person at least once.")
    abstained: int = Field(description="How often the bot said that it does not know.")
    feedback: Votes = Field(description="What visitors thought of answers.")
    top_articles: list[ArticleCount] = Field(description="Most often shown first.")
    unanswered: list[UnansweredQuestion] = Field(description="Newest first.")


# --- Operations and demo -------------------------------------------------------------------------


class Health(Out):
    """Whether the process lives."""

    status: Literal["ok"] = Field("ok", description="Always `ok`: no answer means trouble.")


class Readiness(Out):
    """Whether each part that the service needs answers."""

    status: Literal["ready", "not_ready"] = Field(description="`ready` if every part answers.")
    checks: dict[str, Literal["ok", "failed"]] = Field(
        description="`database`, `dialogue_engine` and `action_server`."
    )


class DemoIdentity(Out):
    """A ready-signed visitor."""

    name: str = Field(description="What the account is an example of.", examples=["linked"])
    identity: str = Field(description="The JWT to begin a conversation with.")
    description: str = Field(description="In French and English.")


class DemoIdentities(Out):
    """All ready-signed visitors."""

    identities: list[DemoIdentity] = Field(description="In a fixed order.")


class DemoAgent(Out):
    """An agent to sign in as."""

    email: str = Field(description="For signing in.")
    password: str = Field(description="No secret: it works in the demo alone.")
    name: str = Field(description="As visitors see it.")


class DemoAgents(Out):
    """All demo agents."""

    agents: list[DemoAgent] = Field(description="In a fixed order.")
