"""What well-known base images bring: their entrypoint, command and stop signal.

Source: the Dockerfiles of the official images (github.com/docker-library, nginxinc/docker-nginx,
docker-library/postgres, tiangolo/*). Where an image changed, the release is in the row; a tag
that does not say its release is taken for a recent one.
"""

from __future__ import annotations

import re
from typing import Final

from supervisor.core.record import Record

ENTRYPOINT_SCRIPT: Final = ("docker-entrypoint.sh",)


class Base(Record):
    """What is inherited from a base image. `main`: the program that it ends in."""

    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    stop_signal: str = ""
    main: str = ""
    ports: tuple[int, ...] = ()
    entry_execs: bool = True  # its own entrypoint becomes the command


_NGINX = Base(
    ("/docker-entrypoint.sh",),
    ("nginx", "-g", "daemon off;"),
    "SIGQUIT",
    "nginx",
    (80,),
)
_PHP = Base(("docker-php-entrypoint",), ("php-fpm",), "SIGQUIT", "php-fpm", (9000,))
_TIANGOLO = ("/usr/bin/supervisord",)

BASES: Final[dict[str, Base]] = {
    "nginx": _NGINX,
    "nginxinc/nginx-unprivileged": _NGINX.replace(ports=(8080,)),
    "openresty/openresty": Base(
        (), ("/usr/bin/openresty", "-g", "daemon off;"), "SIGQUIT", "openresty"
    ),
    "httpd": Base((), ("httpd-foreground",), "SIGWINCH", "httpd", (80,)),
    "postgres": Base(ENTRYPOINT_SCRIPT, ("postgres",), "SIGINT", "postgres", (5432,)),
    "postgis/postgis": Base(ENTRYPOINT_SCRIPT, ("postgres",), "SIGINT", "postgres", (5432,)),
    "timescale/timescaledb": Base(ENTRYPOINT_SCRIPT, ("postgres",), "SIGINT", "postgres", (5432,)),
    "pgvector/pgvector": Base(ENTRYPOINT_SCRIPT, ("postgres",), "SIGINT", "postgres", (5432,)),
    "haproxy": Base(
        ENTRYPOINT_SCRIPT,
        ("haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"),
        "SIGUSR1",
        "haproxy",
    ),
    "redis": Base(ENTRYPOINT_SCRIPT, ("redis-server",), "", "redis-server", (6379,)),
    "valkey/valkey": Base(ENTRYPOINT_SCRIPT, ("valkey-server",), "", "valkey-server", (6379,)),
    "mysql": Base(ENTRYPOINT_SCRIPT, ("mysqld",), "", "mysqld", (3306,)),
    "mariadb": Base(ENTRYPOINT_SCRIPT, ("mariadbd",), "", "mariadbd", (3306,)),
    "mongo": Base(ENTRYPOINT_SCRIPT, ("mongod",), "", "mongod", (27017,)),
    "rabbitmq": Base(ENTRYPOINT_SCRIPT, ("rabbitmq-server",), "", "rabbitmq-server", (5672,)),
    "memcached": Base(ENTRYPOINT_SCRIPT, ("memcached",), "", "memcached", (11211,)),
    "node": Base(ENTRYPOINT_SCRIPT, ("node",), "", "node"),
    "python": Base((), ("python3",), "", "python"),
    "ruby": Base((), ("irb",), "", "irb"),
    "debian": Base((), ("bash",), "", "bash"),
    "ubuntu": Base((), ("/bin/bash",), "", "bash"),
    "alpine": Base((), ("/bin/sh",), "", "sh"),
    "busybox": Base((), ("sh",), "", "sh"),
    "tiangolo/uwsgi-nginx": Base(("/entrypoint.sh",), ("/start.sh",), "", "supervisord", (80,)),
    "tiangolo/uwsgi-nginx-flask": Base(
        ("/entrypoint.sh",), ("/start.sh",), "", "supervisord", (80,)
    ),
    "tiangolo/uvicorn-gunicorn": Base((), ("/start.sh",), "", "gunicorn", (80,)),
    "tiangolo/uvicorn-gunicorn-fastapi": Base((), ("/start.sh",), "", "gunicorn", (80,)),
    "tiangolo/meinheld-gunicorn": Base(("/entrypoint.sh",), ("/start.sh",), "", "gunicorn", (80,)),
}
LOCAL_REGISTRIES: Final = ("docker.io/library/", "docker.io/", "library/")


def base(image: str) -> Base | None:
    """Return what a base image brings; None for a stranger."""
    ref = image.partition("@")[0]
    head, slash, last = ref.rpartition("/")
    name, _, tag = last.partition(":")
    path = f"{head}{slash}{name}"
    for registry in LOCAL_REGISTRIES:
        path = path.removeprefix(registry)
    path = path.removeprefix("public.ecr.aws/docker/library/")
    if path == "php":
        if "fpm" in tag:
            return _PHP
        if "apache" in tag:
            return Base(
                ("docker-php-entrypoint",), ("apache2-foreground",), "SIGWINCH", "apache2", (80,)
            )
        return Base(("docker-php-entrypoint",), ("php", "-a"), "", "php")
    found = BASES.get(path)
    if found is not None and path == "nginx" and _before(tag, (1, 19)):
        return Base((), found.cmd, "SIGTERM", "nginx", found.ports)
    return found


def _before(tag: str, release: tuple[int, int]) -> bool:
    match = re.match(r"(\d{1,4})\.(\d{1,4})", tag)
    return bool(match) and (int(match[1]), int(match[2])) < release  # type: ignore[index]
