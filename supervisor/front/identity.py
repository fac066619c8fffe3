"""Who uWSGI will be after it has dropped its privileges."""

from __future__ import annotations

import grp
import os
import pwd

from supervisor.core.record import Record
from supervisor.errors import UsageError
from supervisor.servers.uwsgi.launch import Launch

HIGHEST = 2**32 - 2  # the last one means "nobody in particular" (chown(2))


class Identity(Record):
    """Its user and group, None where they stay ours; and what it won't do."""

    uid: int | None = None
    gid: int | None = None
    notes: tuple[str, ...] = ()


def drops_to(wanted: Launch) -> Identity:
    """Return who uWSGI will be; UsageError for a user or group that does not exist."""
    if not wanted.uid and not wanted.gid:
        return Identity()
    if os.getuid() != 0:
        told = " and ".join(
            f"{key} {value}" for key, value in (("uid", wanted.uid), ("gid", wanted.gid)) if value
        )
        return Identity(notes=(f"{told} not taken: only root can change to it",))
    return Identity(_uid(wanted), _gid(wanted))


def _uid(wanted: Launch) -> int | None:
    name = wanted.uid
    if not name:
        return None
    if name.isdigit():
        return _in_range(name, "uid", wanted.user)
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        raise UsageError(
            f"cannot run uWSGI as user {name!r} ({wanted.user}): there is no such user."
            " Create it, or correct `uid`."
        ) from None


def _gid(wanted: Launch) -> int | None:
    name = wanted.gid
    if not name:
        return None
    if name.isdigit():
        return _in_range(name, "gid", wanted.group)
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise UsageError(
            f"cannot run uWSGI in group {name!r} ({wanted.group}): there is no such group."
            " Create it, or correct `gid`."
        ) from None


def _in_range(text: str, key: str, where: str) -> int:
    if int(text) > HIGHEST:
        raise UsageError(
            f"cannot use {key} {text} ({where}): the highest is {HIGHEST}. Correct `{key}`."
        )
    return int(text)
