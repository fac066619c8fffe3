"""Every rule proves itself by the examples that its module has."""

from __future__ import annotations

from typing import Any

import pytest

from supervisor.doctor.examine import all_rules, examined
from supervisor.doctor.finding import SEVERITIES, Edit, Finding
from supervisor.doctor.house.house import house_of
from supervisor.doctor.rule import Example, Rule

RULES = all_rules()


def _examples(kind: str, *, fixed: bool = False) -> list[Any]:
    return [
        pytest.param(rule, example, id=f"{rule.id}-{at}")
        for rule in RULES
        for at, example in enumerate(getattr(rule, kind))
        if example.fixed or not fixed
    ]


def _found(rule: Rule, example: Example) -> list[Finding]:
    found = examined(house_of(dict(example.files)), [rule])
    broken = [skip for skip in found.skips if "the rule" in skip.why]
    assert not broken, broken
    return list(found.findings)


def _applied(text: str, edits: tuple[Edit, ...]) -> str:
    lines = text.split("\n")
    for edit in sorted(edits, key=lambda one: -one.place.line):
        lines[edit.place.line - 1 : edit.place.last] = edit.text.split("\n")
    return "\n".join(lines)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_what_a_rule_says_of_itself(rule: Rule) -> None:
    """Its module has its name; it has a severity, words, and examples of both kinds."""
    module = rule.check.__module__.rpartition(".")[2]
    assert module.replace("_", "-") == rule.id
    assert rule.severity in SEVERITIES
    assert rule.title
    assert rule.why
    assert rule.fix
    assert rule.good
    assert rule.bad


@pytest.mark.parametrize("rule, example", _examples("bad"))
def test_a_bad_example(rule: Rule, example: Example) -> None:
    """It is found where it is, as severe as it is, and its edits are what they are said to be."""
    found = _found(rule, example)
    assert example.at in [str(one.place) for one in found], found
    one = next(one for one in found if str(one.place) == example.at)
    assert one.id == rule.id
    assert one.severity == (example.severity or rule.severity)
    assert "\n" not in one.why
    assert not (example.by_hand and one.edits)
    if example.fixed:
        path = one.edits[0].place.path
        edits = tuple(edit for edit in one.edits if edit.place.path == path)
        assert _applied(dict(example.files)[path], edits) == example.fixed


@pytest.mark.parametrize(
    "line, said",
    [("trap 'rm -f /x' EXIT; gunicorn app", "trap for EXIT"), ("eval gunicorn app", "run `eval`")],
)
def test_what_exec_does_not_go_with_is_named(line: str, said: str) -> None:
    """Who follows the fix by hand would lose a trap, or end with 127."""
    rules = [one for one in RULES if one.id == "entrypoint-no-exec"]
    files = {
        "Dockerfile": 'FROM debian:12\nCOPY run.sh /\nENTRYPOINT ["/run.sh"]\n',
        "run.sh": f"#!/bin/sh\n{line}\n",
    }
    (found,) = examined(house_of(files), rules).findings
    assert said in found.fix
    assert found.edits == ()


@pytest.mark.parametrize(
    "rule, text",
    [
        ("entrypoint-no-exec", 'gosu app "$@"'),
        ("entrypoint-no-exec", '/usr/bin/tini -s -- "$@"'),
        ("bg-no-forward", 'nice "$@" &\nwait'),
        ("trap-wait-once", "trap 'kill $P' TERM\ngosu app \"$@\" &\nP=$!\nwait $P"),
        ("set-e-trap-wait", "set -e\ntrap 'kill $P' TERM\n\"$@\" &\nP=$!\nwait $P"),
        ("boot-window", 'python manage.py migrate\nexec gosu app "$@"'),
    ],
)
def test_the_program_behind_the_arguments_is_named(rule: str, text: str) -> None:
    """Not `gosu`, nor `$@`."""
    files = {
        "Dockerfile": 'FROM debian:12\nENTRYPOINT ["/run.sh"]\nCMD ["uwsgi"]\nCOPY run.sh /\n',
        "run.sh": f"#!/bin/sh\n{text}\n",
    }
    (found,) = examined(house_of(files), [one for one in RULES if one.id == rule]).findings
    assert "`uwsgi`" in found.why


@pytest.mark.parametrize(
    "rule, command",
    [
        ("shell-form", "flask db upgrade && gunicorn app"),
        ("sh-c-no-exec", '["sh", "-c", "a; uwsgi"]'),
    ],
)
@pytest.mark.parametrize(
    "init, said", [("true", "ends at SIGTERM at once"), ("false", "stays as PID 1")]
)
def test_a_shell_below_an_init_ends_at_once(rule: str, command: str, init: str, said: str) -> None:
    """It has its default action there, and so nothing lasts for a grace period."""
    files = {
        "Dockerfile": f"FROM debian:12\nCMD {command}\n",
        "compose.yml": f"services:\n  web:\n    build: .\n    init: {init}\n",
    }
    (found,) = examined(house_of(files), [one for one in RULES if one.id == rule]).findings
    assert said in found.why


@pytest.mark.parametrize(
    "handler, said",
    [("signal.signal(signal.SIGTERM, stop)", "does not wait"), ("", "does not hear SIGTERM")],
)
def test_a_development_server_that_hears_of_a_stop(handler: str, said: str) -> None:
    """It isn't told to hang: its program has a handler."""
    python = f"import flask, signal\n{handler}\nflask.Flask('a').run()\n"
    files = {"Dockerfile": 'FROM python:3.11\nCOPY . /\nCMD ["python", "a.py"]\n', "a.py": python}
    rules = [one for one in RULES if one.id == "dev-server"]
    (found,) = examined(house_of(files), rules).findings
    assert said in found.why


@pytest.mark.parametrize(
    "lines, said",
    [
        ('CMD ["gunicorn", "-b", ":$PORT", "a"]', "`CMD exec"),
        ('ENTRYPOINT ["gunicorn", "-b", ":$PORT", "a"]', "`ENTRYPOINT exec"),
        ('COPY e.sh /\nENTRYPOINT ["/e.sh"]\nCMD ["-b", ":$PORT"]', "the entrypoint's script"),
    ],
)
def test_who_expands_a_variable(lines: str, said: str) -> None:
    """A line instead of arguments would not get to what the entrypoint's script does with them."""
    files = {
        "Dockerfile": f"FROM python:3.11-slim\n{lines}\n",
        "e.sh": '#!/bin/sh\nexec gunicorn a "$@"\n',
    }
    rules = [one for one in RULES if one.id == "exec-form-var"]
    (found,) = examined(house_of(files), rules).findings
    assert said in found.fix


@pytest.mark.parametrize(
    "command, said",
    [
        ("celery -A a worker", "Set `stopasgroup"),
        ("sh -c 'x; celery -A a worker'", "Write `exec` before the program, and set `stopasgroup"),
    ],
)
def test_a_shell_before_a_group_needs_exec_as_well(command: str, said: str) -> None:
    """Without a group it would be the only one that is told."""
    conf = f"[supervisord]\nnodaemon=true\n[program:a]\ncommand={command}\nstopasgroup=true\n"
    files = {
        "Dockerfile": 'FROM debian:12\nCOPY s.conf /\nCMD ["supervisord", "-c", "/s.conf"]\n',
        "s.conf": conf,
    }
    rules = [one for one in RULES if one.id == "init-group-signal"]
    (found,) = examined(house_of(files), rules).findings
    assert found.fix.startswith(said)


@pytest.mark.parametrize("rule, example", _examples("good"))
def test_a_good_example(rule: Rule, example: Example) -> None:
    """Nothing is found."""
    assert _found(rule, example) == []


@pytest.mark.parametrize("rule, example", _examples("bad", fixed=True))
def test_edits_that_were_applied_leave_nothing_to_find(rule: Rule, example: Example) -> None:
    """A fixed file is a good one, for this rule."""
    found = next(one for one in _found(rule, example) if str(one.place) == example.at)
    files = dict(example.files) | {found.edits[0].place.path: example.fixed}
    left = examined(house_of(files), [rule]).findings
    assert [str(one.place) for one in left if one.why == found.why] == []
