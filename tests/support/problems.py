"""The one shape of every error: RFC 9457 problem details."""

from __future__ import annotations

import httpx


def assert_problem(answer: httpx.Response, status: int, says: str = "") -> None:
    """Fails unless the answer is this error in this shape, with `says` in its explanation."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.read()!r}"
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert {"type", "title", "status", "detail"} <= set(body)
    assert body["status"] == status
    assert body["title"]
    assert says in body["detail"]
    # Whoever calls is told nothing of how the product is built.
    assert "Traceback" not in answer.text
