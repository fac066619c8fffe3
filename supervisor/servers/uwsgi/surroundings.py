"""What reading a configuration needs of the machine; a type, and nothing at run time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Surroundings(Protocol):
    """What reading needs of the machine."""

    environment: Mapping[str, str]
    cwd: str
    hostname: str

    def read(self, path: str) -> str:
        """Return a file's text; OSError."""

    def kind(self, path: str) -> str:
        """Return "file", "dir", "link" (lstat(2)), "other" or, for nothing, ""."""

    def real(self, path: str) -> str:
        """Return the path without links, absolute."""
