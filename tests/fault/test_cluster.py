"""Two of each process behind nginx, on PostgreSQL and Redis: any one may die, nothing is lost.

Visitors write as the widget does: the same client id again until there is an answer.
"""

from __future__ import annotations

import itertools
import shutil
import signal
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import sqlalchemy as sa

from bot.adapters.tables import builtin_helpdesk, messages
from tests.support import postgres
from tests.support.cluster import Cluster
from tests.support.stack import Visitor, wait_for

QUESTIONS = ("Où sont mes anciennes factures?", "Comment ajouter un payeur?", "bonjour", "merci")
ANSWERED_WITHIN_S = 120.0
# As the widget waits before it asks again, where no answer says how long.
RETRY_AFTER_S = 0.5
PROCESSES = [(number, name) for number in (0, 1) for name in ("gateway", "rasa", "actions")]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    missing = [name for name in ("nginx", "redis-server") if shutil.which(name) is None]
    if missing or not postgres.IS_THERE:
        pytest.skip("needs Debian's nginx-light, redis-server and postgresql (.ci/run)")
    running = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


def send_until_answered(visitor: Visitor, text: str) -> list[str]:
    """The kinds of what was said in answer; asks again, by the same id, when nobody answers."""
    body = {"text": text, "client_id": str(uuid.uuid4())}

    def answer() -> list[str]:
        try:
            found = visitor.http.post(f"{visitor.path}/messages", json=body)
        except httpx.TransportError:
            time.sleep(RETRY_AFTER_S)
            return []
        if found.is_success:
            # After two failures in a row a person is sent for, and the bot says nothing more.
            return [m["kind"] for m in found.json()["messages"]] or ["waits for a person"]
        time.sleep(float(found.headers.get("Retry-After", RETRY_AFTER_S)))
        return []

    return wait_for(answer, ANSWERED_WITHIN_S)


def assert_nothing_lost_or_doubled(visitor: Visitor, sent: list[str]) -> None:
    """Each message stands there once and in order; each was answered, or a person sent for."""
    said = visitor.messages()
    assert [m["text"] for m in said if m["author"] == "visitor"] == sent
    authors = [m["author"] for m in said[1:]]
    is_queued = any(m["kind"] == "handoff" for m in said)
    assert is_queued or all(pair != ("visitor", "visitor") for pair in itertools.pairwise(authors))


def test_a_conversation_goes_from_gateway_to_gateway_and_keeps_its_order(cluster: Cluster) -> None:
    visitor = Visitor(cluster.url)
    kinds = [send_until_answered(visitor, text) for text in QUESTIONS]
    assert all("error" not in said for said in kinds)
    assert_nothing_lost_or_doubled(visitor, list(QUESTIONS))


def test_a_burst_over_both_gateways_is_answered_in_the_order_of_storing(cluster: Cluster) -> None:
    calm, visitor = Visitor(cluster.url), Visitor(cluster.url)
    alone = {text: calm.say(text).heard for text in QUESTIONS}
    assert len({tuple(heard) for heard in alone.values()}) == len(QUESTIONS)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda text: send_until_answered(visitor, text), QUESTIONS * 8))
    sent = [m for m in visitor.messages() if m["author"] == "visitor"]
    assert Counter(m["text"] for m in sent) == dict.fromkeys(QUESTIONS, 8)
    of_answers = sa.select(messages.c.reply_to, messages.c.kind, messages.c.topic).where(
        messages.c.conversation_id == visitor.id, messages.c.reply_to.is_not(None)
    )
    with cluster.database.read() as connection:
        answers = connection.execute(of_answers.order_by(messages.c.id)).all()
    assert [(asked, f"{kind} {topic}") for asked, kind, topic in answers] == [
        (m["id"], heard) for m in sent for heard in alone[m["text"]]
    ]


def test_a_stream_of_one_gateway_shows_what_the_other_took(cluster: Cluster) -> None:
    visitor = Visitor(cluster.stacks[0].url)
    elsewhere = f"{cluster.stacks[1].url}/api/v1{visitor.path}/messages"
    last = visitor.messages()[-1]["id"]
    with visitor.events(last) as events:
        assert next(events).name == "state"
        body = {"text": "bonjour", "client_id": str(uuid.uuid4())}
        headers = {"Authorization": f"Bearer {visitor.token}"}
        assert httpx.post(elsewhere, json=body, headers=headers, timeout=30).is_success
        assert next(events).data["text"] == "bonjour"


def test_two_workers_on_one_outbox_deliver_each_ticket_once(cluster: Cluster) -> None:
    def file_request(number: int) -> str:
        visitor = Visitor(cluster.url)
        said = send_until_answered(
            visitor,
            "Je veux annuler les kiosques, Julie Tremblay, julie@clinique.example, "
            f"site {710_000 + number}, notre DMÉ est Accuro",
        )
        assert said == ["form"]
        visitor.press("Passer")
        visitor.press("Oui, transmettre la demande")
        return visitor.messages()[-1]["text"]

    with ThreadPoolExecutor(4) as pool:
        filed = list(pool.map(file_request, range(8)))
    assert all("OCN-" in text for text in filed)

    def delivered() -> list[str]:
        with cluster.database.read() as connection:
            return list(connection.scalars(sa.select(builtin_helpdesk.c.external_key)))

    keys = wait_for(lambda: found if len(found := delivered()) >= 8 else None)
    assert len(keys) == len(set(keys)) == 8


def test_a_visitor_s_share_is_one_however_many_gateways_there_are(cluster: Cluster) -> None:
    visitor = Visitor(cluster.url)
    headers = {"Authorization": f"Bearer {visitor.token}"}

    def send(number: int) -> int:
        url = f"{cluster.stacks[number % 2].url}/api/v1{visitor.path}/messages"
        body = {"payload": "/not-offered", "client_id": str(uuid.uuid4())}
        return httpx.post(url, json=body, headers=headers, trust_env=False).status_code

    # Each alone would take this many: its share is 120 at once, and some come back meanwhile.
    with ThreadPoolExecutor(4) as pool:
        statuses = Counter(pool.map(send, range(230)))
    assert statuses.keys() == {422, 429}
    assert statuses[422] >= 120


@pytest.mark.parametrize(("number", "name"), PROCESSES)
def test_any_one_process_may_die_while_people_write(
    cluster: Cluster, number: int, name: str
) -> None:
    cluster.wait_until_ready()
    visitors = [Visitor(cluster.url) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        talks = [
            pool.submit(lambda v=v: [send_until_answered(v, text) for text in QUESTIONS])
            for v in visitors
        ]
        cluster.stacks[number].kill(name)
        for talk in talks:
            talk.result()
    for visitor in visitors:
        assert_nothing_lost_or_doubled(visitor, list(QUESTIONS))


def test_a_rolling_restart_answers_everything_without_an_apology(cluster: Cluster) -> None:
    cluster.wait_until_ready()
    visitor = Visitor(cluster.url)
    kinds: list[str] = []
    for stack in cluster.stacks:
        gateway = stack.processes["gateway"]
        with ThreadPoolExecutor(1) as pool:
            talk = pool.submit(
                lambda: [k for t in QUESTIONS for k in send_until_answered(visitor, t)]
            )
            gateway.signal(signal.SIGTERM)
            kinds += talk.result()
        cluster.wait_until_ready()
    assert "error" not in kinds
    assert_nothing_lost_or_doubled(visitor, [*QUESTIONS, *QUESTIONS])
