"""A service: something that is run, with all that says how it is stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.knowledge import images
from supervisor.doctor.knowledge.platforms import PLATFORMS, Platform

if TYPE_CHECKING:
    from supervisor.doctor.commands.command import Command
    from supervisor.doctor.finding import Place
    from supervisor.doctor.reading.yaml import Node
    from supervisor.doctor.services.image import Image
    from supervisor.doctor.services.program import Chain

IMAGE, COMPOSE, SWARM, KUBERNETES, PROCFILE, SUPERVISORD, FLY, SYSTEMD = KINDS = (
    *("image", "compose", "swarm", "kubernetes", "procfile", "supervisord", "fly", "systemd"),
)
OWN_SIGNAL: Final = (SUPERVISORD, FLY, SYSTEMD)  # what the image says does not count


class Prestop(Record):
    """A preStop hook: a command, a sleep or an HTTP request; `sleeps_s`: for how long at least.

    `sleeps_s` of a command is what `sleep N` in it comes to; None if nobody can tell.
    """

    place: Place
    argv: tuple[str, ...] = ()
    sleeps_s: float | None = None
    http: bool = False


class Service(Record):
    """One thing that is run.

    `kind`          IMAGE (nobody says more than `docker run`), COMPOSE, SWARM, KUBERNETES,
                    PROCFILE, SUPERVISORD (a program of its configuration), FLY (a process group),
                    SYSTEMD (a unit's program)
    `image`         None if it is not built from a Dockerfile of the tree; `image_name`: as written
    `entrypoint`, `cmd`  what is effective, the image's included
    `grace_s`       None: the platform's default; `grace_place`: who says it
    `stop_signal`   None: the image's; see `signal`
    `served`        requests come in: ports, or a Service or an Ingress of Kubernetes
    `oneshot`       a job that is meant to end
    `node`          its YAML; for Kubernetes the container's, `pod`: the pod's spec
    """

    kind: str
    name: str
    place: Place
    image: Image | None = None
    image_name: str = ""
    entrypoint: Command | None = None
    cmd: Command | None = None
    grace_s: float | None = None
    grace_place: Place | None = None
    stop_signal: str | None = None
    stop_signal_place: Place | None = None
    init: bool | None = None
    prestop: Prestop | None = None
    probes: tuple[tuple[str, Node], ...] = ()
    ports: tuple[str, ...] = ()
    served: bool = False
    oneshot: bool = False
    restart: str = ""
    replicas: float | None = None
    depends: tuple[str, ...] = ()
    env: dict[str, str] = {}  # noqa: RUF012 - a record's default is never changed
    healthcheck: Node | None = None
    shared_pids: bool = False
    all_told: bool | None = None  # every process gets the signal; None: as the platform does it
    workload: str = ""  # of Kubernetes: Deployment, Job ...
    node: Node | None = None
    pod: Node | None = None
    chain: Chain | None = None
    parent: Service | None = None  # of a supervisord's program: who runs that supervisord

    @property
    def pid1(self) -> bool:
        """Tell whether the first link of its chain is PID 1, without default actions."""
        return self.kind not in (PROCFILE, SUPERVISORD, FLY, SYSTEMD) and not self.shared_pids

    @property
    def platform(self) -> Platform:
        """Return what runs it, with its defaults."""
        found = PLATFORMS[self.kind]
        return found if self.all_told is None else found.replace(all=self.all_told)

    @property
    def grace(self) -> float:
        """Return the grace period in seconds: what is said, or the platform's default."""
        return self.platform.grace_s if self.grace_s is None else self.grace_s

    @property
    def signal(self) -> str:
        """Return the stop signal by its whole name: SIGTERM where nobody says otherwise."""
        said = self.stop_signal
        if not said and self.kind not in OWN_SIGNAL:
            known = images.base(self.image_name) if self.image is None else None
            said = self.image.stop_signal if self.image else known.stop_signal if known else ""
        return full_name(said) if said else self.platform.stop_signal

    @property
    def sh(self) -> str:
        """Return which shell its /bin/sh is."""
        from supervisor.doctor.knowledge import shells

        return self.image.sh if self.image else shells.family(self.image_name).sh

    @property
    def argv(self) -> tuple[str, ...]:
        """Return what its PID 1 is started with; empty if nobody can tell."""
        from supervisor.doctor.commands.command import joined

        return joined(self.entrypoint, self.cmd)


def full_name(signal: str) -> str:
    """Return a signal's whole name: SIGTERM for `15`, `TERM` and `sigterm`."""
    from supervisor.core.signalnames import name, number

    known = number(signal.strip("\"' "))
    return name(known) if known else signal
