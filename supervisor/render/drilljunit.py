"""A drill as JUnit's XML, which CI platforms show: a case for each trial."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Final

from supervisor.render import drilltables

if TYPE_CHECKING:
    from supervisor.render.drillmodel import Drill, Trial

LINES: Final = 10
SUITE: Final = "gracekeeper drill"


def junit(drill: Drill) -> str:
    """Return one file; a failure says what went wrong, why, and what to do.

    A trial that could not be made is an error, and those that would have come later are skipped.
    """
    wanted = drill.missing.wanted if drill.missing else len(drill.trials)
    later = wanted - len(drill.trials) - 1
    failed = sum(not one.ok for one in drill.trials)
    seconds = sum(one.seconds for one in drill.trials)
    root = ET.Element("testsuites")
    suite = ET.SubElement(
        root,
        "testsuite",
        name=SUITE,
        tests=str(wanted),
        failures=str(failed),
        errors=str(int(drill.missing is not None)),
        skipped=str(max(0, later)),
        time=f"{seconds:.3f}",
    )
    for number, one in enumerate(drill.trials, 1):
        case = _case(suite, drill, one.action, number, wanted, one.seconds)
        properties = ET.SubElement(case, "properties")
        for name, told in drilltables.facts(one):
            ET.SubElement(properties, "property", name=name, value=told)
        if not one.ok:
            failure = ET.SubElement(case, "failure", message=one.sentence)
            failure.text = "\n".join(_told(one))
    for number in range(len(drill.trials) + 1, wanted + 1):
        case = _case(suite, drill, drill.trials[0].action, number, wanted)
        if drill.missing and number == len(drill.trials) + 1:
            ET.SubElement(case, "error", message=drill.missing.why)
        else:
            ET.SubElement(case, "skipped", message="a trial before it could not be made")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _case(
    suite: ET.Element, drill: Drill, action: str, number: int, wanted: int, seconds: float = 0.0
) -> ET.Element:
    again = f" ({number} of {wanted})" if wanted > 1 else ""
    return ET.SubElement(
        suite,
        "testcase",
        classname=SUITE,
        name=f"{drill.site}: {action}{again}",
        time=f"{seconds:.3f}",
    )


def _told(one: Trial) -> list[str]:
    lines = list(one.told or (one.sentence,))
    lines += [f"Why: {one.cause}"] if one.cause else []
    lines += [f"To do: {one.fix}"] if one.fix else []
    lines += [
        f"{times} x {path}: {reason}, at {at} s"
        for path, times, reason, at in drilltables.lost(one).rows
    ]
    return [*lines, *drilltables.excerpt(one, LINES)]
