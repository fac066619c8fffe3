"""Secrets of command lines and logs are in nothing that is shown or written."""

from __future__ import annotations

import json

import pytest

from supervisor.ops import containers
from supervisor.ops.case import to_json
from supervisor.ops.masking import masked, masked_line


def test_secrets_are_masked() -> None:
    """Of options, variables and URLs; what stands around them does."""
    line = ("app", "--db-password", "x", "--token=y", "A_KEY='b c' app", "http://u:p@h/", "-p", "1")
    shown = ("app", "--db-password", "***", "--token=***", "A_KEY=*** app", "http://u:***@h/")
    assert masked(line) == (*shown, "-p", "1")
    assert masked(("app", "--password", "two words", "-p", "hunter4", "-p", "/run", "")) == (
        *("app", "--password", "***", "-p", "***", "-p", "/run", ""),
    )


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("exec app --password hunter2 -p 80", "exec app --password *** -p 80"),
        ("login -u me -p hunter4; mkdir -p /run", "login -u me -p ***; mkdir -p /run"),
        ("GET /?token=abc&page=2 200", "GET /?token=***&page=2 200"),
        ('{"db_password": "a \\" b", "n": 1}', '{"db_password": ***, "n": 1}'),
        ("KeyError: 'name'", "KeyError: 'name'"),
        ("published -p 80:80", "published -p 80:80"),
    ],
)
def test_lines(line: str, shown: str) -> None:
    """Scripts of `sh -c`, and what a program logs; twice changes nothing."""
    assert masked_line(line) == shown == masked_line(shown)


def test_a_container_is_masked_when_it_is_read() -> None:
    """So nothing that is made from it can tell."""
    script = "app --password hunter2 --secret=hunter3 -p hunter4"
    found = {
        "Id": "0" * 64,
        "Name": "/web",
        "Path": "sh",
        "Args": ["-c", script],
        "Config": {},
        "HostConfig": {},
    }
    told = json.dumps(to_json(containers.container(found)))
    assert "hunter" not in told
    assert "--password ***" in told
