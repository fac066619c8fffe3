"""docs/reference/drivers.md: its driver is tested as it stands, and its failure is the real one."""

from __future__ import annotations

import re
from typing import Any

import pytest

from supervisor import testing
from supervisor.servers.program import LADDER
from supervisor.testing import violations
from tests.rules.sources import ROOT

PAGE = (ROOT / "docs/reference/drivers.md").read_text(encoding="utf-8")
[EXAMPLE] = re.findall(r"<!-- run -->\n```python\n(.*?)```", PAGE, re.DOTALL)
[TOLD] = re.findall(r"<!-- told -->\n```\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(name="example", scope="module")
def _example() -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(EXAMPLE, "drivers.md", "exec"), names)
    return names


@pytest.mark.parametrize("name", re.findall(r"^def (test_\w+)", EXAMPLE, re.MULTILINE))
def test_the_example_passes(example: dict[str, Any], name: str) -> None:
    """A whole driver and its tests, by public names alone."""
    example[name]()


def test_the_failure_is_what_is_told(example: dict[str, Any]) -> None:
    """The same driver with TERM where QUIT drains."""
    broken = example["PROGRAM"].replace(ladder=LADDER)
    [first, *_] = violations(broken, manners=example["MANNERS"], depth=0)
    assert str(first) == TOLD.strip()


def test_every_name_of_the_table_exists() -> None:
    """The first column of the world's table is public."""
    table = PAGE[PAGE.index("## The world") :]
    names = set(re.findall(r"^\| `(\w+)|, `(\w+)` \|", table, re.MULTILINE))
    assert len(names) > 5
    for name in {one or other for one, other in names}:
        assert getattr(testing, name)
