"""Processes killed on the spot, at the worst moment: nothing is lost, nothing is done twice.

A process is first frozen, so that a turn is certainly on its way when the blow falls. Each test
leaves the shared stack whole again.
"""

from __future__ import annotations

import signal
import socket
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import psutil
import pytest
import sqlalchemy as sa

from bot.adapters.tables import builtin_helpdesk, messages, outbox
from tests.support.stack import AgentClient, RunningStack, Turn, Visitor, wait_for

Visit = Callable[..., Visitor]
QUESTION = "Où sont mes anciennes factures?"
APOLOGY = ["error service/trouble"]


@pytest.fixture(autouse=True)
def whole_again(stack: RunningStack) -> Iterator[None]:
    """The stack is ready before and after each test."""
    stack.wait_until_ready()
    yield
    stack.wait_until_ready()


@contextmanager
def frozen(stack: RunningStack, name: str) -> Iterator[None]:
    """Stops a process without ending it; goes on afterwards, unless it was killed."""
    process = stack.processes.processes[name]
    pid = stack.pid(name)
    process.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        if stack.pid(name) == pid:
            process.signal(signal.SIGCONT)


def kill(stack: RunningStack, name: str) -> None:
    """Kills a process as `kill -9` does, and waits until another has taken its place."""
    pid = stack.pid(name)
    stack.processes.kill(name)
    wait_for(lambda: stack.pid(name) not in (None, pid), within_s=20)


def killed_in_mid_turn(stack: RunningStack, name: str, visitor: Visitor, text: str) -> Turn:
    """Kills a process while it has this message in hand; what the visitor was told."""
    before = len(visitor.messages())
    with ThreadPoolExecutor(1) as pool, frozen(stack, name):
        turn: Future[Turn] = pool.submit(visitor.say, text)
        wait_for(lambda: len(visitor.messages()) == before + 1)
        kill(stack, name)
        return turn.result()


def assert_apology(turn: Turn) -> None:
    """Fails unless the visitor was told of the trouble and offered a person."""
    assert turn.heard == APOLOGY
    assert [button["payload"] for button in turn.messages[0]["buttons"]] == ["/ask_person"]


@pytest.mark.parametrize("name", ["actions", "rasa"])
def test_a_process_killed_in_mid_turn_means_an_apology_and_then_the_talk_goes_on(
    visit: Visit, agent: AgentClient, stack: RunningStack, name: str
) -> None:
    visitor = visit("fr")
    visitor.press("Faire une demande d’annulation")
    assert visitor.say("Les kiosques").heard == ["form cancellation/requester_name"]

    assert_apology(killed_in_mid_turn(stack, name, visitor, "Julie Tremblay"))
    stack.wait_until_ready()

    # The open question stands where it stood, and what was said before is kept.
    assert visitor.say("Julie Tremblay").heard == ["form cancellation/requester_email"]
    assert agent.conversation(visitor.id)["slots"] == {
        "products": ["tablets_kiosks"],
        "requester_name": "Julie Tremblay",
    }
    assert visitor.say(QUESTION).heard[0] == "answer faq/past-invoices"


def test_while_the_engine_is_down_a_person_can_still_be_had(
    visit: Visit, agent: AgentClient, stack: RunningStack
) -> None:
    visitor = visit("fr")
    stack.processes.kill("rasa")
    assert_apology(visitor.say(QUESTION))
    queued = visitor.press("Parler à une personne")
    assert queued.state == "waiting"
    assert queued.heard == ["handoff handoff/queued"]
    assert agent.act(visitor.id, "claim")["state"] == "agent"


def deliveries_of(stack: RunningStack, site_number: str) -> list[str]:
    """The helpdesk's own copies of the tickets for this site."""
    with stack.database.read() as connection:
        bodies = connection.scalars(sa.select(builtin_helpdesk.c.body))
        return [body for body in bodies if f'"{site_number}"' in body]


def to_the_recap(visitor: Visitor, site_number: str) -> str:
    """Brings a signed-in visitor's request to its recap; gives the payload of its yes."""
    visitor.press("Make a cancellation request")
    visitor.say(f"online booking, site {site_number}")
    visitor.say("Accuro")
    assert visitor.press("Skip").heard == ["recap cancellation/confirm"]
    return visitor.button("Yes, send the request")


def assert_filed_and_delivered_once(
    agent: AgentClient, stack: RunningStack, site_number: str
) -> str:
    """Fails unless there is one ticket for the site, delivered once; gives its reference."""
    wait_for(
        lambda: [t["delivery"]["state"] for t in agent.tickets(q=site_number)] == ["delivered"]
    )
    (ticket,) = agent.tickets(q=site_number)
    assert len(deliveries_of(stack, site_number)) == 1
    with stack.database.read() as connection:
        rows = sa.select(sa.func.count()).where(outbox.c.reference == ticket["reference"])
        assert connection.scalar(rows) == 1
    return str(ticket["reference"])


def test_a_gateway_killed_right_after_a_confirmation_delivers_one_ticket(
    visit: Visit, agent: AgentClient, stack: RunningStack, site_number: str
) -> None:
    visitor = visit("en", who="admin")
    to_the_recap(visitor, site_number)
    filed = visitor.press("Yes, send the request")
    kill(stack, "gateway")
    stack.wait_until_ready()
    assert assert_filed_and_delivered_once(agent, stack, site_number) in filed.text
    assert visitor.messages()[-1] == filed.messages[-1]


def test_a_restart_between_recap_and_yes_files_what_was_shown(
    visit: Visit, agent: AgentClient, stack: RunningStack, site_number: str
) -> None:
    visitor = visit("en", who="admin")
    to_the_recap(visitor, site_number)
    for name in ("rasa", "actions", "gateway"):
        kill(stack, name)
    stack.wait_until_ready()
    filed = visitor.press("Yes, send the request")
    assert filed.heard == ["ticket ticket/filed"]
    assert assert_filed_and_delivered_once(agent, stack, site_number) in filed.text


def test_a_gateway_killed_before_it_could_say_so_tells_the_reference_afterwards(
    visit: Visit, agent: AgentClient, stack: RunningStack, site_number: str
) -> None:
    visitor = visit("en", who="admin")
    confirmation = {
        "payload": to_the_recap(visitor, site_number),
        "client_id": str(uuid.uuid4()),
    }
    said_before = len(visitor.messages())
    with ThreadPoolExecutor(1) as pool, frozen(stack, "actions"):
        cut_off = pool.submit(visitor.send, **confirmation)
        wait_for(lambda: len(visitor.messages()) == said_before + 1)
        kill(stack, "gateway")
        with pytest.raises(httpx.TransportError):
            cut_off.result()
    stack.wait_until_ready()

    # The widget sends again what got no answer, under the same client id.
    answer = visitor.send(**confirmation).json()
    told = Turn(answer["messages"], answer["state"])
    reference = assert_filed_and_delivered_once(agent, stack, site_number)
    assert reference in told.text
    assert [m["id"] for m in visitor.messages()[said_before + 1 :]] == [
        m["id"] for m in told.messages
    ]


def test_a_message_that_a_killed_gateway_left_is_answered_without_being_sent_again(
    visit: Visit, stack: RunningStack
) -> None:
    visitor = visit("fr")
    with ThreadPoolExecutor(1) as pool, frozen(stack, "rasa"):
        cut_off = pool.submit(visitor.send, text=QUESTION)
        wait_for(lambda: len(visitor.messages()) == 2)
        kill(stack, "gateway")
        with pytest.raises(httpx.TransportError):
            cut_off.result()
    stack.wait_until_ready()
    wait_for(lambda: len(visitor.messages()) == 3)
    assert visitor.messages()[-1]["topic"] == "faq/past-invoices"


def test_a_stream_cut_by_a_killed_gateway_resumes_without_a_gap(
    visit: Visit, stack: RunningStack
) -> None:
    visitor = visit("fr")
    with visitor.events() as stream:
        next(stream)
        visitor.say(QUESTION)
        seen = [next(stream), next(stream)]
        kill(stack, "gateway")
        with pytest.raises(httpx.TransportError):
            list(stream)
    stack.wait_until_ready()
    visitor.say("Merci")
    with visitor.events(seen[-1].id) as stream:
        resumed = [next(stream), next(stream)]
    assert [event.data for event in seen + resumed] == visitor.messages()[1:]


def test_a_ticket_left_in_flight_by_a_dead_worker_is_delivered_once(
    visit: Visit, agent: AgentClient, stack: RunningStack, site_number: str
) -> None:
    visitor = visit("en", who="admin")
    to_the_recap(visitor, site_number)
    visitor.press("Yes, send the request")
    reference = assert_filed_and_delivered_once(agent, stack, site_number)
    # As if the worker had died between the helpdesk's answer and its own note of it.
    with stack.database.write() as connection:
        connection.execute(
            outbox.update()
            .where(outbox.c.reference == reference)
            .values(state="in_flight", lease_until=sa.func.datetime("now", "-1 hour"))
        )
    assert assert_filed_and_delivered_once(agent, stack, site_number) == reference


def test_stopping_leaves_no_process_and_no_port_in_use_and_a_new_start_takes_everything_up(
    visit: Visit, agent: AgentClient, stack: RunningStack
) -> None:
    visitor = visit("fr")
    visitor.press("Faire une demande d’annulation")
    said_before = visitor.messages()
    started = [psutil.Process(stack.pid(name)) for name in ("gateway", "rasa", "actions")]
    family = [*started, *(child for one in started for child in one.children(recursive=True))]

    stack.stop()
    _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []
    ports = (stack.settings.port, stack.settings.rasa_port, stack.settings.action_port)
    for port in ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0, port

    stack.start()
    assert visitor.messages() == said_before
    assert visitor.say("Les kiosques").heard == ["form cancellation/requester_name"]
    # The agent's session outlives the restart as well.
    assert agent.conversation(visitor.id)["slots"] == {"products": ["tablets_kiosks"]}


def test_no_visitor_message_is_left_without_an_answer(stack: RunningStack) -> None:
    wait_for(lambda: unanswered(stack) == [])


def unanswered(stack: RunningStack) -> list[str]:
    """Texts of the visitors that nothing has come of."""
    with stack.database.read() as connection:
        query = sa.select(messages.c.text).where(
            messages.c.author == "visitor", messages.c.answered_at.is_(None)
        )
        return list(connection.scalars(query))
