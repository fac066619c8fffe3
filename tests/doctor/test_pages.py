"""The pages of the rules are those that the rules make."""

from __future__ import annotations

import runpy

from tests.rules.sources import ROOT


def test_every_rule_has_its_page_and_no_page_is_stale() -> None:
    script = runpy.run_path(str(ROOT / "docs/doctor.py"))
    stale = [path.name for path in script["stale"]()]
    assert stale == [], "run: python docs/doctor.py --write"
