"""docs/how-to/test-kit.md: its example is run, and its figures are those that were measured."""

from __future__ import annotations

import re

import pytest

from supervisor.drill.sites import process, taking
from supervisor.testing import plugin
from tests.rules.sources import ROOT

PAGE = (ROOT / "docs/how-to/test-kit.md").read_text(encoding="utf-8")
RESULTS = (ROOT / "benchmarks/results/kit.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"<!-- run -->\n```python\n(.*?)```", PAGE, re.DOTALL)
IMAGE = "gracekeeper/sample-app"
MOST_LINES = 10


@pytest.mark.docker
def test_ten_lines_are_enough(
    app_image: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The example, as it stands but for the tag of the image."""
    monkeypatch.setenv("REQUIRE_DOCKER", "1")
    [example] = EXAMPLES
    assert len(example.splitlines()) <= MOST_LINES
    assert example.count(IMAGE) == 1
    pytester.makepyfile(example.replace(IMAGE, app_image))
    pytester.runpytest_inprocess("--strict-markers").assert_outcomes(passed=1)


def test_every_other_example_is_python() -> None:
    """Fixtures and subjects of the page exist."""
    for example in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        compile(example, "test-kit.md", "exec")
    for name in re.findall(r"`(graceful_\w+)`", PAGE):
        assert hasattr(plugin, name)


def test_every_option_is_named() -> None:
    """And every marker."""
    for word in ("--gracekeeper-report-dir", "--require-docker", "mark.graceful", "needs_docker"):
        assert word in PAGE


def test_every_phase_to_kill_at_is_named() -> None:
    """Those of a container, of gracekeeper, and of a plain process."""
    for phase in {*taking.KILL_PHASES, *process.KILL_PHASES} - {""}:
        assert f"`{phase}`" in PAGE


def test_what_it_costs_is_what_was_measured() -> None:
    """`make bench-kit` wrote it."""
    assert RESULTS.strip() in PAGE
