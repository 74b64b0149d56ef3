"""Structured logs: one JSON object a line, with request and conversation ids, never texts."""

from __future__ import annotations

import logging

import structlog

from bot.settings import settings


def configure() -> None:
    """Sets up logging for this process; called once at its start."""
    level = getattr(logging, settings().log_level.upper())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
