"""What every store of conversations promises."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import select, text
from sqlalchemy.event import listen

from bot.adapters.memory import HeldClock
from bot.adapters.tables import conversations, feedback, messages
from bot.core import handoff
from bot.core.conversations import (
    Button,
    Conversation,
    Message,
    QueueFilter,
    Reply,
    SourceLink,
    place_of,
)
from bot.core.errands import Errand
from bot.core.errors import Conflict, NotFound
from bot.core.handoff import Ownership, Reason, Transfer
from bot.core.ports.conversations import Conversations
from tests.support.builders import NOW, a_draft, a_ticket, an_answer, an_identity, start
from tests.support.stack import wait_for
from tests.support.stores import DATABASES, Stores, meanwhile

SOURCE = SourceLink("invoice-details", "csv", "Le détail", "https://x.example/#csv", "fr", "abcd")
ABSTAIN = Reply("abstain", "Je ne sais pas.", "abstain")
LEASE = timedelta(seconds=30)


@pytest.fixture
def store(stores: Stores) -> Conversations:
    return stores.conversations


def write(
    store: Conversations,
    conversation: Conversation,
    said: str = "Bonjour",
    *,
    client_id: str | None = None,
    payload: str | None = None,
    at: datetime = NOW,
) -> Message:
    client_id = client_id or f"client-{store.newest_message_id()}"
    return store.add_visit(conversation, client_id, text=said, payload=payload, at=at)


def answer(store: Conversations, conversation: Conversation, *replies: Reply) -> Message:
    message = write(store, conversation)
    store.finish_turn(message, replies, at=NOW)
    return message


def give_to(store: Conversations, conversation: Conversation, agent_id: str) -> Conversation:
    now = Ownership.of(store.get(conversation.id))
    return store.change_owner(conversation.id, handoff.claim(now, agent_id), at=NOW)


def ask_person(store: Conversations, id: str, at: datetime = NOW) -> Conversation:
    change = handoff.ask_person(Ownership.of(store.get(id)), at, "asked")
    return store.change_owner(id, change, at=at)


# --- A conversation ------------------------------------------------------------------------------


def test_a_conversation_comes_back_as_it_was_started(store: Conversations) -> None:
    kept = start(store, identity=an_identity(), page_url="https://clinic.example/é", topic="a")
    assert store.get(kept.id) == kept
    assert store.token_hash(kept.id) == "hash-of-conversation-1"


def test_what_it_opens_with_is_its_first_message(store: Conversations) -> None:
    start(store, "c", Reply("greeting", "Bonjour!", "greeting", (Button("Oui", "/affirm"),)))
    (greeting,) = store.messages("c")
    assert (greeting.author, greeting.kind, greeting.text) == ("bot", "greeting", "Bonjour!")
    assert greeting.buttons == (Button("Oui", "/affirm"),)
    assert greeting.created_at == NOW


@pytest.mark.parametrize("read", ["get", "token_hash"])
def test_an_unknown_conversation_is_not_found(store: Conversations, read: str) -> None:
    with pytest.raises(NotFound):
        getattr(store, read)("nowhere")


def test_writing_into_an_unknown_conversation_is_not_found(
    store: Conversations, clock: HeldClock
) -> None:
    ghost = replace(start(store), id="nowhere")
    calls = (
        lambda: store.set_language("nowhere", "en"),
        lambda: store.set_identity("nowhere", an_identity()),
        lambda: write(store, ghost),
        lambda: store.say("nowhere", "agent", [Reply("message", "Allo")], at=NOW),
        lambda: store.save_draft("nowhere", a_draft(), at=NOW),
        lambda: store.change_owner("nowhere", handoff.reopen(Ownership("closed")), at=NOW),
        lambda: store.take_turn("nowhere", owner="o", lease=LEASE, wait_s=0, clock=clock),
    )
    for call in calls:
        with pytest.raises(NotFound):
            call()


def test_the_language_is_of_what_is_said_from_now_on(store: Conversations) -> None:
    kept = start(store)
    write(store, kept, "Bonjour")
    write(store, store.set_language(kept.id, "en"), "Hello")
    assert [message.language for message in store.messages(kept.id)] == ["fr", "en"]


def test_an_identity_that_is_renewed_takes_the_place_of_the_old_one(store: Conversations) -> None:
    kept = start(store, identity=an_identity(ends_at=1_773_154_800))
    fresh = an_identity(ends_at=1_773_158_400, site_number="5522")
    assert store.set_identity(kept.id, fresh).identity == fresh
    assert store.get(kept.id).identity == fresh


# --- Visitor messages ----------------------------------------------------------------------------


def test_the_visitor_s_newest_message_is_found(store: Conversations) -> None:
    kept = start(store)
    assert store.last_visit(kept.id) is None
    for client_id in ("c-1", "c-2"):
        store.add_visit(kept, client_id, text=client_id, payload=None, at=NOW)
    store.say(kept.id, "agent", [an_answer()], at=NOW)
    newest = store.last_visit(kept.id)
    assert newest is not None
    assert newest.text == "c-2"


def test_a_visitor_message_is_kept_as_it_was_sent(store: Conversations) -> None:
    kept = start(store)
    at = NOW + timedelta(seconds=9)
    sent = store.add_visit(
        kept, "c-1", text="Où?\n« là »", payload="/affirm", at=at, masked=("secret",)
    )
    assert store.find_visit(kept.id, "c-1") == sent
    assert (sent.author, sent.kind, sent.text) == ("visitor", "message", "Où?\n« là »")
    assert (sent.payload, sent.client_id, sent.created_at) == ("/affirm", "c-1", at)
    assert sent.data == {"masked": ["secret"]}
    assert store.get(kept.id).updated_at == at


def test_the_same_client_id_again_gives_the_first_message_back(store: Conversations) -> None:
    kept = start(store)
    first = write(store, kept, "Une fois", client_id="same")
    assert write(store, kept, "Deux fois", client_id="same") == first
    assert store.messages(kept.id) == [first]


def test_the_same_client_id_in_two_threads_is_one_message(store: Conversations) -> None:
    kept = start(store)
    with ThreadPoolExecutor(8) as threads:
        sent = list(threads.map(lambda _: write(store, kept, client_id="same"), range(8)))
    assert len({message.id for message in sent}) == 1
    assert len(store.messages(kept.id)) == 1


def test_client_ids_of_two_conversations_do_not_meet(store: Conversations) -> None:
    first, second = start(store, "a"), start(store, "b")
    write(store, first, "un", client_id="same")
    assert store.find_visit("b", "same") is None
    assert write(store, second, "deux", client_id="same").text == "deux"


def test_a_client_id_of_the_other_side_is_refused_and_no_message_is_lost(
    store: Conversations,
) -> None:
    kept = start(store)
    theirs = write(store, kept, "Bonjour", client_id="visitor-1")
    reply = Reply("message", "Un instant")
    (ours,) = store.say(kept.id, "agent", [reply], at=NOW, client_id="agent-1")
    with pytest.raises(Conflict, match="client_id"):
        store.find_visit(kept.id, "agent-1")
    with pytest.raises(Conflict, match="client_id"):
        write(store, kept, "Autre chose", client_id="agent-1")
    with pytest.raises(Conflict, match="client_id"):
        store.find_visit(kept.id, "visitor-1", author="agent")
    with pytest.raises(Conflict, match="client_id"):
        store.say(kept.id, "agent", [reply], at=NOW, client_id="visitor-1")
    assert store.find_visit(kept.id, "agent-1", author="agent") == ours
    assert store.messages(kept.id) == [theirs, ours]


def test_message_ids_grow_and_are_never_used_again(store: Conversations) -> None:
    kept, other = start(store, "a"), start(store, "b")
    before = write(store, kept).id
    newest = write(store, other).id
    assert store.newest_message_id() == newest > before
    store.erase("b")
    assert write(store, kept).id > newest


def test_a_store_without_messages_says_zero(store: Conversations) -> None:
    start(store)
    assert store.newest_message_id() == 0


# --- Buttons -------------------------------------------------------------------------------------


def test_a_button_is_found_if_this_conversation_offered_it(store: Conversations) -> None:
    offered = Button("CSV", '/choose_section{"section": "invoice-details#csv"}')
    kept = start(store, "a", Reply("greeting", "Bonjour!", buttons=(offered,)))
    start(store, "b")
    answer(store, kept, an_answer())
    assert store.find_button("a", offered.payload) == offered
    assert store.find_button("a", "/affirm") is None
    assert store.find_button("b", offered.payload) is None
    assert store.find_button("nowhere", offered.payload) is None


def test_a_button_has_the_title_that_was_shown_last(store: Conversations) -> None:
    kept = start(store, "a", Reply("greeting", "Hello", buttons=(Button("Yes", "/affirm"),)))
    answer(store, kept, an_answer("Bon.", Button("Oui", "/affirm")))
    assert store.find_button("a", "/affirm") == Button("Oui", "/affirm")


# --- Turns ---------------------------------------------------------------------------------------


def test_a_second_turn_waits_for_the_first_and_gives_up_in_time(
    store: Conversations, clock: HeldClock
) -> None:
    start(store)
    store.take_turn("conversation-1", owner="one", lease=LEASE, wait_s=0, clock=clock)
    with pytest.raises(Conflict):
        store.take_turn("conversation-1", owner="two", lease=LEASE, wait_s=0.02, clock=clock)


def test_a_turn_that_ends_lets_the_next_begin(store: Conversations, clock: HeldClock) -> None:
    start(store)
    holder = store.take_turn("conversation-1", owner="one", lease=LEASE, wait_s=0, clock=clock)
    entered = threading.Event()

    def wait_for_turn() -> str:
        entered.set()
        return store.take_turn("conversation-1", owner="two", lease=LEASE, wait_s=5, clock=clock)

    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(wait_for_turn)
        entered.wait(5)
        store.end_turn("conversation-1", holder)
        assert waiting.result(5).startswith("two/")


def test_turns_of_two_conversations_do_not_wait_for_each_other(
    store: Conversations, clock: HeldClock
) -> None:
    for id_ in ("a", "b"):
        start(store, id_)
        store.take_turn(id_, owner="one", lease=LEASE, wait_s=0, clock=clock)


def test_the_lease_of_a_process_that_died_ends_by_itself(
    store: Conversations, clock: HeldClock
) -> None:
    start(store)
    store.take_turn("conversation-1", owner="dead", lease=LEASE, wait_s=0, clock=clock)
    clock.advance(LEASE + timedelta(seconds=1))
    assert store.take_turn("conversation-1", owner="next", lease=LEASE, wait_s=0, clock=clock)


def test_a_turn_that_lost_its_lease_does_not_end_the_next_one(
    store: Conversations, clock: HeldClock
) -> None:
    start(store)
    late = store.take_turn("conversation-1", owner="same", lease=LEASE, wait_s=0, clock=clock)
    clock.advance(LEASE + timedelta(seconds=1))
    store.take_turn("conversation-1", owner="same", lease=LEASE, wait_s=0, clock=clock)
    store.end_turn("conversation-1", late)
    with pytest.raises(Conflict):
        store.take_turn("conversation-1", owner="third", lease=LEASE, wait_s=0, clock=clock)


def test_a_process_that_starts_again_frees_its_own_turns_alone(
    store: Conversations, clock: HeldClock
) -> None:
    for id_, owner in (("a", "gw:1"), ("b", "gw:1"), ("c", "gw:10")):
        start(store, id_)
        store.take_turn(id_, owner=owner, lease=LEASE, wait_s=0, clock=clock)
    assert store.free_turns("gw:1") == 2
    store.take_turn("a", owner="gw:1", lease=LEASE, wait_s=0, clock=clock)
    with pytest.raises(Conflict):
        store.take_turn("c", owner="gw:1", lease=LEASE, wait_s=0, clock=clock)


# --- Answers -------------------------------------------------------------------------------------


def test_a_message_waits_until_its_turn_is_finished(store: Conversations) -> None:
    kept = start(store)
    first, second = write(store, kept, "un"), write(store, kept, "deux")
    assert store.unanswered(kept.id, up_to=second.id) == [first, second]
    assert store.unanswered(kept.id, up_to=first.id) == [first]
    store.finish_turn(first, [], at=NOW)
    assert store.unanswered(kept.id, up_to=second.id) == [second]


def test_a_message_is_answered_once_even_if_two_turns_finish_it(store: Conversations) -> None:
    kept = start(store)
    message = write(store, kept)
    store.finish_turn(message, [ABSTAIN], at=NOW)
    store.finish_turn(message, [ABSTAIN], at=NOW)
    assert len(store.answers_to(message.id)) == 1
    assert store.get(kept.id).abstentions == 1


def test_messages_left_without_an_answer_are_found_by_their_age(store: Conversations) -> None:
    one, two, three = (start(store, id_) for id_ in "abc")
    later = NOW + timedelta(minutes=1)
    write(store, one, at=NOW)
    newest = write(store, one, at=NOW)
    write(store, two, at=later)
    store.finish_turn(write(store, three, at=NOW), [], at=NOW)
    assert store.with_unanswered(NOW + timedelta(seconds=1)) == [("a", newest.id)]


def test_answers_are_kept_whole_and_in_order(store: Conversations) -> None:
    kept = start(store)
    full = Reply(
        "answer", "**Voici**", "faq/x", (Button("Oui", "/affirm"),), (SOURCE,), {"n": [1, "é"]}
    )
    message = answer(store, kept, full, Reply("notice", "Masqué."))
    first, second = store.answers_to(message.id)
    assert (first.kind, first.topic, first.text) == ("answer", "faq/x", "**Voici**")
    assert (first.buttons, first.sources, first.data) == (full.buttons, (SOURCE,), full.data)
    assert (first.author, second.author) == ("bot", "system")
    assert first.reply_to == second.reply_to == message.id
    assert store.messages(kept.id) == [message, first, second]
    assert store.messages(kept.id, after=first.id) == [second]


def test_what_answers_nothing_is_said_by_whoever_says_it(store: Conversations) -> None:
    kept = start(store)
    said = store.say(kept.id, "agent", [Reply("message", "Allo"), Reply("message", "Oui?")], at=NOW)
    assert [(m.author, m.text, m.reply_to) for m in said] == [
        ("agent", "Allo", None),
        ("agent", "Oui?", None),
    ]
    assert store.messages(kept.id) == said


def test_abstentions_count_in_a_row_and_end_with_something_understood(
    store: Conversations,
) -> None:
    kept = start(store)
    counts = []
    asked_back = Reply("clarify", "Lequel?", "clarify")
    chosen = Reply("clarify", "Quelle demande?", "withdraw/choose")
    for reply in (
        ABSTAIN,
        Reply("smalltalk", "Bonjour!"),
        asked_back,
        ABSTAIN,
        an_answer(),
        ABSTAIN,
        chosen,
    ):
        answer(store, kept, reply)
        counts.append(store.get(kept.id).abstentions)
    assert counts == [1, 1, 1, 2, 0, 1, 0]


def test_the_topic_is_of_the_last_answer_that_had_one(store: Conversations) -> None:
    kept = start(store)
    answer(store, kept, an_answer(topic="faq/invoice-details"))
    answer(store, kept, Reply("smalltalk", "De rien!", "smalltalk/thank"), Reply("notice", "…"))
    assert store.get(kept.id).topic == "faq/invoice-details"


def test_a_ticket_that_cannot_be_shown_is_understood_and_what_is_spoken_of(
    store: Conversations,
) -> None:
    kept = start(store)
    answer(store, kept, ABSTAIN)
    answer(store, kept, Reply("notice", "Introuvable.", "ticket/not-found"))
    after = store.get(kept.id)
    assert (after.topic, after.abstentions) == ("ticket/not-found", 0)


# --- Ownership -----------------------------------------------------------------------------------


def test_a_change_of_owner_is_kept_whole(store: Conversations) -> None:
    kept = start(store)
    answer(store, kept, ABSTAIN)
    waiting = ask_person(store, kept.id, NOW + timedelta(seconds=5))
    assert waiting == store.get(kept.id)
    assert waiting.state == "waiting"
    assert waiting.waiting_since == NOW + timedelta(seconds=5)
    assert (waiting.handoff_reason, waiting.assignee_id, waiting.abstentions) == ("asked", None, 0)


def test_a_change_of_what_is_no_longer_so_is_refused(store: Conversations) -> None:
    kept = start(store)
    stale = Ownership.of(kept)
    ask_person(store, kept.id)
    with pytest.raises(Conflict):
        store.change_owner(kept.id, handoff.claim(stale, "agent-1"), at=NOW)
    assert store.get(kept.id).state == "waiting"


def test_of_many_agents_who_claim_at_once_one_gets_it(store: Conversations) -> None:
    kept = start(store)
    waiting = Ownership.of(ask_person(store, kept.id))

    def claim(number: int) -> str | None:
        try:
            change = handoff.claim(waiting, f"agent-{number}")
            return store.change_owner(kept.id, change, at=NOW).assignee_id
        except Conflict:
            return None

    with ThreadPoolExecutor(6) as threads:
        won = [agent for agent in threads.map(claim, range(6)) if agent]
    assert [store.get(kept.id).assignee_id] == won


def test_a_change_that_changes_nothing_is_no_conflict(store: Conversations) -> None:
    kept = start(store)
    stale = Ownership("waiting")
    assert store.change_owner(kept.id, Transfer(stale, stale), at=NOW) == kept


# --- The queue -----------------------------------------------------------------------------------


def ids(found: list[Conversation]) -> list[str]:
    return [conversation.id for conversation in found]


def look(
    store: Conversations,
    *,
    state: str | None = None,
    language: str | None = None,
    q: str | None = None,
) -> list[str]:
    wanted = QueueFilter(state=state, language=language, q=q)
    return ids(store.queue(wanted, limit=50))


def test_the_queue_is_filtered_by_topic_site_urgency_and_agent(store: Conversations) -> None:
    start(store, "fees", topic="fees/not_linked", identity=an_identity(site_number="4411"))
    start(store, "faq", topic="faq/invoice-details", identity=an_identity(site_number="5522"))
    start(store, "anonymous")
    for id_, reason in (("fees", "angry"), ("faq", "asked"), ("anonymous", "asked")):
        change = handoff.ask_person(Ownership.of(store.get(id_)), NOW, cast(Reason, reason))
        store.change_owner(id_, change, at=NOW)
    give_to(store, store.get("faq"), "marc")

    def found(**wanted: Any) -> list[str]:
        return sorted(ids(store.queue(QueueFilter(**wanted), limit=50)))

    assert found(topic="fees") == ["fees"]
    assert found(site="5522") == ["faq"]
    assert found(is_urgent=True) == ["fees"]
    assert found(is_urgent=False) == ["anonymous", "faq"]
    assert found(assignee_id="marc") == ["faq"]
    assert found(site="5522", topic="fees") == []


def test_the_longest_wait_comes_first_and_those_with_the_bot_are_left_out(
    store: Conversations,
) -> None:
    for id_ in ("bot", "short", "long"):
        start(store, id_)
    ask_person(store, "short", NOW - timedelta(minutes=1))
    ask_person(store, "long", NOW - timedelta(minutes=5))
    assert look(store) == ["long", "short"]


def test_closed_conversations_follow_with_the_newest_first(store: Conversations) -> None:
    for id_, minutes in (("old", 1), ("new", 2), ("waits", 3)):
        kept = start(store, id_)
        write(store, kept, at=NOW + timedelta(minutes=minutes))
        if id_ != "waits":
            held = Ownership.of(give_to(store, kept, "agent-1"))
            store.change_owner(id_, handoff.resolve(held, "agent-1"), at=NOW)
    ask_person(store, "waits", NOW + timedelta(minutes=9))
    assert look(store) == ["waits", "new", "old"]


def test_the_queue_is_narrowed_by_state_language_and_words(store: Conversations) -> None:
    start(store, "a", identity=an_identity(name="Zoé Q. Roy"))
    write(store, start(store, "b", language="en"), "My INVOICE is 100% wrong")
    start(store, "c")
    for id_ in "abc":
        ask_person(store, id_)
    give_to(store, store.get("c"), "agent-1")
    assert look(store, state="waiting") == ["a", "b"]
    assert look(store, state="agent") == ["c"]
    assert look(store, language="en") == ["b"]
    assert look(store, q="invoice") == ["b"]
    assert look(store, q="Q. Roy") == ["a"]
    assert look(store, q="100%") == ["b"]
    assert look(store, q="%") == ["b"]


def test_the_queue_is_searched_by_who_somebody_is_and_not_by_how_that_is_stored(
    store: Conversations,
) -> None:
    start(store, "a", identity=an_identity(name="Solène Émond"))
    start(store, "b", identity=an_identity(name="Jo", email="x@y.example", site_number="77310"))
    start(store, "c")
    for id_ in "abc":
        ask_person(store, id_)
    assert look(store, q="Solène") == ["a"]
    assert look(store, q="émond") == ["a"]
    assert look(store, q="X@y.ex") == look(store, q="7731") == ["b"]
    for stored in ("null", "name", "true", "site_admin"):
        assert look(store, q=stored) == []


def test_the_queue_comes_in_pages(store: Conversations) -> None:
    # Two of each group at each of two moments: a page may end anywhere.
    for state in ("waiting", "agent", "closed"):
        for number, seconds in enumerate((0, 0, 9, 9)):
            at = NOW + timedelta(seconds=seconds)
            start(store, f"{state}-{number}")
            ask_person(store, f"{state}-{number}", at)
            if state != "waiting":
                held = Ownership.of(give_to(store, store.get(f"{state}-{number}"), "marc"))
            if state == "closed":
                store.change_owner(f"{state}-{number}", handoff.resolve(held, "marc"), at=at)
    whole = store.queue(QueueFilter(), limit=50)
    closed = ["closed-2", "closed-3", "closed-0", "closed-1"]
    assert ids(whole) == [
        *(f"{state}-{number}" for state in ("waiting", "agent") for number in range(4)),
        *closed,
    ]
    for number, row in enumerate(whole):
        assert store.queue(QueueFilter(), limit=50, after=place_of(row)) == whole[number + 1 :]
    assert ids(store.queue(QueueFilter(), limit=2, after=place_of(whole[3]))) == [
        "agent-0",
        "agent-1",
    ]


def test_who_no_longer_waits_comes_after_all_who_do(store: Conversations) -> None:
    for id_, minutes in (("closed", 9), ("claimed", 5), ("waits", 1)):
        start(store, id_)
        ask_person(store, id_, NOW - timedelta(minutes=minutes))
        if id_ != "waits":
            held = Ownership.of(give_to(store, store.get(id_), "marc"))
        if id_ == "closed":
            store.change_owner(id_, handoff.resolve(held, "marc"), at=NOW)
    assert look(store) == ["waits", "claimed", "closed"]


def test_a_row_keeps_its_place_while_people_talk(store: Conversations) -> None:
    ask_person(store, start(store, "a").id)
    held = give_to(store, store.get("a"), "marc")
    write(store, held, at=NOW + timedelta(minutes=3))
    assert place_of(store.get("a")) == place_of(held)


def test_the_last_question_is_the_last_typed_text_that_got_an_answer_on_a_topic(
    store: Conversations,
) -> None:
    kept = start(store, "a")
    asked = write(store, kept, "Mes factures?")
    store.finish_turn(asked, [an_answer()], at=NOW)
    store.finish_turn(write(store, kept, "Oui", payload="/affirm"), [an_answer()], at=NOW)
    store.finish_turn(write(store, kept, "Merci!"), [Reply("smalltalk", "De rien!")], at=NOW)
    assert store.last_questions(["a"]) == {"a": "Mes factures?"}


def test_without_any_answer_the_last_question_is_the_last_typed_text(store: Conversations) -> None:
    first, second = start(store, "a"), start(store, "b")
    write(store, first, "Allo?")
    write(store, first, "Il y a quelqu’un?")
    write(store, first, "Oui", payload="/affirm")
    write(store, second, "Autre chose")
    assert store.last_questions(["a"]) == {"a": "Il y a quelqu’un?"}
    assert store.last_questions([]) == {}


def test_an_agent_is_given_the_messages_of_the_conversations_that_she_holds(
    store: Conversations,
) -> None:
    mine, theirs, waiting = (start(store, id_) for id_ in ("mine", "theirs", "waiting"))
    give_to(store, mine, "agent-1")
    give_to(store, theirs, "agent-2")
    seen = write(store, mine, "déjà lu")
    write(store, theirs)
    write(store, waiting)
    fresh = write(store, mine, "nouveau")
    assert store.messages_of_assignee("agent-1", seen.id) == [fresh]


@pytest.mark.parametrize("stores", DATABASES, indirect=True)
def test_no_message_comes_to_be_seen_after_one_with_a_greater_id(stores: Stores) -> None:
    # Between the first message's id and its commit another conversation gets one.
    store, database = stores.conversations, stores.database
    assert database is not None
    one, other = start(store, "one"), start(store, "other")
    overtook = []

    def waits() -> bool:
        with database.read() as connection:
            waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return database.is_sqlite or bool(connection.scalar(waiting))

    with ThreadPoolExecutor(1) as pool:

        def while_the_first_commits(_connection: object) -> None:
            later = pool.submit(store.say, other.id, "agent", [an_answer()], at=NOW)
            wait_for(lambda: later.done() or waits())
            overtook.append(later.done())

        listen(database.engine, "commit", while_the_first_commits, once=True)
        write(store, one)
    assert overtook == [False]


# --- Drafts, feedback, erasure, counts -----------------------------------------------------------


def test_an_errand_comes_back_as_it_was_saved_until_it_is_dropped(store: Conversations) -> None:
    start(store, "a")
    errand = Errand("note", "OCN-7K3M-9QXT", "a@x.ca", text="l’été", is_known=True, asked="text")
    store.save_errand("a", Errand("status"), at=NOW)
    store.save_errand("a", errand, at=NOW)
    assert store.errand("a") == errand
    assert store.errand("b") is None
    store.drop_errand("a")
    store.drop_errand("a")
    assert store.errand("a") is None
    with pytest.raises(NotFound):
        store.save_errand("nowhere", errand, at=NOW)


def test_a_draft_comes_back_as_it_was_saved_until_it_is_dropped(store: Conversations) -> None:
    start(store, "a")
    start(store, "b")
    draft = a_draft(reason=None, reason_skipped=True, misses=2, heard_message=7, remark="utter_x")
    store.save_draft("a", a_draft(), at=NOW)
    store.save_draft("a", draft, at=NOW)
    assert store.draft("a") == draft
    assert store.draft("b") is None
    store.drop_draft("a")
    store.drop_draft("a")
    assert store.draft("a") is None


def test_feedback_is_about_an_answer_of_this_conversation(store: Conversations) -> None:
    kept = start(store, "a")
    start(store, "b")
    question = answer(store, kept, an_answer())
    (said,) = store.answers_to(question.id)
    for conversation_id, message_id in (("a", question.id), ("b", said.id), ("a", said.id + 99)):
        with pytest.raises(NotFound):
            store.add_feedback(conversation_id, message_id, helpful=True, comment=None, at=NOW)


def test_the_last_word_of_feedback_counts(stores: Stores) -> None:
    store = stores.conversations
    kept = start(store)
    (said,) = store.answers_to(answer(store, kept, an_answer()).id)
    store.add_feedback(kept.id, said.id, helpful=True, comment=None, at=NOW)
    store.add_feedback(kept.id, said.id, helpful=False, comment="Non", at=NOW)
    totals = stores.figures.totals()
    assert (totals.helpful, totals.not_helpful) == (0, 1)


@pytest.mark.parametrize("stores", DATABASES, indirect=True)
def test_of_two_votes_at_the_same_moment_the_last_one_counts(stores: Stores) -> None:
    store = stores.conversations
    kept = start(store)
    (said,) = store.answers_to(answer(store, kept, an_answer()).id)
    about = {"message_id": said.id, "conversation_id": kept.id, "created_at": NOW}
    meanwhile(
        stores,
        lambda: store.add_feedback(kept.id, said.id, helpful=False, comment=None, at=NOW),
        select(messages.c.id).with_for_update(),
        feedback.insert().values(helpful=True, **about),
    )
    totals = stores.figures.totals()
    assert (totals.helpful, totals.not_helpful) == (0, 1)


def test_erasure_leaves_nothing_but_the_tickets_without_their_link(stores: Stores) -> None:
    store = stores.conversations
    kept, other = start(store, "a"), start(store, "b")
    (said,) = store.answers_to(answer(store, kept, an_answer()).id)
    store.add_feedback("a", said.id, helpful=True, comment="Merci", at=NOW)
    store.save_draft("a", a_draft(), at=NOW)
    ticket = stores.tickets.open(a_ticket(conversation_id="a"), "{}", who="assistant")
    write(store, other)

    store.erase("a")

    with pytest.raises(NotFound):
        store.get("a")
    assert (store.messages("a"), store.draft("a")) == ([], None)
    totals = stores.figures.totals()
    assert (totals.helpful, totals.not_helpful) == (0, 0)
    assert stores.tickets.get(ticket.reference) == replace(ticket, conversation_id=None)
    assert len(store.messages("b")) == 1


def test_erasing_twice_is_no_fault(store: Conversations) -> None:
    start(store, "a")
    store.erase("a")
    store.erase("a")


# --- Changes of owner, and what is said with them ------------------------------------------------


def test_a_change_of_owner_is_stored_with_what_announces_it_or_not_at_all(
    store: Conversations,
) -> None:
    kept = start(store)
    waiting = ask_person(store, kept.id)
    joined = Reply("handoff", "Marc a rejoint la conversation.", "handoff/joined")
    change = handoff.claim(Ownership.of(waiting), "marc")
    store.change_owner(kept.id, change, at=NOW, saying=[joined])
    with pytest.raises(Conflict):
        store.change_owner(kept.id, change, at=NOW, saying=[joined])
    again = handoff.claim(Ownership.of(store.get(kept.id)), "marc")
    store.change_owner(kept.id, again, at=NOW, saying=[joined])
    assert [(m.author, m.text) for m in store.messages(kept.id)] == [("system", joined.text)]


def test_what_an_agent_says_after_losing_the_conversation_is_not_said(
    store: Conversations,
) -> None:
    kept = start(store)
    held = Ownership.of(give_to(store, kept, "marc"))
    store.change_owner(kept.id, handoff.lose(held, NOW), at=NOW)
    with pytest.raises(Conflict):
        store.say(kept.id, "agent", [Reply("message", "Trop tard")], at=NOW, while_owned=held)
    assert store.messages(kept.id) == []


def test_the_same_message_of_an_agent_twice_is_said_once(store: Conversations) -> None:
    kept = start(store)
    held = Ownership.of(give_to(store, kept, "marc"))
    first, second = (
        store.say(
            kept.id,
            "agent",
            [Reply("message", "Bonjour")],
            at=NOW,
            while_owned=held,
            client_id="agent-1",
        )
        for _ in range(2)
    )
    assert first == second == store.messages(kept.id)


@pytest.mark.parametrize("stores", DATABASES, indirect=True)
def test_the_same_message_of_an_agent_twice_at_the_same_moment_is_said_once(stores: Stores) -> None:
    store = stores.conversations
    kept = start(store, "c", an_answer("Bonjour"))
    (said,) = store.messages(kept.id)

    def again() -> list[Message]:
        reply = Reply("message", "Bonjour")
        return store.say(kept.id, "agent", [reply], at=NOW, client_id="agent-1")

    touched = conversations.update().values(updated_at=NOW)
    first = messages.update().values(client_id="agent-1", author="agent")
    assert [message.id for message in meanwhile(stores, again, touched, first)] == [said.id]


def test_an_answer_that_comes_after_an_agent_s_claim_is_dropped_where_it_would_be_stored(
    store: Conversations,
) -> None:
    kept = start(store)
    question = write(store, kept)
    give_to(store, kept, "marc")
    notice = Reply("notice", "Masqué.", "privacy/masked")
    store.finish_turn(question, [notice, an_answer("Trop tard.")], at=NOW)
    assert [m.text for m in store.answers_to(question.id)] == ["Masqué."]
    assert store.unanswered(kept.id, up_to=question.id) == []


def test_the_engine_starts_afresh_after_people_until_it_has_answered(store: Conversations) -> None:
    kept = start(store)
    assert not kept.is_returning
    held = Ownership.of(give_to(store, kept, "marc"))
    back = store.change_owner(kept.id, handoff.back_to_bot(held, by="marc"), at=NOW)
    assert back.is_returning
    answer(store, back, Reply("error", "Désolé.", "service/trouble"))
    assert store.get(kept.id).is_returning
    answer(store, back, an_answer())
    assert not store.get(kept.id).is_returning


@pytest.mark.parametrize("stores", DATABASES, indirect=True)
def test_erasure_reaches_the_log_of_the_dialogue_engine(stores: Stores) -> None:
    assert stores.database is not None
    store = stores.conversations
    start(store, "a")
    with stores.database.write() as connection:
        connection.execute(text("CREATE TABLE events (id INTEGER, sender_id VARCHAR(255))"))
        connection.execute(text("INSERT INTO events VALUES (1, 'a'), (2, 'a'), (3, 'b')"))
    store.erase("a")
    with stores.database.read() as connection:
        left = list(connection.scalars(text("SELECT sender_id FROM events")))
    assert left == ["b"]
