"""What a test leaves of its outcomes: files, JUnit properties, a section below its failure."""

from __future__ import annotations

import json
import os
import re
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from supervisor.drill.blame import blame
from supervisor.drill.story import story
from supervisor.drill.verdict import Limits, judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.drill.outcome import Outcome
    from supervisor.testing.current import Test

LONGEST_NAME: Final = 120  # of the 255 bytes that a file system has, and zip archives of CI
_UNUSUAL: Final = re.compile(r"[^\w.-]+", re.ASCII)
PROPERTIES: Final = ("exit_code", "seconds", "clean", "answered", "lost", "turned_away", "refused")


def properties_of(test: Test, nodeid: str, folder: str) -> Iterator[tuple[str, object]]:
    """Write the reports that are missing yet, and yield what JUnit's XML says of them."""
    for number in range(test.reported, len(test.outcomes)):
        outcome = test.outcomes[number]
        limits = limits_of(test, number)
        written = write(Path(folder), stem(nodeid, number + 1), outcome, limits) if folder else ""
        yield from properties(outcome, number + 1, written)
    test.reported = len(test.outcomes)


def limits_of(test: Test, number: int) -> Limits:
    """Return what an assertion expected of it, else what the test's marker does."""
    wanted = test.defaults
    return test.limits.get(number) or Limits(seconds=wanted.seconds, codes=codes(wanted.exit_code))


def codes(given: int | tuple[int, ...] | None) -> tuple[int, ...]:
    """Return one exit code, several or none as a tuple."""
    return () if given is None else (given,) if isinstance(given, int) else tuple(given)


def write(folder: Path, name: str, outcome: Outcome, limits: Limits) -> str:
    """Write its document, and a page of it; return the page's path."""
    from supervisor.drill.document import document
    from supervisor.render.drillmodel import read
    from supervisor.render.drillpage import html_drill

    found = document([outcome], limits)
    told, shown = folder / f"{name}.json", folder / f"{name}.html"
    told.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    shown.write_text(html_drill(read(found, str(told))), encoding="utf-8")
    return str(shown)


def stem(nodeid: str, number: int) -> str:
    """Return a file name, without its end, that no other test and no other call has.

    The digest is there for those that are cut or spelled alike: processes of pytest-xdist share
    nothing, so a name must not depend on what is there. `--dist each` has them run the same tests.
    """
    process = os.environ.get("PYTEST_XDIST_WORKER", "")
    worker = f"-{process}" if process else ""
    digest = sha256(nodeid.encode()).hexdigest()[:8]
    plain = _UNUSUAL.sub("-", nodeid.replace("::", ".")).strip("-.")
    return f"{plain[-LONGEST_NAME:].lstrip('-.')}-{digest}{worker}-{number}"


def properties(outcome: Outcome, number: int, written: str) -> Iterator[tuple[str, object]]:
    """Yield what JUnit's XML says of it: `gracekeeper.lost`; of a second one `gracekeeper.2.lost`.

    pytest writes them with str(): an exit code that nobody saw is left out.
    """
    prefix = "gracekeeper." if number == 1 else f"gracekeeper.{number}."
    for name in PROPERTIES:
        value = getattr(outcome, name)
        if value is not None:
            yield f"{prefix}{name}", round(value, 3) if isinstance(value, float) else value
    cause = blame(outcome)
    if cause:
        yield f"{prefix}cause", cause.id
    if written:
        yield f"{prefix}report", written


def sections(test: Test, told: str) -> Iterator[tuple[str, str]]:
    """Yield a title and the story of each that went wrong, unless `told` tells it."""
    for number, outcome in enumerate(test.outcomes):
        verdict = judge(outcome, limits_of(test, number))
        if not verdict.ok and verdict.sentence not in told:
            title = f"{outcome.action} {number + 1} of this test: {outcome.site}"
            yield title, story(outcome, verdict)
