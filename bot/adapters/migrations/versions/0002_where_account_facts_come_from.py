"""Where account facts come from; links of unknown date; licences of both models."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0002"
down_revision = "0001"

_WITH_SOURCE = ("account_sites", "account_members", "account_links", "account_invoices")


def upgrade() -> None:
    """Applies the change."""
    for table in _WITH_SOURCE:
        source = sa.Column("source", sa.String(8), nullable=False, server_default="database")
        op.add_column(table, source)
        op.add_column(table, sa.Column("source_detail", sa.String(200), nullable=True))
    with op.batch_alter_table("account_links") as links:
        links.alter_column("linked_at", existing_type=sa.DateTime(), nullable=True)
    with _licences() as licences:
        licences.alter_column("holder_id", existing_type=sa.String(80), nullable=True)
        licences.add_column(
            sa.Column("model", sa.String(16), nullable=False, server_default="support_staff")
        )


def downgrade() -> None:
    """Undoes the change; what the older schema has no place for goes."""
    op.execute(
        "DELETE FROM account_licence_staff WHERE licence_id IN "
        "(SELECT id FROM account_licences WHERE holder_id IS NULL)"
    )
    op.execute("DELETE FROM account_licences WHERE holder_id IS NULL")
    with _licences() as licences:
        licences.drop_column("model")
        licences.alter_column("holder_id", existing_type=sa.String(80), nullable=False)
    op.execute("DELETE FROM account_links WHERE linked_at IS NULL")
    with op.batch_alter_table("account_links") as links:
        links.alter_column("linked_at", existing_type=sa.DateTime(), nullable=False)
    for table in _WITH_SOURCE:
        op.drop_column(table, "source_detail")
        op.drop_column(table, "source")


@contextmanager
def _licences() -> Iterator[BatchOperations]:
    """Changes `account_licences` while the table that points to it is out of the way.

    SQLite changes a column by making the table anew, which rows that point to it would forbid.
    """
    rows = op.get_bind().execute(sa.text("SELECT licence_id, user_id FROM account_licence_staff"))
    kept = [row._asdict() for row in rows]
    op.drop_table("account_licence_staff")
    with op.batch_alter_table("account_licences") as licences:
        yield licences
    staff = op.create_table(
        "account_licence_staff",
        sa.Column("licence_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.String(80), nullable=False),
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
    op.bulk_insert(staff, kept)
