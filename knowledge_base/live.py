"""Something made from the articles' files, made again when a file has changed.

The index and the pages follow the files through it, so a new or changed article shows without a
restart. Faulty files are logged once, and what was made last stays in use until they are mended.
"""

import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from knowledge_base.article import ArticleErrors

log = structlog.get_logger()
Made = TypeVar("Made")


class Live(Generic[Made]):
    """What `make` makes of the files under the folders as they are. Safe to call from threads."""

    def __init__(
        self, folders: tuple[Path, ...], make: Callable[[], Made], look_again_s: float = 0.0
    ) -> None:
        """Name the folders; nothing is read before the first call of `current`.

        To look at a hundred files takes a millisecond: `look_again_s` is how long not to.
        """
        self._folders = folders
        self._make = make
        self._look_again_s = look_again_s
        self._looked_at = -math.inf
        self._seen: frozenset[tuple[str, int, int]] = frozenset()
        self._made: Made | None = None
        self._making = threading.Lock()

    def current(self) -> Made:
        """What the files make as they are, or made last; a fraction of a millisecond.

        While one thread makes it, the others go on with what there is; the first time they wait.

        Raises:
            ArticleErrors: the files are faulty and nothing has been made yet.
        """
        if self._made is not None and time.monotonic() - self._looked_at < self._look_again_s:
            return self._made
        seen = frozenset(_fingerprint(*self._folders))
        self._looked_at = time.monotonic()
        if self._made is not None and seen == self._seen:
            return self._made
        if self._making.acquire(blocking=self._made is None):
            try:
                if self._made is None or seen != self._seen:
                    self._make_again(seen)
            finally:
                self._making.release()
        assert self._made is not None  # the first making either succeeded or raised
        return self._made

    def _make_again(self, seen: frozenset[tuple[str, int, int]]) -> None:
        try:
            self._made = self._make()
        except ArticleErrors as error:
            if self._made is None:
                raise
            log.error("articles are faulty; the last good ones stay", faults=str(error))
        self._seen = seen


def _fingerprint(*folders: Path) -> Iterator[tuple[str, int, int]]:
    """Path, time of change and size of each file that something is made from."""
    for folder in folders:
        for place, _, names in os.walk(folder):  # three times as fast as Path.glob
            for name in names:
                if name.endswith((".md", ".yml")):
                    path = os.path.join(place, name)
                    try:
                        stat = os.stat(path)
                    except FileNotFoundError:  # deleted since it was listed
                        continue
                    yield path, stat.st_mtime_ns, stat.st_size
