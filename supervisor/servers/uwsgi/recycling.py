"""How one uWSGI worker is replaced without harm: by a signal of uWSGI's own.

The keeper writes a worker's pid into a file. The master sees that the file has changed
(`touch-signal`, looked at once a second) and passes a signal to the workers, who take it between
two requests: core/master.c, master_loop; core/utils.c, wsgi_req_accept. Measured with 2.0.31: none
lost, whereas a HUP from outside cuts whatever is being written at that moment.

The options come by an ini file of their own: uWSGI refuses an option that it does not know on its
command line, and those of a plugin it may not know there yet.
"""

from __future__ import annotations

from supervisor.recycle.policy import BETWEEN, RESTART
from supervisor.servers.uwsgi.substitution import integer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from supervisor.servers.uwsgi.settings import Settings

WISH = "recycle"  # holds the pid of the worker that shall go
MODULE = "recycle.py"
INI = "recycle.ini"
SIGNAL = 251  # as in in_worker.py
PYTHON = ("wsgi-file", "module", "file", "mount", "pyrun", "paste", "pecan", "eval")
MEANT = " %$@;="  # something, in an ini file or between a path and a signal's number
# One worker runs several requests at once: "between two" does not exist there.
LOOPS = ("gevent", "asyncio", "tornado", "ugreen", "greenlet", "coroae", "loop")
COUNTS = ("threads", "async")


def mechanism(settings: Settings, directory: str | None) -> tuple[str, str]:
    """Return how workers are replaced, and why not one by one if it is not that."""
    if directory is None or any(sign in directory for sign in MEANT):
        return RESTART, "there is no directory for the wish"
    if not any(settings.last(key) for key in PYTHON):
        return RESTART, "it runs no Python application that could take the wish"
    for key in COUNTS:
        setting = settings.last(key)
        if setting and integer(setting.value) > 1:
            return RESTART, f"a worker runs several requests at once (`{key}`, {setting.where})"
    for key in LOOPS:
        setting = settings.last(key)
        if setting:
            return RESTART, f"a worker runs several requests at once (`{key}`, {setting.where})"
    return BETWEEN, ""


def workers(settings: Settings) -> int:
    """Return how many workers there are at most; uWSGI's own default is one."""
    return integer(settings.get("processes", "1")) or 1


def ini(directory: str) -> str:
    """Return the text of the ini file that makes uWSGI look at the wish."""
    return (
        f"[uwsgi]\nshared-import = {directory}/{MODULE}\n"
        f"touch-signal = {directory}/{WISH} {SIGNAL}\n"
    )
