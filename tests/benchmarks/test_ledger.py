"""The ledger's own judgement; tests/images/test_compose.py keeps a short one."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks import ledger

TOLD: dict[str, Any] = {"run": "7", "ids": {"7-1": 1, "7-2": 2}, "open": ["7-3"]}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([(1, "7-1"), (2, "7-2")], []),
        ([(1, "7-1"), (2, "7-2"), (3, "7-3"), (4, "6-1")], []),
        ([(1, "7-1")], ["7-2: told 2, found None"]),
        ([(1, "7-1"), (5, "7-2")], ["7-2: told 2, found 5"]),
        ([(1, "7-1"), (2, "7-2"), (3, "7-3"), (4, "7-3")], ["7-3: 2 times"]),
        ([(1, "7-1"), (2, "7-2"), (3, "7-4")], ["7-4: nobody sent it"]),
    ],
)
def test_what_differs(rows: list[tuple[int, str]], told: list[str]) -> None:
    """Missing, told wrongly, twice, or out of nowhere."""
    assert ledger.differences(TOLD, rows) == told
