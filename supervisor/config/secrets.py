"""Secrets: a variable NAME_FILE gives the service NAME with what the file holds."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path as File

from supervisor.config.mistakes import UnfitError

END = "_FILE"
MASK = "***"
TELLING = re.compile("PASSWORD|PASSWD|SECRET|TOKEN|KEY", re.IGNORECASE)
PASSWORD = re.compile(r"(://[^/@:]*:)[^/@]*@")  # of a URL
LONGEST = 131_071  # bytes of NAME=VALUE, without the NUL: MAX_ARG_STRLEN, execve(2)


def named(environment: Mapping[str, str], verbatim: Collection[str] = ()) -> dict[str, str]:
    """Return for each variable that names a file of a secret what the service's own is called."""
    return {
        name: name.removesuffix(END)
        for name in environment
        if name.endswith(END) and name != END and name not in verbatim
    }


def masked(environment: Mapping[str, str], hidden: Collection[str]) -> dict[str, str]:
    """Return variables as they may be shown; `hidden` are those that came from files."""
    return {
        name: MASK if name in hidden or TELLING.search(name) else PASSWORD.sub(rf"\1{MASK}@", value)
        for name, value in environment.items()
    }


def read(path: File, name: str) -> str:
    """Return a file's content without its last newline; UnfitError, which never shows it."""
    todo = "Check its path and mode, and whether the secret is mounted"
    try:
        if not path.is_file():
            why = "it is no file" if path.exists() else "there is no such file"
            raise UnfitError(f"cannot read {path}: {why}", todo)
        content = path.read_bytes()
    except OSError as error:
        raise UnfitError(f"cannot read {path}: {error.strerror}", todo) from None
    content = content.removesuffix(b"\n").removesuffix(b"\r")
    if b"\0" in content or len(name) + 1 + len(content) > LONGEST:
        why = "has a NUL character" if b"\0" in content else "is longer than 128 KiB"
        raise UnfitError(f"{path} {why}, and no variable can", "Hand over the file")
    return os.fsdecode(content)
