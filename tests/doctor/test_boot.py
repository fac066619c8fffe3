"""What a script does before an exec, beside it, and in loops; and that long ones are read once."""

from __future__ import annotations

import pytest

from supervisor.doctor.commands.shellargv import Argv, argv_of
from supervisor.doctor.house.house import house_of
from supervisor.doctor.reading.shellnodes import Simple
from supervisor.doctor.rules import boot_window
from supervisor.doctor.scripts import boot
from supervisor.doctor.scripts.boot import Boot, boot_of
from supervisor.doctor.scripts.shellwalk import facts_of

ONE_WAY = 'case "$1" in\n  serve) exec gunicorn a:a ;;\nesac\n'


def looked(text: str) -> Boot:
    script = house_of({"a.sh": text}).files.script("a.sh")
    assert script is not None
    return boot_of(facts_of(script))


def lines(text: str) -> set[int]:
    return {place.line for place in looked(text).before}


@pytest.mark.parametrize(
    "text, before",
    [
        ("a\nexec b\nc\n", {1}),
        ("a\nif x; then\n  b\n  exec c\nelse\n  d\nfi\ne\n", {1, 3}),
        ("if a; then\n  b\nfi\nexec c\n", {1, 2}),
        (f"a\n{ONE_WAY}b\n", {1}),
        ("case x in\n  a) b ;;\n  c) d\n     exec e ;;\nesac\n", {3}),
        ("while a; do\n  b\n  exec c\ndone\n", {1, 2}),
        ("f() {\n  a\n}\nb\n", set()),
        ("f() {\n  a\n}\ng() {\n  exec b\n}\nf\ng\n", {1, 2, 4}),
        ("f() {\n  a\n}\nf\nexec b\nf\n", {1, 2}),
        ("f() {\n  a\n  f\n}\nf\nexec b\n", {1, 2, 3}),
        ("f() {\n  a\n  exec b\n}\nf\nc\n", {1, 2}),
        ("a && exec b\nc\n", {1}),
        ("(a; b)\nexec c\n", {1}),
    ],
)
def test_what_an_exec_comes_after_on_the_same_way(text: str, before: set[int]) -> None:
    assert lines(text) == before


def test_what_turns_and_what_runs_aside() -> None:
    found = looked(
        "while a; do\n  b\n  for x in y; do\n    c\n  done\ndone\nd &\nf() {\n  e\n}\nf &\n"
    )
    assert {place.line for place in found.turns} == {2, 3, 4}
    assert {(place.line, words) for place, words in found.aside} == {(7, ("d",)), (9, ("e",))}
    assert not looked("d &\nwait\n").aside


def test_a_long_script_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command's words are asked for as often in a script that is four times as long."""
    asked = 0

    def counted(one: Simple) -> Argv:
        nonlocal asked
        asked += 1
        return argv_of(one)

    monkeypatch.setattr(boot, "argv_of", counted)
    work = "f() {\n  python manage.py migrate\n}\n" + ONE_WAY
    for many in (100, 400):
        asked = 0
        text = work + "f\npython manage.py migrate\nflask db upgrade &\n" * many
        files = {
            "Dockerfile": 'FROM debian\nCOPY start.sh /\nCMD ["/start.sh"]\n',
            "start.sh": text,
        }
        assert list(boot_window.check(house_of(files))) == []
        assert 2 * many <= asked <= 4 * many
