"""Containers that end in as many ways: what is started, and what `docker stop` comes to.

Each was run; `code` and `seconds` are what was measured with `-t 2`. One image has all of it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

GRACE_S = 2
KILLED_S = 2.06
SOURCE = "/opt/gracekeeper"
KEEPER = ("/usr/bin/python3", "-I", "-S", f"{SOURCE}/supervisor/__main__.py", "run")
EXITS = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print("begun", flush=True)
time.sleep(600)
"""
SPEAKS = """
import signal, time
signal.signal(signal.SIGTERM, lambda *_: print("not now"))
print("begun", flush=True)
while True:
    time.sleep(600)
"""
PLAIN = "import time; print('begun', flush=True); time.sleep(600)"
ZOMBIES = "import os, time; os.fork() or os._exit(0); time.sleep(600)"
VFORK = """
import ctypes, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
ctypes.CDLL(None).vfork() or time.sleep(600)
"""
IDLE = "console.log('begun'); setInterval(() => {}, 1000)"
LISTENS = f"process.on('SIGTERM', () => process.exit(9)); {IDLE}"
UWSGI = "cd /srv && exec uwsgi --plugin python3 --http-socket :8000 --wsgi-file app.py -p 2"
BEGUN, SPAWNED = "begun", "spawned uWSGI worker 2"
HOOK = "--hook-master-start 'unix_signal:15 gracefully_kill_them_all'"
GUNICORN = ("gunicorn", "--chdir", "/srv", "-b", ":8000", "-w", "2", "app:app")
UVICORN = ("python3", "-m", "uvicorn", "--app-dir", "/srv", "--interface", "wsgi", "app:app")


class Staged(NamedTuple):
    """One of them. `crew`: how many processes there are when it has begun."""

    name: str
    command: tuple[str, ...]
    code: int
    seconds: float
    crew: int = 1
    options: dict[str, Any] = {}  # noqa: RUF012 - never changed
    log: str = ""  # what it has written by then


def sh(text: str) -> tuple[str, ...]:
    """A line for dash, which never becomes the command itself."""
    return ("sh", "-c", text)


def bash(text: str) -> tuple[str, ...]:
    """A line for bash."""
    return ("bash", "-c", text)


QUIT, INT = {"stop_signal": "SIGQUIT"}, {"stop_signal": "SIGINT"}
SHELLS = (
    Staged("sh -c", sh("sleep 600; true"), 137, KILLED_S, 2),
    Staged("sh -c exec", sh("exec sleep 600"), 137, KILLED_S),
    Staged("trap, foreground", sh("trap 'exit 0' TERM; sleep 600; true"), 137, KILLED_S, 2),
    Staged("trap, wait", sh("trap 'exit 3' TERM; sleep 600 & wait"), 3, 0.06, 2),
    Staged("wait once", bash("trap 'kill $!' TERM; sleep 600 & wait $!"), 143, 0.06, 2),
    Staged("wait twice", bash("trap 'kill $!' TERM; sleep 600 & wait; wait"), 0, 0.06, 2),
    Staged("an EXIT trap", bash("trap 'echo over' EXIT; sleep 600; true"), 143, 0.06, 2),
    Staged("kill 0", bash("trap 'kill 0' TERM; sleep 600 & wait"), 139, 0.2, 2),
    Staged("a loop", bash("trap 'exit 0' TERM; while :; do sleep 0.5; done"), 0, 0.3, 2),
    Staged("ignored", sh("trap '' TERM; exec sleep 600"), 137, KILLED_S),
)
PROGRAMS = (
    Staged("python", ("python3", "-c", PLAIN), 137, KILLED_S, 1, {}, BEGUN),
    Staged("python, handler", ("python3", "-c", EXITS), 7, 0.06, 1, {}, BEGUN),
    Staged("python, it only speaks", ("python3", "-c", SPEAKS), 137, KILLED_S, 1, {}, BEGUN),
    Staged("python, INT", ("python3", "-c", PLAIN), 130, 0.06, 1, INT, BEGUN),
    Staged("zombies", ("python3", "-c", ZOMBIES), 137, KILLED_S, 2),
    Staged("uninterruptible", ("python3", "-c", VFORK), 137, KILLED_S, 2),
    Staged("node", ("node", "-e", IDLE), 137, KILLED_S, 1, {}, BEGUN),
    Staged("node, listener", ("node", "-e", LISTENS), 9, 0.06, 1, {}, BEGUN),
)
INITS = (
    Staged("tini, python", ("tini", "--", "python3", "-c", PLAIN), 143, 0.06, 2, {}, BEGUN),
    Staged("tini, node", ("tini", "--", "node", "-e", IDLE), 143, 0.06, 2, {}, BEGUN),
    Staged("--init, sh -c", sh("sleep 600; true"), 143, 0.06, 3, {"init": True}),
    Staged("dumb-init", ("dumb-init", *sh("trap 'exit 5' TERM; sleep 600; true")), 5, 0.1, 3),
    Staged(
        "dumb-init -c",
        ("dumb-init", "-c", *sh("trap 'exit 5' TERM; sleep 600; true")),
        137,
        KILLED_S,
        3,
    ),
    Staged("s6", ("s6-svscan", "/srv/s6"), 0, 0.06, 3),
    Staged("gracekeeper", (*KEEPER, "--", "sleep", "600"), 143, 0.06, 2),
    Staged(
        "gracekeeper, ignored",
        (*KEEPER, "--grace", "1.5", "--", *sh("trap '' TERM; sleep 600; true")),
        143,
        0.56,
        3,
    ),
)
SERVERS = (
    Staged("uwsgi", sh(f"{UWSGI} -M"), 137, KILLED_S, 3, {}, SPAWNED),
    Staged("uwsgi, die-on-term", sh(f"{UWSGI} -M --die-on-term"), 0, 1.08, 3, {}, SPAWNED),
    Staged("uwsgi, hook", sh(f"{UWSGI} -M {HOOK}"), 0, 1.08, 3, {}, SPAWNED),
    Staged("uwsgi, no master", sh(UWSGI.replace(" -p 2", "")), 30, 0.06, 1, {}, "uWSGI worker 1"),
    Staged("gunicorn", GUNICORN, 0, 0.3, 3, {}, "Booting worker"),
    Staged("gunicorn, gthread", (*GUNICORN, "--threads", "2"), 0, 0.9, 3, {}, "Booting worker"),
    Staged("uvicorn", UVICORN, 0, 0.25, 1, {}, "Uvicorn running"),
    Staged("nginx, QUIT", ("nginx", "-g", "daemon off;"), 0, 0.08, 2, QUIT),
    Staged("redis", ("redis-server",), 0, 0.07, 1, {}, "Ready to accept"),
    # It looks every second: 0.1, 1.1 or 2.1 s, as luck has it.
    Staged("supervisord", ("supervisord", "-c", "/srv/supervisord.conf"), 0, 1.1, 2),
    Staged("su", ("su", "-c", "sleep 600; true"), 137, KILLED_S, 3, INT),
)
ALL = (*SHELLS, *PROGRAMS, *INITS, *SERVERS)
