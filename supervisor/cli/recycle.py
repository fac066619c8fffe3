"""`gracekeeper recycle`: fresh workers, one after the other."""

from __future__ import annotations

import threading
from typing import Any

import click

from supervisor.cli.client import ask, control_option, only, service_argument
from supervisor.errors import GracekeeperError

EVERY_S = 0.1


@click.command()
@control_option
@service_argument
@click.option("--worker", type=int, metavar="N", help="This one only.  [default: all]")
@click.option("--all", "everybody", is_flag=True, help="All, one after the other.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Wait until it is done.")
def recycle(
    control: str | None, service: str | None, worker: int | None, everybody: bool, wait: bool
) -> None:
    """Replace uWSGI workers: each ends between two of its requests, and a fresh one follows.

    Never two at a time, never fewer ready ones than --recycle-min-ready of `run` says. Workers that
    can't end without harm (threads) are replaced by a restart of all.

    Of several services, say which; without SERVICE, it is the only one whose workers are known.
    SIGUSR2 to `gracekeeper run` replaces all.
    """
    if everybody and worker is not None:
        raise click.UsageError("cannot take both --worker and --all. Say one of them.")
    service = only(control, service, "recycle")
    found = ask(control, do="status", verb="recycle", service=service)
    before = {one["id"]: one["pid"] for one in found["workers"]}
    ask(control, do="recycle", worker=worker, service=service)
    wished = sorted(before) if worker is None else [worker]
    if not wait:
        click.echo(f"asked for {_named(wished)}", err=True)
        return
    told: set[int] = set()
    while True:
        found = ask(control, do="status", service=service)
        now = {one["id"]: one["pid"] for one in found["workers"] if one["accepting"]}
        for one in wished:
            if one not in told and now.get(one, before.get(one)) != before.get(one):
                told.add(one)
                click.echo(f"worker {one}: {before.get(one)} -> {now[one]}", err=True)
        if not _under_way(found):
            break
        threading.Event().wait(EVERY_S)
    if len(told) < len(wished):
        left = _named([one for one in wished if one not in told])
        raise GracekeeperError(f"cannot recycle {left}: it was given up. The log says why.")


def _under_way(found: dict[str, Any]) -> bool:
    recycling, restarting = found["recycle"], found["restart"]
    return bool(
        recycling["going"]
        or recycling["wished"]
        or restarting["following"]
        or restarting["leaving"]
    )


def _named(workers: list[int]) -> str:
    return ", ".join(f"worker {one}" for one in workers)
