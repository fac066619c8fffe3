"""Images that are built while other tests run: each is waited for alone, and not for ever."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.images.building import Ahead

pytestmark = [pytest.mark.process, pytest.mark.timeout(20)]
NAMES = ("app_image", "db_image")


def builder(script: str) -> Ahead:
    """One that runs this instead; names are in its sys.argv."""
    return Ahead((sys.executable, "-c", f"import signal, sys\n{script}"))


def test_one_is_waited_for_and_not_those_behind_it() -> None:
    ahead = builder("print(sys.argv[1], flush=True); signal.pause()")
    ahead.start(NAMES)
    ahead.wait("app_image")
    ahead.end()


def test_a_builder_that_ends_is_waited_for_no_more() -> None:
    ahead = builder("")
    ahead.start(NAMES)
    for name in NAMES:
        ahead.wait(name)
    ahead.end()


def test_nothing_is_waited_for_that_nobody_builds() -> None:
    ahead = builder("signal.pause()")
    ahead.wait("app_image")
    ahead.start(("engine", "db_image"))
    ahead.wait("app_image")
    ahead.end()
    ahead.wait("db_image")


def test_the_builder_is_nobody_s_child() -> None:
    """Tests look at the children of their own process."""
    before = children()
    ahead = builder("print(sys.argv[1], flush=True); signal.pause()")
    ahead.start(NAMES)
    ahead.wait("app_image")
    meanwhile = children()
    ahead.end()
    assert meanwhile <= before


def children() -> set[str]:
    """Those of this process."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())
