"""A forecast as JSON: what its schema says, what the command prints, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from supervisor.cli.app import gracekeeper
from supervisor.doctor import document as findings
from supervisor.doctor.examine import all_rules
from supervisor.doctor.finding import Place, Skip
from supervisor.doctor.forecast import document
from supervisor.doctor.forecast.forecast import forecasts
from supervisor.doctor.house.house import house_of
from supervisor.errors import UsageError

if TYPE_CHECKING:
    from click.testing import Result

SCHEMA = json.loads(
    Path(findings.__file__).with_name("forecast.schema.json").read_text(encoding="utf-8")
)
OWN = Draft202012Validator(SCHEMA)
DEAF = 'FROM python:3.11-slim\nCOPY start.sh /\nCMD ["/start.sh"]\n'
START = "#!/bin/sh\ngunicorn app:app\n"
GOOD = 'FROM python:3.11-slim\nCMD ["gunicorn", "--graceful-timeout", "5", "app:app"]\n'
PODS = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n"
    "  terminationGracePeriodSeconds: %s\n  containers:\n"
    "  - {name: a, image: x, command: [gunicorn, 'a:a'],\n"
    "     lifecycle: {preStop: {exec: {command: [sleep, '%s']}}}}\n"
)


def documented(**files: str) -> dict[str, Any]:
    """Return the document of some files as it is read again; `x_yaml` is x.yaml."""
    named = {name.replace("_", ".", 1): text for name, text in files.items()}
    return valid(document.data(forecasts(house_of(named)), (Skip(Place("big.sh", 7), "large"),)))


def valid(found: dict[str, Any]) -> dict[str, Any]:
    again = json.loads(json.dumps(found, allow_nan=False))
    assert [error.message for error in OWN.iter_errors(again)] == []
    return dict(again)


def doctor(*arguments: str) -> Result:
    return CliRunner().invoke(gracekeeper, ["doctor", *arguments], standalone_mode=False)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose script is deaf; commands run in it."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text(DEAF)
    (tmp_path / "start.sh").write_text(START)
    (tmp_path / "start.sh").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_whatever_the_rules_examples_are_their_forecasts_fit_the_schema() -> None:
    for rule in all_rules():
        for example in (*rule.bad, *rule.good):
            valid(document.data(forecasts(house_of(dict(example.files)))))


def test_nothing_that_it_says_is_outside_of_the_schema() -> None:
    found = documented(Dockerfile=GOOD)
    found["services"][0]["surprise"] = 1
    assert list(OWN.iter_errors(found))


def test_what_is_known_is_a_number_and_has_a_place() -> None:
    (one,) = documented(Dockerfile=GOOD)["services"]
    assert (one["name"], one["kind"], one["asked_by"]) == ("Dockerfile", "image", "docker stop")
    assert (one["signal"], one["grace_s"], one["left_s"]) == ("SIGTERM", 10, 10)
    assert (one["idle"], one["busy"]) == (
        {"seconds": 0.3, "exit_code": 0},
        {"seconds": 5.3, "exit_code": 0},
    )
    assert one["processes"][0]["heard"] is True
    assert (one["limit_s"], one["limit_place"]["line"]) == (5, 2)
    assert one["lost"][0] == "requests that need more than 5 s are lost (Dockerfile:2)"
    assert (one["ends"], one["unsure"]) == ("drains", [])


def test_what_nobody_can_tell_is_null_and_why() -> None:
    (one,) = documented(compose_yaml="services:\n  web: {image: nobody/knows}\n")["services"]
    nothing = {"seconds": None, "exit_code": None}
    assert (one["idle"], one["busy"], one["ends"], one["processes"]) == (nothing, nothing, None, [])
    assert "nobody/knows is not in the tree" in one["why"]
    assert one["unsure"] == [one["why"]]


@pytest.mark.parametrize("number", ["9" * 400, "1e999", "inf", "nan", "-5", "0", "30"])
def test_no_number_is_one_that_json_does_not_have(number: str) -> None:
    documented(pod_yaml=PODS % (number, number))
    hours = f"services:\n  a:\n    image: redis\n    stop_grace_period: {number}h\n"
    documented(compose_yaml=hours)


def test_programs_are_told_group_by_group_and_projects_as_a_whole() -> None:
    conf = "[supervisord]\nnodaemon=true\n[program:a]\ncommand=gunicorn a:a\n[program:b]\n"
    found = documented(
        Dockerfile='FROM a\nCOPY s.conf /\nCMD ["supervisord", "-c", "/s.conf"]\n',
        s_conf=f"{conf}command=nginx\npriority=1\n",
        compose_yaml="services:\n  db: {image: redis}\n  web: {build: ., depends_on: [db]}\n",
    )
    web = found["services"][1]
    assert [[one["name"] for one in group] for group in web["programs"]] == [["a"], ["b"]]
    assert found["projects"][0]["order"] == [["web"], ["db"]]
    assert found["skips"] == [{"path": "big.sh", "line": 7, "end_line": 7, "why": "large"}]


def test_the_command_prints_one_document_for_all_that_is_named(tree: Path) -> None:
    for name in ("a", "b"):
        (tree / name).mkdir()
        (tree / name / "Dockerfile").write_text(GOOD)
    found = valid(json.loads(doctor("--forecast", "--json", "a", "b").stdout))
    assert [(one["name"], one["path"]) for one in found["services"]] == [
        ("a/Dockerfile", "a/Dockerfile"),
        ("b/Dockerfile", "b/Dockerfile"),
    ]
    assert found["services"][1]["processes"][0]["path"] == "b/Dockerfile"
    assert "(b/Dockerfile:2)" in found["services"][1]["lost"][0]
    assert (
        doctor("--forecast", "--format", "json", "a", "b").stdout
        == json.dumps(found, indent=2) + "\n"
    )


def test_its_exit_code_is_that_of_the_findings_and_is_told(tree: Path) -> None:
    """Never a 1 without a reason, though no finding is told."""
    failing = doctor("--forecast", "--json")
    assert (failing.exit_code, json.loads(failing.stdout)["schema"]) == (1, 1)
    assert "1 finding from high on" in failing.stderr
    for fine in (("--fail-on", "critical"), ("--fail-on", "never")):
        found = doctor("--forecast", *fine)
        assert (found.exit_code, found.stderr) == (0, "")


def test_nothing_read_is_three_and_an_empty_document(tree: Path) -> None:
    (tree / "start.sh").unlink()
    (tree / "Dockerfile").write_bytes(b"FROM a\0b")
    found = doctor("--forecast", "--json")
    told = valid(json.loads(found.stdout))
    assert (found.exit_code, told["services"], len(told["skips"])) == (3, [], 1)
    found = doctor("--forecast")
    assert (found.exit_code, "not read, or not understood: 1" in found.stderr) == (3, True)


@pytest.mark.parametrize(
    "arguments, why",
    [
        (["--format", "sarif"], "cannot --forecast as sarif"),
        (["--format", "github"], "cannot --forecast as github"),
        (["--format", "markdown"], "cannot --forecast as markdown"),
        (["--fix"], "cannot --forecast and --fix"),
        (["--write-baseline", "--baseline", "b"], "cannot --forecast and --write-baseline"),
    ],
)
def test_what_a_forecast_is_not_is_refused(tree: Path, arguments: list[str], why: str) -> None:
    error = doctor("--forecast", *arguments).exception
    assert isinstance(error, UsageError)
    assert why in str(error)
    assert not (tree / "b").exists()
