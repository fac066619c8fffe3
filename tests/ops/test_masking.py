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


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Authorization: Bearer abc.def.ghi", "Authorization: ***"),
        ("> proxy-authorization:Basic aHVu 8", "> proxy-authorization:***"),
        ("GET / Cookie: a=b; sid=hunter2", "GET / Cookie: ***"),
        ('set-cookie: sid="hunter2"; Path=/', "set-cookie: ***"),
        ("X-Api-Key: hunter2", "X-Api-Key: ***"),
        ("x-auth-token: hunter2", "x-auth-token: ***"),
        ('Authorization: Digest username="me", response="6629"', "Authorization: ***"),
        ('curl -H "Authorization: Bearer a.b" http://h/', 'curl -H "Authorization: ***" http://h/'),
        ("curl -H 'Cookie: a=\"b\"' http://h/", "curl -H 'Cookie: ***' http://h/"),
        ("{'Authorization': 'Bearer a.b', 'n': 1}", "{'Authorization': '***', 'n': 1}"),
        ("[(b'cookie', b'a=b'), (b'host', b'h')]", "[(b'cookie', b'***'), (b'host', b'h')]"),
        ("401: no authorization, no cookies", "401: no authorization, no cookies"),
    ],
)
def test_headers(line: str, shown: str) -> None:
    """What authenticates is masked to the end of its value, be it quoted or not."""
    assert masked_line(line) == shown == masked_line(shown)


def test_a_line_of_json_stays_one() -> None:
    """A report is read from a log after its secrets are masked."""
    words = ["curl", "-H", "Authorization: Bearer hunter2", 'sh -c "-H Cookie: a=hunter2"']
    digest = 'Authorization: Digest a="hunter2", b="hunter2"'
    found = masked_line(json.dumps({"argv": words, "cookie": "hunter2", "log": digest, "n": 1}))
    assert "hunter" not in found
    assert json.loads(found)["n"] == 1


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
