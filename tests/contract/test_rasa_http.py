"""What is asked of the dialogue engine: in time, and of nobody who only says to be it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from bot.adapters.probes import answers_http
from bot.adapters.rasa_http import RasaAssistant
from bot.core.errors import Unavailable

SLOW_S = 0.8


class _Slow(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(SLOW_S)
        said = json.dumps([{"text": "Bonjour"}]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def slow_rasa() -> Iterator[str]:
    """The address of an engine that takes its time over each message."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_forgetting_and_answering_share_the_time_of_one_reply(slow_rasa: str) -> None:
    patient, hurried = (RasaAssistant(slow_rasa, s, {}) for s in (60, 1.5 * SLOW_S))
    (said,) = patient.reply("c", "Bonjour", "fr", 1, is_fresh_start=True)
    assert said.text == "Bonjour"
    with pytest.raises(Unavailable):
        hurried.reply("c", "Bonjour", "fr", 1, is_fresh_start=True)


@pytest.mark.parametrize(("scheme", "is_verified"), [("http", False), ("https", True)])
def test_certificates_are_looked_at_where_there_are_any(
    monkeypatch: pytest.MonkeyPatch, scheme: str, is_verified: bool
) -> None:
    made: list[Any] = []
    monkeypatch.setattr(httpx, "Client", lambda **options: made.append(options["verify"]))
    RasaAssistant(f"{scheme}://rasa.example", 10, {})
    answers_http(f"{scheme}://rasa.example", {})
    assert made == [is_verified, is_verified]
