"""Faults around the handover: none leaves a visitor with nobody, or with two who answer."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.adapters.memory import HeldClock, ScriptedAssistant, memory_services
from bot.adapters.memory_conversations import MemoryConversations
from bot.adapters.memory_desk import MemoryDeskRecords
from bot.adapters.memory_tickets import MemoryTickets
from bot.core.conversations import Conversation, Message, Reply
from bot.core.desk import LONG_WAIT
from bot.core.errors import Unavailable
from bot.core.handoff import Transfer
from bot.core.payloads import BACK_TO_BOT, LEAVE_REQUEST
from bot.core.services import Services
from bot.core.tickets import Delivery
from bot.core.turns import Visit, answer_pending, receive
from bot.gateway.worker import Worker
from tests.support.builders import NOW, an_agent, an_answer, start

MARC = an_agent("marc", name="Marc")


@pytest.fixture(autouse=True)
def _conversation(services: Services) -> None:
    start(services.conversations, "c")
    services.agents.add(MARC, "hash")


def send(services: Services, **visit: str) -> list[Message]:
    """What is said in answer to a visitor's message or button."""
    client_id = f"v-{services.conversations.newest_message_id()}"
    return receive(
        "c",
        Visit(client_id, **visit),
        store=services.conversations,
        assistant=services.assistant,
        desk=services.desk,
        phrases=services.phrases,
        detector=services.detector,
        clock=services.clock,
        owner="gateway",
    )


def answer_left_behind(services: Services, up_to: int) -> None:
    """What a worker does with a message that a dead process has left."""
    answer_pending(
        "c",
        up_to=up_to,
        store=services.conversations,
        assistant=services.assistant,
        desk=services.desk,
        phrases=services.phrases,
        clock=services.clock,
        owner="gateway",
    )


def topics(services: Services) -> list[str | None]:
    """Of all that was said to the visitor."""
    said = services.conversations.messages("c")
    return [message.topic for message in said if message.author != "visitor"]


@pytest.mark.parametrize("text", ["/restart", "/session_start", "/resume", "  //restart"])
def test_no_word_of_the_visitor_s_wakes_the_bot_while_an_agent_has_the_conversation(
    services: Services, text: str
) -> None:
    services.desk.claim("c", MARC)
    assistant = ScriptedAssistant()
    assert send(replace(services, assistant=assistant), text=text) == []
    assert assistant.asked == []
    assert services.conversations.get("c").assignee_id == MARC.id


def test_a_message_left_by_a_crash_before_a_claim_is_not_answered_by_the_bot_after_it(
    services: Services,
) -> None:
    left = services.conversations.add_visit(
        services.conversations.get("c"), "1", text="Mes factures?", payload=None, at=NOW
    )
    services.desk.claim("c", MARC)
    assistant = ScriptedAssistant([an_answer("Trop tard.")])
    answer_left_behind(replace(services, assistant=assistant), left.id)
    assert assistant.asked == []
    assert topics(services) == ["handoff/joined"]
    assert services.conversations.with_unanswered(NOW + timedelta(hours=1)) == []


def test_a_bot_that_fails_again_and_again_brings_a_person_once_and_is_then_left_alone(
    services: Services,
) -> None:
    down = ScriptedAssistant(Unavailable("down"))
    broken = replace(services, assistant=down)
    for text in ("Un?", "Deux?", "Trois?", "Quatre?"):
        send(broken, text=text)
    assert topics(services) == ["service/trouble", "handoff/queued"]
    assert len(down.asked) == 2
    # Nor does a return to the bot, which is down still, go round in a circle by itself.
    send(broken, payload=BACK_TO_BOT)
    send(broken, text="Cinq?")
    assert topics(services)[2:] == ["handoff/left", "service/trouble"]
    assert services.conversations.get("c").state == "bot"


def test_of_two_quick_messages_to_a_bot_that_fails_the_second_brings_a_person(
    services: Services,
) -> None:
    conversation = services.conversations.get("c")
    for text in ("Un?", "Deux?"):
        last = services.conversations.add_visit(conversation, text, text=text, payload=None, at=NOW)
    broken = replace(services, assistant=ScriptedAssistant(Unavailable("down")))
    answer_left_behind(broken, last.id)
    assert topics(services) == ["service/trouble", "handoff/queued"]


def test_a_fault_while_a_person_is_being_brought_leaves_the_message_to_be_answered_again(
    clock: HeldClock,
) -> None:
    class AwayOnce(MemoryConversations):
        is_away = True

        def change_owner(
            self,
            conversation_id: str,
            change: Transfer,
            *,
            at: object,
            saying: Sequence[Reply] = (),
        ) -> Conversation:
            if self.is_away:
                self.is_away = False
                raise Unavailable("The database is away.")
            return super().change_owner(conversation_id, change, at=at, saying=saying)

    store = AwayOnce()
    memory = memory_services(clock, assistant=ScriptedAssistant(Unavailable("down")))
    records = MemoryDeskRecords(store)
    desk = replace(memory.desk, conversations=store, records=records)
    services = replace(memory, conversations=store, records=records, desk=desk)
    start(store, "c")
    send(services, text="Un?")
    with pytest.raises(Unavailable):
        send(services, text="Deux?")
    assert store.get("c").state == "bot"
    ((_, left),) = store.with_unanswered(NOW + timedelta(hours=1))
    answer_left_behind(services, left)
    assert topics(services) == ["service/trouble", "handoff/queued"]
    assert store.get("c").state == "waiting"


def test_whoever_a_crash_kept_from_hearing_of_the_queue_is_told_of_it_once(
    services: Services, clock: HeldClock
) -> None:
    class Crash(BaseException):
        pass

    def queue_and_crash() -> None:
        services.desk.queue(services.conversations.get("c"), "asked", "fr")
        raise Crash

    crashing = ScriptedAssistant()
    crashing.meanwhile = queue_and_crash
    with pytest.raises(Crash):
        send(replace(services, assistant=crashing), text="Une personne, svp")
    assert services.conversations.get("c").state == "waiting"
    clock.advance(timedelta(minutes=1))
    ((_, left),) = services.conversations.with_unanswered(clock.now())
    answer_left_behind(services, left)
    (told,) = services.conversations.answers_to(left)
    assert (told.topic, told.author) == ("handoff/queued", "system")
    assert services.phrases.say("utter_queued", "fr") in told.text
    assert [button.payload for button in told.buttons] == [LEAVE_REQUEST, BACK_TO_BOT]
    assert send(services, text="Allo?") == []


def test_whoever_an_agent_took_over_and_lost_is_not_told_of_the_queue_twice(
    services: Services, clock: HeldClock
) -> None:
    services.desk.claim("c", MARC)
    clock.advance(2 * services.desk.lease)
    services.desk.reclaim()
    assert send(services, text="Allo?") == []
    assert topics(services) == ["handoff/joined", "handoff/away"]


def test_word_of_a_long_wait_that_fell_due_while_no_gateway_ran_is_sent_once_by_the_next(
    services: Services, clock: HeldClock
) -> None:
    services.desk.queue(services.conversations.get("c"), "asked", "fr")
    clock.advance(2 * LONG_WAIT)
    # Two gateways start, both over what the one before has left; then both have run for a lease.
    workers = [Worker(services, owner) for owner in ("one", "other")]
    clock.advance(services.desk.lease)
    for worker in (*workers, *workers):
        worker._look_after_desk()
    assert topics(services) == ["handoff/waiting"]


@pytest.mark.parametrize("fault", [Unavailable("away"), RuntimeError("a mistake of ours")])
def test_a_job_of_the_worker_s_that_fails_keeps_it_from_no_other(
    services: Services, clock: HeldClock, fault: Exception
) -> None:
    class NotDelivered(MemoryTickets):
        def lease_due(
            self, now: datetime, lease: timedelta, limit: int, owner: str = "worker"
        ) -> list[Delivery]:
            raise fault

    class OnePass(threading.Event):
        passes = 0

        def wait(self, timeout: float | None = None) -> bool:
            self.passes += 1
            return self.passes > 1

    services.desk.queue(services.conversations.get("c"), "asked", "fr")
    worker = Worker(replace(services, tickets=NotDelivered()), "one")
    worker._stopped = OnePass()
    clock.advance(2 * LONG_WAIT)
    worker._run()
    assert topics(services) == ["handoff/waiting"]
