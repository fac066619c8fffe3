"""Settings in sections: uWSGI's ini, supervisord's and systemd's, each by its own rules.

`servers/uwsgi/reading.py` reads what uWSGI will do with its ini, other files and the environment
included; this reads what one file says, placeholders as they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.finding import Place, Skip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.reading.source import Source

MOST: Final = 50_000  # entries
INLINE: Final = re.compile(r"\s[;#]")  # supervisor/options.py: inline_comment_prefixes
DELIMITER: Final = {"supervisord": re.compile(r"[=:]"), "uwsgi": re.compile("=")}


class Entry(Record):
    """One setting; `bare` when it has no `=`. `place` spans what is continued on other lines."""

    key: str
    value: str
    place: Place
    bare: bool = False


class Section(Record):
    """A section by its name; it may come several times."""

    name: str
    place: Place
    entries: tuple[Entry, ...] = ()

    def get(self, key: str) -> Entry | None:
        """Return the last entry of that name."""
        return next((each for each in reversed(self.entries) if each.key == key), None)

    def all(self, key: str) -> tuple[Entry, ...]:
        """Return all entries of that name, in order."""
        return tuple(each for each in self.entries if each.key == key)


class Ini(Record):
    """A file's sections in order; what stands before the first has the name ``."""

    sections: tuple[Section, ...]

    def section(self, name: str) -> Section | None:
        """Return a section with the entries of all that have that name."""
        same = [each for each in self.sections if each.name == name]
        if not same:
            return None
        return same[0].replace(entries=tuple(entry for each in same for entry in each.entries))


def parse(source: Source, dialect: str = "uwsgi") -> Ini | Skip:
    """Read a file; `dialect`: `uwsgi`, `supervisord` or `systemd`."""
    sections: list[tuple[str, int, list[Entry]]] = []
    count = 0
    for line, last, text in _logical(source, dialect):
        if text.startswith("["):
            name = text[1:].partition("]")[0] if dialect != "uwsgi" else text[1:-1]
            sections.append((name.strip(), line, []))
            continue
        count += 1
        if count > MOST:
            return Skip(source.place(line), f"more than {MOST} settings")
        if not sections:
            sections.append(("", line, []))
        sections[-1][2].append(_entry(text, Place(source.path, line, last), dialect))
    return Ini(
        tuple(Section(name, source.place(line), tuple(entries)) for name, line, entries in sections)
    )


def _entry(text: str, place: Place, dialect: str) -> Entry:
    match = DELIMITER.get(dialect, DELIMITER["uwsgi"]).search(text)
    if match is None:
        return Entry(text.strip(), "", place, bare=True)
    key, value = text[: match.start()].strip(), text[match.end() :].strip()
    return Entry(key.lower() if dialect == "supervisord" else key, value, place)


def _logical(source: Source, dialect: str) -> Iterator[tuple[int, int, str]]:
    """Return the lines that say something: first and last number, and the text."""
    joint = "" if dialect == "systemd" else "\n"
    parts: list[str] = []
    first = last = 1
    open_end = False  # systemd's: the line before ended in a backslash
    for number, line in enumerate(source.lines, 1):
        text, goes_on = line.strip(), open_end
        if dialect == "supervisord":
            comment = INLINE.search(line)
            text = line[: comment.start()].strip() if comment else text
            goes_on = line[:1].isspace() and bool(parts) and parts[0][:1] != "["
        if not text or text[0] in ";#":
            continue
        if parts and not goes_on:
            yield first, last, joint.join(parts)
            parts = []
        if dialect == "systemd":
            open_end = text.endswith("\\")
            text = text[:-1] if open_end else text
        first, last = (first if parts else number), number
        parts.append(text)
    if parts:
        yield first, last, joint.join(parts)
