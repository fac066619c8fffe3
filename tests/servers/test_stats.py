"""What is taken of uWSGI's stats, and what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.servers.uwsgi.stats import Worker, request_line, workers

SECRET = "hunter2"


def core(busy: int = 1, *more: str) -> dict[str, Any]:
    variables = ["REQUEST_METHOD=GET", "PATH_INFO=/a", f"HTTP_COOKIE={SECRET}", *more, ""]
    return {"id": 0, "in_request": busy, "vars": variables}


def worker(**changes: Any) -> dict[str, Any]:
    return {
        "id": 1, "pid": 7, "accepting": 1, "status": "busy", "requests": 3, "respawn_count": 2,
        "avg_rt": 250_000, "cores": [core()], **changes,
    }  # fmt: skip


def test_a_worker() -> None:
    """Times in seconds, requests by method and path."""
    assert workers({"workers": [worker()]}) == (
        Worker(1, 7, True, "busy", 3, 2, 0.25, ("GET /a",), 1),
    )


def test_who_does_not_count() -> None:
    """A worker without a process is none; an idle core runs nothing, whatever its variables say."""
    assert workers({"workers": [worker(pid=0)]}) == ()
    assert workers({}) == ()
    (idle,) = workers({"workers": [worker(cores=[core(0), core(0)])]})
    assert (idle.busy, idle.running) == (0, ())


def test_a_worker_that_says_little() -> None:
    """While it starts, or in another version, fields are missing."""
    (found,) = workers({"workers": [{"id": 1, "pid": 7}]})
    assert found == Worker(1, 7, False, "", 0, 0, 0.0, (), 0)


def test_threads() -> None:
    """Every busy core is a request."""
    (found,) = workers({"workers": [worker(cores=[core(1), core(0), core(1)])]})
    assert (found.busy, found.running) == (2, ("GET /a", "GET /a"))


names = st.sampled_from(["HTTP_AUTHORIZATION", "QUERY_STRING", "HTTP_X", "REMOTE_USER", "wsgi.x"])


@given(
    st.lists(names.map(lambda name: f"{name}={SECRET}")),
    st.permutations(["REQUEST_METHOD=PUT", "PATH_INFO=/x=y", "", "nonsense"]),
)
def test_nothing_but_method_and_path(secrets: list[str], others: list[str]) -> None:
    """Headers hold tokens; not one of them is taken, whatever the order."""
    assert request_line([*secrets, *others]) == "PUT /x=y"
    assert request_line([*others, *secrets]) == "PUT /x=y"


@given(st.lists(st.text(max_size=20)))
def test_any_variables(variables: list[str]) -> None:
    """Whatever uWSGI writes there, one line comes out."""
    method, space, _path = request_line(variables).partition(" ")
    assert method
    assert space


@given(st.recursive(st.none() | st.integers() | st.text(max_size=3), st.lists, max_leaves=5))
def test_no_secret_survives(noise: object) -> None:
    """Nowhere in what is kept of a document is anything of a request but these two."""
    document = json.loads(json.dumps({"workers": [worker(), worker(noise=noise)], "x": noise}))
    assert SECRET not in repr(workers(document))


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (f"/reset?token={SECRET}", "/reset?..."),
        (f"/a#{SECRET}?x", "/a#..."),
        (f"?{SECRET}", "?..."),
        (f"/{'x' * 300}?{SECRET}", f"/{'x' * 199}..."),
        ("/a?", "/a?"),
    ],
)
def test_a_query_is_not_told(path: str, told: str) -> None:
    """Links that reset a password have tokens there; a proxy may hand over all of a URI."""
    assert request_line(["REQUEST_METHOD=GET", f"PATH_INFO={path}"]) == f"GET {told}"


def test_what_is_empty_or_long() -> None:
    """A line in a log, always of two words at least, and never a page."""
    assert request_line(["REQUEST_METHOD=", "PATH_INFO="]) == "? ?"
    assert request_line(["REQUEST_METHOD=GET", f"PATH_INFO=/{'x' * 500}"]) == f"GET /{'x' * 199}..."
