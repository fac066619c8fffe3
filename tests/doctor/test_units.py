"""Units of systemd: what stops them, and which times they say."""

from __future__ import annotations

from math import inf

import pytest

from supervisor.doctor.house.house import house_of
from supervisor.doctor.platforms.units import Unit, timespan, units


def unit(text: str, name: str = "a.service") -> Unit:
    (found,) = units(house_of({name: text}).files)
    return found


def test_what_a_unit_says() -> None:
    """A command without anything forgets those before; a line may be continued."""
    found = unit(
        "[Unit]\nAfter=x\n[Service]\nExecStart=-/usr/bin/docker \\\n  run a\nExecStop=a\n"
        "ExecStop=\nExecStop=+docker stop a\nExecStop=docker rm a\nTimeoutSec=1min 30s\n"
    )
    assert [(text, place.line) for text, place in found.commands("ExecStop")] == [
        ("docker stop a", 8), ("docker rm a", 9),
    ]  # fmt: skip
    ((text, place),) = found.commands("ExecStart")
    assert (text.split(), place.line, place.last) == (["/usr/bin/docker", "run", "a"], 4, 5)
    assert found.timeout_s == 90
    assert found.container is None


@pytest.mark.parametrize(
    "said, seconds",
    [
        ("", 90),
        ("TimeoutStopSec=5", 5),
        ("TimeoutStopSec=infinity", inf),
        ("TimeoutSec=0", inf),
        ("TimeoutStopSec=600\nTimeoutSec=5", 5),
        ("TimeoutStopSec=5\nTimeoutStopSec=5x", 5),
        ("TimeoutStopSec=5x", 90),
        ("TimeoutStopSec=", 90),
        ("TimeoutStopSec={{ time }}", None),
    ],
)
def test_for_how_long_a_stop_is_waited_for(said: str, seconds: float | None) -> None:
    assert unit(f"[Service]\nExecStart=a\n{said}\n").timeout_s == seconds


def test_what_is_no_unit() -> None:
    """A D-Bus service, for one."""
    assert not list(units(house_of({"a.service": "[D-BUS Service]\nName=a\nExec=b\n"}).files))
    assert unit("[Container]\nImage=a\n", "a.container").container is not None


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("90", 90), ("1min 30s", 90), ("5m", 300), ("2h", 7200), ("100ms", 0.1), ("0", 0),
        ("infinity", inf), ("1w 1M", 3234600), ("", None),
        ("5 parsecs", None), ("9" * 70, None), ("-5", None),
    ],
)  # fmt: skip
def test_times(text: str, seconds: float | None) -> None:
    assert timespan(text) == seconds
