"""Preparing PostgreSQL: it binds its own door and forks its own backends; we look and ask."""

from __future__ import annotations

import os

from supervisor.config.plan import Plan
from supervisor.errors import UsageError
from supervisor.front.options import Options
from supervisor.servers.postgres import commandline, ladder


def prepare(options: Options, executable: str) -> Plan | None:
    """Return the Plan for `postgres ...`; None for a command line that starts no server."""
    arguments = options.command[1:]
    if not commandline.serves(arguments):
        return None
    if options.rewrite or options.group:
        raise UsageError(
            f"cannot rewrite signals for {options.command[0]}, nor send them to its group: what it"
            " understands is known here, and a signal of its own ends a backend. Leave `--rewrite`"
            " and `--group` out."
        )
    policy = options.policy(
        looks=True,
        ladder=ladder.LADDER,
        forced=ladder.OUT_OF_TIME,
        forward=ladder.FORWARDED,
    )
    return Plan(
        argv=options.command,
        executable=executable,
        policy=policy.replace(
            drain_delay_s=0.0,  # it is for those inside: newcomers are refused from the start
            shut_signal=ladder.SHUT,
            quiesce_s=max(options.drain_delay_s, ladder.LEAST_QUIESCE_S),
        ),
        server="postgres",
        own_group=True,
        data=_data(arguments),
        no_restart="two servers can't have one cluster",
    )


def _data(arguments: tuple[str, ...]) -> str | None:
    """Return the cluster's directory, absolute; None where postgres will not find it either."""
    said, directory, configuration = commandline.places(arguments, os.environ.get("PGDATA"))
    if said is None and not os.path.exists(f"{directory}/PG_VERSION"):
        try:
            with open(configuration, encoding="utf-8", errors="replace") as file:
                said = commandline.data_directory(file.read())
        except OSError:
            said = None
    found = said or directory
    return os.path.abspath(found) if found else None
