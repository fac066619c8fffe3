"""Documents with one value in them that became another."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

LONG = "9" * 5000  # a number without its quotes: Python reads none of more than 4300 digits
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(LONG)
JSON = st.recursive(LEAVES, lambda x: st.lists(x) | st.dictionaries(st.text(), x), max_leaves=9)


def changed(found: Any, data: st.DataObject) -> Any:
    """An answer with one value in it that is another."""
    if isinstance(found, dict) and found and data.draw(st.integers(0, 4)):
        name = data.draw(st.sampled_from(sorted(found)))
        return {**found, name: changed(found[name], data)}
    return data.draw(JSON)
