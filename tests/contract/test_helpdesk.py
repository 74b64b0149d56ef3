"""What every helpdesk promises to the outbox."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.adapters.memory_tickets import MemoryHelpdesk
from bot.core.helpdesk import Absent, Comment, Created, Found, Later, Rejected, Unknown
from bot.core.ports.helpdesk import Helpdesk
from bot.core.tickets import helpdesk_body, new_reference
from tests.support.builders import a_ticket


@pytest.fixture
def key() -> str:
    """A reference of the test's own: a real helpdesk keeps what other tests left there."""
    return new_reference()


def prepared(helpdesk: Helpdesk, key: str) -> str:
    return helpdesk.prepare(helpdesk_body(a_ticket(reference=key)))


def created(helpdesk: Helpdesk, key: str) -> str:
    result = helpdesk.create(key, prepared(helpdesk, key))
    assert isinstance(result, Created), result
    return result.id


def test_a_ticket_is_found_by_our_key_once_it_is_created(helpdesk: Helpdesk, key: str) -> None:
    assert helpdesk.find(key) == Absent()
    id_ = created(helpdesk, key)
    assert helpdesk.find(key) == Found(id_)
    assert helpdesk.find(new_reference()) == Absent()


def test_what_is_sent_for_a_ticket_is_always_the_same(helpdesk: Helpdesk, key: str) -> None:
    assert prepared(helpdesk, key) == prepared(helpdesk, key)
    assert key in prepared(helpdesk, key)


def test_creating_again_never_hides_that_the_ticket_was_there(helpdesk: Helpdesk, key: str) -> None:
    first = created(helpdesk, key)
    again = helpdesk.create(key, prepared(helpdesk, key))
    if not helpdesk.capabilities.knows_keys:
        # It knows no keys, which is why delivery never sends before a look-up has said "absent".
        assert isinstance(again, Created)
        assert helpdesk.find(key) == Found(first, (again.id,))
    else:
        assert again == Found(first)
        assert helpdesk.find(key) == Found(first)
    assert created(helpdesk, new_reference()) != first


def test_where_keys_are_known_many_threads_make_one_ticket(helpdesk: Helpdesk, key: str) -> None:
    if not helpdesk.capabilities.knows_keys:
        pytest.skip("this helpdesk knows no keys; the outbox lets one worker send at a time")
    payload = prepared(helpdesk, key)
    with ThreadPoolExecutor(6) as threads:
        results = list(threads.map(lambda _: helpdesk.create(key, payload), range(6)))
    ids = {result.id for result in results if isinstance(result, Created | Found)}
    assert len(ids) == 1
    assert sum(isinstance(result, Created) for result in results) == 1


def test_a_comment_is_found_by_its_key_once_it_is_there(helpdesk: Helpdesk, key: str) -> None:
    if not helpdesk.capabilities.takes_transcripts:
        pytest.skip("this helpdesk shows the conversation itself")
    ticket = created(helpdesk, key)
    comment = Comment(f"{key}/7", f"L’été dernier…\n\n[{key}/7]")
    assert helpdesk.find_comment(ticket, comment.key) == Absent()
    assert isinstance(helpdesk.comment(ticket, comment), Created)
    assert isinstance(helpdesk.find_comment(ticket, comment.key), Found)
    assert helpdesk.find_comment(ticket, f"{key}/70") == Absent()


def test_a_redacted_comment_is_found_no_more_and_redacting_can_be_repeated(
    helpdesk: Helpdesk, key: str
) -> None:
    ticket = created(helpdesk, key)
    comment = Comment(f"{key}/7", f"Un secret.\n\n[{key}/7]")
    helpdesk.comment(ticket, comment)
    result = helpdesk.redact(ticket, comment.key)
    if helpdesk.capabilities.can_redact:
        assert isinstance(result, Created)
        assert helpdesk.find_comment(ticket, comment.key) == Absent()
        assert isinstance(helpdesk.redact(ticket, comment.key), Created)
    else:
        # Either there is no copy, or a person is told what to do.
        assert isinstance(result, Created | Rejected)


def test_a_helpdesk_that_works_has_nothing_to_mend(helpdesk: Helpdesk) -> None:
    assert helpdesk.check() is None


def test_the_stand_in_fails_as_it_is_told_to_and_then_works() -> None:
    helpdesk = MemoryHelpdesk(["unreachable", "refused", "busy", "lost_answer"], knows_keys=False)
    key = "OCN-7K3M-9QXT"
    for expected in (Unknown, Rejected, Later):
        assert isinstance(helpdesk.create(key, "{}"), expected)
        assert helpdesk.tickets == []
    assert isinstance(helpdesk.create(key, "{}"), Unknown)
    assert helpdesk.find(key) == Found("1")
    assert helpdesk.create(key, "{}") == Created("2")
    assert helpdesk.find(key) == Found("1", ("2",))
