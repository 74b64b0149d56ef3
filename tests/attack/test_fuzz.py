"""Every documented call with bodies and parameters of any shape: no fault of ours, no surprise.

What is sent is drawn from the published contract (/openapi.json), near it and far from it; what
comes back must be documented there, by status and by media type.
"""

from __future__ import annotations

import re
from typing import Any

import httpx
import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.stack import AgentClient, RunningStack, Visitor

Strategy = st.SearchStrategy[Any]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
# Streams do not end, and a session that is ended would end the test's.
SKIPPED = {
    ("get", "/api/v1/conversations/{conversation_id}/events"),
    ("get", "/api/v1/agent/events"),
    ("delete", "/api/v1/agent/session"),
    ("get", "/readyz"),
}


def of_schema(schema: dict[str, Any], contract: dict[str, Any]) -> Strategy:
    """Values that a schema allows, roughly: enough of it to get past the first check."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return of_schema(contract["components"]["schemas"][name], contract)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of(*(of_schema(one, contract) for one in schema["anyOf"]))
    match schema.get("type"):
        case "object" if "properties" in schema:
            required = set(schema.get("required", ()))
            given = {n: of_schema(s, contract) for n, s in schema["properties"].items()}
            return st.fixed_dictionaries(
                {n: s for n, s in given.items() if n in required},
                optional={n: s for n, s in given.items() if n not in required},
            )
        case "object":
            return st.dictionaries(st.text(max_size=20), st.booleans(), max_size=4)
        case "string" if schema.get("format") == "uuid":
            return st.uuids().map(str)
        case "string":
            return st.text(max_size=200)
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(-10, 2**33)
        case "null":
            return st.none()
    return JSON


@pytest.fixture(scope="module")
def contract(stack: RunningStack) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{stack.url}/openapi.json", trust_env=False).json()
    return found


def check(answer: httpx.Response, operation: dict[str, Any], contract: dict[str, Any]) -> None:
    """Fails unless the contract documents this answer."""
    documented = operation["responses"]
    status = str(answer.status_code)
    assert answer.status_code < 500, (answer.request.url, answer.text)
    assert status in documented, (answer.request.method, answer.request.url, status, answer.text)
    content = documented[status].get("content", {})
    if not content:
        assert not answer.content
        return
    media = answer.headers["content-type"].partition(";")[0]
    assert media in content, (answer.request.url, media)
    schema = content[media].get("schema")
    if schema and media.endswith("json"):
        whole = {**schema, "components": contract["components"]}
        jsonschema.validate(answer.json(), whole)


@pytest.fixture(scope="module")
def visitor(stack: RunningStack) -> Visitor:
    return Visitor(stack.url)


@settings(
    max_examples=25,
    # The same calls each time; `make fuzz` tries others.
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
@pytest.mark.parametrize("role", ["nobody", "visitor", "agent"])
def test_no_call_has_a_fault_or_an_undocumented_answer(
    stack: RunningStack,
    contract: dict[str, Any],
    visitor: Visitor,
    agents: list[AgentClient],
    role: str,
    data: st.DataObject,
) -> None:
    calls = sorted(
        (method, path)
        for path, methods in contract["paths"].items()
        for method in methods
        if (method, path) not in SKIPPED
    )
    headers = {
        "nobody": {},
        "visitor": {"Authorization": f"Bearer {visitor.token}"},
        "agent": {
            "Cookie": "; ".join(f"{c.name}={c.value}" for c in agents[1].http.cookies.jar),
            "X-CSRF-Token": agents[1].csrf,
        },
    }[role]
    method, path = data.draw(st.sampled_from(calls))
    operation = contract["paths"][path][method]
    if (method, path) == ("delete", "/api/v1/conversations/{conversation_id}"):
        return
    known = {"conversation_id": st.sampled_from([visitor.id, "x", "é", "a" * 300])}
    odd = st.text(st.characters(exclude_characters="/?#%\\", exclude_categories=("C",)), min_size=1)
    address = re.sub(
        r"{(\w+)}", lambda m: str(data.draw(known.get(m[1], st.integers().map(str) | odd))), path
    )
    if address.rpartition("/")[2] in (".", ".."):
        return
    query = {
        p["name"]: data.draw(of_schema(p["schema"], contract) | st.text(max_size=20))
        for p in operation.get("parameters", ())
        if p["in"] == "query" and data.draw(st.booleans())
    }
    body, form = None, None
    taken = operation.get("requestBody", {}).get("content", {})
    if "application/json" in taken:
        schema = taken["application/json"]["schema"]
        body = data.draw(of_schema(schema, contract) | JSON)
    elif taken:
        form = {data.draw(st.text("abcdefg_", min_size=1)): data.draw(st.binary(max_size=200))}
    with httpx.Client(base_url=stack.url, trust_env=False, timeout=40) as http:
        answer = http.request(
            method,
            address,
            params={n: v for n, v in query.items() if v is not None},
            json=body,
            files=form,
            headers=headers,
        )
    check(answer, operation, contract)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
    ],
)
@pytest.mark.parametrize(
    "body", [b"", b"{}", b"a=b", b"\x00\xff", b"O\xe9\x80f\xfa", b"[" * 30_000, b'{"a":' * 9_000]
)
def test_a_body_that_is_no_json_is_refused(
    stack: RunningStack, content_type: str, body: bytes
) -> None:
    answer = httpx.post(
        f"{stack.url}/api/v1/agent/session",
        content=body,
        headers={"Content-Type": content_type},
        trust_env=False,
    )
    assert answer.status_code == 422
