"""Which program a process is: by what it was started as, not by what it calls itself."""

from __future__ import annotations

from typing import Final

from supervisor.ops import behaviour
from supervisor.ops.process import SHELLS, Process

PYTHONS: Final = ("python", "pypy")
SPECIAL: Final = ("uwsgi", "gracekeeper", "supervisord", "node", "nodejs", *behaviour.WRAPPERS)
SPECIAL_TOO: Final = (*behaviour.TWO_SECONDS, *behaviour.SCANNERS)
VALUED: Final = "XW"


def program(process: Process) -> str:
    """Return a known program's name, "shell", "python", or what it is called itself."""
    own = process.program
    if own in SHELLS:
        return "shell"
    if own.startswith("uwsgi"):
        return "uwsgi"
    if own == "nodejs":
        return "node"
    if not own.startswith(PYTHONS):
        return behaviour.known(own) or own
    script = main_word(process.argv)
    name = script.rpartition("/")[2]
    if "supervisor/__main__.py" in script or "supervisor/runtime/boot.py" in script:
        return "gracekeeper"
    return name if behaviour.known(name) or name in (*SPECIAL, *SPECIAL_TOO) else "python"


def title(process: Process) -> str:
    """Return what people call it."""
    kind = program(process)
    return process.program if kind in ("shell", "python") else kind


def main_word(argv: tuple[str, ...]) -> str:
    """Return the script, or the module, that `python ...` runs; empty for `-c` and a prompt."""
    words = iter(argv[1:])
    for word in words:
        if not word.startswith("-"):
            return word
        if word.startswith("--"):
            continue
        for at, letter in enumerate(word[1:], 2):
            if letter in "mc":
                value = word[at:] or next(words, "")
                return value if letter == "m" else ""
            if letter in VALUED:
                _ = word[at:] or next(words, "")
                break
    return ""
