"""What can't work is refused before anything is looked at."""

from __future__ import annotations

from typing import Any

import pytest

from supervisor.core.budget import RESERVE_S
from supervisor.core.policy import Rung
from supervisor.errors import UsageError
from supervisor.front.options import Options

LADDER = (Rung("term", signal=15),)


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"command": ()}, "there is no command"),
        ({"command": ("",)}, "there is no command"),
        ({"grace_s": 0.0}, "a grace of 0 s: it must be a number above 0"),
        ({"grace_s": -1.0}, "a grace of -1 s"),
        ({"grace_s": float("nan")}, "a grace of nan s"),
        ({"grace_s": float("inf")}, "a grace of inf s"),
        ({"drain_delay_s": -1.0}, "a drain delay of -1 s"),
        ({"drain_delay_s": float("nan")}, "a drain delay of nan s"),
        ({"drain_delay_s": float("inf")}, "a drain delay of inf s"),
        ({"grace_s": RESERVE_S}, "the reserve of 1 s into a grace of 1 s"),
        ({"grace_s": 10.0, "drain_delay_s": 9.0}, "Give more grace than 10 s"),
    ],
)
def test_what_cannot_work(wishes: dict[str, Any], message: str) -> None:
    """Each with its number and what to do."""
    with pytest.raises(UsageError, match=message):
        Options(**{"command": ("true",), **wishes}).check()


def test_what_just_works() -> None:
    """A moment beyond delay and reserve is enough to begin with."""
    Options(("true",), grace_s=3.1, drain_delay_s=2.0).check()


def test_the_policy() -> None:
    """Ladders that a driver doesn't know are the one it knows."""
    policy = Options(("true",), grace_s=5, exit_code="zero", hurry=False).policy(
        looks=True, ladder=LADDER
    )
    assert (policy.grace_s, policy.exit_code, policy.hurry) == (5, "zero", False)
    assert policy.ladder == policy.unready_ladder == policy.forced_ladder == LADDER
