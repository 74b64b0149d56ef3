"""Starts the three processes, watches them, and stops them all.

A process that dies is started again, later each time it dies soon. Each has its own process group
and its own log under var/log, so that one Ctrl-C here ends everything and leaves nothing running.
`become` is for where something else watches the processes.
"""

from __future__ import annotations

import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import httpx

from bot.core.errors import Conflict, Unavailable
from bot.settings import ROOT, Settings
from bot.training import MODEL, RASA_ENVIRONMENT

# prctl(2): the signal that a child gets when its parent is gone.
_PR_SET_PDEATHSIG = 1
_PRCTL = getattr(ctypes.CDLL(None), "prctl", None)
STOP_WITHIN_S = 10.0
LONGEST_BACKOFF_S = 15.0
STEADY_AFTER_S = 30.0
POLL_S = 0.25
# A message makes arrays of a few hundred numbers: threads that wait for a share of that cost more
# than they bring (small talk took 40 ms with two, 24 ms with one). What is set outside goes before.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass
class Process:
    """One of the three: its command, and the running child."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    child: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    quick_deaths: int = 0
    restart_at: float = field(default=0.0)

    def start(self) -> None:
        """Starts the child in a process group of its own.

        Raises:
            OSError: The log or the program cannot be opened.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self.child = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env={**ONE_THREAD, **os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        self.started_at = time.monotonic()

    def signal(self, number: int) -> None:
        """Sends a signal to the whole group; nothing happens if it is gone."""
        if self.child is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.child.pid, number)


class Stack:
    """The three processes for some settings. Use as a context: leaving it stops them."""

    def __init__(
        self, chosen: Settings, logs: Path, on_event: Callable[[str], None] = lambda _: None
    ) -> None:
        self.settings = chosen
        self._on_event = on_event
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="watcher", daemon=True)
        given = chosen.internal_secret
        # One for this start is enough where all three are started together.
        self.internal_secret = given.get_secret_value() if given else secrets.token_urlsafe(32)
        environment = _environment(chosen, self.internal_secret)
        self.processes = {
            name: Process(name, command, environment, logs / f"{name}.log")
            for name, command in _commands(chosen).items()
        }

    @property
    def url(self) -> str:
        """Where the gateway answers."""
        given = self.settings.host
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(given, given)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.settings.port}"

    def __enter__(self) -> Stack:
        """Starts all three.

        Raises:
            Conflict: A port is in use.
        """
        for port, name in (
            (self.settings.port, "HELPDESK_PORT"),
            (self.settings.rasa_port, "HELPDESK_RASA_PORT"),
            (self.settings.action_port, "HELPDESK_ACTION_PORT"),
        ):
            require_free_port(port, name)
        for process in self.processes.values():
            process.start()
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stops all three, by force if they take too long."""
        self._stopping.set()
        self._watcher.join(timeout=5)
        for process in self.processes.values():
            process.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN_S
        for process in self.processes.values():
            if process.child is not None:
                with suppress(subprocess.TimeoutExpired):
                    process.child.wait(max(0.1, deadline - time.monotonic()))
            process.signal(signal.SIGKILL)

    def wait_until_ready(self, timeout_s: float) -> float:
        """Waits until every part answers; gives the seconds that it took.

        Raises:
            Unavailable: It is not ready in time, and what is missing.
        """
        began = time.monotonic()
        missing = "the gateway"
        with httpx.Client(timeout=5.0, trust_env=False) as client:
            while time.monotonic() - began < timeout_s:
                try:
                    answer = client.get(f"{self.url}/readyz")
                    if answer.is_success:
                        return time.monotonic() - began
                    checks = answer.json()["checks"]
                    missing = ", ".join(name for name, found in checks.items() if found != "ok")
                except (httpx.HTTPError, ValueError, KeyError):
                    pass
                time.sleep(POLL_S)
        logs = ", ".join(str(process.log) for process in self.processes.values())
        raise Unavailable(f"Not ready after {timeout_s:.0f} s: {missing}. The logs: {logs}")

    def kill(self, name: str) -> None:
        """Kills a process on the spot, as a crash would; the watcher starts it again."""
        self.processes[name].signal(signal.SIGKILL)

    def _watch(self) -> None:
        while not self._stopping.wait(POLL_S):
            for process in self.processes.values():
                self._look_after(process)

    def _look_after(self, process: Process) -> None:
        now = time.monotonic()
        if process.child is None:
            if now >= process.restart_at:
                self._start_again(process)
            return
        status = process.child.poll()
        if status is None:
            return
        # Its own children, if it left any, must not hold the port.
        process.signal(signal.SIGKILL)
        is_steady = now - process.started_at > STEADY_AFTER_S
        process.quick_deaths = 0 if is_steady else process.quick_deaths + 1
        wait_s = min(LONGEST_BACKOFF_S, 0.5 * 2.0 ** max(0, process.quick_deaths - 1))
        process.child, process.restart_at = None, now + wait_s
        self._on_event(f"{process.name} ended (status {status}); see {process.log}")

    def _start_again(self, process: Process) -> None:
        try:
            process.start()
        except OSError as error:
            # A full disk, a folder taken away: the watcher goes on, or nothing ever starts again.
            process.restart_at = time.monotonic() + LONGEST_BACKOFF_S
            self._on_event(f"{process.name} could not be started, and will be tried again: {error}")
        else:
            self._on_event(f"{process.name} has been started again")


def _end_with_parent() -> None:
    """Asks the kernel to end the child when this launcher dies, however it dies (Linux)."""
    if _PRCTL is not None:
        _PRCTL(_PR_SET_PDEATHSIG, signal.SIGTERM)


def require_free_port(port: int, setting: str) -> None:
    """Raises Conflict if something listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise Conflict(
                f"Port {port} is in use. Stop what uses it, or choose another with {setting}."
            ) from None


def become(name: str, chosen: Settings) -> NoReturn:
    """Turns this process into "gateway", "rasa" or "actions", for containers and the like."""
    command = _commands(chosen)[name]
    secret = chosen.require_internal_secret() or ""
    os.execve(command[0], command, env={**ONE_THREAD, **os.environ, **_environment(chosen, secret)})


def _commands(chosen: Settings) -> dict[str, list[str]]:
    python = sys.executable
    return {
        "rasa": [
            *[python, "-m", "rasa", "run", "--interface", chosen.internal_host],
            *["--port", str(chosen.rasa_port), "--model", str(MODEL)],
            *["--endpoints", "endpoints.yml", "--credentials", "credentials.yml"],
        ],
        "actions": [
            *[python, "-m", "actions", "--port", str(chosen.action_port)],
        ],
        "gateway": [python, "-m", "bot", "gateway"],
    }


def _environment(chosen: Settings, secret: str) -> dict[str, str]:
    """The environment of the children: the settings as given, and what Rasa's files refer to."""
    redis = {"HELPDESK_REDIS_URL": chosen.redis_url.get_secret_value()} if chosen.redis_url else {}
    return {
        **RASA_ENVIRONMENT,
        **redis,
        "HELPDESK_PORT": str(chosen.port),
        "HELPDESK_RASA_PORT": str(chosen.rasa_port),
        "HELPDESK_ACTION_PORT": str(chosen.action_port),
        "HELPDESK_RASA_ADDRESS": chosen.rasa_address,
        "HELPDESK_ACTION_ADDRESS": chosen.action_address,
        "HELPDESK_DATABASE_URL": chosen.database_url,
        "HELPDESK_ACTION_URL": chosen.action_url,
        "HELPDESK_LIMIT_VISITOR": str(chosen.limit_visitor),
        # Rasa's files refer to it: it is there even if it is empty.
        "HELPDESK_INTERNAL_SECRET": secret,
        # The action server would listen on every address otherwise.
        "SANIC_HOST": chosen.internal_host,
        "LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
    }
