"""Two of each process behind nginx, over PostgreSQL and Redis: the service as compose.yaml runs it.

nginx runs deploy/nginx.conf itself, with the ports of this machine put in. Started once a session.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

import httpx
from pydantic import SecretStr

from bot.adapters.database import Database
from bot.launcher import Stack
from bot.settings import ROOT, Settings
from tests.support import postgres
from tests.support.ports import free_ports
from tests.support.redis import RedisServer
from tests.support.stack import READY_WITHIN_S, run_command, wait_for

NGINX = ROOT / "deploy" / "nginx.conf"
Ports = dict[str, list[int]]


class Cluster:
    """Six processes, a proxy, two databases; `url` is the proxy's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        public, rasas, actions = free_ports(3)
        self.url = f"http://127.0.0.1:{public}"
        self.redis = RedisServer()
        database_url = postgres.new_database("cluster")
        ports = [free_ports(3) for _ in range(2)]
        self.stacks = [
            Stack(
                Settings(
                    port=gateway,
                    rasa_port=rasa,
                    action_port=action,
                    rasa_address=f"http://127.0.0.1:{rasas}",
                    action_address=f"http://127.0.0.1:{actions}",
                    database_url=database_url,
                    redis_url=self.redis.url,
                    # Either Rasa may call either action server.
                    internal_secret=SecretStr("shared-by-all-six-processes-here"),
                ),
                folder / f"log-{number}",
            )
            for number, (gateway, rasa, action) in enumerate(ports)
        ]
        replicas = dict(zip(("gateway", "rasa", "actions"), zip(*ports, strict=True), strict=True))
        listens = {"8080": public, "5005": rasas, "5055": actions}
        self._conf = folder / "nginx.conf"
        self._conf.write_text(_on_this_machine(NGINX.read_text("utf-8"), listens, replicas, folder))
        for command in ("migrate", "demo-data"):
            run_command(command, database_url)
        self.database = Database(database_url)

    def start(self) -> None:
        """Starts everything and waits until all six answer."""
        self._proxy = subprocess.Popen(["nginx", "-c", str(self._conf), "-e", "/dev/null"])
        for stack in self.stacks:
            stack.__enter__()
        self.wait_until_ready()

    def stop(self) -> None:
        """Stops everything."""
        for stack in self.stacks:
            stack.__exit__()
        self._proxy.terminate()
        self._proxy.wait()
        self.redis.kill()
        self.database.dispose()

    def wait_until_ready(self) -> None:
        """Waits until each gateway finds all it needs, and the proxy a gateway."""
        for stack in self.stacks:
            stack.wait_until_ready(READY_WITHIN_S)
        wait_for(lambda: httpx.get(f"{self.url}/readyz", trust_env=False).is_success)


def _on_this_machine(
    conf: str, listens: dict[str, int], replicas: dict[str, tuple[int, ...]], folder: Path
) -> str:
    """The configuration with loopback and these ports, in the foreground, its files in `folder`."""
    scratch = tempfile.mkdtemp(dir=folder)
    for name, ports in replicas.items():
        servers = " ".join(f"server 127.0.0.1:{port} max_fails=0;" for port in ports)
        conf, found = re.subn(rf"server {name}:\d+ resolve;", servers, conf)
        assert found == 1, f"{NGINX} has no upstream for {name}"
    for port, own in listens.items():
        conf = conf.replace(f"listen {port};", f"listen 127.0.0.1:{own};")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"    {kind}_temp_path {scratch}/{kind};\n" for kind in kinds)
    return (
        re.sub(r"^pid .*$", f"pid {scratch}/pid;\ndaemon off;", conf, flags=re.MULTILINE)
        .replace("http {\n", f"http {{\n{temporary}", 1)
        .replace("worker_processes auto;", "worker_processes 1;")
    )
