"""What stands open: headers of every answer, framing, and the two servers behind the gateway."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from bot.settings import DEMO_KEY_ID, INTERNAL_SECRET_HEADER, Settings
from tests.contract.test_http_operations import KEYS, in_process
from tests.support.problems import assert_problem
from tests.support.stack import RunningStack, Visitor

Visit = Callable[..., Visitor]
# Written out, so that a header that the product forgets is missed here.
SECURE = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
}


def assert_guarded(answer: httpx.Response) -> None:
    """Fails unless the answer carries all that OWASP's Secure Headers Project asks for."""
    for name, value in SECURE.items():
        assert answer.headers.get(name) == value, name
    assert answer.headers["x-request-id"]
    for tell_tale in ("server", "x-powered-by", "via"):
        assert tell_tale not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/console", None, 200),
        ("GET", "/api/v1/demo/agents", None, 200),
        ("GET", "/openapi.json", None, 200),
        ("GET", "/static/console/console.js", None, 200),
        ("GET", "/metrics", None, 200),
        ("POST", "/api/v1/conversations", {}, 201),
        ("POST", "/api/v1/conversations", {"identity": "x.y.z"}, 401),
        ("GET", "/api/v1/agent/tickets", None, 401),
        ("GET", "/api/v1/conversations/x", None, 404),
        ("GET", "/nothing", None, 404),
        ("PUT", "/api/v1/conversations", None, 405),
        ("POST", "/api/v1/conversations", {"langue": "fr"}, 422),
        ("OPTIONS", "/api/v1/conversations", None, 405),
        ("TRACE", "/", None, 405),
    ],
)
def test_every_answer_carries_the_security_headers(
    stack: RunningStack, method: str, path: str, body: Any, status: int
) -> None:
    answer = httpx.request(method, stack.url + path, json=body, trust_env=False)
    assert answer.status_code == status
    assert_guarded(answer)


def test_refusals_at_the_door_carry_them_too(stack: RunningStack) -> None:
    huge = httpx.post(f"{stack.url}/api/v1/conversations", content=b"x" * 70_000, trust_env=False)
    assert_problem(huge, 413)
    assert_guarded(huge)


def test_a_stream_carries_them_too(visit: Visit) -> None:
    visitor = visit()
    with visitor.http.stream("GET", f"{visitor.path}/events") as answer:
        assert_guarded(answer)


def test_a_fault_of_ours_carries_them_and_tells_nothing(tmp_path: Path) -> None:
    app = in_process(tmp_path).app

    @app.get("/api/v1/broken")  # type: ignore[attr-defined]
    def broken() -> None:
        raise RuntimeError("a secret of ours")

    answer = TestClient(app, base_url="http://127.0.0.1").get("/api/v1/broken")
    assert_problem(answer, 500)
    assert "secret" not in answer.text
    assert_guarded(answer)


def test_a_preflight_carries_them_too(tmp_path: Path) -> None:
    origin = "https://clinique.example"
    http = in_process(tmp_path, allowed_origins=(origin,))
    wish = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    answer = http.options("/api/v1/conversations", headers=wish)
    assert answer.status_code == 200
    assert_guarded(answer)
    wish["Origin"] = "https://evil.example"
    refused = http.options("/api/v1/conversations", headers=wish)
    assert "access-control-allow-origin" not in refused.headers


def test_nothing_that_was_told_to_one_is_kept_by_a_cache(visit: Visit) -> None:
    visitor = visit()
    assert visitor.http.get(visitor.path).headers["cache-control"] == "no-store"


def test_over_tls_browsers_are_told_to_stay_there(tmp_path: Path) -> None:
    http = in_process(tmp_path)
    http.base_url = "https://127.0.0.1"
    assert "max-age=63072000" in http.get("/healthz").headers["strict-transport-security"]
    assert "strict-transport-security" not in in_process(tmp_path).get("/healthz").headers


def test_the_console_is_framed_by_nobody_whatever_is_allowed(tmp_path: Path) -> None:
    http = in_process(tmp_path, allowed_origins=("https://clinique.example",))
    console = http.get("/console")
    assert "frame-ancestors 'none'" in console.headers["content-security-policy"]
    assert console.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("secret", [None, "", "guess"])
def test_rasa_answers_the_gateway_alone(stack: RunningStack, secret: str | None) -> None:
    base = f"http://127.0.0.1:{stack.settings.rasa_port}"
    headers = {} if secret is None else {INTERNAL_SECRET_HEADER: secret}
    with httpx.Client(base_url=base, headers=headers, trust_env=False) as http:
        said = {"sender": "someone", "message": "/restart", "input_channel": "x"}
        assert http.post("/webhooks/rest/webhook", json=said).status_code == 403
        assert http.get("/webhooks/rest/").status_code == 403
        for path in ("/version", "/status", "/conversations/x/tracker", "/model", "/domain"):
            assert http.get(path).status_code in (403, 404), path
        assert http.put("/model", json={"model_file": "http://evil.example"}).status_code != 204


@pytest.mark.parametrize("secret", [None, "", "guess"])
def test_the_action_server_answers_rasa_alone(stack: RunningStack, secret: str | None) -> None:
    base = f"http://127.0.0.1:{stack.settings.action_port}"
    headers = {} if secret is None else {INTERNAL_SECRET_HEADER: secret}
    with httpx.Client(base_url=base, headers=headers, trust_env=False) as http:
        call = {"next_action": "action_handoff", "sender_id": "x", "tracker": {}}
        assert http.post("/webhook", json=call).status_code == 403
        assert http.get("/actions").status_code == 403
        assert http.get("/health").status_code == 200


@pytest.mark.parametrize("setting", ["rasa_port", "action_port"])
def test_the_servers_behind_the_gateway_listen_on_loopback_alone(
    stack: RunningStack, setting: str
) -> None:
    import psutil

    port = getattr(stack.settings, setting)
    found = {
        c.laddr.ip
        for c in psutil.net_connections("tcp")
        if c.status == psutil.CONN_LISTEN and c.laddr.port == port
    }
    assert found == {"127.0.0.1"}


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"identity_keys": {DEMO_KEY_ID: "k" * 40}},
        {"identity_keys": {"app_2026": "short"}},
        {"identity_keys": KEYS, "internal_secret": "short"},
        {"identity_keys": KEYS, "audit_key": "short"},
    ],
)
def test_production_refuses_default_and_weak_secrets(chosen: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="HELPDESK_") as refused:
        Settings(env="production", **chosen)
    assert "k" * 40 not in str(refused.value).replace("'k", "")


def test_a_process_of_its_own_needs_the_shared_secret_in_production() -> None:
    from bot.core.errors import BadInput

    with pytest.raises(BadInput, match="HELPDESK_INTERNAL_SECRET"):
        Settings(env="production", identity_keys=KEYS).require_internal_secret()
