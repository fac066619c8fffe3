"""A script that the kernel can't start."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from supervisor.doctor.commands.role import is_shell
from supervisor.doctor.commands.wrapping import base
from supervisor.doctor.finding import MEDIUM, Edit, Finding
from supervisor.doctor.house.standing import ASIDE, ENTRY
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.program import FIRST, SCRIPT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House, Use
    from supervisor.doctor.reading.source import Source

FIX = "Let the first line be `#!/bin/sh` (or bash), end lines with LF, and set the execute bit."
ALMOST = re.compile(r"(?:#[ \t]*|!#?)(?=/(?:usr/(?:local/)?)?bin/(?:env )?[a-z]*sh\b)")


def check(house: House) -> Iterator[Finding]:
    """Look at the scripts that are started by their own names, and at first lines with a slip."""
    modes = any(one.executable for one in house.files)
    for use in house.uses:
        source = use.link.source
        if use.link.kind != SCRIPT or source is None or is_shell(use.link.argv):
            continue
        if house.files.get(source.path) is not source:
            continue  # it is made by the Dockerfile
        why = _why(use, source, _instructions(use, house), modes=modes)
        if why:
            place = source.place(1)
            facts = (f"{use.link.place}: starts it",)
            yield Finding("missing-shebang", MEDIUM, place, why, FIX, _edits(source), facts)
    for source in house.of_kind("shell"):
        name = base(source.path).lower()
        if ENTRY.search(name) and not ASIDE.search(source.path.lower()) and _edits(source):
            why = "Its first line is no `#!`: started by its name, it is an `exec format error`."
            yield Finding("missing-shebang", MEDIUM, source.place(1), why, FIX, _edits(source))


def _why(use: Use, source: Source, said: str, *, modes: bool) -> str:
    """Return what keeps it from being started."""
    has = source.text.startswith("#!")
    if not has and use.link.how == FIRST:
        return "It has no `#!` in its first line: the container ends at once, `exec format error`."
    if has and source.crlf and "dos2unix" not in said and "\\r" not in said:
        return "Its lines end with CR LF: there is no such interpreter, and it ends at once (127)."
    if modes and not source.executable and "chmod" not in said and use.service.image is not None:
        return "It has no execute bit: the container ends at once, `permission denied` (126)."
    return ""


def _instructions(use: Use, house: House) -> str:
    """Return the text of the Dockerfile, which may mend it."""
    image = use.service.image
    source = house.files.get(image.path) if image else None
    return source.text if source else ""


def _edits(source: Source) -> tuple[Edit, ...]:
    """Put the `!` in that was forgotten."""
    first = source.line(1)
    found = ALMOST.match(first)
    if found is None or source.crlf:
        return ()
    return (Edit(source.place(1), f"#!{first[found.end() :]}"),)


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="missing-shebang",
    severity=MEDIUM,
    title="The entrypoint can't be started by its name",
    why=(
        "The kernel starts a script by its `#!` line. Without it, with CR LF behind it, or without"
        " the execute bit the container ends before anything runs (255 or 126/127, `exec format"
        " error`), and each rollout with it serves nothing."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files("#/bin/ash\nexec gunicorn app\n"),
            at="start.sh:1",
            fixed="#!/bin/ash\nexec gunicorn app\n",
        ),
        Example(_files("exec gunicorn app\n"), at="start.sh:1"),
    ),
    good=(
        Example(_files("#!/bin/sh\nexec gunicorn app\n")),
        Example(
            (
                ("Dockerfile", 'FROM debian\nCOPY start.sh /\nCMD ["sh", "/start.sh"]\n'),
                ("start.sh", "# starts it\nexec gunicorn app\n"),
            )
        ),
        Example((("lib/run.sh", "# sourced by others\nrun() { true; }\n"),)),
    ),
)
