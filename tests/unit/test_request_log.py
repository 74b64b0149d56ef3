"""Each call of the API is one line of the log, by which an operator finds a conversation again."""

from __future__ import annotations

import pytest
import structlog
from fastapi.testclient import TestClient

from bot.core.services import Services
from bot.gateway import guard
from bot.gateway.app import create_app
from bot.settings import Settings


def test_a_call_is_logged_by_its_route_with_its_conversation_and_none_of_what_was_typed(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = structlog.testing.LogCapture()
    steps = [structlog.contextvars.merge_contextvars, kept]
    monkeypatch.setattr(guard, "log", structlog.wrap_logger(None, processors=steps))
    app = create_app(services, Settings(_env_file=None), owner="test", demo_visitors={})
    http = TestClient(app, base_url="http://console.example")
    opened = http.post("/api/v1/conversations", json={}).json()
    headers = {"Authorization": f"Bearer {opened['token']}"}

    answer = http.get(f"/api/v1/conversations/{opened['id']}", headers=headers)
    http.get("/api/v1/Zephyrine?ramq=ZZQX81531177")

    _, first, second = kept.entries
    assert first["route"] == "/api/v1/conversations/{conversation_id}"
    assert first["status"] == 200
    assert first["conversation_id"] == opened["id"]
    assert first["request_id"] == answer.headers["X-Request-ID"]
    assert second["status"] == 404
    assert "Zephyrine" not in str(second)
    assert "ZZQX" not in str(second)
