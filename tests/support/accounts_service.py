"""A small real account service over rows in memory, as docs/accounts.openapi.yaml describes it.

Each call and each answer is checked against that description, unless a test needs it quick; what
does not fit is kept in `misfits`, which a test looks at in the end. `mode` makes it slow, broken or
a liar.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from bot.adapters.memory_accounts import MemoryAccounts, Rows
from bot.core.accounts import AccountSnapshot
from bot.core.errors import NotFound, Unavailable
from bot.settings import ROOT

# The description's own example of where the service may be.
DESCRIBED_AT = "https://accounts.vendor.example"
TOKEN = "let-the-assistant-in"
# For a directory whose punctuality is not what a test is about; the machine may be busy.
PATIENT_S = 30.0
Mode = Literal["well", "hanging", "dripping", "broken", "busy", "cut_off", "garbage", "lost"]


@lru_cache(maxsize=1)
def description() -> OpenAPI:
    reads_json: Any = {"application/problem+json": json.loads}
    return OpenAPI.from_file_path(
        str(ROOT / "docs" / "accounts.openapi.yaml"),
        config=Config(extra_media_type_deserializers=reads_json),
    )


class AccountService:
    """The service, listening on a free port of this machine."""

    def __init__(self, rows: Rows, *, is_checked: bool = True) -> None:
        """Checking takes a while, for which a directory with little time may not wait."""
        self._is_checked = is_checked
        self.directory = MemoryAccounts(rows)
        self.mode: Mode = "well"
        self.calls = 0
        # Fails that many calls, then works.
        self.failures_left = 0
        # Changes an answer in place before it is sent.
        self.spoil: Callable[[dict[str, Any]], object] | None = None
        self.misfits: list[str] = []
        # Set, it ends what is hanging or dripping; nothing else does.
        self.let_go = threading.Event()
        self._port = 0
        description()  # Read before anybody waits for it.
        self.open()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def open(self) -> None:
        """Listens; on the port that it had before, if it had one."""
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                service.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        self._port = self._server.server_port
        self._is_closed = False
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Refuses whoever calls from now on."""
        self._is_closed = True
        self._server.shutdown()
        self._server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        if self._is_closed:
            # A connection kept open from before: whoever is killed ends those too.
            handler.close_connection = True
            return
        self.calls += 1
        if self.failures_left:
            self.failures_left -= 1
            _send(handler, 503, {"title": "Out of order", "status": 503})
            return
        match self.mode:
            case "well":
                self._answer_well(handler)
            case "hanging":
                self.let_go.wait()
            case "dripping":
                handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while not self.let_go.wait(0.05):
                    handler.wfile.write(b" ")
                    handler.wfile.flush()
            case "broken":
                _send(handler, 500, {"title": "Broken", "status": 500})
            case "busy":
                _send(handler, 429, {"title": "Too many calls", "status": 429})
            case "cut_off":
                handler.connection.shutdown(socket.SHUT_RDWR)
            case "garbage":
                _send(handler, 200, "<html>Bienvenue")
            case "lost":
                _send(handler, 404, "<html>No such page")

    def _answer_well(self, handler: BaseHTTPRequestHandler) -> None:
        address = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        request = MockRequest(
            DESCRIBED_AT, "GET", address.path, headers=dict(handler.headers), args=query
        )
        self._check(lambda: description().validate_request(request))
        status, body = self._respond(handler, address.path, query)
        content = "application/json" if status == 200 else "application/problem+json"
        response = MockResponse(json.dumps(body).encode(), status, content_type=content)
        if not self.spoil:
            self._check(lambda: description().validate_response(request, response))
        _send(handler, status, body)

    def _respond(
        self, handler: BaseHTTPRequestHandler, path: str, query: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        if handler.headers["Authorization"] != f"Bearer {TOKEN}":
            return 401, {"title": "Who are you?", "status": 401}
        _, _, _, site_number, _, external_id, _ = path.split("/")
        try:
            snapshot = self.directory.snapshot(
                unquote(external_id), unquote(site_number), date.fromisoformat(query["today"])
            )
        except NotFound:
            return 404, {"title": "Not found", "status": 404}
        except Unavailable:
            return 503, {"title": "Unusable", "status": 503}
        body = body_of(snapshot)
        if self.spoil:
            self.spoil(body)
        return 200, body

    def _check(self, validate: Callable[[], None]) -> None:
        if not self._is_checked:
            return
        try:
            validate()
        except Exception as error:
            self.misfits.append(f"{error!r}: {getattr(error.__cause__, 'schema_errors', None)}")


def body_of(snapshot: AccountSnapshot) -> dict[str, Any]:
    """The answer that tells this snapshot."""
    site = snapshot.site
    return {
        "site": {
            "number": site.number,
            "name": site.name,
            "billed_by": site.billed_by,
            "emr_vendor": site.emr_vendor,
            "as_of": site.provenance.as_of.isoformat(),
        },
        "user_id": snapshot.user.external_id,
        "is_site_admin": snapshot.is_site_admin,
        "users": [
            {
                "id": user.external_id,
                "username": user.username,
                "name": user.name,
                "email": user.email,
            }
            for user in snapshot.users
        ],
        "licences": [
            {
                "holder_id": licence.holder_id,
                "covered_ids": list(licence.covered_ids),
                "model": licence.model,
            }
            for licence in snapshot.licences
        ],
        "links": [
            {
                "user_id": link.user_id,
                "site_number": link.site_number,
                "emr_vendor": link.emr_vendor,
                "emr_username": link.emr_username,
                "linked_at": link.linked_at.isoformat() if link.linked_at else None,
                "as_of": link.provenance.as_of.isoformat(),
            }
            for link in snapshot.links
        ],
        "links_read": [
            {"user_id": read.user_id, "as_of": read.provenance.as_of.isoformat()}
            for read in snapshot.link_knowledge
        ],
        "invoices": [
            {
                "number": invoice.number,
                "month": invoice.month,
                "as_of": invoice.provenance.as_of.isoformat(),
            }
            for invoice in snapshot.invoices
        ],
        "charges": [
            {
                "invoice_number": charge.invoice_number,
                "sender_id": charge.sender_id,
                "sent_on": charge.sent_on.isoformat(),
                "amount_cents": charge.amount_cents,
                "currency": charge.currency,
            }
            for charge in snapshot.charges
        ],
    }


@contextmanager
def account_service(rows: Rows) -> Iterator[AccountService]:
    """The service, stopped at the end; fails if something did not fit the description."""
    service = AccountService(rows)
    try:
        yield service
    finally:
        service.let_go.set()
        service.close()
    assert not service.misfits, service.misfits


def _send(handler: BaseHTTPRequestHandler, status: int, body: dict[str, Any] | str) -> None:
    is_json = isinstance(body, dict)
    data = (json.dumps(body) if is_json else str(body)).encode()
    content = "application/json" if status == 200 else "application/problem+json"
    handler.send_response(status)
    handler.send_header("Content-Type", content if is_json else "text/html")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)
