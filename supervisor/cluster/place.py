"""Where a cluster is made, and how it gets to where it belongs: at once, or not at all.

Beside its place it is made under a hidden name, and one rename(2) puts it there. A mount point
can't be renamed onto (EBUSY): there it is made in a hidden folder inside, whose own rename says
that all of it is there; what it holds then moves up, PG_VERSION last. A start that finds such a
folder goes on with that.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path

from supervisor.errors import GracekeeperError, UsageError

VERSION = "PG_VERSION"
INSIDE = ".gracekeeper"  # holds "new" until all is made, then "made"
HARMLESS = (INSIDE, "lost+found")
MODE = 0o700  # PostgreSQL starts with no other than this and 0750


class Place:
    """The place of one cluster; holds a lock while it is open."""

    def __init__(self, data: Path) -> None:
        """Take the lock, and clear away what another start has left; UsageError."""
        self._data = data = Path(os.path.realpath(data))  # a link is not what is renamed onto
        self._inside = _is_own_mount(data)
        self._home = data / INSIDE if self._inside else data.parent
        self.new = self._home / ("new" if self._inside else f".{data.name}.gracekeeper-new")
        self._made = self._home / "made"
        _check_empty(data)
        try:
            self._home.mkdir(mode=MODE, parents=True, exist_ok=True)
            self._lock = os.open(self._home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise UsageError(
                f"cannot make a cluster in {data}: {error.filename}: {error.strerror}. Let uid"
                f" {os.getuid()} write there, or mount a volume."
            ) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise UsageError(
                f"cannot make a cluster in {data}: another process is about to. Wait for its end,"
                " or give each its own directory."
            ) from None
        self.clear()

    @property
    def lock(self) -> int:
        """The lock's descriptor: whoever works here holds it, too."""
        return self._lock

    @property
    def was_interrupted(self) -> bool:
        """Whether a whole cluster waits to be moved up."""
        return self._inside and self._made.is_dir()

    def settle(self) -> None:
        """Put the cluster where it belongs; GracekeeperError."""
        try:
            if self._inside:
                if not self.was_interrupted:
                    self.new.rename(self._made)
                    _sync(self._home)
                self._move_up()
            else:
                self.new.rename(self._data)  # an empty directory makes room
                _sync(self._home)
        except OSError as error:
            raise GracekeeperError(
                f"cannot put the cluster to {self._data}: {error.strerror}. Check the file system."
            ) from None

    def clear(self) -> None:
        """Remove what was begun and is not whole, its log elsewhere (initdb -X) included."""
        log = self.new / "pg_wal"
        if (
            log.is_symlink() and log.is_dir()
        ):  # initdb would not have taken a directory that was not empty
            for path in log.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        if self.new.exists():
            shutil.rmtree(self.new)

    def close(self) -> None:
        """Give the place back; a hidden folder with nothing in it goes."""
        if self._inside:
            with suppress(OSError):
                self._home.rmdir()
        os.close(self._lock)

    def _move_up(self) -> None:
        for path in sorted(self._made.iterdir(), key=lambda path: path.name == VERSION):
            if path.name == VERSION:  # from here on it is a cluster
                _sync(self._data)
                self._data.chmod(MODE)
            path.rename(self._data / path.name)
        self._made.rmdir()
        _sync(self._data)


def version(data: Path) -> str | None:
    """Return the major version of the cluster that is there; None where there is none."""
    try:
        return (data / VERSION).read_text("ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no version"
        raise UsageError(
            f"cannot read {data / VERSION}: {why}. Let uid {os.getuid()} own the cluster."
        ) from None


def _is_own_mount(data: Path) -> bool:
    """Tell whether only what is inside the directory can be changed."""
    if not data.is_dir():
        return False
    mounts = Path("/proc/self/mountinfo").read_text(errors="replace").splitlines()
    where = str(data).replace(" ", "\\040")  # proc(5)
    mounted = any(line.split(" ")[4] == where for line in mounts)
    return mounted or (data / INSIDE).is_dir() or not os.access(data.parent, os.W_OK)


def _check_empty(data: Path) -> None:
    """Refuse to make a cluster among somebody's files; nothing that we did not make is removed."""
    try:
        found = sorted(path.name for path in data.iterdir() if path.name not in HARMLESS)
    except FileNotFoundError:
        return
    except OSError as error:
        raise UsageError(
            f"cannot make a cluster in {data}: {error.strerror}. Choose a directory (PGDATA) that"
            f" uid {os.getuid()} can read."
        ) from None
    if found and not (data / INSIDE / "made").is_dir():
        raise UsageError(
            f"cannot make a cluster in {data}: it is not empty ({', '.join(found[:3])}), and no"
            " cluster either. Choose another directory (PGDATA), or empty it."
        )


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
