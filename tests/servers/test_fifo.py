"""uWSGI's FIFO commands: all of them, and when each is refused."""

from __future__ import annotations

import pytest

from supervisor.core.phases import DELAYING, PHASES, SERVING
from supervisor.servers.uwsgi.fifo import COMMANDS, Command, find, refusal

# core/fifo.c, uwsgi_master_fifo_prepare(), 2.0.31; a newline is in no slot, but wakes the master.
IN_THE_SOURCE = set("0123456789+-BcCEflLpPqQrRsSwW")


def command(word: str) -> Command:
    found = find(word)
    assert found
    return found


def allowed(word: str, phase: str = SERVING, **state: bool | int) -> bool:
    known = {"router": False, "cheaper": False, "starting": 0, **state}
    return not refusal(command(word), phase, **known)  # type: ignore[arg-type]


def test_all_that_uwsgi_has() -> None:
    """Not one more, not one less, each with a name of its own."""
    assert {one.byte for one in COMMANDS} == IN_THE_SOURCE | {"\n"}
    assert len({one.name for one in COMMANDS}) == len(COMMANDS)


def test_letters_and_names() -> None:
    """A command is found by either; anything else is none."""
    assert find("c") is find("chain-reload")
    assert find("cc") is None
    assert find("") is None


@pytest.mark.parametrize("one", COMMANDS, ids=lambda one: one.name)
@pytest.mark.parametrize("phase", [one for one in PHASES if one not in (SERVING, DELAYING)])
def test_nothing_outside_of_service(one: Command, phase: str) -> None:
    """While it starts uWSGI does not listen, while it stops it must not be disturbed."""
    assert refusal(one, phase, router=False, cheaper=True, starting=0) == f"the service is {phase}"


@pytest.mark.parametrize(
    ("word", "state", "fine"),
    [
        *((word, {}, False) for word in "qQfCRW"),
        *((word, {}, True) for word in ("c", "l", "L", "p", "P", "s", "w", "r", "0", "9", "\n")),
        ("r", {"router": True}, False),
        ("w", {"router": True}, False),
        ("c", {"router": True}, True),
        ("+", {}, False),
        ("+", {"cheaper": True}, True),
        ("-", {}, False),
        ("-", {"cheaper": True}, True),
        ("c", {"starting": 1}, False),
        ("w", {"starting": 1}, False),
        ("p", {"starting": 1}, True),
    ],
)
def test_while_it_serves(word: str, state: dict[str, bool | int], fine: bool) -> None:
    """What would lose requests or end the service is refused; the rest is let through."""
    assert allowed(word, SERVING, **state) is fine
    assert allowed(word, DELAYING, **state) is fine
