"""Which file of the tree is at a path in an image."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from supervisor.doctor.reading.source import Source

if TYPE_CHECKING:
    from supervisor.doctor.services.files import Files
    from supervisor.doctor.services.image import Copied, Image


def file_in(image: Image, path: str, files: Files, stages: tuple[Image, ...] = ()) -> Source | None:
    """Return the file of the tree that is at a path in an image; relative to its WORKDIR.

    What no COPY brings is looked for by its name, which has to be the only one.
    """
    return _Search(files, stages).at(image, path)


class _Search:
    """One search through stages that copy from each other; each is asked for a path once."""

    def __init__(self, files: Files, stages: tuple[Image, ...]) -> None:
        self.files, self.stages = files, stages
        self.asked: set[tuple[int, str]] = set()

    def at(self, image: Image, path: str) -> Source | None:
        """Look in one stage."""
        if (image.stage.number, path) in self.asked:
            return None
        self.asked.add((image.stage.number, path))
        where = posixpath.normpath(posixpath.join(image.workdir, path)) if "/" in path else ""
        for copied in reversed(image.copies):
            target = where or copied.target
            if not where and posixpath.basename(target) != path:
                continue
            if (found := self.through(image, copied, target)) is not None:
                return found
        return self.files.named(path, posixpath.dirname(image.path))

    def through(self, image: Image, copied: Copied, where: str) -> Source | None:
        """Return what a COPY has put at a path."""
        inside = copied.target.rstrip("/") + "/"
        if where != copied.target and not where.startswith(inside):
            return None
        rest = where[len(inside) :] if where != copied.target else ""
        if copied.text is not None:
            padded = "\n" * (copied.first_line - 1) + copied.text
            return Source(copied.place.path, padded) if not rest else None
        source = posixpath.normpath(posixpath.join(copied.source, rest)) if rest else copied.source
        if copied.stage:
            names = ((i, (i.stage.name, str(i.stage.number))) for i in self.stages)
            other = next((i for i, own in names if copied.stage in own), None)
            earlier = other is not None and other.stage.number < image.stage.number
            return self.at(other, source) if other and earlier else None
        for context in dict.fromkeys((image.context, posixpath.dirname(image.path), "")):
            found = self.files.get(posixpath.join(context, source))
            if found is not None:
                return found
        return None
