"""A real Request Tracker 5 on this machine, from Debian's packages, over a database of its own.

The packages' own database is copied, never written to. `why_not()` says what is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.stack import free_ports

HOME = Path("/usr/share/request-tracker5")
DATABASE = Path("/var/lib/dbconfig-common/sqlite3/request-tracker5/rtdb")
PACKAGES = "request-tracker5 rt5-db-sqlite rt5-standalone"
USER, PASSWORD = "root", "password-of-the-tests"
QUEUE, KEY_FIELD = "General", "Helpdesk key"
READY_WITHIN_S = 90.0

CONFIG = """
Set($rtname, 'rt.test');
Set($Organization, 'test');
Set($WebPath, '');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{database}');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'error');
# Nobody is sent anything.
Set($MailCommand, 'mbox');
1;
"""
# What an administrator does by hand (docs/helpdesks.md); REST 2 cannot apply a field to a queue.
SET_UP = f"""
use RT; RT::LoadConfig(); RT::Init();
sub must {{ my ($done, $said) = @_; die "$said\\n" unless $done; }}
my $user = RT::User->new($RT::SystemUser);
$user->Load('{USER}');
must($user->SetPassword('{PASSWORD}'));
my $field = RT::CustomField->new($RT::SystemUser);
must($field->Create(Name => '{KEY_FIELD}', Type => 'FreeformSingle',
    LookupType => 'RT::Queue-RT::Ticket'));
my $queue = RT::Queue->new($RT::SystemUser);
$queue->Load('{QUEUE}');
must($field->AddToObject($queue));
"""


@dataclass(frozen=True, slots=True)
class RequestTracker:
    """Where it answers."""

    url: str


def why_not() -> str | None:
    """Why no Request Tracker can be started here; None if one can."""
    if not (HOME / "libexec" / "rt-server").exists():
        return f"Request Tracker is not installed: apt-get install {PACKAGES}"
    if not os.access(DATABASE, os.R_OK):
        return f"Request Tracker's database cannot be read: {DATABASE}"
    return None


@contextmanager
def running(folder: Path) -> Iterator[RequestTracker]:
    """Starts one in that folder and stops it at the end."""
    (port,) = free_ports(1)
    database = folder / "rtdb"
    shutil.copy(DATABASE, database)
    database.chmod(0o600)
    config = folder / "RT_SiteConfig.pm"
    config.write_text(CONFIG.format(port=port, database=database), encoding="utf-8")
    environment = {
        **os.environ,
        "RT_SITE_CONFIG": str(config),
        "RT_SITE_CONFIG_DIR": str(folder),
        "TMPDIR": str(folder),
    }
    done = subprocess.run(
        ["perl", f"-I{HOME / 'lib'}", "-e", SET_UP],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"Request Tracker could not be set up: {done.stderr}"
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [str(HOME / "libexec/rt-server"), "--port", str(port), "--server", "Standalone"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_it_answers(url, server, folder / "server.log")
            yield RequestTracker(url)
        finally:
            server.terminate()
            server.wait(10)


def _wait_until_it_answers(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(f"{url}/REST/2.0/rt", auth=(USER, PASSWORD), trust_env=False).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise AssertionError(f"Request Tracker did not start: {log.read_text()[-2000:]}")
