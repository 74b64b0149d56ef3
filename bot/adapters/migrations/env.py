"""Runs the migrations on the connection that `bot/adapters/migrate.py` hands over."""

from alembic import context

from bot.adapters.tables import metadata

# Rasa's own table shares the database; it is Rasa's to change.
_NOT_OURS = {"events"}


def _is_ours(_object: object, name: str | None, kind: str, *_: object) -> bool:
    return not (kind == "table" and name in _NOT_OURS)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_object=_is_ours,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
