"""Who uWSGI will be."""

from __future__ import annotations

import os

import pytest

from supervisor.errors import UsageError
from supervisor.front.identity import Identity, drops_to
from supervisor.servers.uwsgi import launch
from supervisor.servers.uwsgi.launch import Launch
from tests.servers.surroundings import ini, read


def wanted(*lines: str) -> Launch:
    text = ini("master", "http = :80", *lines)
    return launch.describe(read("--ini", "app.ini", app=text), (), 4096)


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 0)


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("lines", "identity"),
    [
        ((), Identity()),
        (("uid = 1000",), Identity(1000)),
        (("uid = 1000", "gid = 7"), Identity(1000, 7)),
        (("gid = 7",), Identity(None, 7)),
        (("uid = root", "gid = root"), Identity(0, 0)),
    ],
)
def test_names_and_numbers(lines: tuple[str, ...], identity: Identity) -> None:
    """Both may be written; what isn't stays ours."""
    assert drops_to(wanted(*lines)) == identity


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("uid = who", r"as user 'who' \(app.ini:4\): there is no such user"),
        ("gid = who", r"in group 'who' \(app.ini:4\): there is no such group"),
        ("uid = 99999999999", r"uid 99999999999 \(app.ini:4\): the highest is"),
    ],
)
def test_nobody_knows_them(line: str, message: str) -> None:
    """File and line are named."""
    with pytest.raises(UsageError, match=message):
        drops_to(wanted(line))


def test_only_root_can(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an unprivileged user it is a warning, whether they exist or not: so uWSGI has it."""
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    identity = drops_to(wanted("uid = who", "gid = 7"))
    assert identity == Identity(notes=("uid who and gid 7 not taken: only root can change to it",))
