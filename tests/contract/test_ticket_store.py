"""What every store of tickets and outbox rows promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.adapters.tables import outbox, tickets
from bot.core.delivery import comment_key
from bot.core.errors import Conflict, NotFound
from bot.core.ports.tickets import TicketStore
from bot.core.tickets import (
    Change,
    Delivery,
    DeliveryState,
    HistoryEntry,
    Ticket,
    TicketFilter,
    place_of,
    request_key,
)
from tests.support.builders import NOW, a_ticket, an_identity, start
from tests.support.stores import DATABASES, Stores, meanwhile

LEASE = timedelta(seconds=60)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def store(stores: Stores) -> TicketStore:
    return stores.tickets


def another(number: int = 0) -> Ticket:
    """A request like no other."""
    return a_ticket(request_key=request_key("cancellation", str(number)))


def file(store: TicketStore, ticket: Ticket | None = None, body: str = "{}") -> Ticket:
    return store.open(ticket or a_ticket(), body, who="assistant")


def find(store: TicketStore, limit: int = 50, **wanted: str) -> list[Ticket]:
    return store.find(TicketFilter(**wanted), limit=limit)


# --- Opening -------------------------------------------------------------------------------------


def test_a_ticket_comes_back_as_it_was_opened(stores: Stores) -> None:
    start(stores.conversations, "c-1", identity=an_identity())
    ticket = a_ticket(conversation_id="c-1", requester_id="ocean-17", to_confirm=False)
    assert file(stores.tickets, ticket) == ticket
    assert stores.tickets.get(ticket.reference) == ticket


def test_an_opened_ticket_has_its_history_and_its_way_to_the_helpdesk(store: TicketStore) -> None:
    body = '{"é": "  à la lettre "}'
    ticket = file(store, body=body)
    assert store.history(ticket.reference) == [HistoryEntry(NOW, "assistant", "opened")]
    delivery = store.delivery(ticket.reference)
    assert delivery is not None
    assert (delivery.body, delivery.state, delivery.attempts) == (body, "pending", 0)


def test_an_unknown_reference_is_not_found(store: TicketStore) -> None:
    for call in (
        lambda: store.get("OCN-AAAA-AAAA"),
        lambda: store.change("OCN-AAAA-AAAA", Change("done"), who="Amélie", at=NOW),
    ):
        with pytest.raises(NotFound):
            call()
    assert store.history("OCN-AAAA-AAAA") == []
    assert store.delivery("OCN-AAAA-AAAA") is None


@pytest.mark.parametrize("state", ["open", "in_progress"])
def test_the_same_request_while_one_is_open_is_that_one(store: TicketStore, state: str) -> None:
    first = file(store)
    first = store.change(first.reference, Change(state), who="Amélie", at=NOW)  # type: ignore[arg-type]
    again = a_ticket()
    assert again.reference != first.reference
    assert file(store, again) == first
    assert find(store) == [first]
    assert len(store.lease_due(NOW, LEASE, 10)) == 1


@pytest.mark.parametrize("state", ["done", "rejected"])
def test_the_same_request_after_the_first_has_ended_is_a_new_one(
    store: TicketStore, state: str
) -> None:
    first = file(store)
    store.change(first.reference, Change(state), who="Amélie", at=NOW)  # type: ignore[arg-type]
    second = a_ticket()
    assert file(store, second) == second
    assert len(find(store)) == 2


def test_the_same_request_in_many_threads_is_one_ticket(store: TicketStore) -> None:
    with ThreadPoolExecutor(8) as threads:
        opened = list(threads.map(lambda _: file(store, a_ticket()), range(8)))
    assert len({ticket.reference for ticket in opened}) == 1
    assert find(store) == [opened[0]]
    assert len(store.lease_due(NOW, LEASE, 10)) == 1


def test_a_request_is_not_open_twice_since_the_first_was_opened_again(store: TicketStore) -> None:
    first = file(store)
    store.change(first.reference, Change("done"), who="Amélie", at=NOW)
    second = file(store, a_ticket())
    before = store.history(first.reference)
    with pytest.raises(Conflict, match="made again and is open"):
        store.change(first.reference, Change("in_progress"), who="Amélie", at=NOW)
    assert (store.get(first.reference).state, store.history(first.reference)) == ("done", before)
    store.change(second.reference, Change("in_progress"), who="Amélie", at=NOW)
    store.change(second.reference, Change("withdrawn"), who="Amélie", at=NOW)
    assert store.change(first.reference, Change("open"), who="A", at=NOW).state == "open"


@pytest.mark.parametrize("stores", DATABASES, indirect=True)
def test_a_request_of_a_conversation_that_has_just_gone_is_a_conflict(store: TicketStore) -> None:
    with pytest.raises(Conflict, match="Try again"):
        file(store, a_ticket(conversation_id="erased-a-moment-ago"))


# --- Finding -------------------------------------------------------------------------------------


def test_tickets_come_newest_first_in_pages(store: TicketStore) -> None:
    opened = [
        file(store, replace(another(n), created_at=NOW + timedelta(seconds=n))) for n in range(3)
    ]
    assert find(store) == opened[::-1]
    assert find(store, limit=2) == [opened[2], opened[1]]
    twin = file(store, replace(another(9), created_at=opened[0].created_at))
    whole = find(store)
    assert sorted(whole[2:], key=lambda ticket: ticket.reference) == whole[2:]
    assert {ticket.reference for ticket in whole[2:]} == {opened[0].reference, twin.reference}
    for number, row in enumerate(whole):
        behind = store.find(TicketFilter(), limit=50, after=place_of(row))
        assert behind == whole[number + 1 :]
    assert store.find(TicketFilter(), limit=1, after=place_of(whole[0])) == [whole[1]]


def test_tickets_are_narrowed_by_kind_state_requester_and_conversation(stores: Stores) -> None:
    store = stores.tickets
    start(stores.conversations, "c-1")
    plain = file(store, another(1))
    review = file(store, replace(another(2), kind="billing_review", requester_id="ocean-17"))
    linked = file(store, replace(another(3), conversation_id="c-1"))
    done = store.change(file(store, another(4)).reference, Change("done"), who="A", at=NOW)
    assert find(store, kind="billing_review") == [review]
    assert find(store, state="done") == [done]
    assert find(store, requester_id="ocean-17") == [review]
    assert find(store, conversation_id="c-1") == [linked]
    assert find(store, kind="cancellation", state="open", q=plain.reference[4:]) == [plain]


@pytest.mark.parametrize(
    "q", ["THIBODEAU", "m.thibodeau@clinique", "4411", "OCN-7K3M", "ocn-7k3m-9qxt"]
)
def test_tickets_are_found_by_what_is_seen_of_them(store: TicketStore, q: str) -> None:
    wanted = file(store, a_ticket(reference="OCN-7K3M-9QXT"))
    file(
        store,
        replace(
            another(), requester_name="Luc", requester_email="luc@x.example", site_number="900"
        ),
    )
    assert find(store, q=q) == [wanted]


def test_a_search_finds_letters_with_accents_whatever_their_case(store: TicketStore) -> None:
    wanted = file(store, a_ticket(requester_name="Élodie, École de médecine"))
    assert find(store, q="élodie") == find(store, q="ÉCOLE") == [wanted]


@pytest.mark.parametrize("q", ["%", "_", "trop cher"])
def test_a_search_takes_its_words_literally_and_looks_into_nothing_else(
    store: TicketStore, q: str
) -> None:
    file(store)
    assert find(store, q=q) == []


# --- Changing ------------------------------------------------------------------------------------


def test_a_change_is_kept_with_its_history(store: TicketStore) -> None:
    ticket = file(store)
    changed = store.change(
        ticket.reference,
        Change("in_progress", {"account_reviewed": True, "processed": False}),
        who="Amélie Fortin",
        at=LATER,
    )
    assert changed == store.get(ticket.reference)
    assert changed == replace(
        ticket,
        state="in_progress",
        checklist={**ticket.checklist, "account_reviewed": True},
        updated_at=LATER,
    )
    assert store.history(ticket.reference)[1:] == [
        HistoryEntry(LATER, "Amélie Fortin", "state: open -> in_progress"),
        HistoryEntry(LATER, "Amélie Fortin", "account_reviewed: done"),
    ]


@pytest.mark.parametrize("stores", DATABASES, indirect=True)
def test_of_two_ticks_at_the_same_moment_none_is_lost(stores: Stores) -> None:
    ticket = file(stores.tickets)
    tick, other = Change(checklist={"processed": True}), "account_reviewed"
    ticked = tickets.update().values(checklist={**ticket.checklist, other: True})
    done = meanwhile(
        stores, lambda: stores.tickets.change(ticket.reference, tick, who="A", at=NOW), ticked
    ).checklist
    assert {item for item, is_done in done.items() if is_done} == {"processed", other}


def test_a_tick_taken_back_is_history_too(store: TicketStore) -> None:
    ticket = file(store)
    for is_done in (True, False):
        store.change(ticket.reference, Change(checklist={"processed": is_done}), who="A", at=LATER)
    said = [entry.what for entry in store.history(ticket.reference)]
    assert said == ["opened", "processed: done", "processed: not done"]
    assert store.get(ticket.reference).checklist == ticket.checklist


def test_a_change_to_what_it_already_is_leaves_no_trace(store: TicketStore) -> None:
    ticket = file(store)
    change = Change("open", {"processed": False})
    assert store.change(ticket.reference, change, who="A", at=LATER) == ticket
    assert len(store.history(ticket.reference)) == 1


def test_a_note_is_history_and_a_change(store: TicketStore) -> None:
    ticket = file(store)
    changed = store.change(
        ticket.reference, Change(note="Deux lignes :\nl’été."), who="requester", at=LATER
    )
    assert changed == replace(ticket, updated_at=LATER)
    assert store.history(ticket.reference)[1:] == [
        HistoryEntry(LATER, "requester", "note: Deux lignes :\nl’été.")
    ]


# --- Guessing ------------------------------------------------------------------------------------


def test_failed_lookups_are_counted_by_reference_and_by_conversation(stores: Stores) -> None:
    store = stores.tickets
    for conversation_id in ("c-1", "c-2"):
        start(stores.conversations, conversation_id)
    for reference, conversation_id, at in (
        ("OCN-AAAA-AAAA", "c-1", NOW),
        ("OCN-AAAA-AAAA", "c-2", LATER),
        ("OCN-BBBB-BBBB", "c-2", LATER),
    ):
        store.add_failed_lookup(reference, conversation_id, at=at)
    assert store.failed_lookups("OCN-AAAA-AAAA", "c-2", since=NOW) == (2, 2)
    assert store.failed_lookups("OCN-AAAA-AAAA", "c-1", since=LATER) == (1, 0)
    assert store.failed_lookups("OCN-CCCC-CCCC", "c-3", since=NOW) == (0, 0)


def test_failed_lookups_are_forgotten_up_to_a_moment(stores: Stores) -> None:
    start(stores.conversations, "c-1")
    for at in (NOW, NOW, LATER):
        stores.tickets.add_failed_lookup("OCN-AAAA-AAAA", "c-1", at=at)
    assert stores.tickets.forget_failed_lookups(LATER) == 2
    assert stores.tickets.failed_lookups("OCN-AAAA-AAAA", "c-1", since=NOW) == (1, 1)
    assert stores.tickets.forget_failed_lookups(LATER) == 0


def test_erasing_a_conversation_forgives_no_guess_at_a_reference(stores: Stores) -> None:
    start(stores.conversations, "c-1")
    stores.tickets.add_failed_lookup("OCN-AAAA-AAAA", "c-1", at=NOW)
    stores.conversations.erase("c-1")
    assert stores.tickets.failed_lookups("OCN-AAAA-AAAA", "c-1", since=NOW)[0] == 1


# --- The outbox ----------------------------------------------------------------------------------


def lease(store: TicketStore, minutes: float = 0, limit: int = 10) -> list[Delivery]:
    return store.lease_due(NOW + timedelta(minutes=minutes), LEASE, limit)


def test_a_due_row_is_leased_once_until_the_lease_ends(store: TicketStore) -> None:
    ticket = file(store)
    (leased,) = lease(store)
    assert (leased.reference, leased.state, leased.attempts) == (ticket.reference, "in_flight", 1)
    assert lease(store, minutes=0.5) == []
    (again,) = lease(store, minutes=2)
    assert (again.id, again.attempts) == (leased.id, 2)


def test_rows_are_leased_oldest_first_and_no_more_than_asked_for(store: TicketStore) -> None:
    opened = [file(store, another(n)).reference for n in range(3)]
    assert [row.reference for row in lease(store, limit=2)] == opened[:2]
    assert [row.reference for row in lease(store, limit=2)] == opened[2:]


def test_two_workers_never_lease_the_same_row(store: TicketStore) -> None:
    for number in range(12):
        file(store, another(number))
    with ThreadPoolExecutor(4) as threads:
        batches = list(threads.map(lambda _: lease(store, limit=5), range(4)))
    leased = [row.id for batch in batches for row in batch]
    # A worker may find some rows locked by another one; they are left for its next look.
    leased += [row.id for row in lease(store, limit=20)]
    assert sorted(leased) == sorted(set(leased))
    assert len(leased) == 12


@pytest.mark.parametrize("state", ["delivered", "rejected", "dead"])
def test_what_has_ended_is_never_leased_again(store: TicketStore, state: DeliveryState) -> None:
    ticket = file(store)
    (leased,) = lease(store)
    ended = replace(leased, state=state, external_id="42", last_error="Non.")
    store.settle(ended)
    assert store.delivery(ticket.reference) == ended
    assert lease(store, minutes=999) == []


def test_an_unknown_outcome_is_looked_at_again_when_it_is_due(store: TicketStore) -> None:
    file(store)
    (leased,) = lease(store)
    due = NOW + timedelta(minutes=10)
    store.settle(replace(leased, state="unknown", next_at=due, last_error="Timed out."))
    assert lease(store, minutes=9.9) == []
    (again,) = lease(store, minutes=10)
    assert (again.attempts, again.last_error) == (2, "Timed out.")


def test_a_worker_that_lost_its_lease_has_nothing_to_say_any_more(store: TicketStore) -> None:
    ticket = file(store)
    (late,) = lease(store)
    (now,) = lease(store, minutes=2)
    store.settle(replace(now, state="delivered", external_id="7"))
    store.settle(replace(late, state="rejected", last_error="Too late."))
    delivery = store.delivery(ticket.reference)
    assert delivery is not None
    assert (delivery.state, delivery.external_id) == ("delivered", "7")


def test_a_lease_says_whether_something_may_have_arrived_before(store: TicketStore) -> None:
    ticket = file(store)
    (first,) = lease(store)
    assert first.maybe_arrived is False
    # That attempt did nothing, and is known to have done nothing.
    store.settle(replace(first, state="pending"))
    (second,) = lease(store)
    assert second.maybe_arrived is False
    # This one's worker dies.
    (third,) = lease(store, minutes=2)
    assert third.maybe_arrived is True
    kept = store.delivery(ticket.reference)
    assert kept is not None
    assert kept.maybe_arrived is True


def test_what_will_be_sent_is_kept_before_it_is_sent(store: TicketStore) -> None:
    file(store)
    (leased,) = lease(store)
    store.keep_payload(replace(leased, payload='{"é": 1}'))
    (again,) = lease(store, minutes=2)
    assert again.payload == '{"é": 1}'
    store.keep_payload(replace(leased, payload="of a worker that lost its lease"))
    (again,) = lease(store, minutes=4)
    assert again.payload == '{"é": 1}'


def test_a_process_that_comes_back_takes_up_its_own_leases_at_once(store: TicketStore) -> None:
    mine, other = file(store, another(1)), file(store, another(2))
    store.lease_due(NOW, LEASE, 1, "gateway:a")
    store.lease_due(NOW, LEASE, 1, "gateway:b")
    assert store.release("gateway:a", at=NOW) == 1
    assert store.release("gateway:a", at=NOW) == 0
    (leased,) = lease(store)
    assert (leased.reference, leased.attempts, leased.maybe_arrived) == (mine.reference, 2, True)
    assert store.delivery(other.reference).state == "in_flight"  # type: ignore[union-attr]


def test_what_belongs_to_a_ticket_goes_after_it_and_knows_its_number(store: TicketStore) -> None:
    ticket = file(store)
    store.change(ticket.reference, Change(told="Merci"), who="requester", at=NOW)
    (leased,) = lease(store)
    assert leased.kind == "ticket"
    store.settle(replace(leased, state="delivered", external_id="42"), then="transcript")
    rows = lease(store)
    assert [(row.kind, row.body, row.ticket_id) for row in rows] == [
        ("comment", "Merci", "42"),
        ("transcript", "", "42"),
    ]
    assert [row.kind for row in store.deliveries(ticket.reference)] == [
        "ticket",
        "comment",
        "transcript",
    ]
    assert store.delivery(ticket.reference).kind == "ticket"  # type: ignore[union-attr]


def test_an_attempt_that_lost_its_lease_adds_nothing(store: TicketStore) -> None:
    ticket = file(store)
    (late,) = lease(store)
    lease(store, minutes=2)
    store.settle(replace(late, state="delivered", external_id="7"), then="transcript")
    assert len(store.deliveries(ticket.reference)) == 1


def test_nothing_is_put_into_the_outbox_of_an_unknown_ticket(store: TicketStore) -> None:
    with pytest.raises(NotFound):
        store.change("OCN-AAAA-AAAA", Change(told="x"), who="requester", at=NOW)
    with pytest.raises(NotFound):
        store.retry("OCN-AAAA-AAAA", who="Amélie", at=NOW)


@pytest.mark.parametrize(
    ("state", "maybe_arrived", "again"),
    [
        ("dead", True, "unknown"),
        ("rejected", False, "pending"),
        ("unknown", True, "unknown"),
        ("pending", False, "pending"),
    ],
)
def test_a_person_can_have_it_tried_again_and_the_history_says_so(
    store: TicketStore, state: DeliveryState, maybe_arrived: bool, again: str
) -> None:
    ticket = file(store)
    (leased,) = lease(store)
    later = NOW + timedelta(days=1)
    store.settle(
        replace(leased, state=state, maybe_arrived=maybe_arrived, next_at=later, last_error="Non.")
    )
    assert store.retry(ticket.reference, who="Amélie Fortin", at=LATER) == 1
    assert store.delivery(ticket.reference).state == again  # type: ignore[union-attr]
    assert store.history(ticket.reference)[-1] == HistoryEntry(
        LATER, "Amélie Fortin", "delivery: tried again"
    )
    (retried,) = lease(store, minutes=60)
    assert (retried.attempts, retried.maybe_arrived) == (2, maybe_arrived)


def test_what_is_under_way_or_done_is_not_tried_again(store: TicketStore) -> None:
    ticket = file(store)
    (leased,) = lease(store)
    assert store.retry(ticket.reference, who="Amélie", at=NOW) == 0
    store.settle(replace(leased, state="delivered", external_id="7"))
    assert store.retry(ticket.reference, who="Amélie", at=NOW) == 0
    assert len(store.history(ticket.reference)) == 1


def test_the_outbox_can_be_seen_at_a_glance_and_by_what_waits_for_a_person(
    store: TicketStore,
) -> None:
    references = [file(store, another(number)).reference for number in range(4)]
    rows = lease(store, limit=3)
    for row, state in zip(rows, ("delivered", "unknown", "dead"), strict=True):
        store.settle(replace(row, state=state, next_at=LATER))
    backlog = store.backlog(NOW)
    assert backlog.counts == {"delivered": 1, "unknown": 1, "dead": 1, "pending": 1}
    assert backlog.waiting_since == NOW
    assert [row.reference for row in store.undelivered(10)] == [
        references[2],
        references[1],
        references[3],
    ]
    assert len(store.undelivered(1)) == 1
    assert [ticket.reference for ticket in find(store, delivery="dead")] == [references[2]]
    lease(store)
    assert store.backlog(NOW).waiting_since is None


def test_what_the_helpdesk_was_sent_of_an_erased_conversation_is_taken_back(
    stores: Stores,
) -> None:
    store = stores.tickets
    start(stores.conversations, "c-1")
    ticket = file(store, a_ticket(conversation_id="c-1"))
    (row,) = lease(store)
    store.settle(replace(row, state="delivered", external_id="42"), then="transcript")
    (transcript,) = lease(store)
    store.settle(replace(transcript, state="unknown"))
    stores.conversations.erase("c-1")
    redaction = store.deliveries(ticket.reference)[-1]
    assert (redaction.kind, redaction.body) == ("redaction", comment_key(transcript))
    # Not while the transcript may still arrive; it is sent without the talk from now on.
    (again,) = lease(store)
    assert again.kind == "transcript"
    assert store.get(ticket.reference).conversation_id is None
    store.settle(replace(again, state="delivered"))
    assert [row.kind for row in lease(store)] == ["redaction"]


@pytest.mark.parametrize("stores", DATABASES, indirect=True)
def test_what_is_sent_at_the_moment_of_the_erasure_is_taken_back(stores: Stores) -> None:
    start(stores.conversations, "c-1")
    ticket = file(stores.tickets, a_ticket(conversation_id="c-1"))
    (row,) = lease(stores.tickets)
    stores.tickets.settle(replace(row, state="delivered", external_id="7"), then="transcript")
    of_transcript = outbox.update().where(outbox.c.kind == "transcript")
    begun = of_transcript.values(state="in_flight", attempts=1)
    meanwhile(stores, lambda: stores.conversations.erase("c-1"), begun)
    kinds = [row.kind for row in stores.tickets.deliveries(ticket.reference)]
    assert kinds == ["ticket", "transcript", "redaction"]


def test_of_what_was_never_sent_nothing_is_taken_back(stores: Stores) -> None:
    start(stores.conversations, "c-1")
    ticket = file(stores.tickets, a_ticket(conversation_id="c-1"))
    (row,) = lease(stores.tickets)
    stores.tickets.settle(replace(row, state="delivered", external_id="42"), then="transcript")
    stores.conversations.erase("c-1")
    kinds = [row.kind for row in stores.tickets.deliveries(ticket.reference)]
    assert kinds == ["ticket", "transcript"]
