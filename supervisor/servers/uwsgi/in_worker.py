"""Runs inside uWSGI: lets a worker end itself between two requests, when that is wished.

Needs nothing but the standard library: the application's Python may not have this package, and may
be an old one. The front copies it beside the file that it reads, and uWSGI loads it by
`shared-import`: in the master, before the workers are forked, also with `lazy-apps`, so that the
master knows whom to pass the signal to (core/signal.c, uwsgi_route_signal).

A signal of uWSGI's own waits in a socket that a worker looks at only between two requests
(core/utils.c, wsgi_req_accept). So the worker is idle when it hangs itself up, by every measure:
nothing is accepted, no answer is being written.
"""

import os
import signal

import uwsgi

SIGNAL = 251  # the application's own are taken from the lowest number up (uwsgidecorators)
WISH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recycle")


def end_if_wished(_signal: int) -> None:
    """End this process if it is the one; every worker is asked, and a late signal finds nobody."""
    try:
        with open(WISH) as file:
            wished = file.read().strip()
    except OSError:
        return
    if wished == str(os.getpid()):
        os.kill(os.getpid(), signal.SIGHUP)


uwsgi.register_signal(SIGNAL, "active-workers", end_if_wished)
