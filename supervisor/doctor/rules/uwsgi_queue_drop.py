"""A long queue in front of uWSGI, which is dropped at a stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import INFO, Finding
from supervisor.doctor.reading.duration import duration
from supervisor.doctor.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House

FIX = (
    "Take it out of the balancer before it stops (a preStop that sleeps), and keep `listen` short."
)
DEFAULT: Final = 100


def check(house: House) -> Iterator[Finding]:
    """Look at `listen` above uWSGI's own 100: somebody expects that requests queue."""
    for uwsgi in house.uwsgis:
        said = uwsgi.settings.last("listen") if uwsgi.settings else None
        if said is None or (duration(said.value) or 0) <= DEFAULT:
            continue
        yield Finding(
            "uwsgi-queue-drop",
            INFO,
            uwsgi.where("listen") or uwsgi.place,
            f"Up to {said.value} connections wait in the kernel until a worker takes them; those"
            " that still wait when uWSGI closes its socket are reset.",
            FIX,
        )


RULE = Rule(
    id="uwsgi-queue-drop",
    severity=INFO,
    title="What waits in uWSGI's listen queue is reset when it stops",
    why=(
        "A connection that the kernel has accepted and no worker has taken is reset when the socket"
        " is closed, and uWSGI closes it without taking them. The longer `listen` is, the more"
        " clients that concerns."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            (("uwsgi.ini", "[uwsgi]\nmaster = true\nsocket = :1\nlisten = 1024\n"),),
            at="uwsgi.ini:4",
        ),
    ),
    good=(
        Example((("uwsgi.ini", "[uwsgi]\nmaster = true\nsocket = :1\nlisten = 100\n"),)),
        Example((("uwsgi.ini", "[uwsgi]\nmaster = true\nsocket = :1\n"),)),
    ),
    evidence=("unbit/uwsgi#2693", "benoitc/gunicorn#2593"),
)
