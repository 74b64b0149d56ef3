"""A network line between a browser and a server of this machine, which a test can cut and mend.

Cut means cut: every connection ends at both its ends, event streams too, and none comes about
until the line is mended.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from tests.support.ports import free_ports

CHUNK_BYTES = 65_536
WITHIN_S = 10.0
Given = TypeVar("Given")


class Line:
    """Carries bytes from a port of its own (`url`) to another port of this machine."""

    def __init__(self, to_port: int) -> None:
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self._to_port = to_port
        self._is_cut = False
        self._ends: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        """Opens the port."""
        self._thread.start()
        self._in_loop(self._listen())

    def stop(self) -> None:
        """Cuts the line for good."""
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WITHIN_S)

    def cut(self) -> int:
        """Ends all connections; gives how many there were."""
        return self._in_loop(self._end_all())

    def mend(self) -> None:
        """Carries again."""
        self._is_cut = False

    def _in_loop(self, work: Coroutine[Any, Any, Given]) -> Given:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WITHIN_S)

    async def _listen(self) -> None:
        await asyncio.start_server(self._carry, "127.0.0.1", self.port)

    async def _end_all(self) -> int:
        self._is_cut = True
        ends = list(self._ends)
        for end in ends:
            end.transport.abort()
        return len(ends) // 2

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, far_writer}
        self._ends |= ends
        pumps = [_pump(reader, far_writer), _pump(far_reader, writer)]
        await asyncio.gather(*pumps)
        self._ends -= ends


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
    writer.close()
