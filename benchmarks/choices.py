"""Types of options that every benchmark has: some of what is known, and numbers, with commas."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


def some_of(known: Collection[str]) -> Callable[[str], tuple[str, ...]]:
    """Return a type for argparse: names that are known, in the order in which they were given."""

    def names(text: str) -> tuple[str, ...]:
        chosen = tuple(text.split(","))
        unknown = [name for name in chosen if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)} ({all_of(known)})")
        return chosen

    return names


def all_of(known: Collection[str]) -> str:
    """Say what could be chosen, for a help."""
    return "of: " + ", ".join(known)


def numbers(text: str) -> tuple[int, ...]:
    """Read `1,2,4`; ValueError, which argparse tells."""
    return tuple(int(word) for word in text.split(","))
