"""`gracekeeper explain` and `watch`: for a person, for a program, and when nobody can be asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from supervisor.cli.app import gracekeeper as group
from supervisor.ops.causes.decide import cause
from supervisor.ops.explanation import of_case, of_document
from tests.cli.command import gracekeeper
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
        (("explain", "report.json"), "cannot read the report in report.json"),
        (("explain", "answer.json"), "cannot explain answer.json: "),
        (("watch",), "cannot watch: nothing is named."),
    ],
    ids=str,
)
def test_bad_input(arguments: tuple[str, ...], why: str, tmp_path: Path) -> None:
    """One line with what to do, and exit code 2."""
    (tmp_path / "report.json").write_text('{"event": "report", "exit_code": 1}')
    (tmp_path / "answer.json").write_text('{"event": "explanation", "case": {}}')
    done = gracekeeper(tmp_path, *arguments)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert done.err.startswith(f"gracekeeper: {why}")


@pytest.mark.parametrize("command", ["explain", "watch"])
def test_no_engine(command: str, tmp_path: Path) -> None:
    """It says where it looked."""
    nowhere = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    done = gracekeeper(tmp_path, command, "web", environment=nowhere)
    assert done.code == 1
    assert "cannot reach a Docker Engine at unix://" in done.err
    assert "No such file or directory" in done.err
