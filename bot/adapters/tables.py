"""The tables of the database, for SQLite and PostgreSQL alike.

Times are UTC, stored naive and given back aware by `UtcDateTime`. A change here needs a migration
beside it (`migrations/versions`); a test compares the two.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime; refuses a naive one, which would be a mistake of the caller."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To the naive form that is stored."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime was given where an aware UTC one is needed")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From the naive form that is stored."""
        return None if value is None else value.replace(tzinfo=UTC)


# --- Conversations -------------------------------------------------------------------------------

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("token_hash", String(64), nullable=False),
    Column("language", String(2), nullable=False),
    Column("state", String(10), nullable=False),
    Column("identity", JSON),
    Column("page_url", Text),
    Column("topic", String(80)),
    Column("abstentions", Integer, nullable=False),
    Column("handoff_reason", String(40)),
    Column("was_handed_off", Boolean, nullable=False),
    Column("waiting_since", UtcDateTime),
    Column("assignee_id", String(40)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    # The lease that keeps one turn at a time: who holds it and until when.
    Column("turn_owner", String(80)),
    Column("turn_until", UtcDateTime),
    # People have had it since the dialogue engine last answered.
    Column("is_returning", Boolean, nullable=False, server_default=false()),
    Index(None, "state", "waiting_since"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("author", String(10), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("topic", String(80)),
    Column("text", Text, nullable=False),
    Column("language", String(2), nullable=False),
    Column("buttons", JSON, nullable=False),
    Column("sources", JSON, nullable=False),
    Column("data", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # Of visitor messages: the sender's own id, the payload of a button, and when it was answered.
    Column("client_id", String(36)),
    Column("payload", Text),
    Column("answered_at", UtcDateTime),
    # Of answers: the visitor message that they answer.
    Column("reply_to", Integer),
    UniqueConstraint("conversation_id", "client_id"),
    Index(None, "conversation_id", "id"),
    Index(None, "reply_to"),
    # A deleted id must not come back: clients resume by it.
    sqlite_autoincrement=True,
)

drafts = Table(
    "drafts",
    metadata,
    Column(
        "conversation_id",
        ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("fields", JSON, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

# What a visitor is about with a ticket that exists, or with a message for the team.
errands = Table(
    "errands",
    metadata,
    Column(
        "conversation_id",
        ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("fields", JSON, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    Column("message_id", Integer, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("helpful", Boolean, nullable=False),
    Column("comment", Text),
    Column("created_at", UtcDateTime, nullable=False),
)

# --- The support desk ----------------------------------------------------------------------------

# A stay with people: from the wish for one, or an agent's taking over, to its end.
handoffs = Table(
    "handoffs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("claimed_at", UtcDateTime),
    Column("agent_id", String(40)),
    Column("ended_at", UtcDateTime),
    Column("outcome", String(12)),
    # When the visitor was told that it takes long.
    Column("told_at", UtcDateTime),
    # How it went, in the visitor's eyes: 1 to 5.
    Column("score", Integer),
    Column("comment", Text),
    Column("rated_at", UtcDateTime),
    Index(None, "conversation_id", "id"),
    Index(None, "asked_at"),
    Index(None, "claimed_at"),
)

# What agents write for colleagues. In a table of its own, so that no visitor's transcript can hold
# one.
notes = Table(
    "notes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("agent_id", String(40), nullable=False),
    Column("author", String(200), nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "conversation_id", "id"),
)

# What each side sees of the other: typing until then, read up to that message.
signals = Table(
    "signals",
    metadata,
    Column(
        "conversation_id",
        ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("side", String(10), primary_key=True),
    Column("typing_until", UtcDateTime),
    Column("read", Integer, nullable=False),
)

# --- Tickets and their delivery ------------------------------------------------------------------

tickets = Table(
    "tickets",
    metadata,
    Column("reference", String(20), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("state", String(12), nullable=False),
    # Two requests with the same key, while the first is open, are the same request.
    Column("request_key", String(64), nullable=False),
    Column("requester_name", String(200), nullable=False),
    Column("requester_email", String(320), nullable=False),
    Column("site_number", String(6), nullable=False),
    Column("language", String(2), nullable=False),
    Column("fields", JSON, nullable=False),
    Column("checklist", JSON, nullable=False),
    Column("to_confirm", Boolean, nullable=False),
    Column("requester_id", String(80)),
    Column(
        "conversation_id",
        ForeignKey("conversations.id", ondelete="SET NULL"),
        index=True,
    ),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Column("updated_at", UtcDateTime, nullable=False),
)

Index(
    "uq_tickets_open_request",
    tickets.c.request_key,
    unique=True,
    sqlite_where=tickets.c.state.in_(["open", "in_progress"]),
    postgresql_where=tickets.c.state.in_(["open", "in_progress"]),
)

ticket_history = Table(
    "ticket_history",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("reference", ForeignKey("tickets.reference", ondelete="CASCADE"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("who", String(120), nullable=False),
    Column("what", Text, nullable=False),
    Index(None, "reference", "id"),
)

# Each time that a reference and an email did not belong together: guessing is limited.
failed_lookups = Table(
    "failed_lookups",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("reference", String(20), nullable=False),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="SET NULL")),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "reference", "at"),
    Index(None, "conversation_id", "at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("reference", ForeignKey("tickets.reference", ondelete="CASCADE"), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("lease_owner", String(80)),
    Column("external_id", String(80)),
    Column("last_error", Text),
    Column("kind", String(10), nullable=False),
    Column("payload", Text),
    Column("maybe_arrived", Boolean, nullable=False),
    Index(None, "state", "next_at"),
    Index(None, "reference"),
)

builtin_helpdesk = Table(
    "builtin_helpdesk",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("external_key", String(20), nullable=False, unique=True),
    Column("body", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

# --- Support agents ------------------------------------------------------------------------------

agents = Table(
    "agents",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("email", String(320), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("role", String(10), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("is_disabled", Boolean, nullable=False),
    # When a console of this agent was last heard of; null once signed out everywhere.
    Column("seen_at", UtcDateTime),
)

agent_sessions = Table(
    "agent_sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("agent_id", ForeignKey("agents.id", ondelete="CASCADE"), nullable=False),
    Column("csrf_token", String(64), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    # For the list of one's own sessions; null for those begun before these were noted.
    Column("started_at", UtcDateTime),
    Column("device", String(200)),
)

# Each wrong sign-in: guessing is limited. The email is kept as its SHA-256.
failed_sign_ins = Table(
    "failed_sign_ins",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("email_hash", String(64), nullable=False),
    Column("address", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "email_hash", "at"),
    Index(None, "address", "at"),
)

# --- The audit log --------------------------------------------------------------------------------

# Chained by seals (core/audit.py). Migration 0007 adds triggers that refuse any change of an entry.
audit_log = Table(
    "audit_log",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("action", String(120), nullable=False),
    Column("subject", String(80), nullable=False, index=True),
    Column("details", JSON, nullable=False),
    Column("seal", String(64), nullable=False),
)

# --- Accounts of clinics, filled or replicated into by the vendor (docs/accounts.md) -------------


def _source() -> tuple[Column[str], Column[str]]:
    """Where the row's facts come from: "database", "csv" or "service", and more precisely."""
    return (
        Column("source", String(8), nullable=False, server_default="database"),
        Column("source_detail", String(200)),
    )


account_sites = Table(
    "account_sites",
    metadata,
    Column("number", String(6), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("billed_by", String(12), nullable=False),
    Column("emr_vendor", String(80), nullable=False),
    Column("as_of", UtcDateTime, nullable=False),
    *_source(),
)

account_users = Table(
    "account_users",
    metadata,
    Column("external_id", String(80), primary_key=True),
    Column("username", String(120), nullable=False),
    Column("name", String(200), nullable=False),
    Column("email", String(320), nullable=False),
)

# Membership of a user in a site. `links_read_at` is when the user's EMR link at this site was last
# looked at; null means that it never was, so that no row in `account_links` proves nothing.
account_members = Table(
    "account_members",
    metadata,
    Column("site_number", ForeignKey("account_sites.number"), primary_key=True),
    Column("user_id", ForeignKey("account_users.external_id"), primary_key=True),
    Column("is_site_admin", Boolean, nullable=False),
    Column("links_read_at", UtcDateTime),
    *_source(),
)

account_links = Table(
    "account_links",
    metadata,
    Column("user_id", ForeignKey("account_users.external_id"), primary_key=True),
    Column("site_number", ForeignKey("account_sites.number"), primary_key=True),
    Column("emr_vendor", String(80), primary_key=True),
    Column("emr_username", String(120), nullable=False),
    Column("linked_at", UtcDateTime),  # null where nobody knows since when
    Column("as_of", UtcDateTime, nullable=False),
    *_source(),
)

account_licences = Table(
    "account_licences",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("site_number", ForeignKey("account_sites.number"), nullable=False, index=True),
    # Null where the source tells who is covered, but not by whose licence.
    Column("holder_id", ForeignKey("account_users.external_id")),
    Column("model", String(16), nullable=False, server_default="support_staff"),
)

account_licence_staff = Table(
    "account_licence_staff",
    metadata,
    Column("licence_id", ForeignKey("account_licences.id"), primary_key=True),
    Column("user_id", ForeignKey("account_users.external_id"), primary_key=True),
)

account_invoices = Table(
    "account_invoices",
    metadata,
    Column("number", String(40), primary_key=True),
    Column("site_number", ForeignKey("account_sites.number"), nullable=False),
    Column("month", String(7), nullable=False),
    Column("as_of", UtcDateTime, nullable=False),
    *_source(),
    Index(None, "site_number", "month"),
)

account_bill_items = Table(
    "account_bill_items",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("invoice_number", ForeignKey("account_invoices.number"), nullable=False, index=True),
    Column("product", String(40), nullable=False),
    Column("sender_id", String(80)),
    Column("sent_on", Date, nullable=False),
    Column("amount_cents", Integer, nullable=False),
    Column("currency", String(3), nullable=False),
)
