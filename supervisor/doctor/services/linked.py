"""Files that are found through the tree's links, too."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from supervisor.doctor.services.files import Files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from supervisor.doctor.reading.source import Source

MOST: Final = 40  # links on one way, as the kernel has it: path_resolution(7)
LONGEST: Final = 4096  # characters of a path: PATH_MAX


class Linked(Files):
    """At a link's path, and below it, is what it leads to; that is read once, at its own path."""

    def __init__(self, sources: Iterable[Source], links: Mapping[str, str]) -> None:
        """`links`: paths in the tree, and the paths in the tree that they lead to."""
        super().__init__(sources)
        self._links = links

    def get(self, path: str) -> Source | None:
        """Return a source by its path in the tree."""
        found = super().get(path)
        return super().get(self.real(path)) if found is None and self._links and path else found

    def holds(self, folder: str) -> bool:
        """Tell whether there is a folder with anything in it, also where a link leads."""
        if super().holds(folder) or not self._links:
            return super().holds(folder)
        return super().holds(self.real(folder))

    def real(self, path: str) -> str:
        """Return where a path leads: itself, unless there is a link on it."""
        path = posixpath.normpath(path)
        for _ in range(MOST if len(path) <= LONGEST else 0):
            parts = path.split("/")
            heads = ("/".join(parts[:end]) for end in range(1, len(parts) + 1))
            link = next((head for head in heads if head in self._links), None)
            if link is None:
                break
            path = posixpath.normpath(self._links[link] + path[len(link) :])
        return path
