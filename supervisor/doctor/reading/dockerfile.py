"""Dockerfiles, line by line as BuildKit reads them (frontend/dockerfile/parser).

An instruction goes on after a backslash at its line's end; comments and empty lines in between are
left out. Unknown instructions are kept: what is wrong with them is not ours to say.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import Place, Skip
from supervisor.doctor.reading.dockernodes import Dockerfile, Heredoc, Instruction, Stage
from supervisor.doctor.reading.substitution import substituted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supervisor.doctor.reading.source import Source

DIRECTIVE: Final = re.compile(r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(\S.*)")
DIRECTIVES: Final = frozenset(("escape", "syntax", "check"))
FLAG: Final = re.compile(r"--([a-zA-Z][\w-]*)(?:=(\S*))?(?:\s+|$)")
HEREDOC: Final = re.compile(r"(?<![<\w\"'])\d*<<(-?)([\"']?)([A-Za-z_][\w.-]*)\2(?=$|[\s;&|)>])")
WORD: Final = re.compile(r"""(?:\\.|"(?:\\.|[^"\\])*"?|'[^']*'?|[^\s"'\\]|\\$)+""")
JSON_FORM: Final = frozenset(("ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME"))
WITH_FLAGS: Final = frozenset(("ADD", "COPY", "FROM", "HEALTHCHECK", "RUN"))
WITH_PAIRS: Final = frozenset(("ARG", "ENV", "LABEL"))
WITH_HEREDOC: Final = frozenset(("ADD", "COPY", "RUN"))
MOST: Final = 20_000  # instructions


def parse(source: Source) -> Dockerfile | Skip:
    """Read a file; a Skip when it has no FROM."""
    reader = _Reader(source)
    found = list(reader.instructions())
    if len(found) >= MOST:
        return Skip(Place(source.path), f"more than {MOST} instructions")
    stages, args = _stages(found, reader.escape)
    if not stages:
        return Skip(Place(source.path), "no FROM")
    return Dockerfile(stages, args, reader.escape, tuple(reader.comments))


class _Reader:
    """Cuts the lines into instructions."""

    def __init__(self, source: Source) -> None:
        self.comments: list[tuple[int, str]] = []
        self.escape = "\\"
        self._path, self._lines, self._at = source.path, source.lines, 0
        self._directives()

    def _directives(self) -> None:
        for line in self._lines:
            match = DIRECTIVE.match(line.lstrip())
            if match is None or match[1].lower() not in DIRECTIVES:
                return
            if match[1].lower() == "escape" and match[2].rstrip() in ("\\", "`"):
                self.escape = match[2].rstrip()

    def instructions(self) -> Iterable[Instruction]:
        """Return them all, one after the other."""
        for _ in range(MOST):
            first, parts = self._logical()
            if first < 0:
                return
            yield self._instruction(first, parts)

    def _logical(self) -> tuple[int, list[str]]:
        """Return the next instruction's lines, empty where left out, and the first's index."""
        first, parts = -1, list[str]()
        while self._at < len(self._lines):
            line = self._lines[self._at]
            self._at += 1
            if line.lstrip().startswith("#"):
                self.comments.append((self._at, line.strip()))
                line = ""
            if not line.strip():
                if parts:
                    parts.append("")
                continue
            body = line.rstrip(" \t")
            goes_on = body.endswith(self.escape)
            text = body[:-1] if goes_on else line
            if first < 0:
                first = self._at - 1
            parts.append(text)
            if not goes_on:
                break
        while parts and not parts[-1].strip():
            parts.pop()
        return (first, parts) if parts else (-1, [])

    def _instruction(self, first: int, parts: list[str]) -> Instruction:
        parts = [parts[0].lstrip(), *parts[1:]]
        parts[-1] = parts[-1].rstrip()
        joined = "".join(parts)
        heredocs = tuple(self._heredocs(joined))
        place = Place(self._path, first + 1, self._at if heredocs else first + len(parts))
        return _instruction(parts, first + 1, place, heredocs)

    def _heredocs(self, joined: str) -> Iterable[Heredoc]:
        name, rest = _first(joined.upper())
        if (_first(rest)[0] if name == "ONBUILD" else name) not in WITH_HEREDOC:
            return
        for match in HEREDOC.finditer(joined):
            found = self._heredoc(*match.groups())
            if found is not None:
                yield found

    def _heredoc(self, dash: str, quote: str, mark: str) -> Heredoc | None:
        """Return a here-document and go on behind it; None without its end."""
        lines: list[str] = []
        for at in range(self._at, len(self._lines)):
            line = self._lines[at].lstrip("\t") if dash else self._lines[at]
            if line == mark:
                first, self._at = self._at + 1, at + 1
                return Heredoc(mark, "".join(f"{each}\n" for each in lines), first, not quote)
            lines.append(line)
        return None


def _instruction(
    parts: list[str], line: int, place: Place, heredocs: tuple[Heredoc, ...] = ()
) -> Instruction:
    """Cut name and flags off the lines of an instruction, the first of which is `line`."""
    name, rest = _first("".join(parts))
    name = name.upper()
    flags: list[tuple[str, str]] = []
    at = 0
    while name in WITH_FLAGS and (match := FLAG.match(rest, at)):
        flags.append((match[1], match[2] or ""))
        at = match.end()
    rest = rest[at:]
    skipped, parts = _tail(parts, len(rest))
    line += skipped
    made = Instruction(name, place, rest, "\\\n".join(parts), line)
    made = made.replace(flags=tuple(flags), heredocs=heredocs)
    following = _first(rest)[0].upper()
    if name in WITH_PAIRS:
        return made.replace(pairs=_pairs(name, rest))
    if name == "ONBUILD" and following not in ("", "ONBUILD"):
        return made.replace(inner=_instruction(parts, line, place, heredocs))
    if name == "HEALTHCHECK" and following == "CMD":
        return made.replace(inner=_instruction(parts, line, place))
    return _with_array(made) if name in JSON_FORM else made


def _first(text: str) -> tuple[str, str]:
    word, *rest = text.split(None, 1) or [""]
    return word, rest[0] if rest else ""


def _tail(parts: list[str], length: int) -> tuple[int, list[str]]:
    """Return the last characters of some lines, and how many lines are before them."""
    drop, skipped = sum(map(len, parts)) - length, 0
    while skipped < len(parts) - 1 and drop >= len(parts[skipped]):
        drop -= len(parts[skipped])
        skipped += 1
    return skipped, [parts[skipped][drop:], *parts[skipped + 1 :]]


def _with_array(made: Instruction) -> Instruction:
    if not made.text.startswith("["):
        return made
    try:
        array = json.loads(made.text)
    except ValueError as error:
        why = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        return made.replace(json_error=f"not JSON: {why}")
    except RecursionError:
        return made.replace(json_error="not JSON: too deep")
    if not isinstance(array, list) or not all(isinstance(each, str) for each in array):
        return made.replace(json_error="not an array of strings")
    return made.replace(form="exec", argv=tuple(array))


def _pairs(name: str, text: str) -> tuple[tuple[str, str | None], ...]:
    words = _quoted_words(text)
    if name != "ARG" and words and "=" not in words[0]:  # the old form: ENV NAME the rest
        key, value = _first(text)
        return ((key, value),)
    cut = (word.partition("=") for word in words)
    return tuple((key, value if equals else None) for key, equals, value in cut)


def _quoted_words(text: str) -> list[str]:
    """Cut at blanks outside of quotes, which are kept."""
    return [match[0] for match in WORD.finditer(text)]


def _stages(
    found: Iterable[Instruction], escape: str
) -> tuple[tuple[Stage, ...], dict[str, str | None]]:
    stages: list[Stage] = []
    inner: list[list[Instruction]] = []
    args: dict[str, str | None] = {}
    for each in found:
        if each.name == "FROM":
            stages.append(_stage(each, stages, args, escape))
            inner.append([])
        elif inner:
            inner[-1].append(each)
        elif each.name == "ARG":
            for key, value in each.pairs:
                args[key] = None if value is None else substituted(value, args, escape)
    return tuple(
        stage.replace(
            instructions=tuple(each for each in body if each.name != "ONBUILD"),
            onbuild=tuple(each.inner for each in body if each.inner and each.name == "ONBUILD"),
        )
        for stage, body in zip(stages, inner, strict=True)
    ), args


def _stage(
    made: Instruction, before: list[Stage], args: dict[str, str | None], escape: str
) -> Stage:
    words = made.text.split()
    written = words[0] if words else ""
    base = substituted(written, args, escape)
    name = words[2] if len(words) > 2 and words[1].lower() == "as" else ""
    parent = next(
        (s.number for s in reversed(before) if s.name.lower() == base.lower() != ""), None
    )
    platform = substituted(made.flag("platform"), args, escape)
    return Stage(len(before), name, base, written, made.place, platform, parent)
