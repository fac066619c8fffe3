"""What a run needs, made at its beginning: programs in C, and gracekeeper as users install it.

The peers are kept between runs in .run/, one environment each; gracekeeper is built and installed
anew, because it is what changes.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.entrypoints import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parent
LOCK = ROOT / "requirements" / "bench.txt"
# Each with what it depends on; pip refuses what is not in the lock with its hashes.
PEERS = {
    "supervisor": ("supervisor",),
    "circus": ("circus", "psutil", "pyzmq", "tornado"),
    "honcho": ("honcho",),
}
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_INSTALL_S = 600.0


class SetUpError(Exception):
    """Something that every row needs cannot be made."""


@dataclass(frozen=True, slots=True)
class Installed:
    """Where things are."""

    folder: Path
    stage: Path
    child: Path
    python: str

    @property
    def bare_loop(self) -> Path:
        return HERE / "bare_loop.py"

    def program(self, name: str) -> str | None:
        """The path of a command: of an environment of ours, of this one, or the system's."""
        places = (*(str(bin_of(self.folder, it)) for it in ("gracekeeper", *PEERS)), own_bin())
        return shutil.which(name, path=":".join((*places, SYSTEM_PATH)))


def own_bin() -> str:
    """Where uWSGI is: beside the Python that runs us."""
    return str(Path(sys.executable).parent)


def bin_of(folder: Path, name: str) -> Path:
    """The commands of an environment."""
    return folder / f"venv-{name}" / "bin"


def install(scratch: Path, source: Path = ROOT) -> Installed:
    """Compile, build and install; `scratch` is gone after the run, the environments stay."""
    folder = ROOT / ".run" / f"bench-pid1-{_fingerprint()}"
    folder.mkdir(parents=True, exist_ok=True)
    for name, packages in PEERS.items():
        _environment(folder, name, packages)
    _install_gracekeeper(folder, scratch, source)
    stage, child = (_compiled(name, scratch) for name in ("stage", "child"))
    # No shim, no environment: the interpreter that gracekeeper gets, too.
    python = str((bin_of(folder, "gracekeeper") / "python").resolve())
    return Installed(folder=folder, stage=stage, child=child, python=python)


def pinned(name: str) -> str | None:
    """The version in the lock."""
    found = re.search(rf"^{name}==(\S+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else None


def _fingerprint() -> str:
    known = LOCK.read_bytes() + sys.version.encode() + str(ROOT).encode()
    return hashlib.sha256(known).hexdigest()[:12]


def part_of(lock: str, names: Sequence[str]) -> str:
    """The entries of some packages and of what they need.

    An entry is a name and a version, then hashes and, behind `# via`, who needs it, indented.
    """
    entries = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)
    named = {it.partition("==")[0]: it for it in entries}
    wanted = set(names)
    more = True
    while more:
        needed = {name for name, entry in named.items() if wanted & _needed_by(entry)}
        more = not needed <= wanted
        wanted |= needed
    return "".join(entry for name, entry in named.items() if name in wanted)


def _needed_by(entry: str) -> set[str]:
    comments = re.findall(r"^ +# (?:via )? *(\S+)$", entry, flags=re.MULTILINE)
    return {name for name in comments if name != "via"}


def _environment(folder: Path, name: str, packages: Sequence[str]) -> None:
    """Only what is locked, with hashes; one that has just these packages is kept."""
    home = folder / f"venv-{name}"
    done = home / "done"
    if done.exists() and done.read_text(encoding="utf-8") == " ".join(packages):
        return
    shutil.rmtree(home, ignore_errors=True)
    print(f"set-up: {name} into an environment of its own", file=sys.stderr, flush=True)
    _run(sys.executable, "-m", "venv", str(home))
    part = home / "requirements.txt"
    part.write_text(part_of(LOCK.read_text(encoding="utf-8"), packages), encoding="utf-8")
    _pip(folder, name, "--require-hashes", "-r", str(part))
    done.write_text(" ".join(packages), encoding="utf-8")


def _install_gracekeeper(folder: Path, scratch: Path, source: Path) -> None:
    """A wheel, as from an index: not editable, compiled, and its script made by pip."""
    project = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[^\w-]", line)[0] for line in project.get("dependencies", [])]
    _environment(folder, "gracekeeper", names)
    print("set-up: gracekeeper, built and installed anew", file=sys.stderr, flush=True)
    wheels = scratch / "wheels"
    options = ("--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels))
    _run(sys.executable, "-m", "pip", "wheel", "--quiet", *options, str(source))
    (wheel,) = wheels.glob("*.whl")
    _pip(folder, "gracekeeper", "--no-deps", "--force-reinstall", "--compile", str(wheel))


def _pip(folder: Path, name: str, *words: str) -> None:
    pip = [str(bin_of(folder, name) / "python"), "-m", "pip", "--disable-pip-version-check"]
    _run(*pip, "install", "--quiet", *words)


def _compiled(name: str, scratch: Path) -> Path:
    """Static where the C library can: a child that loads nothing forks and starts faster."""
    command = ["gcc", "-O2", "-Wall", "-o", str(scratch / name), str(HERE / f"{name}.c")]
    try:
        _run(*command, "-static")
    except SetUpError:
        _run(*command)
    return scratch / name


def _run(*command: str) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_INSTALL_S, check=False, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SetUpError(f"cannot run {command[0]}: {error}") from error
    if done.returncode:
        raise SetUpError(f"{' '.join(command)}: {done.stderr.strip()[-2000:]}")
