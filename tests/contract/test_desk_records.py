"""What every store of the desk's records promises."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.adapters.tables import conversations, signals
from bot.core import handoff
from bot.core.agents import Signal
from bot.core.conversations import Reply
from bot.core.errors import NotFound
from bot.core.handoff import Ownership, Reason
from bot.core.ports.conversations import Conversations
from bot.core.ports.desk import DeskRecords
from tests.support.builders import NOW, an_agent, an_answer, exchange, start
from tests.support.stores import DATABASES, Stores, meanwhile

MINUTE = timedelta(minutes=1)


@pytest.fixture
def talks(stores: Stores) -> Conversations:
    return stores.conversations


@pytest.fixture
def records(stores: Stores) -> DeskRecords:
    return stores.records


def ask(talks: Conversations, id: str, minute: int = 0, reason: Reason = "asked") -> None:
    at = NOW + minute * MINUTE
    talks.change_owner(id, handoff.ask_person(Ownership.of(talks.get(id)), at, reason), at=at)


def claim(talks: Conversations, id: str, minute: int = 0) -> Ownership:
    at = NOW + minute * MINUTE
    change = handoff.claim(Ownership.of(talks.get(id)), "marc")
    return Ownership.of(talks.change_owner(id, change, at=at))


# --- The queue -----------------------------------------------------------------------------------


def test_the_place_in_the_queue_goes_by_the_wait(
    talks: Conversations, records: DeskRecords
) -> None:
    for minute, id_ in enumerate(("first", "second", "third")):
        start(talks, id_)
        ask(talks, id_, minute)
    assert [records.place_in_queue(id_) for id_ in ("first", "second", "third")] == [1, 2, 3]
    claim(talks, "first", 5)
    assert [records.place_in_queue(id_) for id_ in ("first", "second", "third")] == [0, 1, 2]


def test_recent_waits_are_those_that_an_agent_ended(
    talks: Conversations, records: DeskRecords
) -> None:
    for id_, asked, claimed in (("a", 0, 4), ("b", 1, 3), ("old", -600, -599)):
        start(talks, id_)
        ask(talks, id_, asked)
        claim(talks, id_, claimed)
    start(talks, "taken over")
    claim(talks, "taken over", 2)
    start(talks, "waiting")
    ask(talks, "waiting", 2)
    assert records.recent_waits(NOW, limit=10) == [4 * MINUTE, 2 * MINUTE]
    assert records.recent_waits(NOW, limit=1) == [4 * MINUTE]


def test_only_what_agents_have_is_held(talks: Conversations, records: DeskRecords) -> None:
    for id_ in ("bot", "waiting", "held"):
        start(talks, id_)
    ask(talks, "waiting")
    claim(talks, "held")
    assert [c.id for c in records.held()] == ["held"]


def test_a_long_wait_is_told_of_once_in_each_stay(
    talks: Conversations, records: DeskRecords
) -> None:
    start(talks, "c")
    ask(talks, "c")
    assert records.untold_waiting(NOW) == []
    assert [c.id for c in records.untold_waiting(NOW + MINUTE)] == ["c"]
    assert records.mark_told("c", at=NOW)
    assert not records.mark_told("c", at=NOW)
    assert records.untold_waiting(NOW + MINUTE) == []
    back = handoff.back_to_bot(Ownership.of(talks.get("c")), by="visitor")
    talks.change_owner("c", back, at=NOW)
    assert not records.mark_told("c", at=NOW)
    ask(talks, "c")
    assert records.mark_told("c", at=NOW)


def test_votes_from_before_the_last_stay_count_no_more(
    talks: Conversations, records: DeskRecords
) -> None:
    kept = start(talks, "c")
    exchange(talks, kept, "Un?", an_answer(), an_answer(), an_answer())
    first, second, third = (m.id for m in talks.messages("c") if m.author == "bot")
    for message_id, helpful in ((first, False), (second, True)):
        talks.add_feedback("c", message_id, helpful=helpful, comment=None, at=NOW)
    assert records.unhelpful_votes("c") == 1
    held = claim(talks, "c", 1)
    talks.change_owner("c", handoff.back_to_bot(held, by="marc"), at=NOW + 2 * MINUTE)
    assert records.unhelpful_votes("c") == 0
    talks.add_feedback("c", third, helpful=False, comment=None, at=NOW + 3 * MINUTE)
    assert records.unhelpful_votes("c") == 1


# --- Notes, signals, ratings ---------------------------------------------------------------------


def test_notes_are_kept_in_order_and_in_no_transcript(
    talks: Conversations, records: DeskRecords
) -> None:
    start(talks, "c")
    for text in ("Rappeler jeudi.", "« Déjà fait »"):
        records.add_note("c", an_agent(name="Marc"), text, at=NOW)
    found = [(note.author, note.text, note.created_at) for note in records.notes("c")]
    assert found == [("Marc", "Rappeler jeudi.", NOW), ("Marc", "« Déjà fait »", NOW)]
    assert talks.messages("c") == []
    with pytest.raises(NotFound):
        records.add_note("nowhere", an_agent(), "…", at=NOW)


def test_each_side_has_a_signal_of_its_own_and_reading_goes_forward_only(
    talks: Conversations, records: DeskRecords
) -> None:
    start(talks, "c")
    assert records.signals("c") == {}
    records.signal("c", "visitor", typing_until=NOW, read=7)
    # A sign of reading, late or not, says nothing of the typing.
    records.signal("c", "visitor", read=3)
    records.signal("c", "agent", read=2)
    records.signal("c", "agent", typing_until=NOW)
    assert records.signals("c") == {"visitor": Signal(NOW, 7), "agent": Signal(NOW, 2)}
    with pytest.raises(NotFound):
        records.signal("nowhere", "visitor")


@pytest.mark.parametrize("stores", DATABASES, indirect=True)
def test_of_two_signals_at_the_same_moment_what_was_read_stays_read(stores: Stores) -> None:
    start(stores.conversations, "c")
    first = signals.insert().values(conversation_id="c", side="visitor", read=7)
    touched = conversations.update().values(updated_at=NOW)
    meanwhile(stores, lambda: stores.records.signal("c", "visitor", read=3), touched, first)
    assert stores.records.signals("c") == {"visitor": Signal(None, 7)}


def test_a_rating_is_of_the_last_stay_and_the_last_word_counts(
    talks: Conversations, records: DeskRecords, stores: Stores
) -> None:
    start(talks, "c")
    held = claim(talks, "c")
    talks.change_owner("c", handoff.resolve(held, "marc"), at=NOW)
    for score in (2, 5):
        records.rate("c", score, at=NOW)
    records.comment_rating("c", "Parfait!")
    (stay,) = stores.figures.facts(NOW).stays
    assert (stay.score, stay.comment, stay.rated_at, stay.outcome) == (
        5,
        "Parfait!",
        NOW,
        "resolved",
    )


def test_the_last_topic_is_of_the_message_just_before(
    talks: Conversations, records: DeskRecords
) -> None:
    start(talks, "c")
    (said,) = talks.say("c", "system", [Reply("notice", "…", "rating/comment")], at=NOW)
    assert records.last_topic("c", before=said.id) is None
    assert records.last_topic("c", before=said.id + 1) == "rating/comment"


def test_erasing_a_conversation_erases_its_notes_signals_and_stays(
    talks: Conversations, records: DeskRecords, stores: Stores
) -> None:
    start(talks, "c")
    claim(talks, "c")
    records.add_note("c", an_agent(), "Une note", at=NOW)
    records.signal("c", "visitor", read=1)
    talks.erase("c")
    assert list(stores.figures.facts(NOW - MINUTE).stays) == []
    start(talks, "c")
    assert records.notes("c") == []
    assert records.signals("c") == {}
