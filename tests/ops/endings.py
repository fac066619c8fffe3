"""Ways in which containers end, and the cause that has to be named: by who watched, and afterwards.

Each was run; `code` is what came. Where `after` differs from `cause`, what tells them apart can
only be seen while it lives.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.ops.staged import GUNICORN, INT, KEEPER, QUIT, UWSGI, bash, sh

READY = "ready now"
PORT = 8000
# Answers in half a minute, and says when it has begun to.
SLOW = f"""
import sys, time
def app(environ, start):
    if environ["PATH_INFO"] == "/slow":
        print("busy now", file=sys.stderr, flush=True)
        time.sleep(30)
    if environ["PATH_INFO"] == "/spin":
        print("busy now", file=sys.stderr, flush=True)
        while True:
            pass
    start("200 OK", [("Content-Length", "1")])
    return [b"x"]
print("{READY}", file=sys.stderr, flush=True)
application = app
"""
BROKEN = "import nothing_of_this_name\n"
FILES = {"slow.py": SLOW, "broken.py": BROKEN, "plain.txt": "no program\n"}
HANDLES = f"""
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("finishing"), time.sleep(60)))
print("{READY}", flush=True)
while True:
    time.sleep(60)
"""
# At once: who grows slowly is slowed down further, as its own code is thrown out of memory first.
GROWS = f"print('{READY}', flush=True); x = b'x' * (1 << 32)"
CHILD_GROWS = (
    "import subprocess, sys, signal, time\n"
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
    "c = 'x = bytes([1]) * (1 << 32)'\n"
    f"subprocess.run([sys.executable, '-c', c]); print('{READY}', flush=True); time.sleep(600)"
)
POPEN = (
    "import subprocess, sys\n"
    "p = subprocess.Popen(['sh', '-c', 'kill -TERM $$']); sys.exit(p.wait())"
)
PYTHON = ("python3", "-u", "-c")
SAYS = f"echo {READY};"
MEMORY = {"mem_limit": "48m", "memswap_limit": "48m"}
ALWAYS = {"restart_policy": {"Name": "always"}}
SLOW_APP = (*GUNICORN[:-1], "slow:app")
UWSGI_SLOW = tuple(UWSGI.replace("app.py", "slow.py").replace("cd /srv && exec ", "").split())
IN_SRV = {"working_dir": "/srv"}


class Ending(NamedTuple):
    """One of them. `how` it is ended, one of tests/ops/test_endings.py's WAYS."""

    name: str
    command: tuple[str, ...]
    how: str
    code: int
    cause: str
    options: dict[str, Any] = {}  # noqa: RUF012 - never changed
    after: str = ""  # the cause as `explain` names it afterwards
    log: str = READY  # what it has written by then
    path: str = ""  # what a client asks for before the end


KILLED = (
    Ending("no exec", sh(f"{SAYS} sleep 600; true"), "stop", 137, "shell-kept-signal"),
    Ending(
        "trap, no exec",
        sh(f"trap : TERM; {SAYS} sleep 600; true"),
        "stop",
        137,
        "shell-kept-signal",
    ),
    Ending(
        "it still boots",
        (*bash(f'{SAYS} sleep 4; exec python3 -uc "$0"'), HANDLES),
        "stop",
        137,
        "shell-kept-signal",
        after="grace-over",
    ),
    Ending(
        "ignored",
        sh(f"trap '' TERM; {SAYS} exec sleep 600"),
        "stop",
        137,
        "signal-ignored",
        after="signal-ignored",
    ),
    Ending(
        "no handler",
        (*PYTHON, f"print('{READY}'); import time; time.sleep(600)"),
        "stop",
        137,
        "signal-dropped",
        after="grace-over",
    ),
    Ending("slow handler", (*PYTHON, HANDLES), "stop", 137, "busy", after="grace-over"),
    Ending("slow request", SLOW_APP, "stop", 137, "busy", path="/slow"),
    Ending("hung worker", SLOW_APP, "stop", 137, "hung-worker", after="busy", path="/spin"),
    Ending("stopped by SIGSTOP", (*PYTHON, HANDLES), "freeze", 137, "held", after="grace-over"),
    Ending("uwsgi reloads at TERM", (*UWSGI_SLOW, "--master"), "stop", 137, "reloaded", IN_SRV),
    Ending(
        "keeper cut short",
        (*KEEPER, "--grace", "60", "--", *bash(f"trap '' TERM; {SAYS} sleep 600; true")),
        "stop",
        137,
        "keeper-cut-short",
    ),
    Ending("no grace", sh(f"{SAYS} sleep 600; true"), "stop at once", 137, "stopped-without-grace"),
    Ending("docker kill", sh(f"{SAYS} sleep 600; true"), "kill", 137, "killed-by-request"),
    Ending("rm -f", sh(f"{SAYS} sleep 600; true"), "remove", 137, "removed-by-force"),
    Ending("killed on the host", sh(f"{SAYS} exec sleep 600"), "host", 137, "killed-from-host"),
    Ending("out of memory", (*PYTHON, GROWS), "wait", 137, "out-of-memory", MEMORY),
    Ending(
        "a service's memory",
        (*KEEPER, "--", *PYTHON, GROWS),
        "wait",
        137,
        "child-out-of-memory",
        MEMORY,
    ),
    Ending("a child's memory", (*PYTHON, CHILD_GROWS), "stop", 0, "child-out-of-memory", MEMORY),
    Ending(
        "a child was killed",
        bash(f"{SAYS} (kill -9 $BASHPID); exit $?"),
        "wait",
        137,
        "child-killed",
    ),
)
ASKED = (
    Ending("kill 0", bash(f"trap 'kill 0' TERM; sleep 600 & {SAYS} wait"), "stop", 139, "segfault"),
    Ending(
        "shell cuts",
        bash(f"trap 'kill $!' TERM; sleep 600 & {SAYS} wait $!"),
        "stop",
        143,
        "shell-cut-children",
    ),
    Ending(
        "shell cuts, 0",
        bash(f"trap 'exit 0' TERM; sleep 600 & {SAYS} wait"),
        "stop",
        0,
        "shell-cut-children",
        after="stopped",
    ),
    Ending(
        "init, no handler",
        (*PYTHON, f"print('{READY}'); import time; time.sleep(600)"),
        "stop",
        143,
        "no-handler",
        {"init": True},
    ),
    Ending("keeper", (*KEEPER, "--", *bash(f"{SAYS} exec sleep 600")), "stop", 143, "stopped"),
    Ending(
        "keeper, slow request",
        (*KEEPER, "--grace", "1.9", "--", *UWSGI_SLOW, "--master"),
        "stop",
        143,
        "lost-requests",
        IN_SRV,
        path="/slow",
    ),
    Ending("keeper, idle", (*KEEPER, "--", *UWSGI_SLOW, "--master"), "stop", 143, "kept", IN_SRV),
    Ending(
        "uwsgi cuts with 0",
        (*UWSGI_SLOW, "--master", "--die-on-term"),
        "stop",
        0,
        "cut-requests",
        IN_SRV,
        path="/slow",
    ),
    Ending("gunicorn at QUIT", SLOW_APP, "stop", 0, "cut-requests", QUIT, path="/slow"),
    Ending(
        "uwsgi, no master", UWSGI_SLOW[:-2], "stop", 30, "no-master", IN_SRV, log="uWSGI worker 1"
    ),
    Ending(
        "python at INT",
        (*PYTHON, f"print('{READY}'); import time; time.sleep(600)"),
        "stop",
        130,
        "stopped",
        INT,
    ),
    Ending(
        "in back-off",
        bash(f"{SAYS} sleep 0.2; exit 5"),
        "back-off",
        5,
        "stopped-in-back-off",
        ALWAYS,
    ),
)
UNASKED = (
    Ending(
        "kill 1 by exec",
        bash(f"trap 'exit 143' TERM; {SAYS} while :; do sleep 0.1; done"),
        "exec",
        143,
        "signalled-from-host",
    ),
    Ending("restart loop", bash(f"{SAYS} exit 5"), "loop", 5, "restart-loop", ALWAYS),
    Ending(
        "traceback", (*PYTHON, f"print('{READY}'); raise ValueError('no')"), "wait", 1, "app-error"
    ),
    Ending(
        "a service's traceback",
        (*KEEPER, "--", *PYTHON, f"print('{READY}'); raise ValueError('no')"),
        "wait",
        1,
        "app-error",
    ),
    Ending(
        "segfault",
        (*PYTHON, f"print('{READY}'); import ctypes; ctypes.string_at(0)"),
        "wait",
        139,
        "segfault",
    ),
    Ending(
        "abort",
        ("python3", "-uXfaulthandler", "-c", f"print('{READY}'); import os; os.abort()"),
        "wait",
        139,
        "aborted",
    ),
    Ending(
        "abort below init",
        (*PYTHON, f"print('{READY}'); import os; os.abort()"),
        "wait",
        134,
        "aborted",
        {"init": True},
    ),
    Ending("not found", ("nothing-of-this-name",), "wait", 127, "not-found", log=""),
    Ending(
        "not found by a shell",
        sh("nothing-of-this-name; exit $?"),
        "wait",
        127,
        "not-found",
        log="",
    ),
    Ending("not executable", ("/srv/plain.txt",), "wait", 126, "not-executable", log=""),
    Ending(
        "gunicorn's import",
        (*GUNICORN[:-1], "-w", "1", "broken:app"),
        "wait",
        3,
        "boot-failed",
        log="",
    ),
    Ending(
        "uwsgi needs an app",
        (*UWSGI_SLOW, "--need-app", "--wsgi-file", "broken.py"),
        "wait",
        22,
        "no-app",
        IN_SRV,
        log="",
    ),
    Ending("-15 passed on", (*PYTHON, POPEN), "wait", 241, "module-code", log=""),
    Ending("usage", ("python3", "--nothing-of-this-name"), "wait", 2, "usage", log=""),
    Ending("timeout", ("timeout", "0.3", "sleep", "60"), "wait", 124, "timeout-expired", log=""),
    Ending("nothing more to do", bash(f"{SAYS} exit 0"), "wait", 0, "ended"),
)
ALL = (*KILLED, *ASKED, *UNASKED)
