"""Become another user, in another folder, and then a command: posix_spawn(3) can do neither.

    python -I -S become.py UID,GID[,GROUP...] FOLDER PROGRAM ARG0 [ARG]...

An empty FOLDER is where we are. Groups first, then gid, then uid: afterwards nothing is allowed.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import os
import sys

NOT_FOUND, NOT_EXECUTABLE = 127, 126


def become(identity: str, folder: str, program: str, argv: list[str]) -> None:
    """Replace this process; OSError says what went wrong."""
    for ignored in (_signal.SIGPIPE, _signal.SIGXFSZ):  # by Python, and an exec keeps that
        _signal.signal(ignored, _signal.SIG_DFL)
    uid, gid, *groups = (int(number) for number in identity.split(","))
    if os.getuid() == 0:  # else it is our own, or forbidden
        os.setgroups(groups)
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if folder:
        os.chdir(folder)
    os.execv(program, argv)  # noqa: S606 - no shell


if __name__ == "__main__":
    _, who, where, what, *words = sys.argv
    try:
        become(who, where, what, words)
    except OSError as error:
        text = f"gracekeeper: cannot run {what} as {who} in {where or '.'}: {error.strerror}.\n"
        os.write(2, text.encode())
        os._exit(NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE)
