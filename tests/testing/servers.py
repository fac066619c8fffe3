"""Servers of all kinds in front of the same slow route, and what a stop of each comes to."""

from __future__ import annotations

from typing import Any, NamedTuple

APP = b"""
import time

def app(environ, start):
    time.sleep(0.4)
    start("200 OK", [("Content-Length", "1")])
    return [b"x"]

application = app
"""
CGI = b"#!/bin/sh\nsleep 0.4\nprintf 'Content-Type: text/plain\\r\\n\\r\\nx'\n"
# 40 KB at 100 KB/s: 0.4 s.
NGINX = b"""
daemon off; error_log stderr; pid /tmp/n.pid; events {}
http {
  access_log off;
  server { listen 8000; root /srv; location /slow { limit_rate 100k; } }
}
"""
CGI_FILES = {"/srv/cgi-bin/slow": CGI}
APP_FILES = {"/srv/slow.py": APP}
NGINX_FILES = {"/srv/nginx.conf": NGINX, "/srv/slow": b"x" * 40_000}
HTTP_SERVER = ("python3", "-m", "http.server", "--cgi", "--directory", "/srv", "8000")
UWSGI = ("uwsgi", "--plugin", "python3", "--http-socket", ":8000", "--wsgi-file", "/srv/slow.py")
GUNICORN = ("gunicorn", "--chdir", "/srv", "-b", ":8000", "-w", "2", "slow:app")
NGINX_SERVER = ("nginx", "-c", "/srv/nginx.conf")


class Server(NamedTuple):
    """One of them, and how its stop ends: `lost` is whether anything is, None where luck says so.

    `says` is a part of the story.
    """

    name: str
    command: tuple[str, ...]
    files: dict[str, bytes]
    code: int
    cause: str
    says: str
    lost: bool | None
    signal: str = "SIGTERM"
    path: str = "/slow"
    options: dict[str, Any] = {}  # noqa: RUF012 - never changed

    @property
    def killed(self) -> bool:
        """Whether the grace period runs out."""
        return self.code == 137


SERVERS = (
    Server(
        "http.server",
        HTTP_SERVER,
        CGI_FILES,
        137,
        "signal-dropped",
        "has no handler",
        lost=True,
        path="/cgi-bin/slow",
    ),
    Server(
        "http.server, --init",
        HTTP_SERVER,
        CGI_FILES,
        143,
        "no-handler",
        "no handler for SIGTERM",
        lost=True,
        path="/cgi-bin/slow",
        options={"init": True},
    ),
    Server(
        "uwsgi",
        (*UWSGI, "-M", "-p", "4"),
        APP_FILES,
        137,
        "reloaded",
        "takes SIGTERM for a reload",
        lost=True,
    ),
    Server(
        "uwsgi, die-on-term",
        (*UWSGI, "-M", "-p", "4", "--die-on-term"),
        APP_FILES,
        0,
        "cut-requests",
        "killing workers",
        lost=True,
    ),
    Server("gunicorn", GUNICORN, APP_FILES, 0, "stopped", "finishes its requests", lost=None),
    Server(
        "nginx, TERM",
        NGINX_SERVER,
        NGINX_FILES,
        0,
        "cut-requests",
        "cuts its requests",
        lost=True,
    ),
    Server(
        "nginx, QUIT",
        NGINX_SERVER,
        NGINX_FILES,
        0,
        "stopped",
        "finishes its requests",
        lost=False,
        signal="SIGQUIT",
    ),
)
