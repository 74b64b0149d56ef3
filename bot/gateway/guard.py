"""What every request passes first: its name in the logs, its limits, and headers on every answer.

The outermost layer, so that errors of any kind, refusals and preflights carry the headers too
(OWASP Secure Headers Project). Plain ASGI: event streams are not held up.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from ipaddress import IPv6Address, ip_address

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.gateway import errors, files
from bot.gateway.limits import Limits, a_minute
from bot.settings import Settings

log = structlog.get_logger()
MAX_BODY_BYTES = 64 * 1024
# From the first byte of a body to its last: 64 KiB take a modem of 56 kbit/s that long.
BODY_WITHIN_S = 10.0
FILE_WITHIN_S = 120.0
A_MOMENT_S = 0.1
_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors "
)
HEADERS = {
    "Content-Security-Policy": f"{_POLICY}'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
}
# Two years, as the preload lists ask.
_HSTS = "max-age=63072000; includeSubDomains"
_WITH_BODY = ("POST", "PATCH", "PUT", "DELETE")


class Guard:
    """Wraps the app."""

    def __init__(self, app: ASGIApp, settings: Settings, limits: Limits) -> None:
        self._app = app
        self._settings = settings
        self._limits = limits
        self._of_address = a_minute("calls from this address", settings.limit_address)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or hands on what is none."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        status: int | None = None
        began = time.monotonic()

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add_headers(scope, MutableHeaders(raw=message["headers"]), request_id)
            await send(message)

        try:
            if await self._admit(scope):
                within_s = FILE_WITHIN_S if _takes_file(scope) else BODY_WITHIN_S
                receive = _on_time(receive, within_s)
            await self._app(scope, receive, send_guarded)
        except Exception as error:
            if status is not None:
                raise
            answer = errors.answer_to(error)
            if answer is None:
                log.error("request failed", path=scope["path"], error=type(error).__name__)
                answer = errors.problem(500, errors.OUR_FAULT)
            await answer(scope, receive, send_guarded)
        finally:
            if scope["path"].startswith("/api/"):
                # The route as it is declared: an address may hold what somebody typed.
                route = getattr(scope.get("route"), "path", None)
                took_ms = round(1000 * (time.monotonic() - began))
                log.info(
                    "request", method=scope["method"], route=route, status=status, took_ms=took_ms
                )

    async def _admit(self, scope: Scope) -> bool:
        """Whether a body is to come; raises what the request is refused for before any is read."""
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        most = files.MAX_FORM_BYTES if _takes_file(scope) else MAX_BODY_BYTES
        if not length.isdigit() or int(length) > most:
            raise errors.TooLarge(f"The body has more than {most:,} bytes, which is the limit.")
        if scope["method"] in _WITH_BODY and "transfer-encoding" in headers:
            raise HTTPException(411, "Send the body with a Content-Length.")
        address = caller(scope)
        if address and scope["path"].startswith("/api/"):
            await self._limits.take_async((self._of_address, address))
        return int(length) > 0

    def _add_headers(self, scope: Scope, headers: MutableHeaders, request_id: str) -> None:
        path: str = scope["path"]
        if not path.startswith("/widget/"):  # no pages: these would be half of each file
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        origins = self._settings.allowed_origins
        if origins and _may_be_framed(path):
            headers["Content-Security-Policy"] = f"{_POLICY}'self' {' '.join(origins)}"
            del headers["X-Frame-Options"]  # it knows no list
        if path.startswith("/api/"):
            # What one visitor or agent was told is nobody else's to find in a cache.
            headers.setdefault("Cache-Control", "no-store")
        if scope["scheme"] == "https":
            headers.setdefault("Strict-Transport-Security", _HSTS)
        headers["X-Request-ID"] = request_id


def caller(scope: Scope) -> str:
    """The address that a limit counts under; empty for a program on this machine itself.

    Behind a proxy on loopback the server has put the proxy's X-Forwarded-For here, and believes it
    from nobody else. Of an IPv6 address the network counts: one caller has all of it.
    """
    host: str = (scope.get("client") or ("", 0))[0]
    if host in ("127.0.0.1", "::1", "") and b"x-forwarded-for" not in dict(scope["headers"]):
        return ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64)
    return str(address)


def _may_be_framed(path: str) -> bool:
    """Whether pages that may embed the widget may frame this one: the help, not the console."""
    return path == "/" or path.startswith("/articles/")


def _takes_file(scope: Scope) -> bool:
    path: str = scope["path"]
    return path.endswith("/files")


def _on_time(receive: Receive, within_s: float) -> Receive:
    """The same, but a body that trickles in is given up."""
    is_read = False
    deadline = asyncio.get_running_loop().time() + within_s

    async def receive_on_time() -> Message:
        nonlocal is_read
        if is_read:
            return await receive()
        left = deadline - asyncio.get_running_loop().time()
        try:
            # What has arrived is taken, however late a busy process comes to read it.
            message = await asyncio.wait_for(receive(), max(A_MOMENT_S, left))
        except TimeoutError:
            raise HTTPException(
                408,
                f"The body did not arrive within {within_s:.0f} s.",
                {"Connection": "close"},
            ) from None
        is_read = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    return receive_on_time
