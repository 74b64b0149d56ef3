"""The gateway's app: routes, pages, headers, background work."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import FileResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles

from bot.core.errors import NotFound
from bot.core.language import Language
from bot.core.ports import Services
from bot.gateway import chat, console, errors, insights, operations, team, writing
from bot.gateway.access import ServicesDep
from bot.gateway.worker import Worker
from bot.settings import Settings

WEB = Path(__file__).parent / "web"
MAX_BODY_BYTES = 64 * 1024
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
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
    worker = Worker(services, owner)

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
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
        )
    app.include_router(chat.router)
    app.include_router(team.router)
    app.include_router(console.router)
    app.include_router(writing.router)
    app.include_router(insights.router)
    app.include_router(operations.router)
    app.include_router(operations.demo)
    _add_pages(app)
    return app


async def _guard(request: Request, call_next: Next) -> Response:
    """Names the request in every log line, refuses huge bodies, adds the security headers."""
    request_id = secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id)
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > MAX_BODY_BYTES:
        detail = f"The body has more than {MAX_BODY_BYTES:,} bytes, which is the limit."
        response: Response = errors.problem(413, detail)
    elif request.method in ("POST", "PATCH", "PUT") and "transfer-encoding" in request.headers:
        response = errors.problem(411, "Send the body with a Content-Length.")
    else:
        response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-ID"] = request_id
    return response


def _add_pages(app: FastAPI) -> None:
    pages = {
        "/": WEB / "demo" / "index.html",
        "/console": WEB / "console" / "index.html",
        "/widget.js": WEB / "widget" / "widget.js",
    }
    for path, file in pages.items():
        app.add_api_route(path, _page(file), include_in_schema=False, response_class=FileResponse)
    app.add_api_route("/articles/{language}/{slug}", _article, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=WEB), name="static")


def _article(language: Language, slug: str, services: ServicesDep) -> RedirectResponse:
    """Where links between articles lead: to the vendor's own page."""
    url = services.search.article_url(slug, language)
    if url is None:
        raise NotFound("No such article.")
    return RedirectResponse(url)


def _page(file: Path) -> Callable[[], FileResponse]:
    def page() -> FileResponse:
        return FileResponse(file, headers={"Cache-Control": "no-cache"})

    return page
