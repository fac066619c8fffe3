"""`gracekeeper watch --report OUT`: what is known is written, however the watching ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from supervisor.cli.watch import watch
from supervisor.errors import GracekeeperError
from supervisor.ops import engine, watching
from supervisor.ops.case import Case
from tests.ops.test_causes import RECORDED

END = RECORDED[0][2]
Run = Callable[[str, list[Case | BaseException]], Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Watch a script: each case is an end, and an exception breaks it off."""

    def watched(out: str, script: list[Case | BaseException]) -> Result:
        class Scripted:
            def __init__(self, *_: Any) -> None:
                self.recordings: dict[str, Any] = {}

            def ends(self, _progress: Any) -> Iterator[Case]:
                for one in script:
                    if isinstance(one, BaseException):
                        raise one
                    yield one

        monkeypatch.setattr(engine, "Engine", lambda: None)
        monkeypatch.setattr(watching, "Watching", Scripted)
        return CliRunner().invoke(watch, ["web", "--report", out])

    return watched


@pytest.mark.parametrize(
    "broken, code", [(KeyboardInterrupt(), 130), (GracekeeperError("it has ended."), 1)], ids=str
)
def test_what_has_ended_is_written(
    run: Run, tmp_path: Path, broken: BaseException, code: int
) -> None:
    """Ctrl-C, and an engine that ends, come after an end was seen."""
    out = tmp_path / "r.json"
    assert run(str(out), [END, broken]).exit_code == code
    assert json.loads(out.read_text("utf-8"))["event"] == "report"


def test_nothing_has_ended(run: Run, tmp_path: Path) -> None:
    """Ctrl-C is no bad input; a note says why there is no file."""
    out = tmp_path / "r.json"
    done = run(str(out), [KeyboardInterrupt()])
    assert done.exit_code == 130
    assert "is not written: nothing has ended yet" in done.output
    assert not out.exists()


def test_it_is_tried_first(run: Run, tmp_path: Path) -> None:
    """Who has waited a day for an end shall not learn then that it can't be written."""
    done = run(str(tmp_path / "no" / "r.json"), [AssertionError("it was waited for")])
    assert isinstance(done.exception, GracekeeperError)
    assert done.exception.exit_code == 2
    assert "No such file or directory" in str(done.exception)
