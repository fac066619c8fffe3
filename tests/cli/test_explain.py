"""`gracekeeper explain` and `watch`: for a person, for a program, and when nobody can be asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from supervisor.cli.app import gracekeeper as group
from supervisor.cli.telling import text
from supervisor.errors import UsageError
from supervisor.ops.causes.decide import cause
from supervisor.ops.explanation import again, of_case, of_document
from tests.cli.command import gracekeeper
from tests.ops.changing import changed
from tests.ops.test_causes import ANSWER, RECORDED

NO_EXEC = """\
no-exec ended with 137
  why      The grace period of 2 s ran out, and it was killed: PID 1 is a shell (sh) in front of
           sleep, which does not pass SIGTERM on.
  do       Put `exec` before the last command, or use the JSON form of CMD and ENTRYPOINT.
  how sure certain (shell-kept-signal)
  seen     PID 1 was started as `sh -c echo ready now; sleep 600; true`
"""


def explained(*arguments: str, code: int = 0) -> str:
    """What it prints."""
    done = CliRunner().invoke(group, ["explain", *arguments])
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture
def answer(tmp_path: Path) -> Path:
    """A file with the end of the first ending, as `watch --json` printed it."""
    file = tmp_path / "ends.json"
    file.write_text(f"{json.dumps(of_case(RECORDED[0][2]))}\n")
    return file


def test_a_number() -> None:
    """All that it can mean, and that it decides nothing."""
    found = explained("137")
    assert found.startswith("137 can mean, and the number alone does not say which:\n")
    assert "to tell: the engine's events: a stop signal, then KILL" in found
    ANSWER.validate(json.loads(explained("137", "--json")))


def test_for_a_person(answer: Path) -> None:
    """The cause first, then what to do, then what that rests on; bars of one scale."""
    found = explained(str(answer))
    assert found.startswith(NO_EXEC)
    assert "phases   stopping  █" in found
    assert max(map(len, found.splitlines())) <= 100


def test_for_a_program(answer: Path) -> None:
    """The answer is decided anew, from the same evidence."""
    found = json.loads(explained(str(answer), "--json"))
    ANSWER.validate(found)
    assert found["cause"]["id"] == cause(RECORDED[0][2]).id


def test_a_report(tmp_path: Path) -> None:
    """The same as the container itself is told: its cause is written down, with how sure it is."""
    file = tmp_path / "report.json"
    for ending, _, case in RECORDED:
        answer = of_case(case)
        told = of_document(answer["report"], ending.name)["cause"]
        if case.report is None:
            assert (told["id"], told["confidence"]) == (
                answer["cause"]["id"],
                answer["cause"]["confidence"],
            ), ending.name
            assert told["fix"] == answer["cause"]["fix"]
        if ending.name in ("keeper, slow request", "no exec"):
            file.write_text(json.dumps(answer["report"]))
            found = json.loads(explained(str(file), "--json"))
            ANSWER.validate(found)
            assert found["cause"]["id"] == ("lost-requests" if case.report else "shell-kept-signal")


def test_it_tells_when_it_can_not_tell(answer: Path) -> None:
    """Exit code 1, and what hides it."""
    found = json.loads(answer.read_text())
    found["case"] |= {"events": [], "sightings": [], "hidden": ["the engine has forgotten"]}
    answer.write_text(json.dumps(found))
    told = explained(str(answer), code=1)
    assert "how sure possible (unknown)" in told
    assert "hidden   the engine has forgotten" in told


@pytest.mark.parametrize(
    "arguments, why",
    [
        (("explain", "300"), "cannot explain 300: exit codes are 0 to 255."),
        (("explain", "9" * 5000), "cannot explain a number of 5000 digits: "),
        (("explain", "long.json"), "cannot read the report in long.json:1: a number is too"),
        (("explain", "empty.json"), "cannot explain empty.json: 'subject' is missing."),
        (("explain", "report.json"), "cannot read the report in report.json"),
        (("explain", "answer.json"), "cannot explain answer.json: "),
        (("watch",), "cannot watch: nothing is named."),
    ],
)
def test_bad_input(arguments: tuple[str, ...], why: str, tmp_path: Path) -> None:
    """One line with what to do, and exit code 2."""
    (tmp_path / "report.json").write_text('{"event": "report", "exit_code": 1}')
    (tmp_path / "long.json").write_text(f'{{"event": "report", "exit_code": {"9" * 5000}}}')
    (tmp_path / "empty.json").write_text('{"event": "explanation", "case": null}')
    (tmp_path / "answer.json").write_text('{"event": "explanation", "case": {}}')
    done = gracekeeper(tmp_path, *arguments)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert done.err.startswith(f"gracekeeper: {why}")


@pytest.mark.parametrize("indent", [None, 2])
def test_a_drill_is_read_by_another(indent: int | None, tmp_path: Path) -> None:
    """Also one with a report in it."""
    drill = {"event": "drill", "trials": [{"report": of_case(RECORDED[0][2])["report"]}]}
    (tmp_path / "d.json").write_text(json.dumps(drill, indent=indent))
    done = gracekeeper(tmp_path, "explain", "d.json")
    assert done.code == 2
    assert done.err.startswith("gracekeeper: cannot explain d.json")
    assert "it is a drill's document" in done.err
    assert "`gracekeeper report d.json`" in done.err


def test_an_answer_without_evidence(tmp_path: Path) -> None:
    """What was said of a number, or of a report, is said again."""
    file, report = tmp_path / "answer.json", tmp_path / "report.json"
    report.write_text(json.dumps(of_case(RECORDED[0][2])["report"]))
    for target in ("137", str(report)):
        first = explained(target, "--json")
        file.write_text(first)
        assert json.loads(explained(str(file), "--json")) == json.loads(first)


@given(data=st.data())
@settings(max_examples=60)
def test_an_answer_that_was_changed(data: st.DataObject) -> None:
    """Whatever one value of its evidence became, it is explained, or refused in one line."""
    answer = of_case(RECORDED[0][2])
    answer["case"] = changed(json.loads(json.dumps(answer["case"])), data)
    try:
        told = text(again(answer, "it"))
    except UsageError as error:
        told = str(error)
        assert told.startswith("cannot ")
    assert told.isprintable() or "\n" in told


@pytest.mark.parametrize("command", ["explain", "watch"])
def test_no_engine(command: str, tmp_path: Path) -> None:
    """It says where it looked."""
    nowhere = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    done = gracekeeper(tmp_path, command, "web", environment=nowhere)
    assert done.code == 1
    assert "cannot reach a Docker Engine at unix://" in done.err
    assert "No such file or directory" in done.err
