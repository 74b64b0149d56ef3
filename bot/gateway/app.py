"""The gateway's app: routes, pages, headers, background work."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.staticfiles import StaticFiles

from bot.core.ports import Services
from bot.gateway import (
    chat,
    console,
    errors,
    files,
    insights,
    operations,
    pages,
    team,
    writing,
)
from bot.gateway.widget_assets import add_widget
from bot.gateway.worker import Worker
from bot.settings import Settings

MAX_BODY_BYTES = 64 * 1024
_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors "
)
HEADERS = {
    "Content-Security-Policy": f"{_POLICY}'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
DemoVisitors = Mapping[str, tuple[dict[str, Any], str]]
Next = Callable[[Request], Awaitable[Response]]


def create_app(
    services: Services, settings: Settings, *, owner: str, demo_visitors: DemoVisitors
) -> FastAPI:
    """The app over these services.

    `owner` names this process among gateways; `demo_visitors` are claims and description by name.
    """
    worker = Worker(services, owner, settings.retention)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        worker.start()
        yield
        worker.stop()

    app = FastAPI(
        title="Ocean helpdesk assistant",
        version="1",
        summary="The public HTTP contract; docs/http.md tells it in words.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    app.state.settings = settings
    app.state.owner = owner
    app.state.demo_visitors = demo_visitors
    errors.install(app)
    app.middleware("http")(_guard)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
            expose_headers=["Retry-After"],
        )
    app.include_router(chat.router)
    app.include_router(files.router)
    app.include_router(team.router)
    app.include_router(console.router)
    app.include_router(writing.router)
    app.include_router(insights.router)
    app.include_router(operations.router)
    app.include_router(operations.demo)
    app.include_router(pages.router)
    add_widget(app)
    app.mount("/static", StaticFiles(directory=pages.WEB), name="static")
    return app


async def _guard(request: Request, call_next: Next) -> Response:
    """Names the request in every log line, refuses huge bodies, adds the security headers."""
    request_id = secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id)
    length = request.headers.get("content-length", "0")
    most = files.MAX_FORM_BYTES if request.url.path.endswith("/files") else MAX_BODY_BYTES
    if not length.isdigit() or int(length) > most:
        detail = f"The body has more than {most:,} bytes, which is the limit."
        response: Response = errors.problem(413, detail)
    elif request.method in ("POST", "PATCH", "PUT") and "transfer-encoding" in request.headers:
        response = errors.problem(411, "Send the body with a Content-Length.")
    else:
        response = await call_next(request)
    if not request.url.path.startswith("/widget/"):  # no pages: these would be half of each file
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
    origins = request.app.state.settings.allowed_origins
    if origins and _may_be_framed(request.url.path):
        response.headers["Content-Security-Policy"] = f"{_POLICY}'self' {' '.join(origins)}"
        del response.headers["X-Frame-Options"]  # it knows no list
    response.headers["X-Request-ID"] = request_id
    return response


def _may_be_framed(path: str) -> bool:
    """Whether pages that may embed the widget may frame this one too: the help, not the console."""
    return path == "/" or path.startswith("/articles/")
