"""Errors of the database reach the logs: they hold nothing that a visitor wrote."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from bot.adapters.database import Database
from bot.adapters.tables import builtin_helpdesk
from tests.support.builders import NOW
from tests.support.stores import DATABASES, Stores


@pytest.mark.parametrize("stores", DATABASES, indirect=True)
def test_an_error_of_the_database_does_not_tell_what_was_stored(stores: Stores) -> None:
    assert isinstance(stores.database, Database)
    row = {"external_key": "OCN-1", "body": "une raison intime", "created_at": NOW}
    twice = builtin_helpdesk.insert().values([row, row])
    with pytest.raises(IntegrityError) as error, stores.database.write() as connection:
        connection.execute(twice)
    assert "intime" not in str(error.value)
