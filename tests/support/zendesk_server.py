"""A Zendesk of our own: a server that keeps the promises, and the bad habits, of the real one.

Used by the contract suite and the fault suite. Written after Zendesk's API pages (tickets,
comments, attachments, idempotency, rate limits; 2026-11). What is sent to it is checked against
Zendesk's own OpenAPI description when ZENDESK_OPENAPI names its file or files, which are not ours
to publish.
"""

from __future__ import annotations

import base64
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from tests.support.openapi import Description

KEY_LIFE = timedelta(hours=2)
AGENT = ("agent@clinic.example", "token-of-the-clinic")

# "drop_after" and "fail_after" have done their work all the same; "hold" does not answer in time.
Fault = Literal[
    "none",
    "drop_before",
    "drop_after",
    "fail_before",
    "fail_after",
    "busy",
    "conflict",
    "unauthorized",
    "forbidden",
    "invalid",
    "unreadable",
    "elsewhere",
]
# What a rule settles without a person, each in its own way.
PASSING: tuple[Fault, ...] = (
    "drop_before",
    "drop_after",
    "fail_before",
    "fail_after",
    "busy",
    "conflict",
    "unreadable",
)


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def is_creation(self) -> bool:
        """Whether a ticket is to be created."""
        return (self.method, self.path) == ("POST", "/api/v2/tickets")

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered; None as a status is a connection that breaks."""

    status: int | None
    body: object = None
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json; charset=utf-8"


class ZendeskServer:
    """The state behind the server. `fault` says what goes wrong with a call, given its request."""

    def __init__(self, description: Description | None = None) -> None:
        self.tickets: dict[int, dict[str, Any]] = {}
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.uploads: dict[str, bytes] = {}
        self.received: list[Received] = []
        self.not_described: list[str] = []
        self.now = lambda: datetime.now(UTC)
        self.fault: Callable[[Received], Fault] = lambda _: "none"
        self.fields = [360001, 360002]
        self.role = "agent"
        self.page_size = 100
        self.list_lags = False
        self.retry_after_s = 1.0
        self.url = ""
        self._keys: dict[str, tuple[datetime, bytes, Answer]] = {}
        self._lock = threading.RLock()
        self._description = description

    def by_reference(self, reference: str) -> list[dict[str, Any]]:
        """The tickets with this external id."""
        return [t for t in self.tickets.values() if t.get("external_id") == reference]

    def handle(self, request: Received) -> Answer:
        """The answer to one request; its effect is in place when this returns."""
        with self._lock:
            self.received.append(request)
            if self._description is not None:
                self.not_described += self._description.faults_of(
                    request.method, request.path, request.query, request.headers, request.body
                )
            fault = self.fault(request)
            if fault == "busy":
                # Met in the field: plain text, and a Retry-After too short to be of use.
                patience = (("Retry-After", f"{self.retry_after_s:g}"),)
                return Answer(429, b"Rate limit exceeded", patience, content_type="text/plain")
            if fault in _NO_EFFECT:
                return _NO_EFFECT[fault]
            if not self._is_known(request):
                return Answer(401, {"error": "Couldn't authenticate you"})
            answer = self._route(request)
            if fault == "drop_after":
                return Answer(None)
            if fault == "fail_after":
                return _NO_EFFECT["fail_before"]
            if fault == "unreadable":
                return Answer(answer.status, b"<html>", content_type="text/html")
            return answer

    def _is_known(self, request: Received) -> bool:
        expected = base64.b64encode(f"{AGENT[0]}/token:{AGENT[1]}".encode()).decode()
        given = request.headers.get("authorization", "")
        return given in (f"Basic {expected}", f"Bearer {AGENT[1]}")

    def _route(self, request: Received) -> Answer:
        call = f"{request.method} {request.path}"
        for pattern, handler in _ROUTES:
            if match := re.fullmatch(pattern, call):
                return handler(self, request, *match.groups())
        return Answer(404, {"error": "InvalidEndpoint", "description": "Not found"})

    def _create(self, request: Received) -> Answer:
        key = request.headers.get("idempotency-key")
        kept = self._keys.get(key or "")
        if kept is not None and self.now() - kept[0] < KEY_LIFE:
            if kept[1] != request.body:
                return Answer(
                    400,
                    {
                        "error": "IdempotentRequestError",
                        "description": "Request parameters do not match those of the first.",
                    },
                )
            return Answer(201, kept[2].body, (("x-idempotency-lookup", "hit"),))
        try:
            ticket = request.json["ticket"]
        except (ValueError, KeyError, TypeError):
            return Answer(400, b"Unprocessable JSON", content_type="text/plain")
        if not ticket.get("comment", {}).get("body"):
            return Answer(
                422,
                {
                    "error": "RecordInvalid",
                    "description": "Record validation errors",
                    "details": {
                        "comment": [
                            {"description": "Description: cannot be blank", "error": "BlankValue"}
                        ]
                    },
                },
            )
        id_ = len(self.tickets) + 1
        self.tickets[id_] = {**ticket, "id": id_, "status": "new"}
        self._add_comment(id_, ticket["comment"])
        body = {"ticket": self.tickets[id_], "audit": {"id": 1}}
        answer = Answer(201, body, (("Location", f"{self.url}/api/v2/tickets/{id_}.json"),))
        if key:
            self._keys[key] = (self.now(), request.body, answer)
        return Answer(201, body, (*answer.headers, ("x-idempotency-lookup", "miss")))

    def _list(self, request: Received) -> Answer:
        wanted = request.query.get("external_id", [""])[0]
        found = [] if self.list_lags else self.by_reference(wanted)
        return Answer(200, {"tickets": found, "count": len(found)})

    def _update(self, request: Received, ticket: str) -> Answer:
        id_ = int(ticket)
        if id_ not in self.tickets:
            return Answer(404, {"error": "RecordNotFound", "description": "Not found"})
        if self.tickets[id_]["status"] == "closed":
            return Answer(
                422, {"error": "RecordInvalid", "details": {"status": [{"error": "Closed"}]}}
            )
        self._add_comment(id_, request.json["ticket"]["comment"])
        return Answer(200, {"ticket": self.tickets[id_], "audit": {"id": 2}})

    def _list_comments(self, request: Received, ticket: str) -> Answer:
        after = int(request.query.get("page[after]", ["0"])[0])
        said = self.comments.get(int(ticket), [])
        page = [
            {**one, "attachments": [{"id": file["id"]} for file in one["attachments"]]}
            for one in said[after : after + self.page_size]
        ]
        is_more = after + self.page_size < len(said)
        meta = {"has_more": is_more, "after_cursor": str(after + self.page_size)}
        links = {"next": "https://elsewhere.example/steals-credentials"}
        return Answer(200, {"comments": page, "meta": meta, "links": links})

    def _redact(self, request: Received, ticket: str, comment: str) -> Answer:
        for one in self.comments[int(ticket)]:
            if one["id"] == int(comment):
                one["plain_body"] = one["plain_body"].replace(request.json["text"], "▇")
                one["body"] = one["plain_body"]
        return Answer(200, {"comment": {}})

    def _redact_file(self, _: Received, ticket: str, comment: str, file: str) -> Answer:
        for one in self.comments[int(ticket)]:
            for attached in one["attachments"]:
                if (one["id"], attached["id"]) == (int(comment), int(file)):
                    attached["content"] = b""
        return Answer(200, {"attachment": {}})

    def _upload(self, request: Received) -> Answer:
        if "filename" not in request.query:
            return Answer(400, {"error": "InvalidParameter"})
        token = f"upload-{len(self.uploads)}"
        self.uploads[token] = request.body
        return Answer(201, {"upload": {"token": token}})

    def _me(self, _: Received) -> Answer:
        return Answer(200, {"user": {"id": 1, "role": self.role}})

    def _fields(self, _: Received) -> Answer:
        return Answer(200, {"ticket_fields": [{"id": id_} for id_ in self.fields]})

    def _add_comment(self, ticket: int, comment: dict[str, Any]) -> None:
        said = self.comments.setdefault(ticket, [])
        files = [
            {"id": number, "content": self.uploads[token]}
            for number, token in enumerate(comment.get("uploads", ()), start=1)
        ]
        said.append(
            {
                "id": ticket * 1000 + len(said),
                "body": comment["body"],
                "plain_body": comment["body"],
                "public": comment.get("public", True),
                "attachments": files,
            }
        )


_ROUTES: list[tuple[str, Callable[..., Answer]]] = [
    (r"POST /api/v2/tickets", ZendeskServer._create),
    (r"GET /api/v2/tickets", ZendeskServer._list),
    (r"PUT /api/v2/tickets/(\d+)", ZendeskServer._update),
    (r"GET /api/v2/tickets/(\d+)/comments", ZendeskServer._list_comments),
    (r"PUT /api/v2/tickets/(\d+)/comments/(\d+)/redact", ZendeskServer._redact),
    (
        r"PUT /api/v2/tickets/(\d+)/comments/(\d+)/attachments/(\d+)/redact",
        ZendeskServer._redact_file,
    ),
    (r"POST /api/v2/uploads", ZendeskServer._upload),
    (r"GET /api/v2/users/me", ZendeskServer._me),
    (r"GET /api/v2/ticket_fields", ZendeskServer._fields),
]
_NO_EFFECT: dict[Fault, Answer] = {
    "drop_before": Answer(None),
    "fail_before": Answer(503, b"<html>Sorry!</html>", content_type="text/html"),
    "conflict": Answer(409, {"error": "DatabaseConflict", "description": "Please try again."}),
    "unauthorized": Answer(401, {"error": "Couldn't authenticate you"}),
    "forbidden": Answer(403, {"error": {"title": "Forbidden"}}),
    "elsewhere": Answer(302, b"", (("Location", "https://elsewhere.example/"),)),
    "invalid": Answer(
        422,
        {
            "error": "RecordInvalid",
            "description": "Record validation errors",
            "details": {
                "requester": [
                    {"description": "Email julie@@clinic is invalid", "error": "InvalidValue"}
                ]
            },
        },
    ),
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Many workers connect at once; the default of five would refuse some.
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Clients that were killed in mid-call are what these tests are about."""


@contextmanager
def running(zendesk: ZendeskServer) -> Iterator[ZendeskServer]:
    """Serves on a free port of loopback; `zendesk.url` says where."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            parts = urlsplit(self.path)
            answer = zendesk.handle(
                Received(
                    self.command,
                    parts.path.removesuffix(".json"),
                    parse_qs(parts.query),
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(size),
                )
            )
            if answer.status is None:
                self.close_connection = True
                with suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            body = answer.body
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    zendesk.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield zendesk
    finally:
        server.shutdown()
        server.server_close()
