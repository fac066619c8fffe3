"""The files for other people's CI: valid by the platforms' own schemas, and their scripts run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from supervisor.cli.drill import drill

FOLDER = Path(__file__).parents[2] / "docs" / "ci"
ACTION, TEMPLATE = FOLDER / "github" / "action.yml", FOLDER / "gitlab" / "drill.yml"
SCHEMAS = {
    ACTION: ("vendor.github-actions",),
    FOLDER / "github" / "workflow.yml": ("vendor.github-workflows",),
    TEMPLATE: ("vendor.gitlab-ci", "--data-transform", "gitlab-ci"),
    FOLDER / "gitlab" / "example.yml": ("vendor.gitlab-ci", "--data-transform", "gitlab-ci"),
}
SHARED = FOLDER / "github" / "workflow.yml"
CHECK = Path(sys.executable).with_name("check-jsonschema")
ARGS = """--port 8000 --path '/slow?s=1' -- sh -c "sleep 1" """
WORDS = ["--port", "8000", "--path", "/slow?s=1", "--", "sh", "-c", "sleep 1"]


class _Loader(yaml.SafeLoader):
    """YAML with GitLab's tag."""


def _reference(loader: yaml.Loader, node: yaml.SequenceNode) -> list[Any]:
    return loader.construct_sequence(node)


_Loader.add_constructor("!reference", _reference)


def read(path: Path) -> Any:
    """A file's content."""
    return yaml.load(path.read_text("utf-8"), _Loader)  # a SafeLoader


@pytest.mark.process
@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_a_file_is_what_its_schema_wants(path: Path) -> None:
    """By the schemas that the platforms publish, as check-jsonschema brings them."""
    done = subprocess.run(
        [CHECK, "--builtin-schema", *SCHEMAS[path], path],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_every_file_is_checked() -> None:
    """None is forgotten."""
    assert {*FOLDER.rglob("*.yml")} == {*SCHEMAS}


def test_inputs_are_those_that_are_used() -> None:
    """Of the action and of its example; no script has an input pasted into it."""
    text, action = ACTION.read_text("utf-8"), read(ACTION)
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == {*action["inputs"]}
    for step in action["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
    (given,) = [x["with"] for x in read(SHARED)["jobs"]["drill"]["steps"] if "with" in x]
    assert given.keys() <= action["inputs"].keys()


def test_variables_are_those_that_are_used() -> None:
    """Of the template and of its example."""
    text, job = TEMPLATE.read_text("utf-8"), read(TEMPLATE)[".gracekeeper-drill"]
    own = {name for name in job["variables"] if name.startswith("DRILL_")}
    assert set(re.findall(r"\$\{?(DRILL_\w+)", text)) == own
    assert read(FOLDER / "gitlab" / "example.yml")["drill"]["variables"].keys() <= own


def test_every_option_exists() -> None:
    """Those that the files pass are options of `gracekeeper drill`."""
    there = {word for param in drill.params for word in param.opts}
    given = read(SHARED)["jobs"]["drill"]["steps"][-1]["with"]["args"]
    scripts = [step.get("run", "") for step in read(ACTION)["runs"]["steps"]]
    job = read(TEMPLATE)[".gracekeeper-drill"]
    lines = [*(x for x in scripts if " drill " in x), job["script"][-1]]
    for text in (given, *(line.partition("gracekeeper drill")[2] for line in lines)):
        assert (named := set(re.findall(r"(?<!\S)--[a-z-]+", text)))
        assert named <= there


@pytest.mark.process
@pytest.mark.parametrize("code, fail_on", [(0, "lost"), (1, "lost"), (3, "")])
def test_the_scripts_pass_on_what_they_are_given(code: int, fail_on: str, tmp_path: Path) -> None:
    """Quoted words stay whole, empty inputs are left out, and the exit code is the drill's.

    An empty --fail-on would fail nothing: a variable that is not there must not make a job green.
    """
    stub = tmp_path / "gracekeeper" / "bin" / "gracekeeper"
    stub.parent.mkdir(parents=True)
    stub.write_text(
        f"#!{sys.executable}\nimport sys, json\nprint(json.dumps(sys.argv))\nsys.exit({code})\n"
    )
    stub.chmod(0o755)
    action = [step["run"] for step in read(ACTION)["runs"]["steps"] if step.get("id") == "drill"]
    template = read(TEMPLATE)[".gracekeeper-drill"]["script"]
    fixed = "/opt/gracekeeper/bin"
    for shell, prefix, script in (
        (["bash", "-eo", "pipefail", "-c"], "", action[0]),
        (["sh", "-ec"], "DRILL_", "\n".join(template).replace(fixed, str(stub.parent))),
    ):
        given = {"TARGET": "", "GRACE": "", "FAIL_ON": fail_on, "ARGS": ARGS, "REPORT": "out"}
        done = subprocess.run(
            [*shell, script],
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "RUNNER_TEMP": str(tmp_path),
                "GITHUB_STEP_SUMMARY": "summary",
                "GITHUB_OUTPUT": "output",
                **{f"{prefix}{name}": value for name, value in given.items()},
            },
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert json.loads(done.stdout)[1:] == [
            "drill",
            *(("--fail-on", fail_on) if fail_on else ()),
            *("--report", "out.html", "--report", "out.json", "--report", "out.xml"),
            *WORDS,
        ]
    assert (tmp_path / "output").read_text() == f"exit-code={code}\n"
