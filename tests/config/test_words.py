"""Strings: variables, commands that are split, and secrets that nobody sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from supervisor.config import commandline, secrets, variables
from supervisor.config.mistakes import UnfitError

SET = {"A": "1 2", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("${A}", "1 2"), ("x${A}y${A}", "x1 2y1 2"), ("${NO:-d e}", "d e"), ("${NO:-}", ""),
        ("${EMPTY}", ""), ("${EMPTY:-d}", "d"), ("$$", "$"), ("$${A}", "${A}"), ("$$$$", "$$"),
    ],
)  # fmt: skip
def test_variables(text: str, found: str) -> None:
    """As compose and the shell read them."""
    assert variables.replaced(text, SET) == found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("${NO}", "the variable NO is not set"), ("$A", "at character 1"), ("a$", "character 2"),
        ("${A", "character 1"), ("${A-b}", "character 1"), ("${A:-${B}}", "character 1"),
        ("${1}", "character 1"), ("a\0", "NUL"),
    ],
)  # fmt: skip
def test_no_variables(text: str, told: str) -> None:
    """Every dollar sign means something; what surrounds it is not shown."""
    with pytest.raises(UnfitError, match=told):
        variables.replaced(text, SET)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b  c", ["a", "b", "c"]), ("a 'b && c'", ["a", "b && c"]), ('a "b;c|d"', ["a", "b;c|d"]),
        (r"a b\;c", ["a", "b;c"]), ("a '$(b)'", ["a", "$(b)"]), ("a ${B}", ["a", "${B}"]),
    ],
)  # fmt: skip
def test_commands(text: str, words: list[str]) -> None:
    """Quotes keep what a shell would read."""
    assert commandline.split(text) == words


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a && b", "understand &&"), ("a | b", r"understand \|"), ("a;b", "understand ;"),
        ("a > b", "understand >"), ("a $(b)", r"understand \$\("), ('a "$(b)"', r"understand \$\("),
        ("a `b`", "understand `"), ("a &", "understand &"), ("A=1 b", "set a variable"),
        ("a 'b", "no closing quotation"),
    ],
)  # fmt: skip
def test_no_commands(text: str, told: str) -> None:
    """There is no shell: who needs one names it."""
    with pytest.raises(UnfitError, match=told):
        commandline.split(text)


def test_secrets(tmp_path: Path) -> None:
    """One newline is the file's; the rest is the secret's."""
    (tmp_path / "s").write_bytes(b" a\n\n")
    assert secrets.read(tmp_path / "s", "X") == " a\n"
    assert secrets.named({"A_FILE": "x", "B_FILE": "y", "_FILE": "z"}, ["B_FILE"]) == {
        "A_FILE": "A"
    }


@pytest.mark.parametrize("content", [b"hush\0", b"hush" * 40_000], ids=("nul", "long"))
def test_no_secrets(tmp_path: Path, content: bytes) -> None:
    """An error never shows any of it; neither a folder nor a pipe is read."""
    (tmp_path / "s").write_bytes(content)
    for path, told in ((tmp_path / "s", "no variable can"), (tmp_path, "it is no file")):
        with pytest.raises(UnfitError, match=told) as error:
            secrets.read(path, "X")
        assert "hush" not in str(error.value) + error.value.todo


def test_what_is_shown() -> None:
    """Neither what came from a file, nor what looks like a secret, nor a URL's password."""
    shown = secrets.masked(
        {"A": "1", "B": "2", "MY_TOKEN": "3", "URL": "pg://u:p@h/d", "W": "http://h/a:b"}, ["B"]
    )
    assert shown == {
        "A": "1", "B": "***", "MY_TOKEN": "***", "URL": "pg://u:***@h/d", "W": "http://h/a:b",
    }  # fmt: skip
