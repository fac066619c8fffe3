"""What a test leaves of its stops, each with what was expected of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from supervisor.drill.verdict import Limits
from supervisor.testing import assert_graceful, current
from supervisor.testing.reports import codes, properties, properties_of, sections, stem
from tests.drill.outcomes import cut, graceful, outcome


def test_each_stop_is_judged_by_what_was_expected_of_it() -> None:
    """Of the second alone another code is right; one of another test is nobody's business."""
    test = current.Test(current.Defaults(seconds=5.0, exit_code=143))
    first, second, foreign = outcome(), outcome(exit_code=3), outcome(exit_code=4)
    with current.running(test):
        assert current.tell(first) is first
        current.tell(second)
        assert assert_graceful(second, exit_code=3, seconds=9.0) is second
        assert_graceful(foreign, exit_code=4)
        with pytest.raises(AssertionError, match="ended with 3, not 143"):
            assert_graceful(second)
        assert_graceful(second, exit_code=(3, 4))
    assert (list(test.limits), test.outcomes) == ([1], [first, second])
    assert test.limits[1] == Limits(seconds=5.0, codes=(3, 4))


def test_outside_of_a_test_nothing_is_remembered() -> None:
    assert current.tell(graceful()).clean
    assert assert_graceful(graceful()).clean
    assert current.defaults() == current.Defaults()


def test_those_that_went_wrong_are_told_unless_they_were() -> None:
    """A pass has no section, and neither has a story that the failure tells already."""
    test = current.Test(outcomes=[graceful(), cut()])
    ((title, text),) = sections(test, "")
    assert title == "stop 2 of this test: app:latest"
    assert text.startswith("app:latest: 8 requests were lost")
    assert not list(sections(test, text))


def test_a_property_is_what_was_seen() -> None:
    """No code, no file and no cause are no property; seconds are rounded."""
    found = dict(properties(outcome(exit_code=None, over=0.12345), 1, ""))
    assert found == {
        "gracekeeper.seconds": 0.123,
        "gracekeeper.clean": True,
        "gracekeeper.answered": 0,
        "gracekeeper.lost": 0,
        "gracekeeper.turned_away": 0,
        "gracekeeper.refused": 0,
    }
    second = dict(properties(cut(), 2, "x.html"))
    assert second["gracekeeper.2.report"] == "x.html"
    assert (second["gracekeeper.2.exit_code"], second["gracekeeper.2.lost"]) == (143, 8)
    assert second["gracekeeper.2.cause"] == "no-handler"


def test_files_are_written_where_a_folder_is_named_and_once(tmp_path: Path) -> None:
    test = current.Test(outcomes=[graceful()])
    assert not [name for name, _ in properties_of(test, "test_x", "") if "report" in name]
    assert not list(properties_of(test, "test_x", str(tmp_path)))
    test.outcomes.append(cut())
    told = dict(properties_of(test, "test_x", str(tmp_path)))
    assert Path(str(told["gracekeeper.2.report"])).exists()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_name_is_its_process_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    alone = stem("tests/test_x.py::test_y", 1)
    assert alone.startswith("tests-test_x.py.test_y-")
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw1")
    assert stem("tests/test_x.py::test_y", 1) == f"{alone.removesuffix('-1')}-gw1-1"


def test_codes_are_one_or_several_or_none() -> None:
    assert [codes(one) for one in (None, 0, (143, 0))] == [(), (0,), (143, 0)]
