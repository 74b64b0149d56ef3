"""Rasa's log holds what happened and where, and no word that anybody wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from bot.settings import ROOT

WORDS = "Zéphyrine ne reçoit rien"
# In a process of its own, as Rasa's is: other tests have set up logging for theirs.
SCRIPT = """
import logging, sys
import structlog
from rasa.utils.log_utils import configure_structlog
from bot.nlu.quiet_log import quieten

configure_structlog(logging.INFO)
logger = structlog.get_logger("rasa.core.channels.rest")
logger.info("starts")
quieten()
logger.error("rest.message.received.timeout", text=sys.argv[1])
try:
    raise ValueError(sys.argv[1])
except ValueError:
    logger.exception("rest.message.received.failure", text=sys.argv[1])
"""


def test_what_went_wrong_is_logged_with_its_place_and_without_words() -> None:
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT, WORDS],
        cwd=ROOT,
        env={**os.environ, "FORCE_JSON_LOGGING": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    _, timeout, failure = [
        json.loads(line)
        for line in (said.stdout + said.stderr).splitlines()
        if line.startswith("{")
    ]
    assert timeout == {"event": "rest.message.received.timeout", "level": "error"}
    assert (failure["event"], failure["level"]) == ("rest.message.received.failure", "error")
    (error,) = failure["errors"]
    assert error.startswith("ValueError < <string>:")
    assert "phyrine" not in said.stdout.split("starts")[1] + said.stderr
