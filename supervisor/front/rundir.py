"""What uWSGI must have in a file system: a private directory, and a place for its FIFO."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile

from supervisor.errors import UsageError
from supervisor.front.undo import Undo


def make(uid: int | None, gid: int | None, undo: Undo) -> str | None:
    """Return a new directory that only the server's user can enter, None if nothing is writable."""
    for parent in ("/run", tempfile.gettempdir() if _has_temporary() else "", "/dev/shm"):  # noqa: S108
        if not parent or not os.access(parent, os.W_OK | os.X_OK):
            continue
        try:
            path = tempfile.mkdtemp(prefix="gracekeeper-", dir=parent)
        except OSError:
            continue
        return _given(path, uid, gid, undo)
    return None


def _given(path: str, uid: int | None, gid: int | None, undo: Undo) -> str:
    undo.later(lambda: shutil.rmtree(path, ignore_errors=True))
    give(path, uid, gid)
    return path


def give(path: str, uid: int | None, gid: int | None) -> None:
    """Let a directory be the server's; without CAP_DAC_OVERRIDE we may not write there then."""
    if os.getuid() == 0 and (uid is not None or gid is not None):
        os.chown(path, -1 if uid is None else uid, -1 if gid is None else gid)


def check_fifo(path: str, where: str, uid: int | None = None, gid: int | None = None) -> None:
    """Refuse a FIFO path that the server's user could not use, or that would destroy something."""
    uid = os.geteuid() if uid is None else uid
    gid = os.getegid() if gid is None else gid
    name = f"FIFO {path} ({where})"
    parent = os.path.dirname(path) or "."
    mode, owner = _look(path, name)
    if mode and not stat.S_ISFIFO(mode):
        kind = "directory" if stat.S_ISDIR(mode) else "file that is no FIFO"
        raise UsageError(
            f"cannot use {name}: there is a {kind}. Remove it, or choose another path."
        )
    if not os.path.isdir(parent):
        raise UsageError(f"cannot make {name}: {parent} is no directory. Make it first.")
    if not _may_write(parent, uid, gid):
        raise UsageError(
            f"cannot make {name}: {parent} can't be written by uid {uid}. Choose a directory that"
            " can, or mount a tmpfs there."
        )
    sticky = os.stat(parent).st_mode & stat.S_ISVTX
    if mode and sticky and uid not in (0, owner, os.stat(parent).st_uid):
        raise UsageError(
            f"cannot make {name} anew: the old one belongs to uid {owner}, and only that user may"
            f" remove it from {parent}. Remove it."
        )


def _look(path: str, name: str) -> tuple[int, int]:
    """Return mode and owner of what is at a path, zeros for nothing."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return 0, 0
    except OSError as error:
        raise UsageError(f"cannot use {name}: {error.strerror}. Choose another path.") from None
    return found.st_mode, found.st_uid


def _may_write(folder: str, uid: int, gid: int) -> bool:
    """Tell whether a user may make files in a folder; for another one than us by its mode bits."""
    if uid == os.geteuid():
        return os.access(folder, os.W_OK | os.X_OK)
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return False
    found = os.stat(folder)
    shift = 6 if found.st_uid == uid else 3 if found.st_gid == gid else 0
    return uid == 0 or (found.st_mode >> shift) & 3 == 3


def _has_temporary() -> bool:
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        return False
    return True
