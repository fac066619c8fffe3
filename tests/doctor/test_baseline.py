"""What a baseline knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from supervisor.doctor import baseline
from supervisor.doctor.checkup import Checkup, Item
from supervisor.doctor.finding import HIGH, Finding, Place
from supervisor.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def item(folder: Path, line: int, text: str = "CMD x", path: str = "Dockerfile") -> Item:
    one = Finding("shell-form", HIGH, Place(path, line), "w", "f")
    return Item(one, ((line, text),), str(folder / path))


def test_a_finding_that_has_moved_stays_known_and_a_new_one_is_new(tmp_path: Path) -> None:
    file = str(tmp_path / "known.json")
    baseline.write([item(tmp_path, 2)], file)
    now = [item(tmp_path, 9, "  CMD  x"), item(tmp_path, 12), item(tmp_path, 2, "CMD y")]
    left = baseline.without(Checkup(tuple(now)), file)
    assert [one.finding.place.line for one in left.items] == [12, 2]  # known once, found twice
    assert left.known == 1


def test_paths_count_from_the_baseline_not_from_where_it_runs(tmp_path: Path) -> None:
    file = str(tmp_path / "known.json")
    one = item(tmp_path, 2, path="docker/Dockerfile")
    baseline.write([one], file)
    shown = one.finding.replace(place=Place("Dockerfile", 2))  # as it is told in docker/
    assert baseline.without(Checkup((one.replace(finding=shown),)), file).known == 1


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2}', '{"version": 1, "findings": [3]}'])
def test_what_is_no_baseline_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "known.json"
    file.write_text(text)
    with pytest.raises(UsageError, match="cannot use the baseline"):
        baseline.without(Checkup(()), str(file))
    with pytest.raises(UsageError, match="cannot read the baseline"):
        baseline.without(Checkup(()), str(tmp_path / "other.json"))
