"""What a platform does when nobody said otherwise: its grace period, its signal, to whom.

Source: table 5 of the catalogue (Docker, su and supervisord measured or read; the others from
their documentation).
"""

from __future__ import annotations

from typing import Final

from supervisor.core.record import Record


class Platform(Record):
    """The grace period in seconds before SIGKILL; `all`: every process gets the signal."""

    title: str
    grace_s: float
    stop_signal: str = "SIGTERM"
    all: bool = False


PLATFORMS: Final[dict[str, Platform]] = {
    "image": Platform("docker stop", 10),
    "compose": Platform("Docker Compose", 10),
    "swarm": Platform("Docker Swarm", 10),
    "kubernetes": Platform("Kubernetes", 30),
    "ecs": Platform("Amazon ECS", 30),
    "cloudrun": Platform("Cloud Run", 10),
    "procfile": Platform("Heroku", 30, all=True),
    "fly": Platform("Fly.io", 5, "SIGINT"),
    "nomad": Platform("Nomad", 5),
    "cloudfoundry": Platform("Cloud Foundry", 10),
    "systemd": Platform("systemd", 90),
    "supervisord": Platform("supervisord", 10),
}

# What servers wait for when nobody said otherwise, in seconds; None is for ever.
GUNICORN_GRACEFUL_S: Final = 30.0
UWSGI_MERCY_S: Final = 60.0
SUPERVISORD_STOPWAIT_S: Final = 10.0
HYPERCORN_GRACEFUL_S: Final = 3.0
MARGIN_S: Final = 1.0
"""What stopping itself takes beyond waiting: engine, exits and the last answers (measured)."""
