"""Limits and use, in trees as they are found in containers, and on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from supervisor.recycle.sample import CgroupSample
from supervisor.runtime.cgroup import Cgroup

V1_UNLIMITED = 9223372036854771712
PSI = "some avg10=3.25 avg60=1.00 avg300=0.10 total=999\nfull avg10=1.00 avg60=0 avg300=0 total=1\n"


def machine(root: Path, cgroup: str, *mounts: str) -> Path:
    """A /proc/self that says where things are."""
    folder = root / "proc/self"
    folder.mkdir(parents=True)
    (folder / "cgroup").write_text(cgroup)
    (folder / "mountinfo").write_text("".join(f"31 23 0:28 {mount}\n" for mount in mounts))
    return root


def level_v2(root: Path, path: str, limit: object, used: int, idle: int = 0, psi: str = "") -> None:
    """One v2 cgroup."""
    folder = root / path
    folder.mkdir(parents=True, exist_ok=True)
    if limit is not None:
        (folder / "memory.max").write_text(f"{limit}\n")
    (folder / "memory.current").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 1\ninactive_file {idle}\nactive_file 3\n")
    if psi:
        (folder / "memory.pressure").write_text(psi)


def level_v1(root: Path, path: str, limit: int, used: int, idle: int = 0) -> None:
    """One v1 memory cgroup."""
    folder = root / path
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.limit_in_bytes").write_text(f"{limit}\n")
    (folder / "memory.usage_in_bytes").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"inactive_file 1\ntotal_inactive_file {idle}\n")


V2 = "/ /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate"
V1 = "{top} /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory"
OTHERS = (
    "/ /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu",
    "/ / rw - overlay overlay rw,lowerdir=x",
)


def test_v2_in_a_container(tmp_path: Path) -> None:
    """A cgroup namespace: our own level is the mount."""
    root = machine(tmp_path, "0::/\n", *OTHERS, V2)
    level_v2(root, "sys/fs/cgroup", 1000, 700, 150, PSI)
    assert Cgroup(str(root)).sample() == CgroupSample(1000, 550, 3.25)


def test_v2_without_a_limit_or_psi(tmp_path: Path) -> None:
    """ "max" is no limit."""
    root = machine(tmp_path, "0::/\n", V2)
    level_v2(root, "sys/fs/cgroup", "max", 700)
    assert Cgroup(str(root)).sample() == CgroupSample(None, 700, None)


def test_v2_the_tightest_level_counts(tmp_path: Path) -> None:
    """A pod has less left than each of its containers; the top has no files at all."""
    root = machine(tmp_path, "0::/pod/app\n", V2)
    level_v2(root, "sys/fs/cgroup/pod/app", 1000, 100, psi=PSI)
    level_v2(root, "sys/fs/cgroup/pod", 2000, 1990)
    assert Cgroup(str(root)).sample() == CgroupSample(2000, 1990, 3.25)


def test_v2_moved_out_of_the_namespace(tmp_path: Path) -> None:
    """Nothing above the mount is looked for."""
    root = machine(tmp_path, "0::/../other\n", V2)
    level_v2(root, "sys/fs/cgroup", 1000, 100)
    assert Cgroup(str(root)).levels == (f"{root}/sys/fs/cgroup",)


@pytest.mark.parametrize("top", ["/docker/abc", "/"])
def test_v1_in_a_container(top: str, tmp_path: Path) -> None:
    """Without a namespace the path is the host's; the mount may begin at our level or above."""
    where = "sys/fs/cgroup/memory" + ("" if top != "/" else "/docker/abc")
    root = machine(tmp_path, "0::/\n7:cpu:/x\n4:memory:/docker/abc\n", V2, V1.format(top=top))
    level_v1(root, where, 1000, 700, 150)
    assert Cgroup(str(root)).sample() == CgroupSample(1000, 550, None)


def test_v1_without_a_limit(tmp_path: Path) -> None:
    """v1 writes a number that no machine has."""
    root = machine(tmp_path, "4:memory:/\n", V1.format(top="/"))
    level_v1(root, "sys/fs/cgroup/memory", V1_UNLIMITED, 700)
    assert Cgroup(str(root)).sample() == CgroupSample(None, 700, None)


def test_v1_beside_a_v2_without_memory(tmp_path: Path) -> None:
    """Hybrid: the memory controller is where it is mounted."""
    unified = V2.replace("/sys/fs/cgroup ", "/sys/fs/cgroup/unified ")
    root = machine(tmp_path, "4:memory:/\n0::/\n", unified, V1.format(top="/"))
    (root / "sys/fs/cgroup/unified").mkdir(parents=True)
    level_v1(root, "sys/fs/cgroup/memory", 500, 400)
    assert Cgroup(str(root)).version == 1


@pytest.mark.parametrize(
    ("cgroup", "mount"), [("", ""), ("0::/\n", ""), ("0::/\n", V2), ("4:memory:/\n", V2)]
)
def test_nothing_to_read(cgroup: str, mount: str, tmp_path: Path) -> None:
    """No guess."""
    root = machine(tmp_path, cgroup, *([mount] if mount else []))
    assert Cgroup(str(root)).sample() is None


def test_files_that_vanish(tmp_path: Path) -> None:
    """What could be read a moment ago is None then."""
    root = machine(tmp_path, "0::/\n", V2)
    level_v2(root, "sys/fs/cgroup", 1000, 100)
    cgroup = Cgroup(str(root))
    (root / "sys/fs/cgroup/memory.current").unlink()
    assert cgroup.sample() is None


def test_a_mount_point_with_a_space(tmp_path: Path) -> None:
    """mountinfo writes it in octal."""
    root = machine(tmp_path, "0::/\n", V2.replace("/sys/fs/cgroup", "/my\\040cgroup"))
    level_v2(root, "my cgroup", 1000, 100)
    assert Cgroup(str(root)).sample() == CgroupSample(1000, 100, None)


@pytest.mark.process
def test_this_machine() -> None:
    """Wherever we run: nothing, or numbers that can be true."""
    sample = Cgroup().sample()
    if sample is not None:
        assert sample.used >= 0
        assert sample.limit is None or sample.limit > 0
