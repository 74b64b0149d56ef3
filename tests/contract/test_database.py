"""Errors of the database reach the logs: they hold nothing that a visitor wrote."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.adapters.database import Database
from bot.adapters.tables import builtin_helpdesk, conversations
from tests.support.builders import NOW, start
from tests.support.stores import DATABASES, Stores


@pytest.mark.parametrize("stores", DATABASES, indirect=True)
def test_an_error_of_the_database_does_not_tell_what_was_stored(stores: Stores) -> None:
    assert isinstance(stores.database, Database)
    row = {"external_key": "OCN-1", "body": "une raison intime", "created_at": NOW}
    twice = builtin_helpdesk.insert().values([row, row])
    with pytest.raises(IntegrityError) as error, stores.database.write() as connection:
        connection.execute(twice)
    assert "intime" not in str(error.value)


@pytest.mark.parametrize("stores", DATABASES, indirect=True)
def test_what_is_written_meanwhile_is_not_seen_within_one_reading(stores: Stores) -> None:
    assert isinstance(stores.database, Database)
    found = select(conversations.c.id)
    with stores.database.read() as connection:
        assert connection.scalars(found).all() == []
        start(stores.conversations, "c-1")
        assert connection.scalars(found).all() == []
    with stores.database.read() as connection:
        assert connection.scalars(found).all() == ["c-1"]
