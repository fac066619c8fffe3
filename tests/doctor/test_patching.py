"""Fixes: shown, written, and refused where it isn't safe."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from supervisor.doctor.checkup import Change, Item
from supervisor.doctor.finding import HIGH, Edit, Finding, Place
from supervisor.doctor.patching import apply, patches

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "start.sh").write_bytes(b"one\ntwo\nthree\n")
    (tmp_path / "start.sh").chmod(0o751)
    return tmp_path / "start.sh"


def fix(
    file: Path, *edits: tuple[int, int, str, tuple[str, ...]], rule: str = "shell-form"
) -> Item:
    """A finding at its first edit: first and last line, what is put there, what is there."""
    places = [Place(file.name, first, last) for first, last, _, _ in edits]
    changes = tuple(
        Change(place, before, tuple(text.split("\n")))
        for place, (_, _, text, before) in zip(places, edits, strict=True)
    )
    made = tuple(Edit(p, text) for p, (_, _, text, _) in zip(places, edits, strict=True))
    one = Finding(rule, HIGH, places[0], "w", "f", made)
    return Item(one, (), str(file), str(file.parent), changes)


def test_edits_are_applied_from_the_end_and_the_mode_stays(file: Path) -> None:
    first = fix(file, (1, 1, "eins\nzwei", ("one",)), (3, 3, "drei", ("three",)))
    made, skips = patches([first, fix(file, (2, 2, "", ("two",)))])
    assert list(apply(made)) == skips == []
    assert file.read_bytes() == b"eins\nzwei\n\ndrei\n"
    assert file.stat().st_mode & 0o777 == 0o751
    assert [one.name for one in file.parent.iterdir()] == ["start.sh"]


@pytest.mark.parametrize(
    "before, after",
    [
        (b"one\r\ntwo\r\n", b"eins\r\nund\r\ntwo\r\n"),
        (b"\xef\xbb\xbfone\ntwo", b"\xef\xbb\xbfeins\nund\ntwo"),
    ],
)
def test_line_ends_and_marks_stay(file: Path, before: bytes, after: bytes) -> None:
    file.write_bytes(before)
    made, _ = patches([fix(file, (1, 1, "eins\nund", ("one",)))])
    assert not list(apply(made))
    assert file.read_bytes() == after


def test_the_diff_is_one_that_git_takes(file: Path) -> None:
    file.write_bytes(b"one\ntwo\nthree")
    made, _ = patches([fix(file, (3, 3, "drei\nvier", ("three",)))])
    git = ["git", "-c", "safe.directory=*", "apply", "-"]
    subprocess.run(git, input=made[0].diff.encode(), check=True, timeout=30, cwd=file.parent)
    assert file.read_bytes() == made[0].after == b"one\ntwo\ndrei\nvier"


def test_fixes_that_overlap_wait_and_equal_ones_are_one(file: Path) -> None:
    one = fix(file, (1, 2, "x", ("one", "two")))
    other = fix(file, (2, 2, "y", ("two",)), (3, 3, "z", ("three",)), rule="boot-window")
    made, skips = patches([one, one, other])
    assert made[0].after == b"x\nthree\n"  # the other's second edit waits, too
    assert ["boot-window" in skip.why for skip in skips] == [True]


def test_what_two_rules_ask_for_alike_is_one_edit(file: Path) -> None:
    one = fix(file, (2, 0, "x", ("two",)))
    made, skips = patches([one, fix(file, (2, 2, "x", ("two",)), rule="boot-window")])
    assert (made[0].after, skips) == (b"one\nx\nthree\n", [])


def test_a_file_that_has_changed_is_left_alone(file: Path) -> None:
    item = fix(file, (1, 1, "x", ("one",)))
    made, _ = patches([item])
    file.write_bytes(b"new\ntwo\n")
    assert "meanwhile" in next(apply(made)).why
    assert [skip.why for skip in patches([item])[1]] == [
        "not changed: somebody has changed it meanwhile"
    ]
    assert file.read_bytes() == b"new\ntwo\n"


@pytest.mark.parametrize("raw", [b"one\xff\ntwo\n", b"one\r\ntwo\n", b"a\0b"])
def test_what_can_not_be_written_back_is_left_alone(file: Path, raw: bytes) -> None:
    file.write_bytes(raw)
    made, skips = patches([fix(file, (2, 2, "x", ("two",)))])
    assert (made, len(skips)) == ([], 1)


def test_nothing_is_written_through_a_link_out_of_the_tree(file: Path) -> None:
    outside = file.parent / "outside"
    outside.mkdir()
    (outside / "start.sh").write_bytes(b"one\n")
    tree = file.parent / "tree"
    tree.mkdir()
    (tree / "start.sh").symlink_to(outside / "start.sh")
    (tree / "docker").symlink_to(outside)
    for path in ("tree/start.sh", "tree/docker/start.sh"):
        place = Place(path, 1)
        one = Finding("shell-form", HIGH, place, "w", "f", (Edit(place, "x"),))
        item = Item(one, (), path, str(tree), (Change(place, ("one",), ("x",)),))
        made, skips = patches([item])
        assert (made, len(skips)) == ([], 1)
    assert (outside / "start.sh").read_bytes() == b"one\n"
