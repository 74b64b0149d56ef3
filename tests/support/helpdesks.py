"""The helpdesks that one contract holds for: in memory, built in, a Zendesk, a Request Tracker."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.adapters.domain_phrases import DomainPhrases
from bot.adapters.helpdesk_request_tracker import RequestTrackerHelpdesk
from bot.adapters.helpdesk_zendesk import ZendeskHelpdesk
from bot.adapters.memory import DOMAIN, HeldClock
from bot.adapters.memory_tickets import MemoryHelpdesk
from bot.core.ports.helpdesk import Helpdesk
from tests.support import request_tracker, zendesk_server
from tests.support.openapi import Description
from tests.support.request_tracker import RequestTracker
from tests.support.stores import DATABASES, open_stores
from tests.support.zendesk_server import AGENT, ZendeskServer

HELPDESKS = ["memory", *DATABASES, "zendesk", "request_tracker"]
PHRASES = DomainPhrases(DOMAIN)
FIELDS = {"reference": 360001, "site_number": 360002}


def zendesk_at(url: str, token: str = AGENT[1]) -> ZendeskHelpdesk:
    return ZendeskHelpdesk(url, AGENT[0], token, FIELDS, PHRASES)


def request_tracker_at(url: str, token: str = request_tracker.PASSWORD) -> RequestTrackerHelpdesk:
    return RequestTrackerHelpdesk(
        url, request_tracker.USER, token, request_tracker.QUEUE, request_tracker.KEY_FIELD, PHRASES
    )


@pytest.fixture(scope="session")
def zendesk_description() -> Description | None:
    """Zendesk's own description of its calls, if ZENDESK_OPENAPI names its file or files."""
    files = [Path(name) for name in os.environ.get("ZENDESK_OPENAPI", "").split(os.pathsep) if name]
    return Description(files) if files else None


@pytest.fixture
def zendesk(zendesk_description: Description | None) -> Iterator[ZendeskServer]:
    """An empty Zendesk; at the end everything that it was sent is as Zendesk describes it."""
    with zendesk_server.running(ZendeskServer(zendesk_description)) as server:
        yield server
    assert server.not_described == []


@pytest.fixture(scope="session")
def rt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RequestTracker]:
    """A real Request Tracker for the session; tests keep to references of their own."""
    if missing := request_tracker.why_not():
        pytest.skip(missing)
    with request_tracker.running(tmp_path_factory.mktemp("rt")) as running:
        yield running


@pytest.fixture(params=HELPDESKS)
def helpdesk(
    request: pytest.FixtureRequest, tmp_path: Path, clock: HeldClock
) -> Iterator[Helpdesk]:
    """Each helpdesk in turn, without faults."""
    if request.param == "memory":
        yield MemoryHelpdesk(takes_transcripts=True)
    elif request.param == "zendesk":
        yield zendesk_at(request.getfixturevalue("zendesk").url)
    elif request.param == "request_tracker":
        yield request_tracker_at(request.getfixturevalue("rt").url)
    else:
        with open_stores(request.param, tmp_path, clock) as stores:
            yield stores.helpdesk
