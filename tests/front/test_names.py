"""Host names are looked up once, and nobody waits for a silent resolver."""

from __future__ import annotations

import socket
import threading

import pytest

from supervisor.address import Address, parse
from supervisor.errors import UsageError
from supervisor.front import names


@pytest.mark.parametrize("text", [":80", "127.0.0.1:80", "[::1]:80", "/a.sock"])
def test_numbers_stay(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked for what is known."""
    monkeypatch.setattr(socket, "getaddrinfo", None)
    assert names.resolved(parse(text), "here") == parse(text)


def test_a_name() -> None:
    """It becomes a number of the family that was written."""
    assert names.resolved(parse("localhost:80"), "here") == Address("inet", "127.0.0.1", 80)


@pytest.mark.parametrize("host", ["no.such.invalid", "x" * 70, "a..b"])
def test_a_name_that_nobody_knows(host: str) -> None:
    """Whatever the resolver says about it, in one line."""
    with pytest.raises(UsageError, match=r"cannot listen on .* \(here\): "):
        names.resolved(Address("inet", host, 80), "here")


def test_a_silent_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signals are blocked meanwhile, so it gets a few seconds and no more."""
    asked = threading.Event()
    release = threading.Event()

    def silent(*_: object) -> list[object]:
        asked.set()
        release.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    monkeypatch.setattr(names, "PATIENCE_S", 0.05)
    with pytest.raises(UsageError, match=r"no answer about 'slow' within 0\.05 s"):
        names.resolved(Address("inet", "slow", 80), "here")
    assert asked.is_set()
    release.set()
