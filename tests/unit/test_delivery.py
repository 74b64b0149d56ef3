"""Every ticket reaches the helpdesk exactly once, whatever goes wrong on the way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.memory import HeldClock, memory_services
from bot.adapters.memory_tickets import HelpdeskFault, MemoryHelpdesk, MemoryTickets
from bot.core import delivery
from bot.core.delivery import (
    FIRST_RETRY_S,
    LEASE,
    LONGEST_RETRY_S,
    deliver_due,
    retry_delay_s,
    transcriber,
)
from bot.core.errors import HelpdeskError, Unavailable
from bot.core.helpdesk import Absent, Capabilities, Comment, Later, LookedUp, Sent
from bot.core.tickets import Change, Delivery, Ticket
from tests.support.builders import NOW, a_ticket, start

LONG = timedelta(seconds=LONGEST_RETRY_S) + LEASE


@pytest.fixture
def store() -> MemoryTickets:
    return MemoryTickets()


@pytest.fixture
def reference(store: MemoryTickets) -> str:
    return file(store)


def file(store: MemoryTickets, key: str = "one") -> str:
    ticket = a_ticket(request_key=key)
    return store.open(ticket, f'{{"key": "{key}"}}', who="assistant").reference


def outcome(store: MemoryTickets, reference: str) -> Delivery:
    found = store.delivery(reference)
    assert found is not None
    return found


def deliver_until_nothing_is_due(
    store: MemoryTickets, helpdesk: MemoryHelpdesk, clock: HeldClock, passes: int = 12
) -> None:
    for _ in range(passes):
        deliver_due(store, helpdesk, clock)
        clock.advance(LONG)


# --- One attempt ---------------------------------------------------------------------------------


def test_a_ticket_is_delivered_with_its_body_as_it_was_stored(
    store: MemoryTickets, reference: str, clock: HeldClock
) -> None:
    helpdesk = MemoryHelpdesk()
    (settled,) = deliver_due(store, helpdesk, clock).rows
    assert helpdesk.tickets == [(reference, '{"key": "one"}')]
    assert (settled.state, settled.external_id, settled.last_error) == ("delivered", "1", None)
    assert outcome(store, reference) == settled
    assert settled.payload is None


def test_nothing_is_delivered_twice(store: MemoryTickets, reference: str, clock: HeldClock) -> None:
    helpdesk = MemoryHelpdesk(knows_keys=False)
    deliver_until_nothing_is_due(store, helpdesk, clock)
    assert [key for key, _ in helpdesk.tickets] == [reference]


def test_one_bad_ticket_does_not_hold_up_the_others(store: MemoryTickets, clock: HeldClock) -> None:
    bad, good = file(store, "bad"), file(store, "good")
    deliver_due(store, MemoryHelpdesk(["refused"]), clock)
    assert outcome(store, bad).state == "rejected"
    assert outcome(store, good).state == "delivered"


# --- When it fails -------------------------------------------------------------------------------


def test_a_reply_lost_after_success_opens_no_second_ticket(
    store: MemoryTickets, reference: str, clock: HeldClock
) -> None:
    helpdesk = MemoryHelpdesk(["lost_answer"], knows_keys=False)
    (first,) = deliver_due(store, helpdesk, clock).rows
    assert first.state == "unknown"
    clock.advance(LONG)
    (second,) = deliver_due(store, helpdesk, clock).rows
    assert (second.state, second.external_id) == ("delivered", "1")
    assert len(helpdesk.tickets) == 1


def test_a_look_up_that_fails_sends_nothing(
    store: MemoryTickets, reference: str, clock: HeldClock
) -> None:
    helpdesk = MemoryHelpdesk(["lost_answer", "unreachable"], knows_keys=False)
    deliver_due(store, helpdesk, clock)
    clock.advance(LONG)
    deliver_due(store, helpdesk, clock)
    assert outcome(store, reference).state == "unknown"
    assert len(helpdesk.tickets) == 1


def test_a_refused_ticket_is_left_to_a_person(
    store: MemoryTickets, reference: str, clock: HeldClock
) -> None:
    helpdesk = MemoryHelpdesk(["refused"])
    deliver_until_nothing_is_due(store, helpdesk, clock, passes=3)
    settled = outcome(store, reference)
    assert (settled.state, settled.attempts) == ("rejected", 1)
    assert "refuses" in str(settled.last_error)
    assert helpdesk.tickets == []


def test_an_unknown_outcome_waits_and_says_why(
    store: MemoryTickets, reference: str, clock: HeldClock
) -> None:
    helpdesk = MemoryHelpdesk(["unreachable"])
    (settled,) = deliver_due(store, helpdesk, clock).rows
    assert (settled.state, settled.last_error) == ("unknown", "The helpdesk did not answer.")
    assert NOW < settled.next_at <= NOW + timedelta(seconds=FIRST_RETRY_S)
    assert deliver_due(store, helpdesk, clock).rows == []


class FaultyHelpdesk(MemoryHelpdesk):
    """Raises, which no helpdesk should."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def find(self, external_key: str) -> LookedUp:
        raise self._error

    def create(self, external_key: str, payload: str) -> Sent:
        raise self._error


@pytest.mark.parametrize(
    "error", [Unavailable("down"), HelpdeskError("odd"), KeyError("a mistake of ours")]
)
def test_an_error_that_nobody_foresaw_is_tried_again(
    store: MemoryTickets, reference: str, clock: HeldClock, error: Exception
) -> None:
    deliver_due(store, FaultyHelpdesk(error), clock)
    assert outcome(store, reference).state == "unknown"


def test_after_the_last_attempt_a_person_decides(
    store: MemoryTickets, reference: str, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MAX_ATTEMPTS", 4)
    helpdesk = FaultyHelpdesk(Unavailable("down"))
    states = []
    for _ in range(6):
        states += [settled.state for settled in deliver_due(store, helpdesk, clock).rows]
        clock.advance(LONG)
    assert states == ["unknown"] * 3 + ["dead"]
    assert outcome(store, reference).last_error == "down"


def test_attempts_go_on_for_about_a_day_before_anybody_gives_up() -> None:
    shortest_s = sum(retry_delay_s(n) for n in range(1, delivery.MAX_ATTEMPTS))
    assert 10 * 3600 < shortest_s < 30 * 3600


def test_a_helpdesk_that_wants_to_be_left_alone_is_and_nothing_needs_looking_up(
    store: MemoryTickets, clock: HeldClock
) -> None:
    first, second = file(store, "first"), file(store, "second")
    helpdesk = MemoryHelpdesk(["busy"])
    settled = deliver_due(store, helpdesk, clock)
    assert [row.reference for row in settled.rows] == [first]
    assert outcome(store, second).attempts == 0
    row = outcome(store, first)
    assert (row.state, row.maybe_arrived) == ("pending", False)
    # What was asked for, and the growing step besides: "1 second" has been seen not to be enough.
    assert NOW + timedelta(seconds=30) < row.next_at <= NOW + timedelta(seconds=30 + FIRST_RETRY_S)
    assert settled.pause_until == row.next_at
    clock.advance(LONG)
    assert deliver_due(store, helpdesk, clock).pause_until is None
    assert len(helpdesk.tickets) == 2


def test_what_may_have_arrived_is_looked_up_even_after_a_call_that_did_nothing(
    store: MemoryTickets, reference: str, clock: HeldClock
) -> None:
    helpdesk = MemoryHelpdesk(["lost_answer", "busy"], knows_keys=False)
    deliver_until_nothing_is_due(store, helpdesk, clock, passes=3)
    assert len(helpdesk.tickets) == 1
    assert outcome(store, reference).state == "delivered"


def test_a_helpdesk_that_wants_to_be_left_alone_when_it_is_asked_for_a_ticket_is_too(
    store: MemoryTickets, reference: str, clock: HeldClock
) -> None:
    class BusyLookUp(MemoryHelpdesk):
        def find(self, external_key: str) -> LookedUp:
            return Later("busy", 30)

    helpdesk = BusyLookUp(["lost_answer"], knows_keys=False)
    assert deliver_due(store, helpdesk, clock).pause_until is None
    clock.advance(LONG)
    assert deliver_due(store, helpdesk, clock).pause_until == outcome(store, reference).next_at
    assert outcome(store, reference).next_at > clock.now() + timedelta(seconds=30)


@pytest.mark.parametrize("knows_keys", [False, True])
def test_a_look_up_is_not_believed_before_the_helpdesk_has_settled(
    store: MemoryTickets, reference: str, clock: HeldClock, knows_keys: bool
) -> None:
    helpdesk = MemoryHelpdesk(["lost_answer"])
    helpdesk.capabilities = Capabilities(knows_keys=knows_keys, settles_within=LEASE)
    (settled,) = deliver_due(store, helpdesk, clock).rows
    # A helpdesk that knows its keys is asked again at once: it takes no harm from haste.
    assert (settled.next_at > NOW + LEASE) is not knows_keys


def test_further_tickets_of_the_same_reference_are_told(
    store: MemoryTickets, reference: str, clock: HeldClock
) -> None:
    helpdesk = MemoryHelpdesk(["lost_answer"], knows_keys=False)
    deliver_due(store, helpdesk, clock)
    helpdesk.create(reference, "a person's own copy")
    clock.advance(LONG)
    (settled,) = deliver_due(store, helpdesk, clock).rows
    assert (settled.state, settled.external_id) == ("delivered", "1")
    assert "2" in str(settled.last_error)


# --- When a person decides -----------------------------------------------------------------------


def test_a_refused_ticket_that_is_tried_again_is_made_anew(
    store: MemoryTickets, reference: str, clock: HeldClock
) -> None:
    helpdesk = MemoryHelpdesk(["refused"], knows_keys=False)
    deliver_due(store, helpdesk, clock)
    assert store.delivery(reference).payload is None  # type: ignore[union-attr]
    assert store.retry(reference, who="Amélie", at=clock.now()) == 1
    (settled,) = deliver_due(store, helpdesk, clock).rows
    assert settled.state == "delivered"
    assert store.retry(reference, who="Amélie", at=clock.now()) == 0


def test_a_dead_letter_that_is_tried_again_has_as_many_attempts_as_a_new_one(
    store: MemoryTickets, reference: str, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MAX_ATTEMPTS", 3)
    helpdesk = MemoryHelpdesk(["lost_answer", *["unreachable"] * 4], knows_keys=False)
    deliver_until_nothing_is_due(store, helpdesk, clock, passes=5)
    assert outcome(store, reference).state == "dead"
    store.retry(reference, who="Amélie", at=clock.now())
    deliver_until_nothing_is_due(store, helpdesk, clock, passes=3)
    # It had arrived with the very first attempt.
    assert (outcome(store, reference).state, len(helpdesk.tickets)) == ("delivered", 1)


# --- What goes with a ticket ---------------------------------------------------------------------


def transcript(key: str, ticket: Ticket) -> Comment:
    return Comment(key, f"{ticket.reference} [{key}]")


def deliver_all(store: MemoryTickets, helpdesk: MemoryHelpdesk, clock: HeldClock) -> None:
    for _ in range(8):
        deliver_due(store, helpdesk, clock, transcribe=transcript)
        clock.advance(LONG)


@given(
    st.lists(
        st.sampled_from(["none", "unreachable", "lost_answer", "busy"]), min_size=0, max_size=6
    )
)
def test_the_transcript_follows_its_ticket_once(faults: list[HelpdeskFault]) -> None:
    store, clock = MemoryTickets(), HeldClock(NOW)
    helpdesk = MemoryHelpdesk(faults, knows_keys=False, takes_transcripts=True)
    reference = file(store)
    deliver_all(store, helpdesk, clock)
    ticket, follower = store.deliveries(reference)
    assert (ticket.state, follower.state, follower.kind) == ("delivered", "delivered", "transcript")
    ((id_, comments),) = helpdesk.comments.items()
    assert id_ == ticket.external_id
    assert [comment.is_public for comment in comments] == [False]


def test_a_comment_waits_for_its_ticket(
    store: MemoryTickets, reference: str, clock: HeldClock
) -> None:
    helpdesk = MemoryHelpdesk(["busy"])
    told = Change(told="Nous gardons les rappels.")
    store.change(reference, told, who="requester", at=clock.now())
    deliver_due(store, helpdesk, clock)
    assert helpdesk.comments == {}
    clock.advance(LONG)
    deliver_due(store, helpdesk, clock)
    ((comment,),) = helpdesk.comments.values()
    assert comment.is_public
    assert comment.text == f"Nous gardons les rappels.\n\n[{comment.key}]"


def test_the_transcript_of_an_erased_conversation_becomes_unreadable(
    store: MemoryTickets, clock: HeldClock
) -> None:
    helpdesk = MemoryHelpdesk(takes_transcripts=True)
    ticket = a_ticket(conversation_id="c-1")
    store.open(ticket, "{}", who="assistant")
    deliver_all(store, helpdesk, clock)
    ((sent,),) = helpdesk.comments.values()
    store.forget_conversation("c-1")
    deliver_due(store, helpdesk, clock)
    ((redacted,),) = helpdesk.comments.values()
    assert redacted.text != sent.text
    assert sent.key not in redacted.text


def test_a_transcript_holds_the_talk_as_it_is_stored_and_nothing_of_an_erased_one() -> None:
    services = memory_services(HeldClock(NOW))
    start(services.conversations, "c-1")
    conversation = services.conversations.get("c-1")
    services.conversations.add_visit(
        conversation, "m-1", text="Carte [masquée]", payload=None, at=NOW
    )
    transcribe = transcriber(services.conversations, services.phrases)
    ticket = a_ticket(conversation_id="c-1", fields={"identity": "anonymous", "reason": "été"})
    text = transcribe("OCN-7K3M-9QXT/2", ticket).text
    assert "Visiteur\u00a0: Carte [masquée]" in text
    assert "Identité\u00a0: visiteur anonyme" in text
    assert "été" not in text
    services.conversations.erase("c-1")
    assert "Visiteur" not in transcribe("OCN-7K3M-9QXT/2", ticket).text


# --- When the worker dies ------------------------------------------------------------------------


def test_what_a_dead_worker_had_sent_is_found_not_sent_again(
    store: MemoryTickets, reference: str, clock: HeldClock
) -> None:
    helpdesk = MemoryHelpdesk(knows_keys=False)
    (leased,) = store.lease_due(clock.now(), LEASE, 10)
    helpdesk.create(leased.reference, leased.body)
    assert deliver_due(store, helpdesk, clock).rows == []
    clock.advance(LEASE + timedelta(seconds=1))
    (settled,) = deliver_due(store, helpdesk, clock).rows
    assert (settled.state, settled.external_id) == ("delivered", "1")
    assert len(helpdesk.tickets) == 1


def test_what_a_dead_worker_had_not_sent_is_sent(
    store: MemoryTickets, reference: str, clock: HeldClock
) -> None:
    helpdesk = MemoryHelpdesk(knows_keys=False)
    store.lease_due(clock.now(), LEASE, 10)
    clock.advance(LEASE + timedelta(seconds=1))
    deliver_due(store, helpdesk, clock)
    assert [key for key, _ in helpdesk.tickets] == [reference]


Trouble = Literal["none", "unreachable", "lost_answer", "crash_before", "crash_after"]


def attempt(
    trouble: Trouble, store: MemoryTickets, helpdesk: MemoryHelpdesk, clock: HeldClock
) -> None:
    """One pass of a worker; one that crashes leaves the rows leased as they are."""
    if trouble == "crash_before":
        store.lease_due(clock.now(), LEASE, 10)
    elif trouble == "crash_after":
        for row in store.lease_due(clock.now(), LEASE, 10):
            if row.attempts == 1 or helpdesk.find(row.reference) == Absent():
                helpdesk.create(row.reference, row.body)
    else:
        helpdesk.faults.append(trouble)
        deliver_due(store, helpdesk, clock)
        helpdesk.faults.clear()
    clock.advance(LONG)


@given(
    st.lists(
        st.sampled_from(["none", "unreachable", "lost_answer", "crash_before", "crash_after"]),
        max_size=8,
    ),
    st.integers(1, 3),
)
def test_whatever_goes_wrong_each_ticket_is_there_exactly_once_in_the_end(
    troubles: Sequence[Trouble], tickets: int
) -> None:
    store, clock = MemoryTickets(), HeldClock(NOW)
    # A helpdesk that would make a second ticket of a second `create`.
    helpdesk = MemoryHelpdesk(knows_keys=False)
    references = [file(store, str(number)) for number in range(tickets)]
    for trouble in troubles:
        attempt(trouble, store, helpdesk, clock)
    deliver_until_nothing_is_due(store, helpdesk, clock, passes=2)
    assert sorted(key for key, _ in helpdesk.tickets) == sorted(references)
    assert {outcome(store, reference).state for reference in references} == {"delivered"}


@given(
    st.lists(
        st.sampled_from(["none", "unreachable", "lost_answer", "refused", "busy"]), max_size=12
    )
)
def test_no_order_of_faults_makes_a_second_ticket(faults: list[HelpdeskFault]) -> None:
    store, clock = MemoryTickets(), HeldClock(NOW)
    helpdesk = MemoryHelpdesk(faults, knows_keys=False)
    reference = file(store)
    deliver_until_nothing_is_due(store, helpdesk, clock, passes=16)
    assert len(helpdesk.tickets) <= 1
    state = outcome(store, reference).state
    assert state in ("delivered", "rejected")
    assert state == "rejected" or len(helpdesk.tickets) == 1


# --- Back-off ------------------------------------------------------------------------------------


@given(st.integers(1, 10_000))
def test_the_delay_grows_up_to_its_limit_and_is_spread(attempts: int) -> None:
    step = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(attempts - 1, 20))
    assert step / 2 <= retry_delay_s(attempts) <= step


def test_two_workers_do_not_come_back_at_the_same_moment() -> None:
    assert len({retry_delay_s(5) for _ in range(20)}) > 10
