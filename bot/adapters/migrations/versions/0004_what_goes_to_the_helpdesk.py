"""The outbox carries comments too, keeps what it sends, and knows who is sending it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Applies the change. Of what was attempted before, nobody knows whether it arrived."""
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("lease_owner", sa.String(length=80), nullable=True))
        outbox.add_column(
            sa.Column("kind", sa.String(length=10), nullable=False, server_default="ticket")
        )
        outbox.add_column(sa.Column("payload", sa.Text(), nullable=True))
        outbox.add_column(
            sa.Column("maybe_arrived", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.execute(sa.text("UPDATE outbox SET maybe_arrived = (attempts > 0)"))
    with op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("kind", server_default=None)
        outbox.alter_column("maybe_arrived", server_default=None)
