"""Every error has the one shape, whoever raises it; and what the gateway refuses at the door."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import httpx
import pytest

from tests.support.problems import assert_problem
from tests.support.stack import RunningStack, Visitor

SECURITY_HEADERS = {
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/nothing", 404),
        ("GET", "/static/nothing.js", 404),
        ("GET", "/static/../settings.py", 404),
        ("GET", "/api/v1/conversations", 405),
        ("PUT", "/api/v1/conversations", 405),
        ("POST", "/healthz", 405),
        ("DELETE", "/api/v1/agent/tickets", 405),
        ("GET", "/api/v1/agent/tickets", 401),
    ],
)
def test_errors_of_the_framework_have_the_one_shape(
    stack: RunningStack, method: str, path: str, status: int
) -> None:
    answer = httpx.request(method, stack.url + path, trust_env=False)
    assert_problem(answer, status)
    assert set(answer.headers) >= SECURITY_HEADERS


def test_a_wrong_method_is_told_the_right_ones(stack: RunningStack) -> None:
    answer = httpx.put(f"{stack.url}/api/v1/conversations", trust_env=False)
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b'{"language": "de"}', b'{"langue": "fr"}'],
)
def test_a_body_that_is_not_the_wanted_json_is_refused(stack: RunningStack, body: bytes) -> None:
    answer = httpx.post(
        f"{stack.url}/api/v1/conversations",
        content=body,
        headers={"Content-Type": "application/json"},
        trust_env=False,
    )
    assert_problem(answer, 422)


def test_a_refusal_says_where_the_fault_is_and_never_what_was_sent(
    visit: Callable[..., Visitor],
) -> None:
    answer = visit().send(text="mon secret", langue="fr")
    assert_problem(answer, 422, "langue")
    assert "secret" not in answer.text


def test_a_huge_body_is_refused_before_it_is_read(visit: Callable[..., Visitor]) -> None:
    assert_problem(visit().send(text="é" * 70_000), 413, "65,536")


def test_a_body_of_unknown_length_is_refused(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    answer = visitor.http.post(f"{visitor.path}/messages", content=iter([b"{}"]))
    assert_problem(answer, 411)


@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", "null", "http://127.0.0.1:1", "https://127.0.0.1"]
)
def test_a_page_of_another_origin_is_refused_everywhere(
    visit: Callable[..., Visitor], stack: RunningStack, origin: str
) -> None:
    visitor = visit()
    foreign = {"Origin": origin}
    message = {"text": "Bonjour", "client_id": str(uuid.uuid4())}
    for method, path, body in (
        ("POST", "/conversations", {}),
        ("POST", f"{visitor.path}/messages", message),
        ("GET", visitor.path, None),
        ("GET", f"{visitor.path}/events", None),
        ("DELETE", visitor.path, None),
        ("POST", "/agent/session", {"email": "a@b.example", "password": "x"}),
        ("GET", "/agent/tickets", None),
    ):
        answer = visitor.http.request(method, path, json=body, headers=foreign)
        assert_problem(answer, 403)
        assert "access-control-allow-origin" not in answer.headers
    assert len(visitor.messages()) == 1


def test_the_page_s_own_origin_is_let_in(
    visit: Callable[..., Visitor], stack: RunningStack
) -> None:
    visitor = visit()
    answer = visitor.http.get(visitor.path, headers={"Origin": stack.url})
    assert answer.status_code == 200
