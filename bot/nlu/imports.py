"""Imports that a library tries and can do without, left out. Used by names.py."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def left_out(package: str) -> Iterator[None]:
    """As if the package were not installed, for whatever is imported meanwhile."""
    if package in sys.modules:
        yield
        return
    # Python's own mark for a module that must not be imported.
    sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[package]
