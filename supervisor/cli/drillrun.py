"""Runs the drills that were wished for, one after the other, on one site."""

from __future__ import annotations

import signal
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

from supervisor.cli.drilling import COMPOSE
from supervisor.cli.drillprogress import Bar
from supervisor.drill.trial import Middle, trial
from supervisor.errors import GracekeeperError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.cli.drilling import Where, Wish
    from supervisor.drill.outcome import Outcome
    from supervisor.drill.site import Site


def drilled(wish: Wish) -> Iterator[Outcome]:
    """Drill, and take away what was brought up, also after Ctrl-C; GracekeeperError.

    Each outcome is there when its trial is over, and stays when a later one can't be done.
    """
    at, order = wish.at, wish.order
    middle = Middle(answered=at) if isinstance(at, int) else Middle(seconds=at)
    with ExitStack() as leaving:
        leaving.enter_context(_ended_like_by_ctrl_c())
        site = site_of(wish.where)
        leaving.callback(site.down)
        bar = leaving.enter_context(Bar(order.action, at, order.grace_s, wish.times))
        for _ in range(wish.times):
            bar.begin()
            yield trial(site, order, wish.load, at=middle, progress=bar.tell)


def site_of(where: Where) -> Site:
    """Return what is drilled; GracekeeperError for what is not there."""
    if where.stop_command:
        from supervisor.drill.sites.command import CommandSite

        return CommandSite(where.stop_command, where.url, path=where.ready, trust=where.trust)
    if where.url:
        from supervisor.drill.sites.process import ProcessSite

        return ProcessSite(
            where.command,
            where.url,
            path=where.ready,
            variables=where.variables,
            trust=where.trust,
            ready_within_s=where.ready_within_s,
        )
    if where.target.startswith(COMPOSE):
        from supervisor.drill.sites.compose import ComposeSite

        return ComposeSite(
            where.target.removeprefix(COMPOSE),
            files=where.files,
            project=where.project,
            port=where.port,
            path=where.ready,
            ready_within_s=where.ready_within_s,
        )
    return _container_or_image(where)


def _container_or_image(where: Where) -> Site:
    from supervisor.drill.sites.container import ContainerSite
    from supervisor.ops.engine import GoneError

    try:
        there = ContainerSite(
            where.target,
            port=where.port,
            path=where.ready,
            restore=True,
            ready_within_s=where.ready_within_s,
        )
    except GoneError:
        return _image(where)
    if where.variables:
        there.down()
        raise UsageError(
            f"cannot use --env: {where.target} is a container, and was started without it. Name its"
            " image, or leave it out."
        )
    return there


def _image(where: Where) -> Site:
    from supervisor.drill.sites.container import ContainerSite, Making
    from supervisor.drill.sites.hands import Hands

    with closing(Hands()) as hands:
        there = hands.image(where.target)
    if not there:
        raise GracekeeperError(
            f"cannot drill {where.target}: there is no container and no image of that name."
            f" `docker pull {where.target}`, or build it."
        )
    making = Making(variables=where.variables)
    return ContainerSite(
        where.target,
        making=making,
        port=where.port,
        path=where.ready,
        ready_within_s=where.ready_within_s,
    )


@contextmanager
def _ended_like_by_ctrl_c() -> Iterator[None]:
    """Let TERM, by which CI ends a job, clean up as well."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
