"""A duration is the same on the command line, in a variable and in a file."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from supervisor.config import quantities
from supervisor.config.mistakes import UnfitError
from supervisor.front.duration import seconds

PIECES = ("1", "30", "0.5", "ms", "s", "m", "h", "d", ".", "x", " ", "-", "+", "_", "e", "٣", "")


@pytest.mark.parametrize(
    ("text", "found"),
    [("10", 10), ("10s", 10), ("1m30s", 90), ("500ms", 0.5), ("1.5h", 5400), ("1d", 86400)],
)
def test_durations(text: str, found: float) -> None:
    """As people write them."""
    assert seconds(text) == pytest.approx(found)


@pytest.mark.parametrize(
    "text",
    ["1e3", "1_000", "+5", "-5", " 10", "10 ", "1.", ".5", "١٠", "٣s", "inf", "nan", "", "9" * 400,
     "infs", "1e3s", "1.s", "10 s", "10S", "²"],
)  # fmt: skip
def test_what_is_none(text: str) -> None:
    """Python's own numbers are more than those that people write in a file."""
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        seconds(text)
    with pytest.raises(UnfitError):
        quantities.seconds(text)


@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join))
@example("1.5.5s")
@example("5s5")
@example("1ms1m")
def test_as_a_file_has_it(text: str) -> None:
    """The one reader has no `re`."""
    expected = read = None
    with contextlib.suppress(UnfitError):
        expected = quantities.seconds(text)
    with contextlib.suppress(ValueError):
        read = seconds(text)
    assert read == expected
