"""How uWSGI is stopped.

`q` waits inside the master, without bound, in steps of a second (core/uwsgi.c,
gracefully_kill_them_all, 2.0.31): when the workers are gone a SIGINT cuts the last step short; it
does nothing else then, because the master is dying already. While an app loads, the master listens
to nothing but QUIT; `q` would hang there for ever.

A worker that is interrupted between its fork and its own signal handlers runs the master's handler
and lives on (core/uwsgi.c, 3500): whoever was never ready is told once more, all of them.
"""

from __future__ import annotations

from supervisor.core.policy import Rung

INT, QUIT, KILL = 2, 3, 9
EVERYBODY = Rung("kill the tree", signal=KILL, target="tree")

DRAINED = (
    Rung("quit", command="q", patience_s=1.5, nudge=INT),
    Rung("interrupt", signal=INT),
    EVERYBODY,
)
NEVER_READY = (
    Rung("interrupt", signal=INT, patience_s=0.3),
    Rung("interrupt everybody", signal=INT, target="tree", patience_s=0.3),
    Rung("quit signal", signal=QUIT, patience_s=1.0),
    EVERYBODY,
)
OUT_OF_TIME = (
    Rung("kill what is busy", signal=KILL, target="busy", patience_s=0.01),
    Rung("interrupt", signal=INT),
    EVERYBODY,
)
