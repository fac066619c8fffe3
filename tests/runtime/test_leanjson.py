"""JSON without `json` is the same JSON, also where the interpreter has no such private parts."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.runtime import leanjson

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_it_writes_what_json_writes(value: Any) -> None:
    """Byte for byte."""
    assert leanjson.dumps(value) == json.dumps(value)


@given(VALUES, st.sampled_from(["", " ", "\n\t "]))
def test_it_reads_what_json_reads(value: Any, space: str) -> None:
    """White space around it included."""
    text = space + json.dumps(value, indent=1) + space
    assert leanjson.loads(text) == json.loads(text) == value


@given(st.text() | st.text('[]{},:"0123456789.-+eEtrufalsn \\\n', max_size=20))
def test_it_refuses_what_json_refuses(text: str) -> None:
    """And with a ValueError; control characters in strings are the exception that we want."""
    try:
        expected = json.loads(text, strict=False)
    except ValueError:
        with pytest.raises(ValueError):  # noqa: PT011 - its words are the interpreter's
            leanjson.loads(text)
    else:
        found = leanjson.loads(text)
        assert found == expected or found != found  # noqa: PLR0124 - NaN


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000])
def test_it_refuses_what_is_too_deep(text: str) -> None:
    """Not with a RecursionError."""
    with pytest.raises(ValueError, match="JSON"):
        leanjson.loads(text)


def test_a_value_that_is_not_json() -> None:
    """As `json` does."""
    with pytest.raises(TypeError, match="set is not JSON"):
        leanjson.dumps({1: {2}})


@given(VALUES)
def test_without_the_private_parts(value: Any) -> None:
    """`json` itself steps in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "_json", None)
        text = leanjson.dumps(value)
        assert text == json.dumps(value)
        assert leanjson.loads(text) == value
        assert leanjson.loads('"\x01"') == "\x01"
