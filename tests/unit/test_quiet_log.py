"""Rasa's log holds what happened and where, and no word that anybody wrote."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from rasa.utils.log_utils import configure_structlog

from bot.nlu.quiet_log import quieten

WORDS = "Zéphyrine ne reçoit rien"


@pytest.fixture
def rasa_logger() -> Iterator[structlog.stdlib.BoundLogger]:
    """A logger as Rasa has it, used once before its log is quietened."""
    before = structlog.get_config()
    configure_structlog(logging.INFO)
    logger = structlog.get_logger("rasa.core.channels.rest")
    logger.info("starts")
    quieten()
    yield logger
    structlog.configure(**before)


def logged(caplog: pytest.LogCaptureFixture) -> str:
    return caplog.records[-1].getMessage()


def test_a_message_that_was_not_answered_in_time_is_logged_without_its_text(
    rasa_logger: structlog.stdlib.BoundLogger, caplog: pytest.LogCaptureFixture
) -> None:
    rasa_logger.error("rest.message.received.timeout", text=WORDS)
    assert json.loads(logged(caplog)) == {
        "event": "rest.message.received.timeout",
        "level": "error",
    }


def test_an_error_is_logged_with_its_place_and_without_the_variables_on_its_way(
    rasa_logger: structlog.stdlib.BoundLogger, caplog: pytest.LogCaptureFixture
) -> None:
    text = WORDS
    try:
        raise ValueError(text)
    except ValueError:
        rasa_logger.exception("rest.message.received.failure", text=text)
    assert "phyrine" not in logged(caplog)
    (error,) = json.loads(logged(caplog))["errors"]
    assert error.startswith("ValueError < ")
    assert "test_quiet_log.py:" in error
