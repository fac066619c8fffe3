"""fly.toml: what an app on Fly.io runs, and how it is stopped.

Its keys are described in fly.io/docs/reference/configuration.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from supervisor.config import located
from supervisor.core.record import Record
from supervisor.doctor.finding import Place, Skip

if TYPE_CHECKING:
    from supervisor.doctor.reading.source import Source

LARGEST: Final = 64 * 1024  # characters; tomllib takes time by the square of a key's parts
AT: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class Fly(Record):
    """A configuration: `data` as TOML has it, `lines` where each key stands."""

    path: str
    data: dict[str, Any]
    lines: dict[located.Path, int]

    def get(self, *path: str | int) -> Any:
        """Return what is at a path of keys; None if there is nothing."""
        found: Any = self.data
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        return found

    def table(self, *path: str) -> dict[str, Any]:
        """Return a table; empty if there is none."""
        found = self.get(*path)
        return found if isinstance(found, dict) else {}

    def text(self, *path: str) -> str:
        """Return a string; empty if there is none."""
        found = self.get(*path)
        return found if isinstance(found, str) else ""

    def place(self, *path: str | int) -> Place | None:
        """Return where a key is; None if it is not there."""
        line = self.lines.get(path)
        return Place(self.path, line) if line else None


def parse(source: Source) -> Fly | Skip:
    """Read a file."""
    if len(source.text) > LARGEST:
        return Skip(source.place(1), f"larger than {LARGEST // 1024} KiB")
    try:
        return Fly(source.path, *located.load(source.text))
    except RecursionError:
        return Skip(source.place(1), "keys or values inside each other too deeply")
    except (ValueError, IndexError) as error:
        said = AT.search(str(error))
        where = int(said[1]) if said and said[1] else 1
        return Skip(source.place(where), f"not TOML: {AT.sub('', str(error))}")
