"""A PostgreSQL for tests: the one that HELPDESK_TEST_POSTGRES_URL names, or one of our own.

Our own is a fresh cluster in a folder, from Debian's package, reachable by a socket there alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.stores import POSTGRES_URL


def binaries() -> Path | None:
    """Where the newest installed server has its programs; None if there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The address of a database; a cluster of our own is stopped at the end.

    The path of `folder` is short (a socket has room for 107 letters) and open to everybody.
    """
    if POSTGRES_URL:
        yield POSTGRES_URL
        return
    programs = binaries()
    assert programs is not None, "PostgreSQL is not installed: apt-get install postgresql"
    # The server refuses to run as root; Debian's package brings a user for it.
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), *arguments]
        done = subprocess.run(
            command,
            user=user,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{program}: {done.stderr.decode()}"

    cluster = str(folder / "cluster")
    run("initdb", "--pgdata", cluster, "--username", "postgres", "--auth", "trust", "--no-sync")
    options = f"-k {folder} -c listen_addresses= -c max_connections=50"
    log = str(folder / "server.log")
    run("pg_ctl", "--pgdata", cluster, "--wait", "--log", log, "--options", options, "start")
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    finally:
        run("pg_ctl", "--pgdata", cluster, "--mode", "immediate", "stop")
