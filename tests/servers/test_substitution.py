"""What uWSGI replaces in a configuration."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.errors import UsageError
from supervisor.servers.uwsgi import substitution
from tests.servers.surroundings import Place, ini, read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("%p", "/srv/site/app.ini"),
        ("%d", "/srv/site/"),
        ("%s", "app.ini"),
        ("%n", "app"),
        ("%e", "ini"),
        ("%c", "site"),
        ("%v", "/srv"),
        ("%h", "box"),
        ("%0-%1", "srv-site"),
        ("%o", "site/app.ini"),
        ("100%%", "100%"),
        ("a%%nb", "a%nb"),
        ("%%%n", "%app"),
        ("x%~y", "xy"),
        ("%(key)", "%(key)"),
    ],
)
def test_magic_variables(text: str, value: str) -> None:
    """They are replaced in the whole text of a file; what is unknown stands for nothing."""
    place = Place({"/srv/site/app.ini": ""})
    magic = substitution.magic("site/app.ini", "", place, None)
    assert substitution.magic_sub(text, magic) == value


def test_a_link_keeps_its_own_name() -> None:
    """One file for many instances: each link names its own."""
    place = Place({"/srv/shared.ini": ""}, links={"/srv/one.ini": "/srv/shared.ini"})
    assert substitution.magic("one.ini", "", place, None)["n"] == "one"
    assert substitution.magic("shared.ini", "", place, None)["n"] == "shared"


def test_capitals_stand_for_the_first_file() -> None:
    """An included file can name the one that was started with."""
    found = read("--ini", "app.ini", app=ini("include = more.ini"), more=ini("a = %n", "b = %N"))
    assert (found.get("a"), found.get("b")) == ("more", "app")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("http = :$(PORT)", ":8000"),
        ("http = $(HOST):$(PORT)", "h:8000"),
        ("http = $(MISSING)", "$(MISSING)"),
        ("http = $()", "$()"),
        ("http = $(PORT", "$(PORT"),
        ("http = :%(base)", ":7000"),
        ("http = :%(base + 1)", ":7001"),
        ("http = :%(base ++)", ":7001"),
        ("http = :%(base * 2 / 7)", ":2000"),
        ("http = :%(base / 0)", ":0"),
        ("http = :%(base - 1)%(unknown)", ":6999%(unknown)"),
        ("http = %(base base)", "70007000"),
        ("http = @(more.ini)", "content"),
        ("http = @(gone.ini)", "@(gone.ini)"),
        ("http = :%(later)", ":9"),
        ("http = $(NAMES)", "7000"),
    ],
)
def test_references(line: str, value: str) -> None:
    """Environment first, then files, then options, wherever those stand; else left alone."""
    found = read(
        "--ini", "app.ini",
        app=ini("base = 7000", line, "later = 9"),
        more="content\n",
        environment={"PORT": "8000", "HOST": "h", "NAMES": "%(base)"},
    )  # fmt: skip
    assert found.get("http") == value


@pytest.mark.parametrize("line", ["listen = $(N)", "ini = $(N)"])
def test_what_acts_at_once_is_taken_as_it_stands(line: str) -> None:
    """`listen` and `ini` have happened before anything is replaced."""
    files = {"/srv/$(N)": ini(), "/srv/app.ini": ini(line)}
    from supervisor.servers.uwsgi.settings import read as read_settings

    found = read_settings(("uwsgi", "app.ini"), Place(files, {"N": "5"}))
    assert found.get(line.split(maxsplit=1)[0]) == "$(N)"


def test_what_stands_for_itself() -> None:
    """uWSGI would never end; we do."""
    with pytest.raises(UsageError, match=r"app.ini:2\): it stands for itself"):
        read("--ini", "app.ini", app=ini("a = x%(a)"))


@pytest.mark.parametrize(
    ("text", "number"), [("5", 5), (" 5x", 5), ("-3", -3), ("+3", 3), ("x", 0), ("", 0), ("٣", 0)]
)
def test_integers(text: str, number: int) -> None:
    """As atoi(3) reads them."""
    assert substitution.integer(text) == number


@given(st.text(alphabet="%$@()ab +", max_size=30))
def test_any_text(text: str) -> None:
    """Nothing raises, nothing hangs, and what has no sign in it stays what it is."""
    done = substitution.expand(text, "%", {"a": "1"}.get, "here")
    assert done == text or "%(" in text
    substitution.magic_sub(text, {"a": "1"})
    substitution.reference(text, {"a": "1"}.get)
