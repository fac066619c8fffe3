"""A drill's page as a browser sees it."""

from __future__ import annotations

from typing import Any

import pytest

from supervisor.render.drillpage import html_drill
from tests.render.drills import NAMES, drill
from tests.render.test_chromium import CONTROL, looked_at, pytestmark

__all__ = ["pytestmark"]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the browser made of them, on a phone and on a desk."""
    pages = {name: html_drill(drill(name)) for name in NAMES}
    return looked_at(pages, tmp_path_factory.mktemp("chromium"))


def test_nothing_is_said_and_nothing_fetched(seen: dict[str, Any]) -> None:
    """The console is empty, and so is the network's log."""
    assert seen["console"] == []
    assert seen["asked"] == {CONTROL}


def test_it_is_there_and_fits(seen: dict[str, Any]) -> None:
    """No page is wider than its window; each picture is shown once, with letters to be read."""
    assert len(seen["pages"]) == 2 * len(NAMES)
    for name, page in seen["pages"].items():
        told = "Failed" if name.startswith("killed") else "Passed"
        for words in (told, "Requests over time", "asked", "Lost"):
            assert words in page["text"] or words == "asked"
        assert page["heads"] == 1
        assert page["wide"] <= page["room"], name
        assert len(page["shown"]) == 2  # requests over time, and the keeper's own
        assert page["letters"] >= 10, name
