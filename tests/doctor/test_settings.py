"""[doctor] of gracekeeper.toml, [tool.gracekeeper.doctor] of pyproject.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from supervisor.config.file import read as read_services
from supervisor.doctor import settings
from supervisor.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = ("shell-form", "boot-window")


def test_the_nearest_file_above_counts_up_to_the_repository(tmp_path: Path) -> None:
    (tmp_path / "gracekeeper.toml").write_text('[doctor]\nfail-on = "low"\n')
    inner = tmp_path / "repository/docker"
    inner.mkdir(parents=True)
    assert settings.nearest(str(inner), KNOWN).fail_on == "low"
    (tmp_path / "repository/.git").mkdir()
    assert settings.nearest(str(inner), KNOWN) == settings.Settings()
    (tmp_path / "repository/pyproject.toml").write_text(
        '[tool.gracekeeper.doctor]\nignore = ["boot-window"]\nbaseline = "known.json"\n'
    )
    found = settings.nearest(str(inner), KNOWN)
    assert found.ignore == ("boot-window",)
    assert found.baseline == str(tmp_path / "repository/known.json")


def test_a_file_without_the_table_says_nothing(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "gracekeeper.toml").write_text("grace = 10\n")
    assert settings.nearest(str(tmp_path), KNOWN) == settings.Settings()


def test_all_mistakes_are_told_with_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "gracekeeper.toml"
    file.write_text(
        '[doctor]\nignore = ["shel-form"]\nfail_on = "high"\nmin-severity = "bad"\nexclude = "x"\n'
    )
    with pytest.raises(UsageError) as told:
        settings.read(str(file), KNOWN)
    lines = str(told.value).splitlines()
    assert [line.partition("toml:")[2].partition(":")[0] for line in lines[1:]] == list("2345")
    assert "Did you mean `shell-form`?" in lines[1]
    assert "Did you mean `fail-on`?" in lines[2]


@pytest.mark.parametrize(
    "text, why", [("doctor = 3\n", "it is no table"), ("[doctor\n", "cannot read it as TOML")]
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "gracekeeper.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=why):
        settings.read(str(file), KNOWN)


def test_a_file_of_services_may_have_the_table(tmp_path: Path) -> None:
    file = tmp_path / "gracekeeper.toml"
    file.write_text('[doctor]\nignore = ["shell-form"]\n[services.web]\ncommand = ["true"]\n')
    assert [one.name for one in read_services(str(file), {}).services] == ["web"]
