"""What following a command needs to know: the files that it meets, and its shells."""

from __future__ import annotations

import json
import posixpath
from typing import TYPE_CHECKING

from supervisor.doctor.finding import Place
from supervisor.doctor.knowledge import images, shells
from supervisor.doctor.reading import shell
from supervisor.doctor.reading.shellnodes import Script
from supervisor.doctor.services.copying import file_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supervisor.doctor.reading.source import Source
    from supervisor.doctor.services.files import Files
    from supervisor.doctor.services.image import Image
    from supervisor.doctor.services.service import Service


class Surroundings:
    """Of one service."""

    def __init__(self, service: Service, files: Files, stages: Sequence[Image] = ()) -> None:
        """Remember where to look."""
        self._service, self._files, self._stages = service, files, tuple(stages)
        self.files = files
        self.image = service.image
        self.sh = service.sh
        self.env = service.env or (self.image.env if self.image else {})
        self.memory = files.facts
        image = (self.image.path, self.image.stage.number, self.image.context) if self.image else ()
        self._folder = posixpath.dirname(service.place.path)
        self._mounts = tuple(_mounts(service, files))
        self.key: object = (self._folder, self._mounts, image, tuple(sorted(self.env.items())))
        self._known = images.base(service.image_name) if self.image is None else None

    def file(self, path: str) -> Source | None:
        """Return a file of the tree: what is mounted there, what COPY brings, or by its name."""
        for source, target in self._mounts:
            if path == target or path.startswith(target.rstrip("/") + "/"):
                rest = path[len(target) :].lstrip("/")
                where = posixpath.normpath(posixpath.join(source, rest))
                if (found := self._files.get(where)) is not None:
                    return found
        if self.image is not None:
            return file_in(self.image, path, self._files, self._stages)
        if self._service.kind == "procfile":
            return self._files.get(posixpath.join(self._folder, path))
        if self._service.kind in ("systemd", "supervisord"):  # of a machine, or an unknown image:
            return self._files.named(path, self._folder)  # where it is installed to is not known
        return None

    def script(self, source: Source) -> Script | None:
        """Parse a shell script; one in a here-document is known by its text."""
        if self._files.get(source.path) == source:
            return self._files.script(source.path)
        found = shell.parse(source.text, path=source.path)
        return found if isinstance(found, Script) else None

    def line(self, text: str, place: Place) -> Script | None:
        """Parse what a shell is given behind `-c`."""
        found = shell.parse(text, place.line, place.path)
        return found if isinstance(found, Script) else None

    def npm(self, name: str) -> tuple[str, Place] | None:
        """Return a script of the nearest package.json."""
        folder = posixpath.dirname(self.image.path) if self.image else self._folder
        for where in dict.fromkeys((folder, "")):
            source = self._files.get(posixpath.join(where, "package.json"))
            if source is not None:
                return _npm_script(source, name)
        return None

    def entry(self, path: str) -> bool:
        """Tell whether it is a well-known image's entrypoint, which becomes its arguments."""
        known = self.image.known_base if self.image else self._known
        if known is None or not known.entry_execs or not known.entrypoint:
            return False
        return posixpath.basename(path) == posixpath.basename(known.entrypoint[0])

    def shell_of(self, program: str) -> str:
        """Return which shell a program is."""
        return shells.of_name(program, self.sh)


def _mounts(service: Service, files: Files) -> list[tuple[str, str]]:
    """Return (source in the tree, target) of the folders and files that Compose mounts."""
    volumes = service.node.get("volumes") if service.node and service.kind != "kubernetes" else None
    found = []
    for one in volumes.items if volumes else ():
        if one.kind == "scalar":
            source, _, rest = one.value.partition(":")
            target = rest.partition(":")[0]
        else:
            source, target = (
                value.value if (value := one.get(key)) is not None else ""
                for key in ("source", "target")
            )
        if source.startswith(".") and target.startswith("/"):
            where = posixpath.join(files.home(one.place.path), source)
            found.append((where, posixpath.normpath(target)))
    return found


def _npm_script(source: Source, name: str) -> tuple[str, Place] | None:
    try:
        said = json.loads(source.text)
        text = said["scripts"][name]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(text, str):
        return None
    mark = f'"{name}"'
    lines = [at for at, line in enumerate(source.lines, 1) if line.lstrip().startswith(mark)]
    return text, Place(source.path, lines[-1] if lines else 1)
