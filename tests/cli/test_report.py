"""`gracekeeper report`: from a log to a picture, and what is said when there is none."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

import supervisor.render
import supervisor.report
from supervisor.cli import documents
from supervisor.cli.documents import Document
from supervisor.cli.report import report
from supervisor.errors import GracekeeperError
from supervisor.ops import explanation
from supervisor.ops.case import Case
from supervisor.ops.containers import Container, State
from supervisor.ops.life import NS, Event
from tests.cli.command import gracekeeper
from tests.render.samples import FOLDER, document

SCHEMA = json.loads((Path(supervisor.report.__file__).parent / "schema.json").read_text("utf-8"))
COMPARISON = json.loads(
    (Path(supervisor.render.__file__).parent / "compare.schema.json").read_text("utf-8")
)
LOST, CLEAN = str(FOLDER / "lost.json"), str(FOLDER / "clean.json")


def made(*arguments: str, stdin: str | bytes | None = None) -> Result:
    """Run the command here."""
    return CliRunner().invoke(report, arguments, input=stdin, catch_exceptions=True)


def refused(*arguments: str, stdin: str | bytes | None = None) -> str:
    """What is told of bad input."""
    done = made(*arguments, stdin=stdin)
    assert isinstance(done.exception, GracekeeperError), done.output
    assert done.exception.exit_code == 2
    assert not done.output
    return str(done.exception)


def test_the_last_report_of_a_log_counts() -> None:
    """Among lines of the service, behind a prefix, after one of an earlier life."""
    clean, lost = Path(CLEAN).read_text("utf-8"), Path(LOST).read_text("utf-8")
    log = f'{{"event": "ready"}}\nhello "report"\n{clean}\x00\xff more\napp-1  | {lost}bye\n'
    done = made("-", "--json", stdin=log.encode("latin-1"))
    assert json.loads(done.output) == document("lost")
    assert made("--text", LOST).output.startswith("Went wrong. Time ran out: 2 requests")


def test_a_long_log_is_read_once() -> None:
    """Also one whose first line looks like the beginning of a document: nothing is gathered."""
    log = (b'{"event": "ready"}\n' + b"x" * 120 + b"\n") * 100_000
    done = made("-", "--json", stdin=log + Path(LOST).read_bytes())
    assert json.loads(done.output) == document("lost")


def test_a_report_that_somebody_has_indented(tmp_path: Path) -> None:
    """It is one document over many lines."""
    (tmp_path / "r.json").write_text(json.dumps(document("lost"), indent=2))
    assert json.loads(made(str(tmp_path / "r.json"), "--json").output) == document("lost")


def test_the_samples_are_as_the_schema_says() -> None:
    """What is drawn here is what a keeper writes."""
    for name in ("lost", "clean", "fleet"):
        jsonschema.Draft202012Validator(SCHEMA).validate(document(name))


def test_files(tmp_path: Path) -> None:
    """Page and picture are written; then there is nothing more to say."""
    page, picture = tmp_path / "r.html", tmp_path / "r.svg"
    done = made(LOST, "--html", str(page), "--svg", str(picture))
    assert (done.exit_code, done.output) == (0, "")
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert picture.read_text("utf-8").startswith("<svg ")
    assert made(LOST, "--svg", "-").output == picture.read_text("utf-8")


def test_before_and_after(tmp_path: Path) -> None:
    """In all three forms, and for programs."""
    pair = ("--compare", LOST, CLEAN)
    assert made(*pair).output.startswith("Better: 0 instead of 2 requests were lost")
    told = json.loads(made(*pair, "--json").output)
    jsonschema.Draft202012Validator(COMPARISON).validate(told)
    assert told["worse"] is False
    assert told["before"] == document("lost")
    assert {"what": "requests lost", "before": "2", "after": "0", "change": "-2",
            "judged": "better"} in told["changes"]  # fmt: skip
    assert json.loads(made("--compare", CLEAN, LOST, "--json").output)["worse"] is True
    assert "Two stops, before and after" in made(*pair, "--html", "-").output
    assert made(*pair, "--svg", "-").output.count("<svg") == 3


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((LOST,), 0),
        ((LOST, "--fail-on", "lost"), 1),
        ((LOST, "--fail-on", "unknown, killed"), 1),
        ((CLEAN, "--fail-on", "lost,killed,unknown"), 0),
        (("--compare", LOST, CLEAN, "--fail-on", "lost"), 0),
        (("--compare", CLEAN, LOST, "--fail-on", "lost"), 1),
    ],
)
def test_exit_codes(arguments: tuple[str, ...], code: int) -> None:
    """A report that was made is 0, however bad it is; who wants otherwise says so."""
    assert made(*arguments).exit_code == code


def test_bad_input(tmp_path: Path) -> None:
    """What can't be done, why, where, and what to do about it."""
    assert "No such file" in refused("./nowhere.log")
    assert "Is a directory" in refused(str(tmp_path))
    assert "docker logs NAME | gracekeeper report -" in refused("-", stdin="a\nb\n")
    assert "none of its 2 lines is one" in refused("-", stdin="a\nb\n")
    half = f"x\n{Path(LOST).read_text('utf-8')[:700]}\n"
    assert "cannot read the report in stdin:2: " in refused("-", stdin=half)
    deep = '{"event": "report", "x": ' + "[" * 100_000
    assert "cannot read the report in stdin:1: " in refused("-", stdin=deep)
    assert "its schema is 2" in refused("-", stdin=json.dumps({**document("lost"), "schema": 2}))
    assert "` is not " in refused("-", stdin='{"event": "report", "schema": 1}')
    assert "cannot write" in refused(LOST, "--html", str(tmp_path / "no" / "r.html"))
    assert "none is named" in refused()
    assert "is a third" in refused(LOST, "--compare", LOST, CLEAN)
    assert "both want stdout" in refused(LOST, "--html", "-", "--svg", "-")
    assert "is none of lost" in made(LOST, "--fail-on", "rain").output
    assert "two are compared" in refused("--compare", "-", "-")


def test_a_folder_may_be_called_as_its_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder is no report, so the engine is asked."""
    (tmp_path / "web").mkdir()
    monkeypatch.chdir(tmp_path)
    found = Document("web", document("lost"))
    monkeypatch.setattr(documents, "_of_container", lambda _name: found)
    assert json.loads(made("web", "--json").output) == document("lost")


@pytest.mark.process
def test_the_command(tmp_path: Path) -> None:
    """One line on stderr, no traceback; the picture comes out of a pipe without colours."""
    done = gracekeeper(tmp_path, "report", "./nowhere.log")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("gracekeeper: cannot read ./nowhere.log: ")
    nobody = {"DOCKER_HOST": "tcp://127.0.0.1:9"}
    done = gracekeeper(tmp_path, "report", "nowhere.log", environment=nobody)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "There is no file nowhere.log either." in done.err
    done = gracekeeper(tmp_path, "report", LOST, "--fail-on", "lost")
    assert done.code == 1
    assert "\x1b" not in done.out
    assert "▒" in done.out


def test_a_container_without_gracekeeper() -> None:
    """What `watch` wrote is drawn with its own cause and remedy, and claims no more."""
    start = 1_700_000_000 * NS
    events = (
        Event(start, "start"),
        Event(start + 5 * NS, "kill", 15),
        Event(start + 15 * NS, "kill", 9),
        Event(start + 15 * NS + NS // 10, "die", code=137),
    )
    state = State("exited", 137, started=start, finished=events[-1].at)
    told = explanation.of_case(Case(Container("1" * 64, "web", argv=("app",)), state, events))[
        "report"
    ]
    jsonschema.Draft202012Validator(SCHEMA).validate(told)
    shown = made("-", stdin=json.dumps(told)).output
    assert "SIGKILL by the engine" in shown
    assert "next rung" not in shown
    assert told["fix"].replace("`", "") in " ".join(shown.split())
    assert "Lost                     not known" in shown
