"""Write what is made from supervisor/config/shape.py: `--write` it, or `--check` it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from supervisor.config.shape import Key

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/reference/config.md"
SCHEMA = ROOT / "supervisor/config/schema.json"
BEGIN = "<!-- made from supervisor/config/shape.py by docs/config.py -->\n"
END = "<!-- end of what is made -->\n"


def made() -> dict[Path, str]:
    """Return the files as they should be."""
    from supervisor.config.schema import schema

    return {
        PAGE: rewritten(PAGE.read_text(encoding="utf-8")),
        SCHEMA: json.dumps(schema(), indent=2, ensure_ascii=False) + "\n",
    }


def rewritten(page: str) -> str:
    """Return the page with today's tables between the markers."""
    before, begin, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{PAGE.name} lacks a marker: {BEGIN.strip()} ... {END.strip()}")
    return f"{before}{begin}\n{tables()}\n{end}{after}"


def tables() -> str:
    """Return a table for each place where keys may stand."""
    from supervisor.config import shape

    places = (
        ("Above all tables", shape.TOP),
        ("`[services.NAME]`", shape.SERVICE.keys),
        ("`ready`", shape.READY.keys),
        ("`stop`, a rung", shape.STOP.keys),
        ("`recycle`", shape.RECYCLE.keys),
    )
    return "\n".join(f"### {title}\n\n{_table(keys)}" for title, keys in places)


def _table(keys: tuple[Key, ...]) -> str:
    lines = ["| key | value | default | what it does |", "|---|---|---|---|"]
    for key in keys:
        default = key.default or ("must be given" if key.needed else "none")
        cells = (f"`{key.name}`", _value(key), default, key.help)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, ""])


def _value(key: Key) -> str:
    from supervisor.config.shape import Table

    if isinstance(key.kind, Table):
        return "a list of tables, see below" if key.kind.several else "a table, see below"
    return key.kind.wanted.partition(": ")[0]  # what follows stands among the rules


def main() -> int:
    """Do what the command line says; 1 when the check fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true")
    what.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    stale = 0
    for path, text in made().items():
        if asked.write:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale = 1
            name = path.relative_to(ROOT)
            sys.stderr.write(f"{name} is out of date. Run: python docs/config.py --write\n")
    return stale


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
