"""The plugin, as a session of somebody else's sees it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from supervisor.ops.causes.cause import Cause
from supervisor.testing import reports
from tests.drill.outcomes import lost, outcome
from tests.rules.sources import ROOT

SCRIPTED = """
import pytest
from supervisor.testing import assert_graceful
from tests.testing.scripted import CLEAN, KILLED, Scripted
"""
HEAVY = {"testcontainers", "docker", "asyncio", "requests", "supervisor.drill", "supervisor.ops"}
NO_ENGINE = "unix:///nonexistent/docker.sock"


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """What CI says of this session is not said of the inner one."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("REQUIRE_DOCKER", raising=False)


def ran(pytester: pytest.Pytester, test: str, *arguments: str) -> pytest.RunResult:
    """Run one file of tests in this process."""
    pytester.makepyfile(SCRIPTED + test)
    return pytester.runpytest_inprocess("--strict-markers", "-p", "no:cacheprovider", *arguments)


def test_what_the_plugin_loads() -> None:
    """pytest, and two modules of ours without imports of their own; so it costs 2 ms."""
    code = """if True:
        import sys, pytest
        before = set(sys.modules)
        import supervisor.testing.plugin
        print(*sorted(set(sys.modules) - before))
    """
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.split() == [
        "supervisor",
        "supervisor.testing",
        "supervisor.testing.current",
        "supervisor.testing.plugin",
    ]


@pytest.mark.process
def test_a_session_that_stops_nothing_loads_nothing(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its start to its end, with a failure."""
    pytester.makeconftest("""
        import sys
        def pytest_unconfigure():
            print("loaded:", *sys.modules)
    """)
    pytester.makepyfile("def test_it():\n    assert 1 == 2\n")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    done = pytester.runpytest_subprocess("-p", "supervisor.testing.plugin", timeout=60)
    done.assert_outcomes(failed=1)
    loaded = next(line for line in done.outlines if line.startswith("loaded:")).split()
    assert "supervisor.testing.plugin" in loaded
    assert HEAVY & set(loaded) == set()


def test_a_failure_tells_what_happened(pytester: pytest.Pytester) -> None:
    """The story alone: neither our frames nor the same story once more below it."""
    done = ran(pytester, "def test_it():\n    assert_graceful(Scripted(KILLED), grace=10)\n")
    done.assert_outcomes(failed=1)
    text = done.stdout.str()
    assert "AssertionError" in text
    assert "137" in text
    assert text.count("still busy") == 1
    assert "supervisor/testing/assertion.py" not in text


def test_any_other_assertion_gets_the_story_as_a_section(pytester: pytest.Pytester) -> None:
    """Of what was stopped and did not end well; and only where the test failed."""
    done = ran(
        pytester,
        """
def test_failing():
    one = Scripted(CLEAN, KILLED)
    one.stop_gracefully()
    assert one.stop_gracefully().exit_code == 143

def test_passing():
    assert Scripted(KILLED).stop_gracefully().exit_code == 137
""",
    )
    done.assert_outcomes(failed=1, passed=1)
    text = done.stdout.str()
    assert text.count("still busy") == 1
    assert "stop 2 of this test: scripted" in text


def test_a_marker_says_what_every_stop_of_a_test_is_given(pytester: pytest.Pytester) -> None:
    """The nearest one wins, and a call of its own wins over both."""
    done = ran(
        pytester,
        """
from supervisor.drill.outcome import End

@pytest.mark.graceful(grace=7, exit_code=(143, 3))
class TestIt:
    @pytest.mark.graceful(seconds=0.2)
    def test_both(self):
        one = Scripted(CLEAN, End(3, 0.1), CLEAN, CLEAN)
        with pytest.raises(AssertionError):
            assert_graceful(one)
        assert_graceful(one)
        assert_graceful(one, seconds=1)
        one.stop_gracefully(2)
        assert [order.grace_s for order in one.orders] == [7, 7, 7, 2]

def test_neither():
    one = Scripted(CLEAN, End(3, 0.1))
    assert_graceful(one)
    with pytest.raises(AssertionError):
        assert_graceful(one)
    assert one.orders[0].grace_s is None
""",
    )
    done.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("marker", "wrong"), [("graceful(5)", "(5,)"), ("graceful(graze=5)", "graze")]
)
def test_a_marker_that_is_misspelt_is_an_error(
    pytester: pytest.Pytester, marker: str, wrong: str
) -> None:
    """It names the test and the word, and nothing runs."""
    first = "def test_first():\n    print('begun')\n\n"
    done = ran(pytester, f"{first}@pytest.mark.{marker}\ndef test_it():\n    pass\n", "-s")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert f"test_it: cannot use {wrong}" in done.stderr.str()
    assert "begun" not in done.stdout.str()


@pytest.mark.parametrize(
    ("environment", "arguments", "outcome"),
    [
        ({}, (), "skipped"),
        ({"CI": "true", "REQUIRE_DOCKER": "0"}, (), "skipped"),
        ({}, ("--require-docker",), "errors"),
        ({"REQUIRE_DOCKER": "1"}, (), "errors"),
        ({"CI": "true"}, (), "errors"),
    ],
)
def test_without_an_engine(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    arguments: tuple[str, ...],
    outcome: str,
) -> None:
    """A marked test, and each fixture that needs one, is skipped and says why; in CI an error."""
    for name, value in {"DOCKER_HOST": NO_ENGINE, **environment}.items():
        monkeypatch.setenv(name, value)
    done = ran(
        pytester,
        """
@pytest.mark.needs_docker
def test_marked():
    raise SystemError

def test_container(graceful_container):
    raise SystemError

def test_compose(graceful_compose):
    raise SystemError

def test_neither():
    pass
""",
        "-rsE",
        *arguments,
    )
    done.assert_outcomes(passed=1, **{outcome: 3})
    done.stdout.fnmatch_lines(["*no Docker Engine answers: No such file or directory. Start it*"])


def test_every_stop_leaves_a_page_a_document_and_properties(pytester: pytest.Pytester) -> None:
    """Named after the test; the names of two stops, and of tests spelt alike, differ."""
    done = ran(
        pytester,
        """
@pytest.mark.parametrize("path", ["/a b", "/a/b"])
def test_it(path):
    one = Scripted(CLEAN, KILLED)
    one.stop_gracefully()
    one.stop_gracefully(10)
""",
        "--gracekeeper-report-dir=reports",
        "--junitxml=all.xml",
    )
    done.assert_outcomes(passed=2)
    found = sorted(pytester.path.joinpath("reports").iterdir())
    assert [one.suffix for one in found] == [".html", ".json"] * 4
    documents = [json.loads(one.read_text()) for one in found if one.suffix == ".json"]
    assert {one["event"] for one in documents} == {"drill"}
    assert "<html" in found[0].read_text()
    said = properties(pytester.path / "all.xml")
    assert said["gracekeeper.exit_code"] == "143"
    assert said["gracekeeper.lost"] == "0"
    assert said["gracekeeper.clean"] == "True"
    assert said["gracekeeper.2.exit_code"] == "137"
    assert said["gracekeeper.2.seconds"] == "10.2"
    assert pytester.path.joinpath(said["gracekeeper.2.report"]) in found


def test_a_report_is_judged_by_what_the_test_expected(pytester: pytest.Pytester) -> None:
    """By the assertion's limits, else the marker's; wherever the test has gone meanwhile."""
    done = ran(
        pytester,
        """
@pytest.mark.graceful(seconds=0.1)
def test_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one = Scripted(CLEAN, CLEAN)
    assert_graceful(one, seconds=1)
    one.stop_gracefully()
""",
        "--gracekeeper-report-dir=made",
    )
    done.assert_outcomes(passed=1)
    found = sorted(pytester.path.joinpath("made").glob("*.json"))
    assert [json.loads(one.read_text())["verdict"]["ok"] for one in found] == [True, False]


def test_a_folder_that_can_not_be_made_is_told_at_once(pytester: pytest.Pytester) -> None:
    """Before anything is stopped."""
    pytester.path.joinpath("made").write_text("no folder")
    done = ran(pytester, "def test_it(): pass", "--gracekeeper-report-dir=made")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*cannot write reports to made: File exists.*"])


def test_a_session_beside_this_one_writes_the_same_names(pytester: pytest.Pytester) -> None:
    """Nothing of a name depends on what is there: processes of xdist share a folder."""
    test = "def test_it():\n    Scripted(CLEAN).stop_gracefully()\n"
    names = []
    for _ in range(2):
        ran(pytester, test, "--gracekeeper-report-dir=reports").assert_outcomes(passed=1)
        names.append(sorted(one.name for one in pytester.path.joinpath("reports").iterdir()))
    assert len(names[0]) == 2
    assert names[0] == names[1]


def test_processes_that_run_the_same_test_write_other_names(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of `pytest-xdist --dist each`."""
    test = "def test_it():\n    Scripted(CLEAN).stop_gracefully()\n"
    for worker in ("gw0", "gw1"):
        monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
        ran(pytester, test, "--gracekeeper-report-dir=reports").assert_outcomes(passed=1)
    names = [one.name for one in pytester.path.joinpath("reports").iterdir()]
    assert len(names) == 4
    assert sum("-gw1-1." in name for name in names) == 2


def test_the_cause_of_a_loss_is_what_the_counts_say() -> None:
    """As the story and the document have it; an end alone may have looked fine."""
    fine = Cause("stopped", "It stopped in 0.4 s with 0.")
    queued = outcome(lost(3, -0.2, 0.4, "reset before headers"), exit_code=0, cause=fine)
    assert dict(reports.properties(queued, 1, ""))["gracekeeper.cause"] == "lost-requests"


def properties(junit: Path) -> dict[str, str]:
    """Return those of the first test."""
    found = ElementTree.parse(junit).iterfind(".//testcase[1]/properties/property")
    return {one.attrib["name"]: one.attrib["value"] for one in found}
