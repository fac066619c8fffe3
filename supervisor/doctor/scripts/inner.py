"""Lines that a script's own commands give to a shell: `sh -c "migrate && gunicorn app"`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands.role import is_shell
from supervisor.doctor.commands.wrapping import peel
from supervisor.doctor.reading import shell
from supervisor.doctor.reading.shellnodes import Script
from supervisor.doctor.scripts.shellwalk import facts_of

if TYPE_CHECKING:
    from supervisor.doctor.finding import Place
    from supervisor.doctor.scripts.shellfacts import ShellFacts

MOST_WRAPPERS: Final = 8


def line_of(argv: tuple[str, ...]) -> str:
    """Return the line that a command gives to a shell, wrappers taken off; empty without one."""
    for _ in range(MOST_WRAPPERS):
        if is_shell(argv):
            flags = [at for at, word in enumerate(argv[1:4], 1) if _is_c(word)]
            return argv[flags[0] + 1] if flags and argv[flags[0] + 1 :] else ""
        peeled = peel(argv)
        if peeled is None or peeled.line or not peeled.inner:
            return peeled.line if peeled else ""
        argv = peeled.inner
    return ""


def inside_of(argv: tuple[str, ...], place: Place) -> ShellFacts | None:
    """Look through that line of a script's command; None without one, or if it can't be read."""
    line = line_of(argv).strip("\"'")
    if not line:
        return None
    script = shell.parse(line, place.line, place.path)
    return facts_of(script) if isinstance(script, Script) and not script.has_error else None


def _is_c(word: str) -> bool:
    return word[:1] == "-" and word[1:2] != "-" and word.endswith("c")
