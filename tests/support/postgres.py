"""A PostgreSQL of the tests' own: Debian's, over a temporary folder, gone at the end.

HELPDESK_TEST_POSTGRES_URL names another one instead; its tables are emptied. Where there is
neither, the suites run on SQLite alone. .ci/run installs Debian's.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa

from tests.support.ports import free_ports

GIVEN_URL = os.environ.get("HELPDESK_TEST_POSTGRES_URL")
_BINARIES = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/nowhere"))
IS_THERE = bool(GIVEN_URL) or (_BINARIES / "initdb").exists()


@lru_cache(maxsize=1)
def server_url() -> str:
    """The address of a database that may be emptied; started with the first call."""
    return GIVEN_URL or _start()


def new_database(name: str) -> str:
    """The address of a fresh, empty database beside it."""
    server = sa.create_engine(server_url(), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    server.dispose()
    address = sa.make_url(server_url()).set(database=name)
    return address.render_as_string(hide_password=False)


def _start() -> str:
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    # It refuses to run as root.
    is_root = os.geteuid() == 0
    if is_root:
        shutil.chown(folder, "postgres")
    as_user = ["runuser", "-u", "postgres", "--"] if is_root else []

    def run(program: str, *arguments: str) -> None:
        command = [*as_user, str(_BINARIES / program), "-D", str(folder / "data"), *arguments]
        done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=False)
        assert done.returncode == 0, f"PostgreSQL: {program} failed; see {folder}"

    def stop() -> None:
        run("pg_ctl", "stop", "-m", "immediate")
        shutil.rmtree(folder, ignore_errors=True)

    (port,) = free_ports(1)
    run("initdb", "-U", "helpdesk", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    run("pg_ctl", "start", "-w", "-l", str(folder / "log"), "-o", options)
    atexit.register(stop)
    return f"postgresql+psycopg://helpdesk@127.0.0.1:{port}/postgres"
