"""Applies the edits of findings, or shows them as one unified diff."""

from __future__ import annotations

import difflib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from supervisor.core.record import Record
from supervisor.doctor.finding import Edit, Place, Skip
from supervisor.doctor.reading.source import Source, decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from supervisor.doctor.checkup import Item


class Patch(Record):
    """One file: `file` on disk, its bytes as they were read, and as they are to be."""

    path: str
    file: str
    root: str
    before: bytes
    after: bytes

    @property
    def diff(self) -> str:
        """Return it as a unified diff, with paths as `git apply` and `patch -p1` want them."""
        old, new = (one.decode(errors="replace") for one in (self.before, self.after))
        lines = difflib.unified_diff(
            old.splitlines(keepends=True),
            new.splitlines(keepends=True),
            f"a/{self.path}",
            f"b/{self.path}",
        )
        return "".join(_ended(line) for line in lines)


def _ended(line: str) -> str:
    """Say, as diff(1) does, that a file's last line has no end."""
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def patches(items: Iterable[Item]) -> tuple[list[Patch], list[Skip]]:
    """Join the edits of findings, file by file; what can't be applied is a skip.

    A finding's edits are taken all or none; one that overlaps another's waits for the next time.
    """
    taken: dict[tuple[str, str], list[Edit]] = {}
    expected: dict[Place, tuple[str, ...]] = {}
    skips: list[Skip] = []
    for item in items:
        edits = _edits(item)
        if any(_meets(edit, taken.get((item.root, edit.place.path), ())) for edit in edits):
            why = f"the fix of {item.finding.id} meets another one's lines: do it again afterwards"
            skips.append(Skip(item.finding.place, why))
            continue
        for edit in edits:
            taken.setdefault((item.root, edit.place.path), []).append(edit)
        expected |= {_whole(change.place): change.before for change in item.changes}
    made: list[Patch] = []
    for (root, path), wanted in sorted(taken.items()):
        found = _patch(root, path, wanted, expected)
        if isinstance(found, Patch):
            made.append(found)
        else:
            skips.append(found)
    return made, skips


def _edits(item: Item) -> tuple[Edit, ...]:
    """Return its edits without repetitions: several services may ask for the same."""
    if not item.root:
        return ()
    return tuple(dict.fromkeys(Edit(_whole(one.place), one.text) for one in item.finding.edits))


def _whole(place: Place) -> Place:
    """Return it with its last line said: equal lines are to be equal places."""
    return place.replace(end_line=place.last)


def _meets(edit: Edit, others: Iterable[Edit]) -> bool:
    place = edit.place
    return any(
        place.line <= other.place.last and other.place.line <= place.last
        for other in others
        if other != edit
    )


def _patch(
    root: str, path: str, edits: list[Edit], expected: dict[Place, tuple[str, ...]]
) -> Patch | Skip:
    file = os.path.realpath(path)
    place = Place(path)
    if not path.isprintable():
        return Skip(place, "not changed: its name has characters that no diff can show")
    if Path(path).is_symlink() or not file.startswith(f"{root.rstrip('/')}/"):
        return Skip(place, "not changed: it is a link, or outside of the tree")
    try:
        before = Path(file).read_bytes()
    except OSError as error:
        return Skip(place, f"not changed: {error.strerror}")
    source = decoded(before, path)
    if not isinstance(source, Source) or not _plain(before):
        return Skip(place, "not changed: it is no UTF-8, or its lines end in two ways")
    lines = list(source.lines)
    for edit in sorted(set(edits), key=lambda one: one.place.line, reverse=True):
        first, last = edit.place.line - 1, edit.place.last
        if tuple(lines[first:last]) != expected.get(edit.place):
            return Skip(place, "not changed: somebody has changed it meanwhile")
        lines[first:last] = edit.text.split("\n")
    text = "\n".join(lines)
    if source.crlf:
        text = text.replace("\n", "\r\n")
    return Patch(path, file, root, before, before[: _mark(before)] + text.encode())


def _plain(raw: bytes) -> bool:
    """Tell whether it can be written back as it was read: one encoding, one kind of line ends."""
    mixed = raw.count(b"\n") != raw.count(b"\r\n") > 0
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return not mixed


def _mark(raw: bytes) -> int:
    return 3 if raw.startswith(b"\xef\xbb\xbf") else 0


def apply(made: Iterable[Patch]) -> Iterator[Skip]:
    """Write the patches; yield what could not be written."""
    for patch in made:
        place = Place(patch.path)
        try:
            if os.path.realpath(patch.path) != patch.file:
                yield Skip(place, "not changed: it leads elsewhere now")
            elif Path(patch.file).read_bytes() != patch.before:
                yield Skip(place, "not changed: somebody has changed it meanwhile")
            else:
                replace_file(Path(patch.file), patch.after)
        except OSError as error:
            yield Skip(place, f"not changed: {error.strerror}")


def replace_file(file: Path, raw: bytes) -> None:
    """Put other bytes in a file's place, at once and with its mode; OSError."""
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
    except FileNotFoundError:
        mode = 0o666 & ~_umask()
    fd, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(fd, "wb") as stream:
            stream.write(raw)
            os.fchmod(stream.fileno(), mode)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    """Return the mask; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
