#!/usr/bin/env python3
"""PostgreSQL's entrypoint, in place of postgres-setup.sh, start_postgres.sh and stop_postgres.sh.

usage: start_postgres.py [POSTGRES-OPTION]...

Makes the cluster in PGDATA where there is none, then runs `postgres -D PGDATA POSTGRES-OPTION...`.
A new cluster: POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD (or the same with _FILE),
POSTGRES_HOST_AUTH_METHOD=trust to do without a password, POSTGRES_INITDB_ARGS, and *.sql and
*.sql.gz from POSTGRES_INIT_DIR (/docker-entrypoint-initdb.d). Gracekeeper's options are read from
GRACEKEEPER_* variables; GRACEKEEPER_DRAIN_DELAY is how long a stop waits for transactions (half of
the grace period, 5 seconds at most).
"""

from __future__ import annotations

import os
import sys

from supervisor.cluster import settings
from supervisor.cluster.__main__ import is_made
from supervisor.config.declared import Declared, DeclaredService
from supervisor.core.fleet import COMPLETED, Need
from supervisor.errors import GracekeeperError
from supervisor.front import fleet, signalmask

NAME = "start_postgres.py"
SECRETS = (settings.PASSWORD, f"{settings.PASSWORD}_FILE")
LONGEST_DELAY_S = 5.0
# Making a large database from init files takes its time; the server's own start may be a recovery.
START_S = 3600.0


def declared(environment: dict[str, str], arguments: list[str]) -> Declared:
    """Return what is to be kept; GracekeeperError for what can't work, before anything starts."""
    wishes = fleet.from_environment(environment)
    grace_s = wishes.setdefault("grace_s", Declared("", ()).grace_s)
    delay_s = wishes.pop("drain_delay_s", min(LONGEST_DELAY_S, grace_s / 2))
    data = settings.data_directory(environment)
    task: tuple[DeclaredService, ...] = ()
    if not is_made(data):
        settings.read(environment)
        secrets = tuple((name, environment[name]) for name in SECRETS if name in environment)
        command = (sys.executable, "-I", "-m", "supervisor.cluster")
        task = (
            DeclaredService(
                "cluster",
                NAME,
                command,
                task=True,
                environment=secrets,
                secrets=SECRETS,
                start_timeout_s=START_S,
            ),
        )
    server = DeclaredService(
        "postgres",
        NAME,
        ("postgres", "-D", str(data), *arguments),
        after=tuple(Need(one.name, COMPLETED) for one in task),
        drain_delay_s=delay_s,
        start_timeout_s=START_S,
        log="inherit",
    )
    return Declared(NAME, (*task, server)).replace(**wishes)


def start(arguments: list[str]) -> None:
    """Become the container's main program; does not return."""
    signalmask.block()
    if arguments in (["-h"], ["--help"]):
        print((__doc__ or "").strip())
        sys.exit(0)
    try:
        found = declared(dict(os.environ), arguments)
        for name in SECRETS:  # the server needs none, and shows its environment to its own user
            os.environ.pop(name, None)
        fleet.keep(found, {})
    except GracekeeperError as error:
        sys.stderr.write(f"{NAME}: {error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    start(sys.argv[1:])
