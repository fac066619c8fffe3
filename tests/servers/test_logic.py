"""Conditions and loops in a configuration."""

from __future__ import annotations

import pytest

from supervisor.errors import UsageError
from tests.servers.surroundings import ini, read


@pytest.mark.parametrize(
    ("condition", "taken"),
    [
        ("if-env = PORT", [":8000"]),
        ("ifenv = PORT", [":8000"]),
        ("if-env = PORT=8000", [":8000"]),
        ("if-env = PORT=1", []),
        ("if-env = GONE", []),
        ("if-not-env = GONE", [":GONE"]),
        ("if-not-env = PORT", []),
        ("if-opt = base", [":7000"]),
        ("if-opt = base=1", []),
        ("if-not-opt = gone", [":gone"]),
        ("if-exists = app.ini", [":app.ini"]),
        ("if-file = app.ini", [":app.ini"]),
        ("if-file = gone", []),
        ("if-not-file = gone", [":gone"]),
        ("if-dir = app.ini", []),
        ("if-hostname = box", [":box"]),
        ("if-not-hostname = box", []),
        ("if-reload = x", []),
        ("for = 1 2 3", [":1", ":2", ":3"]),
        ("for-times = 2", [":1", ":2"]),
        ("for-readline = lines.ini", [":a", ":b"]),
        ("for-readline = gone", []),
    ],
)
@pytest.mark.parametrize("end", ["end", "endif", "end-for"])
def test_what_holds_is_taken(condition: str, taken: list[str], end: str) -> None:
    """Until the end every option is taken as often as the condition says."""
    found = read(
        "--ini", "app.ini",
        app=ini("base = 7000", condition, "http = :%(_)", end, "master = true"),
        lines="a\nb\n",
        environment={"PORT": "8000"},
    )  # fmt: skip
    assert [setting.value for setting in found.each("http")] == taken
    assert found.flag("master")


def test_a_condition_that_is_uwsgis_own() -> None:
    """Where an address hangs on it, it is refused with both places; elsewhere it doesn't matter."""
    with pytest.raises(UsageError, match=r"`http` \(app.ini:3\).*`if-plugin` \(app.ini:2\)"):
        read("--ini", "app.ini", app=ini("if-plugin = python", "http = :80", "endif"))
    assert read("--ini", "app.ini", app=ini("if-plugin = python", "threads = 2", "endif")).all


def test_a_condition_inside_a_condition() -> None:
    """uWSGI has none."""
    with pytest.raises(UsageError, match=r"app.ini:3\): uWSGI has no conditions inside"):
        read("--ini", "app.ini", app=ini("for = 1", "if-env = A", "http = :1"))
