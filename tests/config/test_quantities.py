"""Durations, as people write them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.config.mistakes import UnfitError
from supervisor.config.quantities import seconds, text_of


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (0, 0.0), (2.5, 2.5), ("30", 30.0), ("500ms", 0.5), ("30s", 30.0), ("2m", 120.0),
        ("1h30m", 5400.0), ("1.5h", 5400.0), ("1d1ms", 86400.001),
    ],
)  # fmt: skip
def test_durations(written: Any, read: float) -> None:
    """A number is one of seconds."""
    assert seconds(written) == pytest.approx(read)


@pytest.mark.parametrize(
    "written",
    ["", "s", "1 s", "-1s", "1x", "1h 30m", "٣s", "1s2", -1, True, float("nan"), float("inf"), []],
    ids=repr,
)
def test_no_durations(written: Any) -> None:
    """Whatever else it is."""
    with pytest.raises(UnfitError):
        seconds(written)


@given(st.integers(min_value=0, max_value=999_999))
def test_there_and_back(whole: int) -> None:
    """What is shown is read as the same."""
    assert seconds(text_of(float(whole))) == whole
    assert seconds(text_of(whole / 1000)) == pytest.approx(whole / 1000, rel=1e-4)
