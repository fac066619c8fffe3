"""uWSGI's command line, taken apart as getopt_long(3) does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.servers.uwsgi.commandline import LETTERS, NO_VALUE, OPTIONAL_VALUE, split


@pytest.mark.parametrize(
    ("words", "options", "rest"),
    [
        (("--http", ":80"), [("http", ":80")], []),
        (("--http=:80",), [("http", ":80")], []),
        (("--env", "A=B"), [("env", "A=B")], []),
        (("--master", "app.ini"), [("master", "")], ["app.ini"]),
        (("--vacuum", "--http", ":80"), [("vacuum", ""), ("http", ":80")], []),
        (("app.ini", "--http", ":80"), [("http", ":80")], ["app.ini"]),
        (("-s", ":80"), [("socket", ":80")], []),
        (("-s:80",), [("socket", ":80")], []),
        (("-p4",), [("processes", "4")], []),
        (("-Mp4",), [("master", ""), ("processes", "4")], []),
        (("-Mp", "4"), [("master", ""), ("processes", "4")], []),
        (("-C", "app.ini"), [("chmod-socket", "")], ["app.ini"]),
        (("-C660",), [("chmod-socket", "660")], []),
        (("--need-app", "app.ini"), [("need-app", "")], ["app.ini"]),
        (("--chmod-socket=660",), [("chmod-socket", "660")], []),
        (("--http", "--master"), [("http", "--master")], []),
        (("--http",), [("http", "")], []),
        (("-M", "--", "--http"), [("master", "")], ["--http"]),
        (("-",), [], ["-"]),
    ],
)
def test_words(words: tuple[str, ...], options: list[tuple[str, str]], rest: list[str]) -> None:
    """Whether a word is a value depends on the option before it."""
    assert split(words) == (options, rest)


@given(st.lists(st.text(alphabet="-=abMpsC: ", max_size=8), max_size=8))
def test_any_words(words: list[str]) -> None:
    """Nothing that can be written raises, and nothing but separators is dropped."""
    options, rest = split(words)
    assert len(rest) <= len(words)
    assert all(isinstance(value, str) for _name, value in options)


def test_the_tables_agree() -> None:
    """An option takes a value, may take one, or takes none."""
    assert not NO_VALUE & OPTIONAL_VALUE
    assert {"master", "lazy-apps", "die-on-term", "stats-http"} <= NO_VALUE
    assert not {"socket", "http", "ini", "master-fifo", "processes"} & (NO_VALUE | OPTIONAL_VALUE)
    assert all(len(letter) == 1 for letter in LETTERS)
