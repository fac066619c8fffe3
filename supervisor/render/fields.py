"""Reading a document that somebody else wrote: every field is checked, every text is harmless."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from supervisor.errors import UsageError

MOST: Final = 1e9  # seconds, 31 years: nothing that is drawn takes longer
COUNTED: Final = 2.0**53  # of requests, beyond which JSON itself is not exact


@dataclass(frozen=True)
class Fields:
    """One JSON object, and where it stands: `path` in the document of `where`."""

    value: Any
    where: str
    path: str = ""
    schema: str = "supervisor/report/schema.json"

    def number(self, name: str, most: float = MOST) -> float:
        """Return a number that is there."""
        found = self.maybe(name, most)
        if found is None:
            raise self.wrong(name, "a number")
        return found

    def maybe(self, name: str, most: float = MOST) -> float | None:
        """Return a number, None where the document knows none."""
        found = self._get(name)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            raise self.wrong(name, "a number")
        if not -most <= found <= most:  # which no NaN is, either
            raise self.wrong(name, f"a number up to {most:g}")
        return found

    def count(self, name: str) -> int | None:
        """Return a whole number, None where nobody could know."""
        found = self.maybe(name, COUNTED)
        return None if found is None else int(found)

    def text(self, name: str) -> str:
        """Return a text, "" where there is none."""
        found = self._get(name)
        if found is None:
            return ""
        if not isinstance(found, str):
            raise self.wrong(name, "a text")
        return harmless(found)

    def truth(self, name: str) -> bool:
        """Return whether something is so; what is not told is not so."""
        return self._get(name) is True

    def inner(self, name: str) -> Fields:
        """Return an object."""
        found = self._get(name)
        if not isinstance(found, dict):
            raise self.wrong(name, "an object")
        return replace(self, value=found, path=self._path(name))

    def has(self, name: str) -> bool:
        """Tell whether a field is there, and not null."""
        return self._get(name) is not None

    def each(self, name: str) -> list[Fields]:
        """Return the objects of a list, none where there is no list."""
        return [
            replace(self, value=one, path=f"{self._path(name)}[{at}]")
            for at, one in enumerate(self.items(name))
        ]

    def items(self, name: str) -> list[Any]:
        """Return a list, empty where there is none."""
        found = self._get(name)
        if found is not None and not isinstance(found, list):
            raise self.wrong(name, "a list")
        return found or []

    def wrong(self, name: str, wanted: str) -> UsageError:
        """Say which field is not what a report has there."""
        return UsageError(
            f"cannot read the report in {self.where}: `{self._path(name)}` is not {wanted}."
            f" Take the line as gracekeeper wrote it; {self.schema} describes it."
        )

    def _get(self, name: str) -> Any:
        if not isinstance(self.value, dict):
            raise UsageError(
                f"cannot read the report in {self.where}: `{self.path or 'it'}` is not an object."
                " Take the line as gracekeeper wrote it."
            )
        return self.value.get(name)

    def _path(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


def harmless(text: str) -> str:
    """Replace what a terminal or a page would obey instead of show: clients choose URIs."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
