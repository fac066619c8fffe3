"""What is known already: findings by rule, path and the text of their line, not its number."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Any, Final

from supervisor.doctor.patching import replace_file
from supervisor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supervisor.doctor.checkup import Checkup, Item

VERSION: Final = 1
LARGEST: Final = 16 * 1024 * 1024  # bytes; a finding takes some 200
TODO: Final = "Write it anew: `gracekeeper doctor --write-baseline --baseline FILE`."


def fingerprint(item: Item, folder: str) -> str:
    """Name a finding so that lines above it may come and go; `folder`: the baseline's."""
    one = item.finding
    path = os.path.relpath(item.file, folder) if item.file else one.place.path
    parts = (one.id, path, " ".join(item.text.split()))
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:24]


def without(found: Checkup, file: str) -> Checkup:
    """Leave out what a baseline knows, as often as it knows it."""
    known, folder = _read(file), _folder(file)
    left = []
    for item in found.items:
        name = fingerprint(item, folder)
        if known[name] > 0:
            known[name] -= 1
        else:
            left.append(item)
    return found.replace(items=tuple(left), known=len(found.items) - len(left))


def write(items: Iterable[Item], file: str) -> None:
    """Make a baseline of findings; a person can read which."""
    folder = _folder(file)
    rows: list[dict[str, Any]] = [
        {
            "fingerprint": fingerprint(item, folder),
            "id": item.finding.id,
            "path": os.path.relpath(item.file, folder) if item.file else item.finding.place.path,
            "text": " ".join(item.text.split()),
        }
        for item in items
    ]
    rows.sort(key=lambda row: (row["path"], row["id"], row["text"]))
    text = json.dumps({"version": VERSION, "findings": rows}, indent=2, ensure_ascii=False)
    try:
        replace_file(Path(file), f"{text}\n".encode(errors="replace"))
    except OSError as error:
        raise UsageError(
            f"cannot write the baseline {file}: {error.strerror}. Name a file that can be written."
        ) from None


def _folder(file: str) -> str:
    return str(Path(file).resolve().parent)


def _read(file: str) -> Counter[str]:
    try:
        status = Path(file).stat()
        if not S_ISREG(status.st_mode) or status.st_size > LARGEST:
            raise UsageError(f"cannot use the baseline {file}: it is none. {TODO}")
        data = json.loads(Path(file).read_text(encoding="utf-8"))
        if data["version"] != VERSION:
            why = f"it is of version {data['version']}"
            raise UsageError(f"cannot use the baseline {file}: {why}. {TODO}")
        return Counter(str(one["fingerprint"]) for one in data["findings"])
    except OSError as error:
        raise UsageError(f"cannot read the baseline {file}: {error.strerror}. {TODO}") from None
    except (ValueError, LookupError, TypeError, RecursionError):
        raise UsageError(f"cannot use the baseline {file}: it is none. {TODO}") from None
