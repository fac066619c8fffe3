"""Draw the table of transitions into ARCHITECTURE.md: `--write` it, or `--check` it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "ARCHITECTURE.md"
BEGIN = "<!-- drawn from supervisor/core/machine.py by docs/diagram.py -->\n"
END = "<!-- end of the drawing -->\n"


def diagram() -> str:
    """Return the table of `step` as a Mermaid state diagram; an arrow is named after its events."""
    from supervisor.core.machine import CELLS
    from supervisor.core.phases import DONE, PHASES, STARTING

    arrows: dict[tuple[str, str], list[str]] = {}
    for (phase, event), (_handler, targets) in CELLS.items():
        for target in targets:
            arrows.setdefault((phase, target), []).append(event.__name__)
    order: dict[str, int] = {phase: number for number, phase in enumerate(PHASES)}
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {STARTING}"]
    lines += [
        f"    {arrow[0]} --> {arrow[1]}: {', '.join(arrows[arrow])}"
        for arrow in sorted(arrows, key=lambda arrow: [order[phase] for phase in arrow])
    ]
    lines += [f"    {DONE} --> [*]", "```", ""]
    return "\n".join(lines)


def redrawn(page: str) -> str:
    """Return the page with today's diagram between the markers."""
    before, begin, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{PAGE.name} lacks a marker: {BEGIN.strip()} ... {END.strip()}")
    return f"{before}{begin}\n{diagram()}\n{end}{after}"


def main() -> int:
    """Do what the command line says; 1 when the check fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true")
    what.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    new = redrawn(page)
    if asked.write:
        PAGE.write_text(new, encoding="utf-8")
        return 0
    if new != page:
        sys.stderr.write(f"{PAGE.name} is out of date. Run: python docs/diagram.py --write\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
