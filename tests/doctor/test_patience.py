"""Whose requests a time-out is of, where a file of its own says it."""

from __future__ import annotations

import pytest

from supervisor.doctor.house.house import house_of
from supervisor.doctor.house.patience import patiences


@pytest.mark.parametrize(
    "command, found",
    [
        ("bundle exec unicorn -c config/unicorn.rb", "web"),
        ("/usr/local/bin/unicorn", "web"),
        ("bundle install unicorns", None),
        ("tail unicorn.log", None),
    ],
)
def test_the_only_service_that_runs_the_program(command: str, found: str | None) -> None:
    compose = f"services:\n  web:\n    image: app\n    command: {command}\n"
    files = {"compose.yml": compose, "config/unicorn.rb": "timeout 60\n"}
    (one,) = patiences(house_of(files))
    assert (one.service.name if one.service else None) == found


def test_of_two_nobody_can_tell() -> None:
    compose = "services:\n  a:\n    image: 'php:8-fpm'\n  b:\n    image: 'php:8-fpm'\n"
    files = {
        "compose.yml": compose,
        "www.conf": "[global]\nprocess_control_timeout = 20s ; enough\n[www]\npm = static\n",
    }
    (one,) = patiences(house_of(files))
    assert (one.key, one.value, one.service) == ("process_control_timeout", "20s", None)
