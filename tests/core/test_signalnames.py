"""Signals by name and number, as kill(1) knows them."""

from __future__ import annotations

import signal

import pytest

from supervisor.core.signalnames import name, number


@pytest.mark.parametrize("known", list(signal.Signals))
def test_the_names_are_the_systems(known: signal.Signals) -> None:
    """Both ways, with SIG and without, in any case."""
    if known not in (signal.SIGRTMIN, signal.SIGRTMAX):
        assert signal.Signals[name(known)] == known
    for text in (known.name, known.name.removeprefix("SIG"), known.name.lower(), str(int(known))):
        assert number(text) == known


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("RTMIN+3", 37),
        ("IOT", 6),
        ("SIGPOLL", 29),
        ("SIGRTMAX-1", 63),
        ("RTMIN", 34),
        ("RTMAX", 64),
        (" 9 ", 9),
        ("64", 64),
    ],
)
def test_real_time_signals(text: str, found: int) -> None:
    """By their distance."""
    assert number(text) == found


@pytest.mark.parametrize(
    "text",
    ["", "SIG", "0", "65", "-1", "TREM", "RTMIN-1", "RTMIN+", "RTMIN+31", "RTMAX-31", "\u0663"],
)
def test_what_is_none(text: str) -> None:
    """Never guessed."""
    assert number(text) is None


@pytest.mark.parametrize("given", range(1, 65))
def test_there_and_back(given: int) -> None:
    """Each number has a name that is read again, but for two that are glibc's own."""
    assert number(name(given)) == (given if given not in (32, 33) else None)
