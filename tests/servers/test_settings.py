"""uWSGI's options in uWSGI's own order, read from data."""

from __future__ import annotations

import pytest

from supervisor.errors import UsageError
from tests.servers.surroundings import Place, ini, read


def values(found: object, key: str) -> list[str]:
    return [setting.value for setting in found.each(key)]  # type: ignore[attr-defined]


def test_the_last_one_wins_and_the_environment_comes_first() -> None:
    """Environment, then command line and files in the order of the words."""
    found = read(
        "--processes", "1", "--ini", "app.ini", "--threads", "4",
        environment={"UWSGI_PROCESSES": "9", "UWSGI_THREADS": "9", "HOME": "/"},
        app=ini("processes = 2", "threads = 3"),
    )  # fmt: skip
    assert found.get("processes") == "2"
    assert found.get("threads") == "4"
    assert values(found, "processes") == ["9", "1", "2"]


def test_a_file_without_an_option_comes_last() -> None:
    """`uwsgi app.ini --listen 5`: what is no option is read after all options."""
    found = read("app.ini", "--listen", "5", app=ini("listen = 7"))
    assert found.get("listen") == "7"


def test_where_a_setting_stands() -> None:
    """File and line, command line, or the variable."""
    found = read(
        "--chdir", "/", "--ini", "app.ini",
        environment={"UWSGI_STATS": "/s"},
        app=ini("; a comment", "", "http = :80"),
    )  # fmt: skip
    assert [s.where for s in found.each("stats", "chdir", "http")] == [
        "$UWSGI_STATS",
        "command line",
        "app.ini:4",
    ]


def test_what_uwsgi_does_not_take_for_an_option() -> None:
    """Its own variables are none (core/utils.c, parse_sys_envs)."""
    assert not read(environment={"UWSGI_RELOADS": "1", "UWSGI_EMPEROR_FD": "3"}).all


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("workers", "processes"),
        ("chmod", "chmod-socket"),
        ("httprouter", "http"),
        ("stats-server", "stats"),
        ("socket-protocol", "protocol"),
        ("wsgi", "module"),
        ("daemonize2", "daemonize"),
    ],
)
def test_other_names(written: str, key: str) -> None:
    """Two names for one option are one option."""
    assert read("--ini", "app.ini", app=ini(f"{written} = x")).get(key) == "x"


@pytest.mark.parametrize(
    ("line", "on"),
    [
        ("master = true", True),
        ("master", True),
        ("master =", True),
        ("master = 1", True),
        ("master = whatever", True),
        ("master = false", False),
        ("master = FALSE", False),
        ("master = off", False),
        ("master = No", False),
        ("master = 0", False),
        ("master = 00", True),
        ("other = true", False),
    ],
)
def test_booleans(line: str, on: bool) -> None:
    """Everything but four words is true (core/uwsgi.c, uwsgi_opt_true)."""
    assert read("--ini", "app.ini", app=ini(line)).flag("master") is on


@pytest.mark.parametrize("sign", [";", "#"])
def test_comments(sign: str) -> None:
    """A sign at the start of a line makes a comment, elsewhere it is part of the value."""
    found = read("--ini", "app.ini", app=ini(f"  {sign} http = :1", f"http = :2{sign}x", "\t"))
    assert values(found, "http") == [f":2{sign}x"]


def test_sections() -> None:
    """Only the section that is asked for counts, in each place where it stands."""
    text = "http = :1\n[other]\nhttp = :2\n[uwsgi]\nhttp = :3\n[prod]\nhttp = :4\n[uwsgi]\nmaster\n"
    assert values(read("--ini", "app.ini", app=text), "http") == [":3"]
    assert values(read("--ini", "app.ini:prod", app=text), "http") == [":4"]
    assert values(read("--ini", "app.ini:", app=text), "http") == [":3"]
    assert read("--ini", "app.ini", app=text).flag("master")


def test_a_section_that_is_missing_is_remembered() -> None:
    """uWSGI only warns, and then runs with nothing."""
    assert read("--ini", "app.ini:prod", app=ini("master")).missing == ("[prod] in app.ini",)


def test_spaces_and_carriage_returns() -> None:
    """Blanks around key and value don't count, and files from elsewhere end lines with CR LF."""
    found = read("--ini", "app.ini", app="[uwsgi]\r\n \thttp  =  :80 \t\r\nmaster\r\n")
    assert found.get("http") == ":80"
    assert found.flag("master")


@pytest.mark.parametrize("option", ["ini", "include", "inherit"])
def test_files_inside_files(option: str) -> None:
    """`ini` and `include` are read where they stand, `inherit` after everything else."""
    found = read(
        "--ini", "app.ini",
        app=ini("http = :1", f"{option} = more.ini", "http = :3"),
        more=ini("http = :2"),
    )  # fmt: skip
    order = [":1", ":3", ":2"] if option == "inherit" else [":1", ":2", ":3"]
    assert values(found, "http") == order


def test_another_section_of_the_same_file() -> None:
    """`ini = :base` means the file that is being read."""
    text = "[uwsgi]\nini = :base\nmaster\n[base]\nhttp = :1\n"
    assert values(read("--ini", "app.ini", app=text), "http") == [":1"]


def test_files_that_include_each_other() -> None:
    """A circle is an error, not an endless loop."""
    with pytest.raises(UsageError, match=r"app.ini:2\): files include each other"):
        read("--ini", "app.ini", app=ini("ini = app.ini"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--ini", "no.ini"), r"cannot read no.ini \(command line\): No such file"),
        (("no.ini",), r"cannot read no.ini \(command line\): No such file"),
        (("--xml", "app.xml"), r"cannot see what uWSGI reads by 'xml' \(command line\)"),
        (("app.yaml",), r"cannot see what uWSGI reads by 'app.yaml'"),
        (("--ini", "http://x/app.ini"), r"cannot see what uWSGI reads by 'http://x/app.ini'"),
        (("--ini", "-"), r"cannot see what uWSGI reads by '-'"),
        (("--set", "x"), r"cannot read `set = x` \(command line\)"),
    ],
)
def test_what_cannot_be_read(words: tuple[str, ...], message: str) -> None:
    """A configuration that we don't see is refused: its address would be guessed."""
    with pytest.raises(UsageError, match=message):
        read(*words)


def test_the_place_of_an_include_is_told() -> None:
    """The line that names a missing file is in the message."""
    with pytest.raises(UsageError, match=r"cannot read gone.ini \(app.ini:3\)"):
        read("--ini", "app.ini", app=ini("master", "include = gone.ini"))


def test_set() -> None:
    """`set` sets an option or a placeholder, on the command line and in a file."""
    found = read(
        "--set", "port=80", "--set", "http=:%(port)", "--ini", "app.ini", app=ini("set = a=b")
    )
    assert found.get("http") == ":80"
    assert found.get("a") == "b"


def test_a_file_that_may_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's reason is told, and where the file is named."""

    def refuse(_self: Place, _path: str) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Place, "read", refuse)
    with pytest.raises(UsageError, match=r"cannot read a.ini \(command line\): Permission denied"):
        read("--ini", "a.ini")
