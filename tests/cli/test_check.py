"""`gracekeeper check`: what a file would do, for a person and for a program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from supervisor.cli.app import gracekeeper as group
from tests.cli.command import ROOT, gracekeeper
from tests.config.samples import GOOD

TEXT = """\
FILE is right: 3 services and 1 task, grace 30s, drain delay 2s

Start, each as soon as all that it waits for is true:
  1  db       at once; ready by tcp 127.0.0.1:5432; within 1m
  2  migrate  after db is ready; a task; restart on-failure
  3  web      after migrate is completed, db is ready; ready by exec test -e 'x y'; within 1h30m;
              restart always
  4  nginx    after web is started; ready by file FOLDER/up; within 1m; not essential

Stop, each when all that need it are over; at the latest:
  asked  over
   2.0s  28.0s  nginx  its server's own ladder
  28.0s  29.0s  web    its server's own ladder
  29.0s  30.0s  db     SIGINT for 5s, SIGQUIT to the group, SIGKILL to the tree

Doors:
  web          uwsgi=FOLDER/app.sock :8000
  gracekeeper  :8081 (health)

Recycle:
  web  memory 256MiB, age 3600, jitter 10%, requests 1000, memory_as uss
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good file and its secret."""
    (tmp_path / "pw").write_text("hush\n")
    (tmp_path / "good.toml").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def checked(*arguments: str) -> str:
    """What `gracekeeper check ARGUMENTS` prints about a file that is right."""
    done = CliRunner().invoke(group, ["check", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_for_a_person(folder: Path) -> None:
    """Order, times, ladders, doors and recycling, at most 100 columns wide."""
    short = GOOD.replace("./up", "/up").replace("./app.sock", "/app.sock")
    (folder / "good.toml").write_text(short)
    found = checked("good.toml")
    assert found == TEXT.replace("FOLDER", "").replace("FILE", "good.toml")
    assert max(map(len, found.splitlines())) <= 100


def test_for_a_program(folder: Path) -> None:
    """The records, the forecast, and no secret."""
    found = checked("--json", "good.toml")
    data = json.loads(found, parse_constant=pytest.fail)  # no Infinity: that is no JSON
    schema = json.loads(Path(ROOT, "supervisor/cli/check.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(data)
    assert "hush" not in found
    assert data["services"][0]["environment"] == {"N": "5", "CERT_FILE": "/c", "PASSWORD": "***"}
    assert data["services"][2]["grace_s"] is None
    assert data["starts"] == [["db"], ["migrate"], ["web"], ["nginx"]]
    assert data["stops"][0] == {"name": "nginx", "asked_s": 2.0, "over_s": 28.0}


@pytest.mark.process
def test_what_is_wrong(folder: Path) -> None:
    """Exit code 2, and each mistake on a line of its own."""
    (folder / "bad.toml").write_text("grcae = 1\n[services.a]\ncommand = 'a'\nstop = 'x'\n")
    done = gracekeeper(folder, "check", "bad.toml")
    assert (done.code, done.out) == (2, "")
    lines = done.err.splitlines()
    assert lines[0] == "gracekeeper: cannot use bad.toml: it has 2 mistakes. Correct them:"
    assert [line.partition(" ")[0] for line in lines[1:]] == ["bad.toml:1:", "bad.toml:4:"]
