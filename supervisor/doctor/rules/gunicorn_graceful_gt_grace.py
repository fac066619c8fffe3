"""A gunicorn that waits for its requests longer than it is allowed to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from supervisor.doctor.finding import INFO, LOW, MEDIUM, Finding
from supervisor.doctor.house.composed import Composed
from supervisor.doctor.house.granting import granted
from supervisor.doctor.knowledge.platforms import MARGIN_S
from supervisor.doctor.knowledge.trials import trial
from supervisor.doctor.reading.duration import duration
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_grace
from supervisor.doctor.services.service import SUPERVISORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.servers.servers import Server

FIX = (
    "Give it a grace period some seconds above its graceful time-out, or set `--graceful-timeout`"
    " some seconds below the grace period."
)
MOST_S = 30.0  # of Kubernetes, and more than others give
SPARE_S = 5  # what is given beyond the time-out


def check(house: House) -> Iterator[Finding]:
    """Look at the gunicorns that services run; supervisord's have a rule of their own."""
    composed = Composed(house)
    for server in house.servers:
        service = server.service
        if composed.grace_elsewhere(service):
            continue
        sure = server.graceful_s if server.name == "gunicorn" else None
        graceful = server.unless_s if sure is None and server.name == "gunicorn" else sure
        if graceful is None or service.kind == SUPERVISORD or service.oneshot:
            continue
        sleeps = service.prestop.sleeps_s if service.prestop else None
        left = service.grace - (sleeps or 0.0)
        if service.platform.all and graceful <= left:
            continue  # who runs a Procfile is not known that well
        if service.signal == "SIGTERM" and graceful + MARGIN_S > left:
            found = _finding(house, server, graceful, left)
            yield found if sure is not None else found.replace(severity=INFO, edits=())
    yield from _alone(house)


def _alone(house: House) -> Iterator[Finding]:
    """Look at settings that no service is known to read: above what all platforms give."""
    read = {option.place.path for server in house.servers for option in server.options.values()}
    for source in house.of_kind("gunicorn"):
        parsed = house.files.python(source.path) if source.path not in read else None
        said = parsed.constants.get("graceful_timeout") if parsed else None
        if said is None or trial(source.path):
            continue
        seconds = duration(str(said.constant if said.is_constant else said.fallback))
        if seconds is not None and seconds > MOST_S:
            yield Finding(
                "gunicorn-graceful-gt-grace",
                INFO,
                said.place,
                f"gunicorn waits up to {seconds:g} s for requests; Docker kills 10 s after the"
                " stop, Kubernetes 30 s, if nobody says otherwise.",
                FIX,
            )


def _finding(house: House, server: Server, graceful: float, left: float) -> Finding:
    service = server.service
    default = server.get("graceful-timeout") is None
    over = for_grace(service, MEDIUM if graceful > left else LOW)
    waits = f"waits up to {graceful:g} s for requests{' (its default)' if default else ''}"
    after = f"{service.platform.title} kills it after {service.grace:g} s"
    if left < service.grace:
        took = service.grace - left
        after += f", and its preStop takes {took:g} s" + (" of them" if left > 0 else "")
    ends = "requests that take longer are cut" if graceful > left else "there is no time to end"
    wanted = math.ceil(service.grace - left + graceful + SPARE_S)
    return Finding(
        "gunicorn-graceful-gt-grace",
        over,
        server.where("graceful-timeout"),
        f"gunicorn {waits}, but {after}: {ends}, and its last lines of log are lost.",
        FIX,
        granted(house, service, wanted) if over != INFO else (),
        (f"{service.grace_place or service.place}: {service.grace:g} s of grace",),
    )


def _compose(options: str, grace: str = "") -> tuple[tuple[str, str], ...]:
    text = f"services:\n  web:\n    image: app\n    command: gunicorn {options}app:app\n{grace}"
    return (("compose.yml", text),)


POD = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
        - name: web
          image: app
          command: [gunicorn, app:app]
"""

RULE = Rule(
    id="gunicorn-graceful-gt-grace",
    severity=MEDIUM,
    title="gunicorn's graceful time-out does not fit into the grace period",
    why=(
        "gunicorn waits 30 s for its requests if nobody says otherwise. Docker kills after 10 s, so"
        " gunicorn's own time-out never comes; Kubernetes kills after 30 s, which leaves no time"
        " for gunicorn to end by itself."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _compose(""),
            at="compose.yml:4",
            fixed="services:\n  web:\n    stop_grace_period: 35s\n    image: app\n"
            "    command: gunicorn app:app\n",
        ),
        Example(
            _compose("--graceful-timeout=60 ", "    stop_grace_period: 30s\n"), "compose.yml:4"
        ),
        Example((("k8s.yaml", POD),), at="k8s.yaml:11", severity=LOW),
        Example(
            (("Dockerfile", 'FROM python:3.11\nCMD ["gunicorn", "app:app"]\n'),),
            at="Dockerfile:2",
            severity=INFO,
        ),
        Example(
            (
                ("Dockerfile", 'FROM python:3.11\nCOPY . /\nCMD ["gunicorn", "app:app"]\n'),
                ("compose.yml", "services:\n  web:\n    build: .\n"),
                ("gunicorn.conf.py", "graceful_timeout = 20\n"),
            ),
            at="gunicorn.conf.py:1",
        ),
        Example(
            (
                ("Dockerfile", 'FROM python:3.11\nCMD ["gunicorn", "app:app"]\n'),
                ("fly.toml", 'app = "a"\nkill_signal = "SIGTERM"\n'),
            ),
            at="Dockerfile:2",
            fixed='app = "a"\nkill_timeout = 35\nkill_signal = "SIGTERM"\n',
        ),
        Example(
            (("gunicorn.conf.py", "graceful_timeout = 2 * 60\n"),),
            at="gunicorn.conf.py:1",
            severity=INFO,
        ),
        Example(
            (
                (
                    "Dockerfile",
                    'FROM python:3.11\nCOPY . /\nCMD ["gunicorn", "a:a"]\n',
                ),
                ("gunicorn.conf.py", "import os\ngraceful_timeout = int(os.getenv('T', '60'))\n"),
            ),
            at="gunicorn.conf.py:2",
            severity=INFO,
            by_hand=True,
        ),
        Example(_compose("$OPTIONS "), at="compose.yml:4", severity=INFO, by_hand=True),
        Example(
            (("a.service", "[Service]\nExecStart=gunicorn a:b\nTimeoutStopSec=5\n"),),
            at="a.service:2",
            fixed="[Service]\nExecStart=gunicorn a:b\nTimeoutStopSec=35\n",
        ),
    ),
    good=(
        Example(
            (
                *_compose(""),
                ("compose.override.yml", "services:\n  web:\n    stop_grace_period: 60s\n"),
            )
        ),
        Example((("a.service", "[Service]\nExecStart=gunicorn a:b\n"),)),
        Example((("a.service", "[Service]\nExecStart=gunicorn a:b\nTimeoutSec=infinity\n"),)),
        Example(
            (
                ("Dockerfile", 'FROM python:3.11\nCMD ["gunicorn", "app:app"]\n'),
                ("fly.toml", 'app = "a"\nkill_signal = "SIGTERM"\nkill_timeout = "40s"\n'),
            )
        ),
        Example((("gunicorn.conf.py", "graceful_timeout = 30\n"),)),
        Example((("gunicorn.conf.py", "graceful_timeout = compute()\n"),)),
        Example(_compose("", "    stop_grace_period: 40s\n")),
        Example(_compose("--graceful-timeout 8 ")),
        Example(
            (
                ("Dockerfile", 'FROM python:3.11\nCMD ["gunicorn", "app:app"]\n'),
                ("compose.yml", "services:\n  web:\n    build: .\n    stop_grace_period: 1m\n"),
            )
        ),
        Example(_compose("-c conf/unknown.py ")),
    ),
    evidence=(
        *("benoitc/gunicorn#1106", "frappe/agent#65"),
        "https://docs.gunicorn.org/en/stable/settings.html#graceful-timeout",
    ),
)
