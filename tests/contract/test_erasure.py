"""Forgetting: one person, one conversation, and what is past its time, over every table."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.adapters.memory import HeldClock, memory_services
from bot.adapters.memory_tickets import HelpdeskFault, MemoryHelpdesk
from bot.adapters.sql_records import ERASED, SqlRecords
from bot.adapters.tables import metadata, outbox
from bot.core import turns
from bot.core.conversations import Button
from bot.core.delivery import deliver_due, transcriber
from bot.core.erasure import Certificate, Subject, erase_subject, export_subject
from bot.core.errands import Errand
from bot.core.errors import BadInput
from bot.core.handoff import Ownership, ask_person
from bot.core.requester import LOOKUP_WINDOW
from bot.core.retention import Retention, sweep
from bot.core.services import Services
from bot.core.tickets import Change
from tests.support.builders import NOW, a_draft, a_ticket, an_agent, an_answer, an_identity, start
from tests.support.stores import DATABASES, Stores, open_stores

CANARY = "canari-jaune-7731"
PERSON = an_identity(external_id="ocean-99", name=CANARY, email=f"{CANARY}@clinique.example.com")
DAYS = Retention(conversations=90, drafts=7, tickets=730, deliveries=30)


@pytest.fixture(params=DATABASES)
def stores(request: pytest.FixtureRequest, tmp_path: Path, clock: HeldClock) -> Any:
    with open_stores(request.param, tmp_path, clock) as opened:
        yield opened


@pytest.fixture
def services(stores: Stores, clock: HeldClock) -> Services:
    assert stores.database is not None
    return replace(
        memory_services(clock),
        conversations=stores.conversations,
        tickets=stores.tickets,
        helpdesk=stores.helpdesk,
        agents=stores.agents,
        audit=stores.audit,
        records=stores.records,
        kept=SqlRecords(stores.database),
    )


def fill(services: Services, stores: Stores) -> str:
    """A person's conversation with all that can hang on it, and a closed ticket; its reference."""
    store = services.conversations
    kept = start(store, "c-1", an_answer("Bonjour", Button("Oui", "/affirm")), identity=PERSON)
    sent = store.add_visit(kept, "v-1", text=f"{CANARY}?", payload=None, at=NOW)
    store.finish_turn(sent, [an_answer(f"Voici {CANARY}")], at=NOW)
    answer = store.answers_to(sent.id)[0]
    store.add_feedback("c-1", answer.id, helpful=True, comment=CANARY, at=NOW)
    store.save_draft("c-1", a_draft(requester_name=CANARY), at=NOW)
    ticket = services.tickets.open(
        a_ticket(
            requester_name=CANARY,
            requester_email=PERSON.email,
            requester_id=PERSON.external_id,
            conversation_id="c-1",
            fields={"products": ["tablets_kiosks"], "reason": CANARY},
        ),
        body=json.dumps({"who": CANARY}),
        who="assistant",
    )
    services.helpdesk.create(ticket.reference, json.dumps({"who": CANARY}))
    store.save_errand("c-1", Errand("status", name=CANARY), at=NOW)
    services.records.add_note("c-1", an_agent(), f"{CANARY} a rappelé", at=NOW)
    services.tickets.change(ticket.reference, Change(note=CANARY), who="requester", at=NOW)
    services.tickets.change(ticket.reference, Change("done"), who="agent-1", at=NOW)
    add_tracker(stores, "c-1")
    return ticket.reference


def add_tracker(stores: Stores, sender: str) -> None:
    """Rasa's own table, as Rasa makes it, with an event of this conversation."""
    assert stores.database is not None
    with stores.database.write() as connection:
        key = "INTEGER PRIMARY KEY" if stores.database.is_sqlite else "SERIAL PRIMARY KEY"
        connection.execute(
            sa.text(f"CREATE TABLE events (id {key}, sender_id VARCHAR(255), data TEXT)")
        )
        connection.execute(
            sa.text("INSERT INTO events (sender_id, data) VALUES (:sender, :data)"),
            {"sender": sender, "data": json.dumps({"event": "user", "text": CANARY})},
        )


def rows_with_canary(stores: Stores) -> dict[str, int]:
    """How many rows of each table hold the canary; what a search through everything finds."""
    assert stores.database is not None
    found = {}
    with stores.database.read() as connection:
        for name in [*metadata.tables, "events"]:
            rows = connection.execute(sa.text(f"SELECT * FROM {name}")).all()
            count = sum(CANARY in str(tuple(row)) for row in rows)
            if count:
                found[name] = count
    return found


def test_the_search_for_the_canary_finds_it_wherever_it_was_put(
    services: Services, stores: Stores
) -> None:
    fill(services, stores)
    assert set(rows_with_canary(stores)) == {
        "conversations", "messages", "drafts", "errands", "feedback", "notes", "tickets",
        "ticket_history", "outbox", "builtin_helpdesk", "events",
    }  # fmt: skip


@pytest.mark.parametrize(
    "subject", [Subject(external_id=PERSON.external_id), Subject(email=PERSON.email.upper())]
)
def test_a_person_is_erased_from_every_table(
    services: Services, stores: Stores, subject: Subject
) -> None:
    reference = fill(services, stores)
    certificate = erase_subject(subject, services, by="operator")
    assert rows_with_canary(stores) == {}
    assert certificate.erased["conversations"] == 1
    assert certificate.erased["messages"] == 3
    assert certificate.erased["dialogue_engine_events"] == 1
    assert certificate.erased["tickets"] == 1
    assert certificate.erased["agents_notes"] == 1
    assert certificate.erased["ticket_notes"] == 1
    left = services.tickets.get(reference)
    assert (left.requester_name, left.fields) == (ERASED, {"products": ["tablets_kiosks"]})
    assert services.tickets.history(reference)[-1].who == "operator"


def a_helpdesk(*faults: HelpdeskFault) -> MemoryHelpdesk:
    """A helpdesk that takes transcripts, after these faults."""
    return MemoryHelpdesk(faults, takes_transcripts=True)


def deliver(services: Services, helpdesk: MemoryHelpdesk, clock: HeldClock) -> None:
    clock.advance(timedelta(minutes=15))
    transcribe = transcriber(services.conversations, services.phrases)
    deliver_due(services.tickets, helpdesk, clock, transcribe=transcribe)


@pytest.mark.parametrize("faults", [(), ("unreachable",), ("refused",), ("none", "unreachable")])
def test_a_person_is_erased_from_what_was_sent_and_from_what_was_not(
    services: Services, stores: Stores, clock: HeldClock, faults: tuple[HelpdeskFault, ...]
) -> None:
    fill(services, stores)
    helpdesk = a_helpdesk(*faults)
    deliver(services, helpdesk, clock)
    certificate = erase_subject(Subject(email=PERSON.email), services, by="operator")
    assert rows_with_canary(stores) == {}
    assert "delivery_bodies" not in certificate.remains
    sent = len(helpdesk.tickets)
    for _ in range(3):
        deliver(services, helpdesk, clock)
    assert len(helpdesk.tickets) == sent
    assert CANARY not in str(helpdesk.comments)


def test_a_person_is_erased_from_what_is_being_sent(services: Services, stores: Stores) -> None:
    fill(services, stores)
    (row,) = services.tickets.lease_due(NOW, timedelta(minutes=2), 1)
    services.tickets.keep_payload(replace(row, payload=CANARY))
    erase_subject(Subject(email=PERSON.email), services, by="operator")
    services.tickets.settle(replace(row, payload=CANARY, state="unknown"))
    assert rows_with_canary(stores) == {}
    assert [row.state for row in services.tickets.deliveries(row.reference)] == ["unknown"]


def test_erasing_a_person_makes_the_transcript_in_the_helpdesk_unreadable(
    services: Services, stores: Stores, clock: HeldClock
) -> None:
    reference = fill(services, stores)
    helpdesk = a_helpdesk()
    deliver(services, helpdesk, clock)
    (key,) = [c.key for c in helpdesk.comments["1"] if CANARY in c.text]
    erase_subject(Subject(email=PERSON.email), services, by="operator")
    deliver(services, helpdesk, clock)
    assert [comment.text for comment in helpdesk.comments["1"] if comment.key == key] == ["▇"]
    assert services.tickets.deliveries(reference)[-1].state == "delivered"


def test_erasing_leaves_everybody_else_alone(services: Services, stores: Stores) -> None:
    fill(services, stores)
    start(services.conversations, "c-2", identity=an_identity())
    other = services.tickets.open(
        a_ticket(request_key="k2", conversation_id="c-2"), body="{}", who="assistant"
    )
    erase_subject(Subject(external_id=PERSON.external_id), services, by="operator")
    assert services.conversations.get("c-2").identity == an_identity()
    assert services.tickets.get(other.reference) == other


def test_a_request_that_is_still_worked_on_remains_and_the_certificate_says_why(
    services: Services, stores: Stores
) -> None:
    ticket = services.tickets.open(
        a_ticket(requester_email=PERSON.email), body="{}", who="assistant"
    )
    certificate = erase_subject(Subject(email=PERSON.email), services, by="operator")
    assert certificate.remains["open_tickets"]["count"] == 1
    assert services.tickets.get(ticket.reference).requester_email == PERSON.email
    services.tickets.change(ticket.reference, Change("done"), who="agent-1", at=NOW)
    certificate = erase_subject(Subject(email=PERSON.email), services, by="operator")
    assert "open_tickets" not in certificate.remains
    assert services.tickets.get(ticket.reference).requester_email == ERASED


def test_one_conversation_is_erased_and_its_tickets_stay(
    services: Services, stores: Stores
) -> None:
    reference = fill(services, stores)
    certificate = erase_subject(Subject(conversation_id="c-1"), services, by="operator")
    of_tickets = {"tickets", "ticket_history", "outbox", "builtin_helpdesk"}
    assert set(rows_with_canary(stores)) == of_tickets
    assert certificate.erased["messages"] == 3
    assert services.tickets.get(reference).conversation_id is None


def test_a_conversation_whose_turn_does_not_end_remains_and_all_else_is_erased(
    services: Services, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "TURN_WAIT_S", 0.0)
    for id_ in ("busy", "other"):
        say(services, id_, "Bonjour", identity=PERSON)
    store = services.conversations
    turn = store.take_turn("busy", owner="a", lease=turns.TURN_LEASE, wait_s=0, clock=clock)
    subject = Subject(external_id=PERSON.external_id)
    certificate = erase_subject(subject, services, by="operator")
    assert (certificate.erased["conversations"], certificate.erased["messages"]) == (1, 1)
    for kind in ("conversations", "messages"):
        left = certificate.remains[kind]
        assert left["count"] == 1
        assert "turn" in left["why"]
    assert [sealed.entry.subject for sealed in services.audit.entries()] == [certificate.id]
    store.end_turn("busy", turn)
    assert "conversations" not in erase_subject(subject, services, by="operator").remains


ADDRESS = "s.canari-7731@clinique.example.com"


def say(services: Services, id: str, text: str, **changes: Any) -> None:
    """A visitor's conversation with one message."""
    kept = start(services.conversations, id, **changes)
    services.conversations.add_visit(kept, f"of-{id}", text=text, payload=None, at=NOW)


def found_by(services: Services, email: str) -> set[str]:
    exported = export_subject(Subject(email=email), services, by="operator")
    return {one["id"] for one in exported["conversations"]}


def test_an_address_that_stands_in_an_unfiled_request_alone_is_found(
    services: Services, stores: Stores
) -> None:
    start(services.conversations, "c-1")
    services.conversations.save_draft("c-1", a_draft(requester_email=ADDRESS), at=NOW)
    add_tracker(stores, "c-1")
    assert found_by(services, ADDRESS.upper()) == {"c-1"}
    certificate = erase_subject(Subject(email=ADDRESS.title()), services, by="operator")
    for kind in ("conversations", "drafts", "dialogue_engine_events"):
        assert certificate.erased[kind] == 1, kind
    assert rows_with_canary(stores) == {}
    assert found_by(services, ADDRESS) == set()


@pytest.mark.parametrize(
    "text",
    [
        f"Mon courriel: {ADDRESS}.",
        f"[Sylvie](mailto:{ADDRESS.upper()})",
        "c'est 's.canari-7731@clinique.example.com'",
        "s point canari-7731 arobas clinique point example point com",
    ],
)
def test_an_address_that_an_anonymous_visitor_typed_is_found(services: Services, text: str) -> None:
    say(services, "c-1", text)
    say(services, "c-2", "Mon courriel: s.canari-77@clinique.example.com")
    assert found_by(services, ADDRESS) == {"c-1"}
    certificate = erase_subject(Subject(email=f" {ADDRESS.upper()} "), services, by="operator")
    assert (certificate.erased["conversations"], certificate.erased["messages"]) == (1, 1)
    assert "mentioned_in" not in certificate.remains
    assert services.conversations.get("c-2")


@pytest.mark.parametrize(
    "text", [f"marie-{ADDRESS}", f"o'{ADDRESS}", f"{ADDRESS}.example", f"{ADDRESS}munity"]
)
def test_an_address_within_another_one_is_another_person_s(services: Services, text: str) -> None:
    say(services, "c-1", text)
    assert found_by(services, ADDRESS) == set()
    certificate = erase_subject(Subject(email=ADDRESS), services, by="operator")
    assert "mentioned_in" not in certificate.remains


def test_signs_of_a_search_pattern_in_an_address_find_nobody_else(services: Services) -> None:
    say(services, "c-1", "a_b%c@clinique.example.com")
    say(services, "c-2", "aXbYYYc@clinique.example.com")
    say(services, "c-3", "Hélène.É@clinique.example.com")
    assert found_by(services, "A_B%c@clinique.example.com") == {"c-1"}
    assert found_by(services, "hélène.é@clinique.example.com") == {"c-3"}


def test_where_others_mention_an_address_it_is_said_and_neither_erased_nor_handed_out(
    services: Services,
) -> None:
    say(services, "of-another", f"Écrivez à {ADDRESS}", identity=an_identity())
    start(services.conversations, "of-an-agent", an_answer(f"Écrivez à {ADDRESS}"))
    start(services.conversations, "noted")
    services.records.add_note("noted", an_agent(), f"voir {ADDRESS}", at=NOW)
    asked_again = services.tickets.open(a_ticket(), body="{}", who="assistant").reference
    note = f"also asked for by Sylvie <{ADDRESS}>"
    services.tickets.change(asked_again, Change(note=note), who="assistant", at=NOW)
    where = sorted([asked_again, "noted", "of-an-agent", "of-another"])
    exported = export_subject(Subject(email=ADDRESS), services, by="operator")
    assert (exported["conversations"], exported["messages"]) == ([], [])
    assert sorted(exported["mentioned_in"]) == where
    certificate = erase_subject(Subject(email=ADDRESS), services, by="operator")
    assert certificate.erased["conversations"] == 0
    assert sorted(certificate.remains["mentioned_in"]["ids"]) == where
    assert services.conversations.get("of-another")


def test_what_is_in_the_helpdesk_is_named_for_redaction(services: Services, stores: Stores) -> None:
    reference = fill(services, stores)
    assert stores.database is not None
    with stores.database.write() as connection:
        connection.execute(outbox.update().values(external_id="90210"))
    certificate = erase_subject(Subject(email=PERSON.email), services, by="operator")
    assert certificate.remains["helpdesk_tickets"]["ids"] == ["90210"]
    assert reference not in json.dumps(certificate.to_json())


def test_the_erasure_is_recorded_without_naming_the_person(
    services: Services, stores: Stores
) -> None:
    fill(services, stores)
    certificate: Certificate = erase_subject(Subject(email=PERSON.email), services, by="op")
    (sealed,) = services.audit.entries(certificate.id)
    assert sealed.entry.details == certificate.to_json()
    assert CANARY not in str(sealed)


def test_nothing_can_be_read_from_the_files_of_the_database_afterwards(
    tmp_path: Path, clock: HeldClock
) -> None:
    with open_stores("sqlite", tmp_path, clock) as stores:
        assert stores.database is not None
        services = replace(
            memory_services(clock),
            conversations=stores.conversations,
            tickets=stores.tickets,
            helpdesk=stores.helpdesk,
            records=stores.records,
            kept=SqlRecords(stores.database),
        )
        fill(services, stores)
        files = [file for file in tmp_path.iterdir() if file.is_file()]
        assert any(CANARY.encode() in file.read_bytes() for file in files)
        erase_subject(Subject(email=PERSON.email), services, by="operator")
        for file in files:
            assert not file.exists() or CANARY.encode() not in file.read_bytes(), file.name
        assert sqlite3.connect(tmp_path / "stores.db").execute(
            "PRAGMA integrity_check"
        ).fetchone() == ("ok",)


def test_all_that_is_kept_of_a_person_is_handed_out(services: Services, stores: Stores) -> None:
    reference = fill(services, stores)
    found = export_subject(Subject(email=PERSON.email), services, by="operator")
    assert [one["id"] for one in found["conversations"]] == ["c-1"]
    assert len(found["messages"]) == 3
    assert [one["reference"] for one in found["tickets"]] == [reference]
    assert found["dialogue_engine_events"] == [{"event": "user", "text": CANARY}]
    assert [one["text"] for one in found["agents_notes"]] == [f"{CANARY} a rappelé"]
    assert [one["fields"]["name"] for one in found["errands"]] == [CANARY]
    assert "token_hash" not in found["conversations"][0]
    json.dumps(found)
    assert [sealed.entry.action for sealed in services.audit.entries()] == ["export"]


@pytest.mark.parametrize("given", [{}, {"email": "a@b.example", "external_id": "x"}])
def test_exactly_one_subject_must_be_given(given: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        Subject(**given)


@pytest.mark.parametrize("email", ["marie", "@clinique.example.com", "m.roy@clinique", " "])
def test_half_an_address_is_refused_before_anything_is_looked_for(email: str) -> None:
    with pytest.raises(BadInput, match="no whole email"):
        Subject(email=email)


# --- Retention -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "is_kept"), [(89, True), (91, False)])
def test_a_conversation_goes_after_its_time(
    services: Services, stores: Stores, clock: HeldClock, days: int, is_kept: bool
) -> None:
    start(services.conversations, "c-1")
    clock.advance(timedelta(days=days))
    gone = sweep(DAYS, services, owner="test")
    assert gone["conversations"] == (0 if is_kept else 1)
    assert services.kept is not None
    assert services.kept.idle_conversations(clock.now(), 10) == (["c-1"] if is_kept else [])


def test_a_conversation_that_waits_for_a_person_is_never_too_old(
    services: Services, stores: Stores, clock: HeldClock
) -> None:
    kept = start(services.conversations, "c-1")
    change = ask_person(Ownership.of(kept), clock.now(), "asked")
    services.conversations.change_owner("c-1", change, at=clock.now())
    clock.advance(timedelta(days=400))
    assert sweep(DAYS, services, owner="test")["conversations"] == 0


def test_drafts_deliveries_and_closed_tickets_go_each_after_its_time(
    services: Services, stores: Stores, clock: HeldClock
) -> None:
    reference = fill(services, stores)
    assert stores.database is not None
    with stores.database.write() as connection:
        connection.execute(outbox.update().values(state="delivered"))
    went = []
    assert {"drafts", "errands"} < set(rows_with_canary(stores))
    for days in (8, 31 - 8, 91 - 31, 731 - 91):
        clock.advance(timedelta(days=days))
        gone = sweep(DAYS, services, owner="test")
        went.append({name for name, count in gone.items() if count})
        assert not {"drafts", "errands"} & set(rows_with_canary(stores))
    assert went == [{"drafts"}, {"deliveries"}, {"conversations"}, {"tickets"}]
    assert services.tickets.get(reference).requester_email == ERASED
    assert services.tickets.history(reference)[-1].who == "retention"
    assert rows_with_canary(stores) == {}


def test_guesses_at_a_reference_go_as_soon_as_they_count_no_more(
    services: Services, clock: HeldClock
) -> None:
    start(services.conversations, "c-1")
    services.tickets.add_failed_lookup("OCN-AAAA-AAAA", "c-1", at=clock.now())
    clock.advance(LOOKUP_WINDOW)
    assert sweep(DAYS, services, owner="test")["failed_lookups"] == 0
    clock.advance(timedelta(seconds=1))
    assert sweep(DAYS, services, owner="test")["failed_lookups"] == 1


def test_zero_days_keep_for_ever(services: Services, stores: Stores, clock: HeldClock) -> None:
    fill(services, stores)
    clock.advance(timedelta(days=10_000))
    for_ever = Retention(conversations=0, drafts=0, tickets=0, deliveries=0)
    assert not any(sweep(for_ever, services, owner="test").values())
