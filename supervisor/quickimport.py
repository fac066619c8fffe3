"""Quick imports: our own modules by their compiled files, where the keeper starts.

Half of an import is finding the file: each folder is asked for each of six suffixes, and paths and
specs are made of it. Of ours it is known where they are. Whatever is not as expected, compiled for
another interpreter, say, or older than its source, is left to the ordinary way.
"""

from __future__ import annotations

import marshal
import posix
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import MAGIC_NUMBER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType, ModuleType
    from typing import Any

PACKAGE = "supervisor"
USUAL = 1 << 16  # bytes; few are longer
UNCHECKED, BY_TIME = 1, 0  # flags of a pyc file (PEP 552)


class Finder:
    """A finder and loader (PEP 451) for one package below a folder."""

    def __init__(self, folder: str) -> None:
        """Remember where the package is, and which compiled files are for this interpreter."""
        self._folder = folder
        self._end = f".{sys.implementation.cache_tag}.pyc"

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> Any:
        """Return how to load a module of ours; None for all that is not as expected."""
        if not name.startswith(PACKAGE):
            return None
        stem = f"{self._folder}/{name.replace('.', '/')}"
        if code := self._code(stem):
            return self._spec(name, f"{stem}.py", code)
        if code := self._code(f"{stem}/__init__"):
            spec = self._spec(name, f"{stem}/__init__.py", code)
            spec.submodule_search_locations = [stem]
            return spec
        return None

    def create_module(self, _spec: Any) -> None:
        """Have the ordinary one made."""
        return

    def exec_module(self, module: ModuleType) -> None:
        """Run it."""
        spec: Any = module.__spec__
        code, spec.loader_state = spec.loader_state, None
        module.__file__ = spec.origin
        exec(code, module.__dict__)  # noqa: S102 - this is what an import does

    def _spec(self, name: str, path: str, code: CodeType) -> Any:
        return ModuleSpec(name, self, origin=path, loader_state=code)  # type: ignore[arg-type]

    def _code(self, stem: str) -> CodeType | None:
        """Read a compiled file if it is what its source says now."""
        folder, _, name = stem.rpartition("/")
        try:
            source = posix.stat(f"{stem}.py")
            data = _read(f"{folder}/__pycache__/{name}{self._end}")
        except OSError:
            return None
        flags = int.from_bytes(data[4:8], "little")
        mtime, size = int.from_bytes(data[8:12], "little"), int.from_bytes(data[12:16], "little")
        as_now = (mtime, size) == (int(source.st_mtime) & 0xFFFFFFFF, source.st_size & 0xFFFFFFFF)
        if data[:4] != MAGIC_NUMBER or not (flags == UNCHECKED or (flags == BY_TIME and as_now)):
            return None
        try:
            code: CodeType = marshal.loads(memoryview(data)[16:])  # noqa: S302 - as importlib does
        except (EOFError, ValueError, TypeError):
            return None
        return code


def install(folder: str) -> None:
    """Ask this first for modules of the package that is in a folder."""
    sys.meta_path.insert(0, Finder(folder))


def _read(path: str) -> bytes:
    fd = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        data = posix.read(fd, USUAL)
        while len(data) % USUAL == 0 and (more := posix.read(fd, USUAL)):
            data += more
        return data
    finally:
        posix.close(fd)
