"""Write docs/doctor/ID.md, made from the rules: `--write` it, or `--check` it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs/doctor"


def made() -> dict[Path, str]:
    """Return the pages as they should be."""
    from supervisor.doctor.examine import all_rules
    from supervisor.doctor.explaining import comment_pages, index, page

    rules = all_rules()
    pages = {PAGES / f"{rule.id}.md": page(rule) for rule in rules}
    pages |= {PAGES / f"{name}.md": text for name, text in comment_pages().items()}
    return {PAGES / "README.md": index(rules), **pages}


def stale() -> list[Path]:
    """Return the pages that are not as they should be, and those of rules that are gone."""
    wanted = made()
    wrong = [path for path, text in wanted.items() if _read(path) != text]
    return wrong + [path for path in sorted(PAGES.glob("*.md")) if path not in wanted]


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def main() -> int:
    """Write the pages, or say which are out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true")
    action.add_argument("--check", action="store_true")
    write: bool = parser.parse_args().write
    sys.path.insert(0, str(ROOT))
    wrong, wanted = stale(), made()
    PAGES.mkdir(exist_ok=True)
    for path in wrong:
        if not write:
            print(f"{path.relative_to(ROOT)} is out of date: python docs/doctor.py --write")
        elif path in wanted:
            path.write_text(wanted[path], encoding="utf-8")
        else:
            path.unlink()
    return int(bool(wrong) and not write)


if __name__ == "__main__":
    sys.exit(main())
