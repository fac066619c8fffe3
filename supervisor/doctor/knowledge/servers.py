"""What programs do as PID 1 at a stop signal, with a request under way.

Source: table 4 of the catalogue, measured with one request of 2 s and a grace of 6 s; what
`ops/behaviour.py` has measured is asked there. `variant` is a program in one of its settings, as
`servers/servers.py` finds them out: "uwsgi:hook".
"""

from __future__ import annotations

from typing import Final

from supervisor.core.record import Record
from supervisor.core.signalnames import number as signal_number
from supervisor.ops import behaviour
from supervisor.ops.behaviour import HUP, INT, QUIT, TERM

NOW, DRAINS, HANGS = "now", "drains", "hangs"
KEPT, CUT, ERROR = "kept", "cut", "500"


class Reaction(Record):
    """How it ends: NOW, when its requests are done, or never; what becomes of them; the code.

    `code`: None is 128 + the signal. A request of one that HANGS and is KEPT is answered in the
    grace period: it goes on serving, and is killed afterwards.
    """

    ends: str
    request: str
    code: int | None = 0
    bounded: bool = True  # its drain has a limit of its own
    measured: bool = True


_FINISHES = Reaction(DRAINS, KEPT)
_CUTS = Reaction(NOW, CUT)
_SERVES_ON = Reaction(HANGS, KEPT, 137)
_NO_HANDLER: Final = {TERM: _SERVES_ON, QUIT: _SERVES_ON, HUP: _SERVES_ON}
_PYTHON: Final = {**_NO_HANDLER, INT: Reaction(NOW, CUT, 130)}
_UWSGI_DRAINS = Reaction(DRAINS, KEPT, 0, bounded=False)

VARIANTS: Final[dict[str, dict[int, Reaction]]] = {
    "gunicorn": {
        TERM: _FINISHES,
        INT: Reaction(NOW, ERROR),
        QUIT: Reaction(NOW, ERROR),
    },
    "uvicorn": {
        TERM: Reaction(DRAINS, KEPT, 0, bounded=False),
        INT: Reaction(DRAINS, KEPT, 0, bounded=False),
        QUIT: _SERVES_ON,
    },
    "hypercorn": {TERM: _FINISHES, INT: _FINISHES},
    "granian": {TERM: _FINISHES, INT: _FINISHES},
    "daphne": {TERM: _CUTS},
    "runserver": {TERM: _CUTS},
    "runserver:noreload": _PYTHON,
    "flask": _PYTHON,
    "flask:debug": {TERM: _CUTS},
    "http.server": _PYTHON,
    "waitress": _PYTHON,
    "uwsgi:no-master": {
        TERM: Reaction(NOW, CUT, 30),
        INT: Reaction(NOW, CUT, 30, measured=False),
        QUIT: Reaction(NOW, CUT, 30, measured=False),
    },
    "uwsgi:reload": {
        TERM: Reaction(HANGS, CUT, 137),
        INT: _CUTS,
        QUIT: _CUTS,
    },
    "uwsgi:die-on-term": {TERM: _CUTS, INT: _CUTS, QUIT: _CUTS},
    "uwsgi:hook": {TERM: _UWSGI_DRAINS, INT: _CUTS, QUIT: _CUTS},
    "nginx": {
        QUIT: Reaction(DRAINS, KEPT, 0, bounded=False),
        TERM: _CUTS,
        INT: _CUTS,
    },
    "supervisord": {TERM: Reaction(NOW, "", 0), INT: Reaction(NOW, "", 0)},
    "celery": {
        TERM: Reaction(DRAINS, KEPT, 0, bounded=False),
        INT: Reaction(DRAINS, KEPT, 0, bounded=False, measured=False),
        QUIT: Reaction(NOW, CUT, 0, measured=False),
    },
    "celery:beat": {TERM: Reaction(NOW, "", 0), INT: Reaction(NOW, "", 0)},
    # This project's own, of what it drives: it finishes what was accepted, and turns the rest away.
    "gracekeeper": {
        TERM: Reaction(DRAINS, KEPT, 143),
        INT: Reaction(DRAINS, KEPT, 130),
        QUIT: Reaction(DRAINS, KEPT, 131),
    },
    "idle": {TERM: Reaction(HANGS, "", 137), INT: Reaction(HANGS, "", 137)},
    # They start what a file of theirs says, which is not followed.
    "honcho": {TERM: Reaction(DRAINS, KEPT, 143, bounded=False)},
    "circusd": {TERM: Reaction(DRAINS, KEPT, 0)},
    "make": {TERM: Reaction(DRAINS, KEPT, 2, bounded=False)},
    "invoke": {TERM: _SERVES_ON},
}
"""`idle`: sleep, tail -f, cron -f, busybox crond -f."""

# Programs of Linux distributions that have no SIGTERM handler: as PID 1 they never hear it.
NO_HANDLER: Final = frozenset(["sleep", "tail", "cron", "crond", "waitress-serve"])
"""node is not here: what it does depends on the script, which nothing here reads."""

# A master that takes a signal to its worker for an order to kill it (fact 3).
HURT_BY_GROUP: Final = frozenset(("uwsgi", "celery"))
# What waits in their accept queue is reset (uwsgi: measured; benoitc/gunicorn#2529).
LOSES_QUEUE: Final = frozenset(("uwsgi", "gunicorn"))
RUNNERS: Final = frozenset(("honcho", "circusd", "make", "invoke"))
FINE_WITH_GROUP: Final = frozenset(("gunicorn", "uvicorn"))
# Who reaps what it did not start (no-init-zombies), measured or read in the source.
REAPS: Final = frozenset(("bash", "supervisord", "uwsgi", "gunicorn", "gracekeeper"))

# The signal at which a program finishes its requests (stopsignal-mismatch).
GRACEFUL: Final[dict[str, tuple[str, ...]]] = {
    "nginx": ("SIGQUIT",),
    "openresty": ("SIGQUIT",),
    "httpd": ("SIGWINCH",),
    "apache2": ("SIGWINCH",),
    "apache2ctl": ("SIGWINCH",),
    "apachectl": ("SIGWINCH",),
    "httpd-foreground": ("SIGWINCH",),
    "apache2-foreground": ("SIGWINCH",),
    "php-fpm": ("SIGQUIT",),
    "postgres": ("SIGINT",),
    "haproxy": ("SIGUSR1",),
    "gunicorn": ("SIGTERM",),
    "uvicorn": ("SIGTERM", "SIGINT"),
    "hypercorn": ("SIGTERM", "SIGINT"),
    "granian": ("SIGTERM", "SIGINT"),
    "celery": ("SIGTERM", "SIGINT"),  # celery/apps/worker.py: both begin the warm shutdown
    "redis-server": ("SIGTERM", "SIGINT"),
    "valkey-server": ("SIGTERM", "SIGINT"),
    "uwsgi": ("SIGTERM",),
    "systemd": ("SIGRTMIN+3",),
    "unitd": ("SIGQUIT",),
}


def reaction(variant: str, signal: str | int) -> Reaction | None:
    """Return what a program does at a signal; None where nobody measured it."""
    number = signal if isinstance(signal, int) else (signal_number(signal) or 0)
    found = VARIANTS.get(variant, {}).get(number)
    if found is not None:
        return found
    known = behaviour.KNOWN.get(behaviour.known(variant), {}).get(number)
    if known is None:
        return None
    kept = KEPT if known.drains or known.clients else ""
    if known.why.endswith("cuts its requests"):
        kept = CUT
    return Reaction(DRAINS if known.drains or known.clients else NOW, kept, known.code)


def graceful(program: str) -> tuple[str, ...]:
    """Return the signals at which a program finishes what it has; () for a stranger."""
    name = "php-fpm" if program.startswith("php-fpm") else program
    return GRACEFUL.get("postgres" if name == "postmaster" else name, ())
