"""`gracekeeper doctor` on trees: what it tells, and its exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from supervisor.cli.app import gracekeeper
from supervisor.doctor import patching
from supervisor.doctor.finding import Place, Skip
from supervisor.doctor.ignoring import REASONLESS, UNUSED
from supervisor.errors import GracekeeperError

if TYPE_CHECKING:
    from click.testing import Result

SHELL_FORM = "FROM python:3.11-slim\nCMD gunicorn app:app\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one high finding; commands run in it."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text(SHELL_FORM)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def doctor(*arguments: str) -> Result:
    return CliRunner().invoke(gracekeeper, ["doctor", *arguments], standalone_mode=False)


def told(*arguments: str) -> list[tuple[str, str, int]]:
    found = json.loads(doctor("--json", *arguments).output)
    return [(one["id"], one["path"], one["line"]) for one in found["findings"]]


def test_a_finding_is_told_with_its_line_and_its_patch(tree: Path) -> None:
    found = doctor("--select", "shell-form")
    assert found.exit_code == 1
    for part in ("Dockerfile", "high  shell-form", "2 │ CMD gunicorn app:app"):
        assert part in found.output
    assert '+ CMD ["gunicorn", "app:app"]' in found.output
    assert "1 high in 1 file, 1 service" in found.output


def test_fail_on_says_from_which_severity_on(tree: Path) -> None:
    assert doctor("--fail-on", "critical").exit_code == 0
    assert doctor("--fail-on", "never").exit_code == 0
    assert doctor("--fail-on", "low").exit_code == 1


def test_nothing_found_is_zero_and_nothing_read_is_three(tree: Path) -> None:
    (tree / "Dockerfile").write_text('FROM python:3.11-slim\nCMD ["gunicorn", "app:app"]\n')
    assert doctor("--select", "shell-form").exit_code == 0
    (tree / "Dockerfile").write_bytes(b"FROM a\0b")
    found = doctor()
    assert (found.exit_code, "not text" in found.output) == (3, True)


def test_an_empty_folder_is_no_clean_one(tree: Path) -> None:
    (tree / "Dockerfile").unlink()
    found = doctor()
    assert (found.exit_code, found.output) == (3, "Nothing to read here.\n")


def test_a_link_to_what_is_not_read_as_such_is_told(tree: Path) -> None:
    (tree / "Dockerfile").rename(tree / "image.txt")
    (tree / "Dockerfile").symlink_to("image.txt")
    found = doctor()
    assert (found.exit_code, "Dockerfile: a link to image.txt" in found.output) == (3, True)
    (tree / "Dockerfile").unlink()
    (tree / "image.txt").rename(tree / "Dockerfile.prod")
    (tree / "Dockerfile").symlink_to("Dockerfile.prod")
    assert "not read" not in doctor().output


def test_a_file_that_can_not_be_read_is_three_whatever_is_around_it(tree: Path) -> None:
    (tree / "start.sh").write_bytes(b"#!/bin/sh\0")
    assert doctor("start.sh").exit_code == 3


def test_a_name_that_no_diff_can_show_is_left_alone(tree: Path) -> None:
    (tree / "a\nb").mkdir()
    (tree / "Dockerfile").rename(tree / "a\nb/Dockerfile")
    found = doctor("--fix", "--write", "--select", "shell-form")
    assert (found.exit_code, "no diff can show" in found.stderr) == (1, True)
    assert (tree / "a\nb/Dockerfile").read_text() == SHELL_FORM


def test_a_file_is_read_with_its_repository_and_told_alone(tree: Path) -> None:
    (tree / "docker").mkdir()
    (tree / "docker/Dockerfile").write_text(
        'FROM debian:12\nCOPY docker/start.sh /start.sh\nENTRYPOINT ["/start.sh"]\n'
    )
    (tree / "docker/start.sh").write_text("#!/bin/sh\ngunicorn app:app\n")
    assert ("entrypoint-no-exec", "docker/start.sh", 2) in told("docker/start.sh")
    assert {path for _, path, _ in told("docker/start.sh")} == {"docker/start.sh"}


def test_folders_are_projects_of_their_own_and_paths_start_here(tree: Path) -> None:
    for name in ("a", "b"):
        (tree / name).mkdir()
        (tree / name / "Dockerfile").write_text(SHELL_FORM)
    chosen = ("--select", "shell-form")
    assert told("a", "b", *chosen) == [
        ("shell-form", "a/Dockerfile", 2),
        ("shell-form", "b/Dockerfile", 2),
    ]


def test_rules_are_chosen_and_wrong_ids_refused(tree: Path) -> None:
    assert (
        told("--ignore", "shell-form")
        == [one for one in told() if one[0] != "shell-form"]
        != told()
    )
    with pytest.raises(GracekeeperError, match=r"cannot use --select shel-form: .*`shell-form`"):
        raise doctor("--select", "shel-form").exception or AssertionError


def test_a_fix_is_shown_and_then_written(tree: Path) -> None:
    shown = doctor("--fix", "--select", "shell-form")
    assert shown.exit_code == 1
    assert '+CMD ["gunicorn", "app:app"]\n' in shown.stdout
    assert (tree / "Dockerfile").read_text() == SHELL_FORM
    written = doctor("--fix", "--write", "--select", "shell-form")
    assert (written.exit_code, "1 finding fixed in 1 file." in written.stdout) == (0, True)
    assert told("--select", "shell-form") == []


def test_a_fix_that_waits_does_not_unsay_the_one_that_was_made(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip = Skip(Place("Dockerfile", 2), "the fix of boot-window meets another one's lines")
    whole = patching.patches
    monkeypatch.setattr(patching, "patches", lambda items: (whole(items)[0], [skip]))
    written = doctor("--fix", "--write", "--select", "shell-form")
    assert (tree / "Dockerfile").read_text() != SHELL_FORM
    assert (written.exit_code, "1 finding fixed in 1 file." in written.stdout) == (0, True)


def test_what_a_baseline_knows_does_not_fail_the_next_time(tree: Path) -> None:
    assert doctor("--write-baseline", "--baseline", "known.json").exit_code == 0
    found = doctor("--baseline", "known.json")
    assert found.exit_code == 0
    assert "Nothing found in 1 file, 1 service (2 known from the baseline)." in found.output
    text = (tree / "Dockerfile").read_text()
    (tree / "Dockerfile").write_text(f"# moved\n{text}")
    assert doctor("--baseline", "known.json").exit_code == 0


def test_settings_exclude_and_comments_silence(tree: Path) -> None:
    (tree / "pyproject.toml").write_text(
        '[tool.gracekeeper.doctor]\nexclude = ["examples"]\nselect = ["shell-form"]\n'
    )
    (tree / "examples").mkdir()
    (tree / "examples/Dockerfile").write_text(SHELL_FORM)
    assert [path for _, path, _ in told()] == ["Dockerfile"]
    head, cmd = SHELL_FORM.splitlines()
    (tree / "Dockerfile").write_text(f"{head}\n# gracekeeper: ignore shell-form a job\n{cmd}\n")
    found = doctor()
    assert (found.exit_code, "1 ignored by comments" in found.output) == (0, True)


@pytest.mark.parametrize("form", ["sarif", "github", "markdown", "json", "text"])
def test_every_form_names_the_finding(tree: Path, form: str) -> None:
    found = doctor("--format", form)
    assert found.exit_code == 1
    assert "shell-form" in found.stdout


@pytest.mark.parametrize(
    "arguments, why",
    [
        (["./nowhere"], r"cannot look at \./nowhere: there is no such path"),
        (["--write"], "cannot --write alone"),
        (["--write-baseline"], "cannot --write-baseline"),
        (["--explain", "shel-form"], "cannot use --explain shel-form: .*`shell-form`"),
    ],
)
def test_bad_input_is_refused(tree: Path, arguments: list[str], why: str) -> None:
    error = doctor(*arguments).exception
    assert isinstance(error, GracekeeperError)
    assert error.exit_code == 2
    assert re.search(why, str(error))


def test_rules_are_listed_and_explained(tree: Path) -> None:
    assert "shell-form  " in doctor("--list").output
    assert "## Evidence" in doctor("--explain", "shell-form").output
    for name in (UNUSED, REASONLESS):  # findings that no rule makes
        assert doctor("--explain", name).output.startswith(f"# {name}\n")


def test_without_an_engine_an_image_is_three(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tree}/no.sock")
    error = doctor("app:latest").exception
    assert isinstance(error, GracekeeperError)
    assert error.exit_code == 3
    assert "There is no path app:latest either" in str(error)


@pytest.mark.docker
def test_an_image_is_read_without_running_it(tree: Path) -> None:
    from docker import APIClient

    base, name = "python:3.11-slim-bookworm", "gracekeeper/doctor-test:latest"
    (tree / "Dockerfile").write_text(
        f'FROM {base}\nCOPY start.sh /start.sh\nENTRYPOINT ["/start.sh"]\nCMD ["serve"]\n'
    )
    (tree / "start.sh").write_text("#!/bin/sh\ntouch /tmp/ran\ngunicorn app:app\n")
    (tree / "start.sh").chmod(0o755)
    client = APIClient()
    try:
        for line in client.build(path=str(tree), tag=name, rm=True, decode=True):
            assert "error" not in line, line
        before = {one["Id"] for one in client.containers(all=True)}
        assert ("entrypoint-no-exec", f"{name}/start.sh", 3) in told(name)
        left = client.containers(all=True, filters={"ancestor": name})
        assert [one for one in left if one["Id"] not in before] == []
    finally:
        client.remove_image(name, force=True)
        client.close()
