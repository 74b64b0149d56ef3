"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "account_sites",
        sa.Column("number", sa.String(length=6), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("billed_by", sa.String(length=12), nullable=False),
        sa.Column("emr_vendor", sa.String(length=80), nullable=False),
        sa.Column("as_of", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_account_sites")),
    )
    op.create_table(
        "account_users",
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("username", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.PrimaryKeyConstraint("external_id", name=op.f("pk_account_users")),
    )
    op.create_table(
        "agents",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("is_disabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agents")),
        sa.UniqueConstraint("email", name=op.f("uq_agents_email")),
    )
    op.create_table(
        "builtin_helpdesk",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("external_key", sa.String(length=20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_builtin_helpdesk")),
        sa.UniqueConstraint("external_key", name=op.f("uq_builtin_helpdesk_external_key")),
    )
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("identity", sa.JSON(), nullable=True),
        sa.Column("page_url", sa.Text(), nullable=True),
        sa.Column("topic", sa.String(length=80), nullable=True),
        sa.Column("abstentions", sa.Integer(), nullable=False),
        sa.Column("handoff_reason", sa.String(length=40), nullable=True),
        sa.Column("was_handed_off", sa.Boolean(), nullable=False),
        sa.Column("waiting_since", sa.DateTime(), nullable=True),
        sa.Column("assignee_id", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("turn_owner", sa.String(length=80), nullable=True),
        sa.Column("turn_until", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
    )
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_conversations_state_waiting_since"),
            ["state", "waiting_since"],
            unique=False,
        )

    op.create_table(
        "account_invoices",
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("site_number", sa.String(length=6), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("as_of", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_number"], ["account_sites.number"], name=op.f("fk_account_invoices_site_number")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_account_invoices")),
    )
    with op.batch_alter_table("account_invoices", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_account_invoices_site_number_month"),
            ["site_number", "month"],
            unique=False,
        )

    op.create_table(
        "account_licences",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("site_number", sa.String(length=6), nullable=False),
        sa.Column("holder_id", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["account_users.external_id"], name=op.f("fk_account_licences_holder_id")
        ),
        sa.ForeignKeyConstraint(
            ["site_number"], ["account_sites.number"], name=op.f("fk_account_licences_site_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_licences")),
    )
    with op.batch_alter_table("account_licences", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_account_licences_site_number"), ["site_number"], unique=False
        )

    op.create_table(
        "account_links",
        sa.Column("user_id", sa.String(length=80), nullable=False),
        sa.Column("site_number", sa.String(length=6), nullable=False),
        sa.Column("emr_vendor", sa.String(length=80), nullable=False),
        sa.Column("emr_username", sa.String(length=120), nullable=False),
        sa.Column("linked_at", sa.DateTime(), nullable=False),
        sa.Column("as_of", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_number"], ["account_sites.number"], name=op.f("fk_account_links_site_number")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["account_users.external_id"], name=op.f("fk_account_links_user_id")
        ),
        sa.PrimaryKeyConstraint(
            "user_id", "site_number", "emr_vendor", name=op.f("pk_account_links")
        ),
    )
    op.create_table(
        "account_members",
        sa.Column("site_number", sa.String(length=6), nullable=False),
        sa.Column("user_id", sa.String(length=80), nullable=False),
        sa.Column("is_site_admin", sa.Boolean(), nullable=False),
        sa.Column("links_read_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["site_number"], ["account_sites.number"], name=op.f("fk_account_members_site_number")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["account_users.external_id"], name=op.f("fk_account_members_user_id")
        ),
        sa.PrimaryKeyConstraint("site_number", "user_id", name=op.f("pk_account_members")),
    )
    op.create_table(
        "agent_sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("csrf_token", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_agent_sessions_agent_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_agent_sessions")),
    )
    op.create_table(
        "drafts",
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_drafts_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_drafts")),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("author", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("topic", sa.String(length=80), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("buttons", sa.JSON(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("client_id", sa.String(length=36), nullable=True),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("reply_to", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_messages_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint(
            "conversation_id", "client_id", name=op.f("uq_messages_conversation_id_client_id")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_messages_conversation_id_id"), ["conversation_id", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_messages_reply_to"), ["reply_to"], unique=False)

    op.create_table(
        "tickets",
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("request_key", sa.String(length=64), nullable=False),
        sa.Column("requester_name", sa.String(length=200), nullable=False),
        sa.Column("requester_email", sa.String(length=320), nullable=False),
        sa.Column("site_number", sa.String(length=6), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("checklist", sa.JSON(), nullable=False),
        sa.Column("to_confirm", sa.Boolean(), nullable=False),
        sa.Column("requester_id", sa.String(length=80), nullable=True),
        sa.Column("conversation_id", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_tickets_conversation_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_tickets")),
    )
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_tickets_conversation_id"), ["conversation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_tickets_created_at"), ["created_at"], unique=False)
        batch_op.create_index(
            "uq_tickets_open_request",
            ["request_key"],
            unique=True,
            sqlite_where=sa.text("state IN ('open', 'in_progress')"),
            postgresql_where=sa.text("state IN ('open', 'in_progress')"),
        )

    op.create_table(
        "account_bill_items",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("invoice_number", sa.String(length=40), nullable=False),
        sa.Column("product", sa.String(length=40), nullable=False),
        sa.Column("sender_id", sa.String(length=80), nullable=True),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_number"],
            ["account_invoices.number"],
            name=op.f("fk_account_bill_items_invoice_number"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_bill_items")),
    )
    with op.batch_alter_table("account_bill_items", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_account_bill_items_invoice_number"), ["invoice_number"], unique=False
        )

    op.create_table(
        "account_licence_staff",
        sa.Column("licence_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["licence_id"],
            ["account_licences.id"],
            name=op.f("fk_account_licence_staff_licence_id"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["account_users.external_id"],
            name=op.f("fk_account_licence_staff_user_id"),
        ),
        sa.PrimaryKeyConstraint("licence_id", "user_id", name=op.f("pk_account_licence_staff")),
    )
    op.create_table(
        "feedback",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_feedback_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_feedback_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_feedback")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(), nullable=False),
        sa.Column("lease_until", sa.DateTime(), nullable=True),
        sa.Column("external_id", sa.String(length=80), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["reference"],
            ["tickets.reference"],
            name=op.f("fk_outbox_reference"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_reference"), ["reference"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_outbox_state_next_at"), ["state", "next_at"], unique=False
        )

    op.create_table(
        "ticket_history",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reference"],
            ["tickets.reference"],
            name=op.f("fk_ticket_history_reference"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_history")),
    )
    with op.batch_alter_table("ticket_history", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_ticket_history_reference_id"), ["reference", "id"], unique=False
        )


def downgrade() -> None:
    """Undoes the change."""
    with op.batch_alter_table("ticket_history", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_history_reference_id"))

    op.drop_table("ticket_history")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_state_next_at"))
        batch_op.drop_index(batch_op.f("ix_outbox_reference"))

    op.drop_table("outbox")
    op.drop_table("feedback")
    op.drop_table("account_licence_staff")
    with op.batch_alter_table("account_bill_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_bill_items_invoice_number"))

    op.drop_table("account_bill_items")
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_tickets_open_request",
            sqlite_where=sa.text("state IN ('open', 'in_progress')"),
            postgresql_where=sa.text("state IN ('open', 'in_progress')"),
        )
        batch_op.drop_index(batch_op.f("ix_tickets_created_at"))
        batch_op.drop_index(batch_op.f("ix_tickets_conversation_id"))

    op.drop_table("tickets")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_messages_reply_to"))
        batch_op.drop_index(batch_op.f("ix_messages_conversation_id_id"))

    op.drop_table("messages")
    op.drop_table("drafts")
    op.drop_table("agent_sessions")
    op.drop_table("account_members")
    op.drop_table("account_links")
    with op.batch_alter_table("account_licences", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_licences_site_number"))

    op.drop_table("account_licences")
    with op.batch_alter_table("account_invoices", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_invoices_site_number_month"))

    op.drop_table("account_invoices")
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_conversations_state_waiting_since"))

    op.drop_table("conversations")
    op.drop_table("builtin_helpdesk")
    op.drop_table("agents")
    op.drop_table("account_users")
    op.drop_table("account_sites")
