"""A cluster comes to its place at once or not at all, and nothing of somebody else's is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from supervisor.cluster.place import INSIDE, Place, version
from supervisor.errors import GracekeeperError, UsageError


def made(place: Place) -> None:
    """What initdb would make."""
    (place.new / "base").mkdir(parents=True)
    (place.new / "PG_VERSION").write_text("15\n")


def test_beside(tmp_path: Path) -> None:
    """One rename, onto nothing or onto an empty directory; a link stays one."""
    (tmp_path / "real").mkdir()
    data = tmp_path / "link"
    data.symlink_to("real")
    place = Place(data)
    made(place)
    assert version(data) is None
    place.settle()
    place.close()
    assert version(data) == "15"
    assert data.is_symlink()
    assert [path.name for path in tmp_path.iterdir() if path != data] == ["real"]


@pytest.fixture
def mounted(tmp_path: Path) -> Path:
    """A directory that is taken for a mount point: one with a hidden folder of ours."""
    (tmp_path / "data" / INSIDE).mkdir(parents=True)
    return tmp_path / "data"


def test_inside(mounted: Path) -> None:
    """Nothing of ours stays; the mode is one that PostgreSQL starts with."""
    place = Place(mounted)
    made(place)
    place.settle()
    place.close()
    assert sorted(path.name for path in mounted.iterdir()) == ["PG_VERSION", "base"]
    assert mounted.stat().st_mode & 0o777 == 0o700


def test_a_move_that_was_interrupted_goes_on(mounted: Path) -> None:
    """PG_VERSION comes last, so what is half there is no cluster yet."""
    place = Place(mounted)
    made(place)
    in_the_way = mounted / "base" / "file"
    in_the_way.parent.mkdir()
    in_the_way.touch()
    with pytest.raises(
        GracekeeperError, match=r"cannot put the cluster to .+: Directory not empty"
    ):
        place.settle()
    place.close()
    assert version(mounted) is None
    in_the_way.unlink()
    place = Place(mounted)
    assert place.was_interrupted
    place.settle()
    place.close()
    assert sorted(path.name for path in mounted.iterdir()) == ["PG_VERSION", "base"]


@pytest.mark.parametrize("inside", [True, False])
def test_what_was_begun_is_cleared(tmp_path: Path, mounted: Path, inside: bool) -> None:
    """A start that was killed leaves a hidden folder, and the next one takes it away."""
    data = mounted if inside else tmp_path / "other"
    place = Place(data)
    made(place)
    place.close()
    place = Place(data)
    assert not place.new.exists()
    place.close()
    assert not (data / INSIDE).exists()


def test_a_log_elsewhere_is_cleared_too(tmp_path: Path) -> None:
    """With `initdb -X`; or the next start's initdb would refuse the directory."""
    (tmp_path / "log" / "archive_status").mkdir(parents=True)
    (tmp_path / "log" / "000000010000000000000001").touch()
    place = Place(tmp_path / "data")
    made(place)
    (place.new / "pg_wal").symlink_to(tmp_path / "log")
    place.clear()
    place.close()
    assert [path.name for path in tmp_path.rglob("*")] == ["log"]


def test_one_at_a_time(tmp_path: Path) -> None:
    """The second is refused while the first is at work."""
    place = Place(tmp_path / "data")
    made(place)
    with pytest.raises(UsageError, match="another process is about to"):
        Place(tmp_path / "data")
    assert place.new.exists()
    place.close()


def test_somebodys_files_are_left_alone(tmp_path: Path) -> None:
    """What is there and no cluster is not ours to remove."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "thesis.txt").touch()
    with pytest.raises(UsageError, match=r"not empty \(thesis.txt\), and no cluster either"):
        Place(tmp_path / "data")
    assert [path.name for path in tmp_path.rglob("*")] == ["data", "thesis.txt"]
