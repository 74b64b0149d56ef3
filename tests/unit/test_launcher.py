"""The launcher's watcher and address, and what `run` says of a start that fails."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import __main__ as command_line
from bot import launcher
from bot.core.errors import Unavailable
from bot.launcher import Process, Stack
from bot.settings import Settings


def a_stack(logs: Path, told: list[str]) -> Stack:
    """A stack of one process that ends by itself, and what is told of it."""
    stack = Stack(Settings(_env_file=None), logs, on_event=told.append)
    stack.processes = {
        "gateway": Process("gateway", [sys.executable, "-c", ""], {}, logs / "gateway.log")
    }
    return stack


# --- Watching ------------------------------------------------------------------------------------


def test_a_process_starts_again_though_the_folder_of_its_log_is_gone(tmp_path: Path) -> None:
    told: list[str] = []
    stack = a_stack(tmp_path / "log", told)
    shutil.rmtree(tmp_path / "log", ignore_errors=True)
    process = stack.processes["gateway"]
    stack._look_after(process)
    assert process.child is not None
    process.child.wait()
    assert process.log.exists()
    assert told == ["gateway has been started again"]


def test_a_start_that_fails_is_told_and_tried_again_later(tmp_path: Path) -> None:
    told: list[str] = []
    in_the_way = tmp_path / "log"
    stack = a_stack(in_the_way, told)
    in_the_way.write_text("no folder")
    process = stack.processes["gateway"]
    stack._look_after(process)
    stack._look_after(process)
    assert process.child is None
    assert len(told) == 1
    assert told[0].startswith("gateway could not be started")
    in_the_way.unlink()
    process.restart_at = 0.0
    stack._look_after(process)
    assert process.child is not None
    process.child.wait()


# --- Where it answers, and whether ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("::", "http://[::1]:8000"),
        ("helpdesk.example", "http://helpdesk.example:8000"),
    ],
)
def test_the_address_is_one_that_a_browser_takes(tmp_path: Path, host: str, url: str) -> None:
    assert Stack(Settings(_env_file=None, host=host), tmp_path).url == url


@pytest.mark.parametrize("fault", [Unavailable("Not ready after 180 s."), RuntimeError("no URL")])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_start_that_is_never_ready_fails_and_is_not_called_ready(
    monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    class NeverReady(Stack):
        def __enter__(self) -> Stack:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def wait_until_ready(self, timeout_s: float) -> float:
            raise fault

    monkeypatch.setattr(launcher, "Stack", NeverReady)
    monkeypatch.setattr(command_line, "prepare", lambda _: None)
    monkeypatch.setattr(command_line.signal, "signal", lambda *_: None)
    told: list[str] = []
    monkeypatch.setattr(command_line.console, "print", lambda text, **_: told.append(str(text)))
    result = CliRunner().invoke(command_line.app, ["run"])
    assert result.exit_code == 1
    assert not [line for line in told if "Ready in" in line]
    assert told[-1] == "Stopped."
