"""What every room shares: a clock that stands still, and services without a database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from bot.adapters.memory import HeldClock, memory_services
from bot.core.services import Services
from tests.support.builders import NOW
from tests.support.stores import BACKENDS, Stores, open_stores

pytest_plugins = ["tests.support.stack", "tests.support.helpdesks", "tests.support.redis"]

# A busy machine is no failure.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock(NOW)


@pytest.fixture
def services(clock: HeldClock) -> Services:
    return memory_services(clock)


@pytest.fixture(params=BACKENDS)
def stores(request: pytest.FixtureRequest, tmp_path: Path, clock: HeldClock) -> Iterator[Stores]:
    with open_stores(request.param, tmp_path, clock) as opened:
        yield opened
