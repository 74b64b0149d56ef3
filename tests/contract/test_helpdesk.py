"""What every helpdesk promises to the outbox."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.adapters.memory_tickets import MemoryHelpdesk
from bot.core.errors import BadInput, Unavailable
from bot.core.ports import Helpdesk
from tests.support.stores import Stores

KEY, OTHER = "OCN-7K3M-9QXT", "OCN-4BCD-3FGH"


@pytest.fixture
def helpdesk(stores: Stores) -> Helpdesk:
    return stores.helpdesk


def test_a_ticket_is_found_by_our_key_once_it_is_created(helpdesk: Helpdesk) -> None:
    assert helpdesk.find(KEY) is None
    id_ = helpdesk.create(KEY, '{"é": 1}')
    assert helpdesk.find(KEY) == id_
    assert helpdesk.find(OTHER) is None


def test_creating_again_gives_the_first_ticket(helpdesk: Helpdesk) -> None:
    first = helpdesk.create(KEY, "{}")
    assert helpdesk.create(KEY, "{}") == first
    assert helpdesk.create(OTHER, "{}") != first


def test_creating_in_many_threads_makes_one_ticket(helpdesk: Helpdesk) -> None:
    with ThreadPoolExecutor(6) as threads:
        created = list(threads.map(lambda _: helpdesk.create(KEY, "{}"), range(6)))
    assert len(set(created)) == 1


def test_the_stand_in_fails_as_it_is_told_to_and_then_works() -> None:
    helpdesk = MemoryHelpdesk(["unreachable", "refused", "lost_answer"], knows_keys=False)
    with pytest.raises(Unavailable):
        helpdesk.create(KEY, "{}")
    with pytest.raises(BadInput):
        helpdesk.create(KEY, "{}")
    assert helpdesk.tickets == []
    with pytest.raises(Unavailable):
        helpdesk.create(KEY, "{}")
    assert helpdesk.find(KEY) == "1"
    assert helpdesk.create(KEY, "{}") == "2"
    assert [key for key, _ in helpdesk.tickets] == [KEY, KEY]
