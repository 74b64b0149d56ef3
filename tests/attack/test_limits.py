"""Too much, too large, too slow: each is refused clearly, and others do not notice."""

from __future__ import annotations

import socket
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request

from bot.adapters.shares_local import LocalShares
from bot.core.agents import FAILURES_OF_EMAIL
from bot.gateway.errors import TooMany
from bot.gateway.guard import BODY_WITHIN_S, caller
from bot.gateway.limits import Limits, Place, Rule, a_minute
from bot.gateway.stream import STREAMS_OF_ADDRESS, STREAMS_OF_CONVERSATION, event_response
from bot.settings import DEMO_AGENTS
from tests.contract.test_http_operations import in_process
from tests.support.problems import assert_problem
from tests.support.stack import RunningStack, Visitor, wait_for

Visit = Callable[..., Visitor]
ADDRESS = {"X-Forwarded-For": "203.0.113.50"}


@pytest.fixture
def http(stack: RunningStack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.url, trust_env=False, timeout=30) as client:
        yield client


# --- The rules -----------------------------------------------------------------------------------


def test_a_refusal_says_when_to_come_again() -> None:
    clock = [0.0]
    limits = Limits(LocalShares(lambda: clock[0]))
    rule = Rule("calls", per_minute=6, burst=3)
    for _ in range(3):
        limits.take((rule, "a"))
    with pytest.raises(TooMany) as refused:
        limits.take((rule, "a"))
    assert refused.value.wait_s == 10
    clock[0] = 10.0
    limits.take((rule, "a"))


def test_who_is_refused_by_one_rule_loses_nothing_by_another() -> None:
    limits = Limits(LocalShares(lambda: 0.0))
    wide, narrow = Rule("calls", 60, 1), Rule("guesses", 60, 1)
    limits.take((narrow, "a"))
    for asked, looked_at in (([(wide, "a"), (narrow, "a")], []), ([(wide, "a")], [(narrow, "a")])):
        with pytest.raises(TooMany, match="guesses"):
            limits.take(*asked, left_of=looked_at)
    limits.take((wide, "a"))


def test_a_limit_of_zero_is_none() -> None:
    limits = Limits(LocalShares())
    for _ in range(1000):
        limits.take((Rule("calls", 0, 0), "a"))


def test_a_share_smaller_than_one_a_minute_lets_one_come() -> None:
    clock = [0.0]
    limits = Limits(LocalShares(lambda: clock[0]))
    rule = a_minute("calls", 0.5)
    for moment in (0.0, 120.0):
        clock[0] = moment
        limits.take((rule, "a"))
        with pytest.raises(TooMany):
            limits.take((rule, "a"))
    for _ in range(1000):
        limits.take((a_minute("calls", 0), "a"))


def a_stream(http: TestClient, address: str = "203.0.113.7") -> None:
    """Opens an event stream of some conversation as far as its being let in."""

    async def nothing() -> AsyncIterator[str]:
        yield ""

    scope = {"type": "http", "app": http.app, "client": (address, 1), "headers": []}
    event_response(nothing(), Request(scope), Place("conversation", "c-1", 10))


@pytest.mark.parametrize(
    "full", [Place("gateway", "", 3), Place("address", "203.0.113.7", STREAMS_OF_ADDRESS)]
)
def test_streams_are_bounded_by_address_and_for_the_gateway(tmp_path: Path, full: Place) -> None:
    http = in_process(tmp_path, limit_streams=3)
    limits: Limits = http.app.state.limits  # type: ignore[attr-defined]
    a_stream(http)
    with ExitStack() as opened:
        for _ in range(full.most):
            opened.enter_context(limits.stream([full]))
        with pytest.raises(TooMany, match=f"this {full.what}"):
            a_stream(http)
    a_stream(http)


def test_a_stream_that_ends_leaves_room_for_another() -> None:
    limits = Limits(LocalShares())
    places = [Place("agent", "a", 1), Place("gateway", "", 5)]
    with limits.stream(places), pytest.raises(TooMany):
        limits.require_stream(places)
    limits.require_stream(places)
    assert not limits._streams


@pytest.mark.parametrize(
    ("client", "headers", "counted"),
    [
        ("127.0.0.1", [], ""),
        ("::1", [], ""),
        ("203.0.113.7", [], "203.0.113.7"),
        ("127.0.0.1", [(b"x-forwarded-for", b"127.0.0.1")], "127.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::"),
        ("2001:db8:1:2::7", [], "2001:db8:1:2::"),
        ("2001:db8::7", [], "2001:db8::"),
        ("2001:db8::8", [], "2001:db8::"),
        ("fe80::1%eth0", [], "fe80::"),
        ("::ffff:203.0.113.7", [], "203.0.113.7"),
        ("testclient", [], "testclient"),
    ],
)
def test_under_which_address_a_call_counts(
    client: str, headers: list[tuple[bytes, bytes]], counted: str
) -> None:
    assert caller({"type": "http", "client": (client, 1), "headers": headers}) == counted


# --- Of visitors, sites, addresses ---------------------------------------------------------------


def test_a_visitor_who_floods_is_told_when_to_come_again_and_others_are_served(
    visit: Visit,
) -> None:
    flooding, other = visit(), visit()
    # As many as it takes on a slow machine, where some of the share comes back meanwhile.
    sent = (flooding.send(payload="/not-offered") for _ in range(1_000))
    refused = next(answer for answer in sent if answer.status_code != 422)
    assert_problem(refused, 429, "Try again in")
    assert int(refused.headers["retry-after"]) >= 1
    assert other.send(payload="/not-offered").status_code == 422


def test_an_address_that_floods_is_refused_and_another_one_is_not(tmp_path: Path) -> None:
    http = in_process(tmp_path, address="203.0.113.7", limit_address=20)
    # More than it takes, where some of the share comes back on a slow machine.
    statuses = [http.get("/api/v1/demo/agents").status_code for _ in range(60)]
    assert statuses[:20] == [200] * 20
    assert 429 in statuses[20:]
    assert http.get("/healthz").status_code == 200


def test_a_site_that_floods_is_refused(tmp_path: Path) -> None:
    import jwt

    from bot.settings import DEMO_KEY_ID, Settings

    http = in_process(tmp_path, limit_site=5, rasa_port=9, action_port=9)
    key = Settings().identity_keys[DEMO_KEY_ID].get_secret_value()
    claims = {"scope": "user", "external_id": "u", "site_number": "4411", "exp": 4_000_000_000}
    identity = jwt.encode(claims, key, headers={"kid": DEMO_KEY_ID})
    statuses = []
    for _ in range(6):
        begun = http.post("/api/v1/conversations", json={"identity": identity}).json()
        answer = http.post(
            f"/api/v1/conversations/{begun['id']}/messages",
            json={"payload": "/not-offered", "client_id": str(uuid.uuid4())},
            headers={"Authorization": f"Bearer {begun['token']}"},
        )
        statuses.append(answer.status_code)
    assert statuses == [422] * 5 + [429]


def test_references_cannot_be_tried_one_after_the_other(visit: Visit) -> None:
    visitor = visit("en")
    for number in range(20):
        guess = f"Status of OCN-{'3469'[number % 4]}BCD-{4 * 'FGHJK'[number // 4]}"
        answer = visitor.send(text=f"{guess}, my email is m.roy@clinic.example")
        if answer.status_code == 429:
            return
        told = [message["topic"] for message in answer.json()["messages"]]
        if "ticket/locked" in told:
            return
        assert told == ["ticket/not-found"]
    pytest.fail("twenty guesses were answered")


# --- Signing in ----------------------------------------------------------------------------------


def sign_in(http: httpx.Client, password: str, email: str, address: str) -> httpx.Response:
    return http.post(
        "/api/v1/agent/session",
        json={"email": email, "password": password},
        headers={"X-Forwarded-For": address},
    )


def test_passwords_cannot_be_tried_one_after_the_other(http: httpx.Client) -> None:
    # Of nobody: a failed sign-in counts all the same, and the demo's agents stay free to come.
    email, address = "attacked@soutien.example", "203.0.113.60"
    for number in range(FAILURES_OF_EMAIL):
        assert_problem(sign_in(http, f"guess-{number}", email, address), 401)
    refused = sign_in(http, "the right one", email.upper(), address)
    assert_problem(refused, 429)
    assert int(refused.headers["retry-after"]) >= 1
    # Nobody is locked out elsewhere: the account's owner may still come.
    assert_problem(sign_in(http, "another guess", email, "203.0.113.61"), 401)


def test_how_long_a_refusal_takes_does_not_tell_whether_an_agent_exists(
    http: httpx.Client,
) -> None:
    def took(email: str, address: str) -> float:
        began = time.perf_counter()
        assert_problem(sign_in(http, "wrong", email, address), 401)
        return time.perf_counter() - began

    # Few enough that the agent can still sign in.
    known, unknown = [], []
    for _ in range(4):
        known.append(took(DEMO_AGENTS[1].email, "203.0.113.62"))
        unknown.append(took("nobody@soutien.example", "203.0.113.63"))
    # Hashing takes ten times as long as all the rest: without it they would be far apart.
    assert 0.3 < min(known) / min(unknown) < 3


# --- Bodies and connections ----------------------------------------------------------------------


def raw(stack: RunningStack, sent: bytes, *, wait_s: float = 5.0) -> bytes:
    """What comes back for these very bytes, until the connection is closed or falls silent."""
    received = b""
    with socket.create_connection(("127.0.0.1", stack.settings.port), timeout=wait_s) as line:
        try:
            line.sendall(sent)
            while chunk := line.recv(65_536):
                received += chunk
        except (TimeoutError, ConnectionError):
            pass  # Whoever sends nonsense may be cut off.
    return received


def test_a_body_that_trickles_in_is_given_up(stack: RunningStack) -> None:
    head = (
        b"POST /api/v1/conversations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 50\r\n\r\n{"
    )
    answer = raw(stack, head, wait_s=BODY_WITHIN_S + 10)
    assert b" 408 " in answer.split(b"\r\n", 1)[0]
    assert b"application/problem+json" in answer


@pytest.mark.parametrize(
    "length", [b"65537", b"99999999999999999999", b"-1", b"1e3", b"0x10", b"\xd9\xa3"]
)
def test_a_length_that_is_too_large_or_none_is_refused(stack: RunningStack, length: bytes) -> None:
    head = b"POST /api/v1/conversations HTTP/1.1\r\nHost: x\r\nContent-Length: " + length
    status = raw(stack, head + b"\r\n\r\n", wait_s=2).split(b"\r\n", 1)[0]
    assert b" 413 " in status or b" 400 " in status


@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        pytest.param(
            b"POST /api/v1/conversations HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
            b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"2\r\n{}\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
            {b"400", b"411"},
            id="two lengths",
        ),
        pytest.param(
            b"POST /api/v1/conversations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            {b"411"},
            id="no length",
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
            {b"400", b"431", b""},
            id="a header without end",
        ),
        pytest.param(b"NONSENSE\r\n\r\n", {b"400"}, id="no HTTP"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", {b"400", b""}, id="TLS"),
    ],
)
def test_requests_that_are_none_are_refused_and_the_service_lives(
    stack: RunningStack, http: httpx.Client, sent: bytes, statuses: set[bytes]
) -> None:
    answer = raw(stack, sent, wait_s=2)
    # Empty where the connection was cut off.
    assert answer.partition(b" ")[2][:3] in statuses
    assert b"/smuggled" not in answer
    assert http.get("/healthz").status_code == 200


def test_open_streams_are_bounded_and_one_that_closes_makes_room(
    stack: RunningStack, visit: Visit
) -> None:
    visitor = visit()
    with ExitStack() as opened:
        streams = [opened.enter_context(visitor.events()) for _ in range(STREAMS_OF_CONVERSATION)]
        assert [next(stream).name for stream in streams] == ["state"] * len(streams)
        # One more that is let in would never end.
        with visitor.http.stream("GET", f"{visitor.path}/events") as refused:
            assert refused.status_code == 429
            refused.read()
        assert_problem(refused, 429)
        assert "retry-after" in refused.headers
        assert visitor.transcript()["state"] == "bot"

    def opens() -> bool:
        with visitor.http.stream("GET", f"{visitor.path}/events") as answer:
            return answer.status_code == 200

    assert wait_for(opens)
