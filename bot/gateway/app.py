"""The gateway's app: routes, pages, background work; guard.py stands before all of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.staticfiles import StaticFiles

from bot.core.services import Services
from bot.gateway import (
    chat,
    console,
    errors,
    files,
    insights,
    operations,
    pages,
    team,
    tickets,
    writing,
)
from bot.gateway.guard import Guard
from bot.gateway.limits import Limits
from bot.gateway.widget_assets import add_widget
from bot.gateway.worker import Worker
from bot.settings import Settings

DemoVisitors = Mapping[str, tuple[dict[str, Any], str]]


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
        try:
            yield
        finally:
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
    app.state.limits = Limits(services.shares)
    errors.install(app)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
            expose_headers=["Retry-After"],
        )
    # The last one added is the outermost.
    app.add_middleware(Guard, settings=settings, limits=app.state.limits)
    app.include_router(chat.router)
    app.include_router(files.router)
    app.include_router(team.router)
    app.include_router(console.router)
    app.include_router(tickets.router)
    app.include_router(writing.router)
    app.include_router(insights.router)
    app.include_router(operations.router)
    app.include_router(operations.demo)
    app.include_router(pages.router)
    add_widget(app)
    app.mount("/static", StaticFiles(directory=pages.WEB), name="static")
    return app
