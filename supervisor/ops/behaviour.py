"""What known programs do at a signal, as data; measured with nobody inside.

Sources: each program's own handling, run as PID 1 and below tini (tests/ops/staged.py).
"""

from __future__ import annotations

from typing import Final

from supervisor.core.record import Record

HUP, INT, QUIT, USR1, TERM, WINCH = 1, 2, 3, 10, 15, 28


class Behaviour(Record):
    """How long it takes, the code (None for 128 + n), and what it is called.

    `drains`: it waits for requests that run, `clients`: for everybody who is connected; for
    `most_s` at most.
    """

    after_s: float
    code: int | None
    why: str
    drains: bool = False
    give_or_take_s: float = 0.0
    most_s: float | None = None
    clients: bool = False


_FINISHES: Final = "it finishes its requests and ends"
_CUTS: Final = "it ends at once and cuts its requests"
_REDIS = Behaviour(0.1, 0, "it saves and ends", give_or_take_s=0.1)
_NGINX_CUTS = Behaviour(0.1, 0, _CUTS)
_JVM = Behaviour(0.3, None, "the JVM runs its shutdown hooks", give_or_take_s=0.2)

KNOWN: Final[dict[str, dict[int, Behaviour]]] = {
    "gunicorn": {
        TERM: Behaviour(0.35, 0, _FINISHES, drains=True, give_or_take_s=0.2, most_s=30),
        INT: Behaviour(0.4, 0, _CUTS, give_or_take_s=0.2),
        QUIT: Behaviour(0.4, 0, _CUTS, give_or_take_s=0.2),
    },
    "uvicorn": {
        TERM: Behaviour(0.25, 0, _FINISHES, drains=True, give_or_take_s=0.1),
        INT: Behaviour(0.25, 0, _FINISHES, drains=True, give_or_take_s=0.1),
    },
    "hypercorn": {
        TERM: Behaviour(0.3, 0, _FINISHES, drains=True, give_or_take_s=0.2),
        INT: Behaviour(0.3, 0, _FINISHES, drains=True, give_or_take_s=0.2),
    },
    "granian": {
        TERM: Behaviour(0.4, 0, _FINISHES, drains=True, give_or_take_s=0.3),
        INT: Behaviour(0.4, 0, _FINISHES, drains=True, give_or_take_s=0.3),
    },
    "daphne": {TERM: Behaviour(0.3, 0, _CUTS, give_or_take_s=0.1)},
    "celery": {TERM: Behaviour(0.8, 0, "it finishes its tasks and ends", give_or_take_s=0.5)},
    "nginx": {
        QUIT: Behaviour(0.1, 0, _FINISHES, drains=True),
        TERM: _NGINX_CUTS,
        INT: _NGINX_CUTS,
    },
    "redis-server": {TERM: _REDIS, INT: _REDIS},
    "valkey-server": {TERM: _REDIS, INT: _REDIS},
    "postgres": {
        TERM: Behaviour(0.2, 0, "a smart shutdown: it waits for its clients", clients=True),
        INT: Behaviour(0.2, 0, "a fast shutdown"),
        QUIT: Behaviour(0.2, 0, "an immediate shutdown: the next start recovers"),
    },
    "java": {TERM: _JVM, INT: _JVM, HUP: _JVM},
    "php-fpm": {
        QUIT: Behaviour(0.1, 0, _FINISHES, drains=True),
        TERM: Behaviour(0.1, 0, _CUTS),
        INT: Behaviour(0.1, 0, _CUTS),
    },
    "httpd": {
        WINCH: Behaviour(1.1, 0, _FINISHES, drains=True, give_or_take_s=0.2),
        TERM: Behaviour(1.1, 0, _CUTS, give_or_take_s=0.2),
    },
}
KNOWN["apache2"] = KNOWN["httpd"]
KNOWN["postmaster"] = KNOWN["postgres"]

# What passes a signal on to what it runs, and ends as that does.
WRAPPERS: Final = (
    "tini",
    "tini-static",
    "docker-init",
    "catatonit",
    "dumb-init",
    "timeout",
    "sudo",
)
# What passes SIGTERM on, waits two seconds whatever happens, and then kills.
TWO_SECONDS: Final = ("su", "runuser", "script")
# What passes SIGTERM on to all that it runs, waits for them and ends with 0.
SCANNERS: Final = ("s6-svscan", "s6-supervise")
# A gthread worker looks every second whether it shall end: that adds between nothing and a second.
GTHREAD_S, GTHREAD_LUCK_S = 0.5, 0.6


def known(name: str) -> str:
    """Return the name under which a program stands above, empty for a stranger."""
    if name.startswith("php-fpm"):
        return "php-fpm"
    return name if name in KNOWN else ""
