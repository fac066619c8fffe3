"""PostgreSQL, uWSGI after it, nginx after that: each alone in a file, then all in one."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from benchmarks.entrypoints import ROOT
from benchmarks.fleets.running import Run, RunError
from benchmarks.inits.contenders import environment
from benchmarks.inits.installed import SYSTEM_PATH, own_bin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.inits.installed import Installed

SERVERS = ("postgres", "uwsgi", "nginx")
OTHER = "nobody"  # PostgreSQL refuses to be root
# Debian's programs of PostgreSQL are not where one looks for programs.
PLACE = max(map(str, Path("/usr/lib/postgresql").glob("*/bin")), default="/usr/bin")
_SET_UP_S = 120.0
_LOOK_EVERY_S = 0.002
_NGINX = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            include /etc/nginx/uwsgi_params;
            uwsgi_pass unix:{folder}/uwsgi.sock;
        }}
    }}
}}
"""


def missing() -> str:
    """What has to be installed first; empty: nothing."""
    path = f"{PLACE}:{own_bin()}:{SYSTEM_PATH}"
    absent = [name for name in SERVERS if not shutil.which(name, path=path)]
    return f"missing: {', '.join(absent)}" if absent else ""


@dataclass(slots=True)
class Site:
    """A folder with a fresh cluster and what nginx needs; `path`: where programs are."""

    folder: Path
    tools: Installed
    path: str = field(init=False)
    http: int = field(init=False)
    sql: int = field(init=False)

    def __post_init__(self) -> None:
        self.folder.chmod(0o755)
        self.http, self.sql = _free_port(), _free_port()
        self.path = f"{PLACE}:{environment(self.folder)['PATH']}"
        self._initdb()
        (self.folder / "nginx.conf").write_text(
            _NGINX.format(
                folder=self.folder,
                port=self.http,
                user="user root;" if os.getuid() == 0 else "",
            ),
            encoding="utf-8",
        )

    def _initdb(self) -> None:
        home = self.folder / "cluster"
        home.mkdir()
        if os.getuid() == 0:
            shutil.chown(home, OTHER)
        command = ["initdb", "-D", str(home / "data"), "-U", "bench", "-A", "trust", "--no-sync"]
        done = subprocess.run(
            command,
            env={"PATH": self.path, "LANG": "C.UTF-8"},
            cwd=home,
            user=OTHER if os.getuid() == 0 else None,
            capture_output=True,
            text=True,
            timeout=_SET_UP_S,
            check=False,
        )
        if done.returncode:
            raise RunError(f"initdb: {done.stderr.strip()}")

    def words(self, name: str) -> list[str]:
        """The command of a server."""
        sockets = self.folder / "cluster"
        settings = (
            *("listen_addresses=127.0.0.1", f"port={self.sql}"),
            f"unix_socket_directories={sockets}",
        )
        return {
            "postgres": [
                *("postgres", "-D", str(sockets / "data")),
                *(word for one in settings for word in ("-c", one)),
            ],
            "uwsgi": [
                *("uwsgi", "--master", "--workers", "2", "--need-app", "--pythonpath", str(ROOT)),
                *("--wsgi-file", str(ROOT / "tests" / "runtime" / "app.py")),
            ],
            "nginx": ["nginx", "-c", str(self.folder / "nginx.conf")],
        }[name]

    def table(self, name: str) -> list[str]:
        """What a file says of a server."""
        keys = {
            "postgres": [f'user = "{OTHER}"'] if os.getuid() == 0 else [],
            "uwsgi": [f'listen = "uwsgi={self.folder}/uwsgi.sock"'],
            "nginx": [f'listen = "127.0.0.1:{self.http}"'],
        }
        return [f"[services.{name}]", f"command = {json.dumps(self.words(name))}", *keys[name]]

    def directly(self, name: str) -> float:
        """Seconds until a server answers that nobody keeps."""
        more = ["--http-socket", f"127.0.0.1:{self.http}"] if name == "uwsgi" else []
        user = OTHER if name == "postgres" and os.getuid() == 0 else None
        with (self.folder / "direct.log").open("wb") as log:
            began = time.monotonic()
            process = subprocess.Popen(
                [*self.words(name), *more],
                env={**environment(self.folder), "PATH": self.path},
                user=user,
                process_group=0,
                stdout=log,
                stderr=log,
            )
        try:
            while not (self._accepts() if name == "postgres" else self._answer()):
                if process.poll() is not None or time.monotonic() > began + _SET_UP_S:
                    raise RunError(f"{name} does not answer: see its log")
                time.sleep(_LOOK_EVERY_S)
            return time.monotonic() - began
        finally:
            if name == "postgres":
                process.send_signal(signal.SIGINT)
            else:  # nothing to lose; asked so early, uWSGI may take long to end
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(_SET_UP_S)

    def run(self, names: Sequence[str]) -> dict[str, Any]:
        """Start these, the next after the one before, and stop them."""
        lines = ["grace = 30"]
        for number, name in enumerate(names):
            lines += self.table(name)
            lines += [f'after = ["{names[number - 1]}"]'] if number else []
        path = self.folder / "gracekeeper.toml"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [str(self.tools.program("gracekeeper")), "run", "--config", str(path)]
        with Run(command, self.folder, {**environment(self.folder), "PATH": self.path}) as run:
            moments = [(run.wait_for("spawned", one), run.wait_for("ready", one)) for one in names]
            served = "postgres" not in names or self._accepts()
            answer = self._answer() if len(names) == len(SERVERS) else None
            code, stop_s = run.end()
        return {
            "own_s": [ready - spawned for spawned, ready in moments],
            "between_s": [b[0] - a[1] for a, b in itertools.pairwise(moments)],
            "start_s": moments[-1][1] - moments[0][0],
            "stop_s": stop_s,
            "code": code,
            "served": served and answer in (None, 200),
            "cluster": self.state(),
        }

    def state(self) -> str:
        """What pg_controldata says of the cluster."""
        command = ["pg_controldata", str(self.folder / "cluster" / "data")]
        done = subprocess.run(
            command, env={"PATH": self.path}, capture_output=True, text=True, check=True
        )
        return done.stdout.partition("cluster state:")[2].partition("\n")[0].strip()

    def _accepts(self) -> bool:
        try:
            psycopg.connect(
                host="127.0.0.1", port=self.sql, user="bench", dbname="postgres", connect_timeout=10
            ).close()
        except psycopg.OperationalError:
            return False
        return True

    def _answer(self) -> int:
        """The status of what comes back; 0: nobody is there."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/", timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
