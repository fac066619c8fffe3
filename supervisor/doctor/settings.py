"""How doctor looks: `[doctor]` of a gracekeeper.toml, or `[tool.gracekeeper.doctor]`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from supervisor.config import document
from supervisor.config.mistakes import Mistakes, near
from supervisor.core.record import Record
from supervisor.doctor.finding import ORDER, SEVERITIES
from supervisor.doctor.reading.source import LARGEST
from supervisor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

NEVER: Final = "never"
TABLES: Final = {
    "gracekeeper.toml": ("doctor",),
    "pyproject.toml": ("tool", "gracekeeper", "doctor"),
}
LISTS: Final = ("select", "ignore", "exclude")
WORDS: Final = {"min-severity": SEVERITIES, "fail-on": (*SEVERITIES, NEVER)}
KEYS: Final = (*LISTS, *WORDS, "baseline")


class Settings(Record):
    """What a project wants.

    `select`, `ignore`   ids of rules; no `select`: all of them
    `exclude`            patterns of paths, from the file's folder, that nobody looks at
    `min_severity`       less is not told; `fail_on`: from that on, the exit code is 1
    `baseline`           a file with what is known already
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    min_severity: str = "info"
    fail_on: str = "high"
    baseline: str = ""
    file: str = ""

    def fails(self, severity: str) -> bool:
        """Tell whether a finding of that severity makes the exit code 1."""
        return self.fail_on != NEVER and ORDER[severity] <= ORDER[self.fail_on]

    def tells(self, severity: str) -> bool:
        """Tell whether findings of that severity are shown."""
        return ORDER[severity] <= ORDER[self.min_severity]


def nearest(folder: str, known: Iterable[str]) -> Settings:
    """Read the settings of a folder, or of one above it up to its repository's root."""
    here = Path(folder).resolve()
    for place in (here, *here.parents):
        for name in TABLES:
            if _own(place / name) and (found := read(str(place / name), known)):
                return found
        if (place / ".git").exists():
            break
    return Settings()


def _own(file: Path) -> bool:
    """Tell whether a file is there, and no link that leads out of its folder."""
    return file.is_file() and file.resolve().is_relative_to(file.parent)


def read(file: str, known: Iterable[str]) -> Settings | None:
    """Read a file's table; None if it has none, UsageError for all that is wrong with it."""
    if Path(file).is_file() and Path(file).stat().st_size > LARGEST:
        raise UsageError(f"cannot read {file}: it is larger than {LARGEST // 1024} KiB. Cut it.")
    found = document.load(file)
    mistakes = Mistakes(file, found.lines)
    path: tuple[str, ...] = ()
    table: Any = found.data
    for name in TABLES.get(Path(file).name, TABLES["gracekeeper.toml"]):
        path = (*path, name)
        table = table.get(name) if isinstance(table, dict) else None
        if table is None:
            return None
    if not isinstance(table, dict):
        mistakes.add(path, f"cannot use `{'.'.join(path)}`: it is no table. Write [{_name(path)}].")
        mistakes.refuse()
    values: dict[str, Any] = {}
    for key, value in table.items():
        told = _unfit(key, value, tuple(known))
        if told:
            mistakes.add((*path, key), told)
        else:
            values[key.replace("-", "_")] = tuple(value) if isinstance(value, list) else value
    mistakes.refuse()
    if baseline := values.get("baseline"):
        values["baseline"] = str(Path(file).parent / baseline)
    return Settings(**values, file=file)


def _name(path: tuple[str, ...]) -> str:
    return ".".join(path)


def _unfit(key: str, value: Any, known: tuple[str, ...]) -> str:
    """Say why a key can't be used; empty when it can."""
    if key not in KEYS:
        todo = near(key, KEYS) or f"There are {', '.join(KEYS)}."
        return f"cannot use `{key}`: doctor has no such setting. {todo}"
    if key in LISTS:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            return f'cannot use `{key}`: it is no list of strings. Write {key} = ["...", "..."].'
        if key == "exclude":
            return ""
        return unknown(value, known)
    if key == "baseline":
        good = isinstance(value, str) and value
        return "" if good else "cannot use `baseline`: it is no path. Write a file's name."
    if value not in WORDS[key]:
        return f"cannot use `{key}`: it is none of these. Write one of {', '.join(WORDS[key])}."
    return ""


def unknown(ids: Iterable[str], known: Iterable[str]) -> str:
    """Say which id no rule has; empty when each has one."""
    known = tuple(known)
    for one in ids:
        if one not in known:
            todo = near(one, known) or "`gracekeeper doctor --list` names them."
            return f"cannot use {one}: no rule is called so. {todo}"
    return ""
