"""Settings of servers, Python mains and Procfiles, with their lines."""

from __future__ import annotations

import pytest

from supervisor.doctor.finding import Skip
from supervisor.doctor.reading import ini, nginx, procfile, python
from supervisor.doctor.reading.pythonnodes import Python
from supervisor.doctor.reading.source import Source


def settings(text: str, dialect: str) -> list[tuple[str, str, int, int]]:
    found = ini.parse(Source("a.ini", text), dialect)
    assert isinstance(found, ini.Ini)
    return [
        (entry.key, entry.value, entry.place.line, entry.place.last)
        for section in found.sections
        for entry in section.entries
    ]


def test_uwsgi_repeats_keys_and_needs_no_value() -> None:
    text = "[uwsgi]\nmaster\nenv = A=1 ; no comment\n  env=B\n;c\nhook: %(x)\n[uwsgi]\nenv = $(C)\n"
    found = ini.parse(Source("a.ini", text))
    assert isinstance(found, ini.Ini)
    section = found.section("uwsgi")
    assert section is not None
    assert [each.value for each in section.all("env")] == ["A=1 ; no comment", "B", "$(C)"]
    assert [(each.key, each.bare) for each in section.entries if each.bare] == [
        ("master", True), ("hook: %(x)", True),
    ]  # fmt: skip
    last = section.get("env")
    assert last is not None
    assert last.place.line == 8


def test_supervisord_and_systemd_go_on_over_lines() -> None:
    text = (
        "[program:x]\nCommand=/bin/x -a ; why\n  --b\nstopsignal : QUIT\n# c\n\n[group:y]\n a=1\n"
    )
    assert settings(text, "supervisord") == [
        ("command", "/bin/x -a\n--b", 2, 3), ("stopsignal", "QUIT", 4, 4), ("a", "1", 8, 8),
    ]  # fmt: skip
    text = "[Service]\nExecStart=/bin/x \\\n# c\n  -a\nKillMode=process\n"
    assert settings(text, "systemd") == [
        ("ExecStart", "/bin/x -a", 2, 4), ("KillMode", "process", 5, 5),
    ]  # fmt: skip


def test_nginx_blocks_have_their_lines() -> None:
    text = (
        'worker_processes auto;\nhttp {\n  # } no\n  log_format x \'$a "b\\\'c"\'\n    "y";\n'
        '  content_by_lua_block {\n    if x then y = "}" end -- }\n  }\n'
        "  server { listen 80; location ~ ^/a\\{2}$ { proxy_pass http://${x}/b; } }\n}\n"
    )
    found = nginx.parse(Source("nginx.conf", text))
    assert isinstance(found, tuple)
    assert [(each.name, each.args, each.place.line) for each in nginx.walk(found)] == [
        ("worker_processes", ("auto",), 1),
        ("http", (), 2),
        ("log_format", ("x", '$a "b\'c"', "y"), 4),
        ("content_by_lua_block", (), 6),
        ("server", (), 9),
        ("listen", ("80",), 9),
        ("location", ("~", "^/a\\{2}$"), 9),
        ("proxy_pass", ("http://${x}/b",), 9),
    ]
    assert found[1].place.last == 10


@pytest.mark.parametrize(
    "text, line",
    [("a {", 1), ("\n}", 2), ("a", 1), ("a\n'x", 2), ("a { " * 60, 1), (";a " * 60_000, 1)],
    ids=range(6),
)
def test_what_nginx_would_refuse(text: str, line: int) -> None:
    found = nginx.parse(Source("nginx.conf", text))
    assert isinstance(found, Skip)
    assert found.place.line == line


MAIN = """\
import signal as s, asyncio, sys
from uvicorn import run as go
workers = -3
bind: list = ["a", ("b")]

def handler(number, frame):
    global stopping
    stopping = True

def start():
    for sig in (s.SIGTERM, s.SIGINT):
        s.signal(sig, handler)
    s.signal(15, lambda *_: sys.exit(0))
    s.signal(s.SIGTERM, s.SIG_IGN)
    asyncio.get_running_loop().add_signal_handler(s.SIGTERM, self.stop)

class A:
    async def stop(self):
        raise SystemExit

if __name__ == "__main__":
    go("a:b", port=1)
    while True:
        Thread(target=x, daemon=True)
"""


def test_a_main_tells_what_it_does_at_a_signal() -> None:
    found = python.parse(Source("main.py", MAIN))
    assert isinstance(found, Python)
    assert found.imports_any("uvicorn")
    assert not found.imports_any("uvi")
    assert [(each.signals, each.target, each.place.line) for each in found.handlers] == [
        (("SIGTERM", "SIGINT"), "handler", 12),
        (("SIGTERM",), "<lambda>", 13),
        (("SIGTERM",), "SIG_IGN", 14),
        (("SIGTERM",), "self.stop", 15),
    ]
    first, second, third, fourth = (each.function for each in found.handlers)
    assert first is not None
    assert first.sets == ("stopping",)
    assert second is not None
    assert second.calls == ("sys.exit",)
    assert third is None
    assert fourth is not None
    assert fourth.raises
    assert fourth.is_async


def test_a_main_tells_what_it_runs() -> None:
    found = python.parse(Source("main.py", MAIN))
    assert isinstance(found, Python)
    served = next(each for each in found.calls if each.name == "uvicorn.run")
    assert served.in_main
    assert served.args[0].constant == "a:b"
    thread = next(each for each in found.calls if each.name == "Thread")
    assert thread.loop == 23
    daemon = thread.keyword("daemon")
    assert daemon is not None
    assert daemon.constant is True
    assert [(each.place.line, each.in_main, each.leaves) for each in found.loops] == [
        (23, True, False)
    ]
    assert found.constants["workers"].constant == -3
    assert [each.constant for each in found.constants["bind"].items] == ["a", "b"]
    assert found.main is not None


@pytest.mark.parametrize(
    "text", ["print 1", "(" * 10_000, "-" * 50_000, "a" + ".a" * 50_000, "\0", "x" * 300_000]
)
def test_what_python_would_refuse(text: str) -> None:
    assert isinstance(python.parse(Source("main.py", text)), Skip)


def test_processes_of_a_procfile() -> None:
    found = procfile.parse(
        Source("Procfile", "web: gunicorn x --bind :$PORT \n# c\nno\nworker:a\n")
    )
    assert [(each.name, each.command, each.place.line) for each in found] == [
        ("web", "gunicorn x --bind :$PORT", 1), ("worker", "a", 4),
    ]  # fmt: skip
