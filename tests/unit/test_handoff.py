"""The ownership of a conversation: one state machine, and nobody left waiting with nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.memory_conversations import MemoryConversations
from bot.core import handoff
from bot.core.errors import Conflict, NotAllowed
from bot.core.handoff import Ownership, Transfer
from tests.support.builders import NOW, start

BOT = Ownership("bot")
WAITING = Ownership("waiting", None, NOW, "asked")
HELD = Ownership("agent", "amelie", NOW, "asked")
CLOSED = Ownership("closed", "amelie", NOW, "asked")
AGENTS = ("amelie", "marc")


def is_sound(now: Ownership) -> bool:
    """One owner at the most, and whoever waits is in the queue and held by nobody."""
    match now.state:
        case "bot":
            return now == BOT
        case "waiting":
            return now.assignee_id is None and now.waiting_since is not None
        case "agent":
            return now.assignee_id in AGENTS
        case "closed":
            return True


# --- Asking for a person -------------------------------------------------------------------------


def test_asking_for_a_person_puts_the_conversation_into_the_queue_with_time_and_reason() -> None:
    change = handoff.ask_person(BOT, NOW, "angry")
    assert change == Transfer(BOT, Ownership("waiting", None, NOW, "angry"))


@pytest.mark.parametrize("now", [WAITING, HELD])
def test_asking_again_keeps_the_place_in_the_queue(now: Ownership) -> None:
    later = NOW + timedelta(minutes=9)
    assert handoff.ask_person(now, later, "abstained") == Transfer(now, now)


# --- Agents --------------------------------------------------------------------------------------


@pytest.mark.parametrize("now", [WAITING, BOT])
def test_an_agent_claims_what_waits_or_is_the_bot_s(now: Ownership) -> None:
    after = handoff.claim(now, "amelie").after
    assert (after.state, after.assignee_id) == ("agent", "amelie")
    reason = "taken_over" if now == BOT else now.reason
    assert (after.waiting_since, after.reason) == (now.waiting_since, reason)


def test_claiming_one_s_own_conversation_again_changes_nothing() -> None:
    assert handoff.claim(HELD, "amelie") == Transfer(HELD, HELD)


@pytest.mark.parametrize("now", [HELD, CLOSED])
def test_a_colleague_s_or_a_closed_conversation_cannot_be_claimed(now: Ownership) -> None:
    with pytest.raises(Conflict):
        handoff.claim(now, "marc")


def test_an_agent_hands_the_conversation_to_a_colleague() -> None:
    after = handoff.transfer(HELD, "amelie", "marc").after
    assert (after.state, after.assignee_id) == ("agent", "marc")


def test_a_return_to_the_bot_leaves_nothing_of_the_queue() -> None:
    assert handoff.back_to_bot(HELD, by="amelie").after == BOT


def test_resolving_keeps_who_did_it() -> None:
    after = handoff.resolve(HELD, "amelie").after
    assert (after.state, after.assignee_id) == ("closed", "amelie")


@pytest.mark.parametrize("now", [BOT, WAITING, HELD, CLOSED])
@pytest.mark.parametrize(
    "act",
    [
        lambda now: handoff.transfer(now, "marc", "amelie"),
        lambda now: handoff.back_to_bot(now, by="marc"),
        lambda now: handoff.resolve(now, "marc"),
        lambda now: handoff.require_agent(now, "marc"),
    ],
    ids=["transfer", "return", "resolve", "write"],
)
def test_only_the_agent_who_holds_a_conversation_acts_on_it(
    now: Ownership, act: Callable[[Ownership], object]
) -> None:
    with pytest.raises(NotAllowed):
        act(now)


def test_the_agent_who_holds_it_may_write() -> None:
    handoff.require_agent(HELD, "amelie")


# --- The visitor ---------------------------------------------------------------------------------


@pytest.mark.parametrize("now", [WAITING, HELD])
def test_the_visitor_may_leave_the_queue_or_the_agent(now: Ownership) -> None:
    assert handoff.back_to_bot(now, by="visitor").after == BOT


def test_a_closed_conversation_reopens_with_the_bot_free_of_the_old_reason() -> None:
    assert handoff.reopen(CLOSED).after == BOT


# --- Any sequence --------------------------------------------------------------------------------

Step = tuple[str, str, str]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "claim", "transfer", "return", "visitor", "resolve", "write"]),
        st.sampled_from(AGENTS),
        st.sampled_from(AGENTS),
    ),
    max_size=12,
)


def change_of(step: Step, now: Ownership) -> Transfer:
    action, agent, other = step
    match action:
        case "ask":
            return handoff.ask_person(now, NOW, "asked")
        case "claim":
            return handoff.claim(now, agent)
        case "transfer":
            return handoff.transfer(now, agent, other)
        case "return":
            return handoff.back_to_bot(now, by=agent)
        case "visitor":
            return handoff.back_to_bot(now, by="visitor")
        case "resolve":
            return handoff.resolve(now, agent)
        case _:
            return handoff.reopen(now) if now.state == "closed" else Transfer(now, now)


@given(STEPS)
def test_no_sequence_leaves_two_owners_or_a_waiting_visitor_with_nobody(steps: list[Step]) -> None:
    store = MemoryConversations()
    start(store, "c")
    for step in steps:
        before = Ownership.of(store.get("c"))
        try:
            store.change_owner("c", change_of(step, before), at=NOW)
        except (Conflict, NotAllowed):
            # A refusal changes nothing.
            assert Ownership.of(store.get("c")) == before
        now = Ownership.of(store.get("c"))
        assert is_sound(now)
        if before.state == "waiting" and step[0] not in ("claim", "visitor"):
            assert now == before


@given(STEPS, st.lists(st.integers(0, 11), max_size=12))
def test_whoever_decides_on_a_stale_view_changes_nothing_that_moved(
    steps: list[Step], ages: list[int]
) -> None:
    """Each step acts on a view that may be some steps old, as two consoles and the bot do."""
    store = MemoryConversations()
    start(store, "c")
    views = [BOT]
    for number, step in enumerate(steps):
        age = ages[number] if number < len(ages) else 0
        view = views[max(0, len(views) - 1 - age)]
        before = Ownership.of(store.get("c"))
        try:
            change = change_of(step, view)
            store.change_owner("c", change, at=NOW)
        except (Conflict, NotAllowed):
            continue
        finally:
            now = Ownership.of(store.get("c"))
            views.append(now)
            assert is_sound(now)
        has_moved = (view.state, view.assignee_id) != (before.state, before.assignee_id)
        assert now == before if has_moved else now in (before, change.after)
