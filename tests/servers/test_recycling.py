"""Which uWSGI can have its workers replaced one by one, and a real one under load."""

from __future__ import annotations

import ast
import os
import signal
import sys
from pathlib import Path
from types import ModuleType

import pytest

from supervisor.drill.driver import Driver
from supervisor.drill.traffic import Load, Request, SlowReader
from supervisor.recycle.policy import BETWEEN, RESTART
from supervisor.servers.uwsgi import recycling
from tests.servers.recycled import Recycled
from tests.servers.surroundings import ini, read

IN_WORKER = Path(recycling.__file__).with_name("in_worker.py")
APP = "module = app"


@pytest.mark.parametrize(
    ("lines", "how"),
    [
        ((APP,), BETWEEN),
        (("wsgi-file = a.py", "threads = 1", "enable-threads = true"), BETWEEN),
        ((APP, "lazy-apps = true", "cheaper = 1", "workers = 4"), BETWEEN),
        (("mount = /=a.py", "async = 1"), BETWEEN),
        ((APP, "threads = 2"), RESTART),
        ((APP, "gevent = 100"), RESTART),
        ((APP, "asyncio = 10"), RESTART),
        ((APP, "async = 10"), RESTART),
        (("psgi = app.pl",), RESTART),
        ((), RESTART),
    ],
)
def test_the_mechanism(lines: tuple[str, ...], how: str) -> None:
    """Only where a worker runs one request at a time there is something between two."""
    found, why = recycling.mechanism(read("--ini", "app.ini", app=ini(*lines)), "/run/x")
    assert (found, bool(why)) == (how, how == RESTART)


@pytest.mark.parametrize("directory", [None, "/my run", "/run/%d", "/a$(b)", "/a;b"])
def test_a_directory_that_cannot_be_named(directory: str | None) -> None:
    """uWSGI would read something else."""
    assert recycling.mechanism(read("--ini", "app.ini", app=ini(APP)), directory)[0] == RESTART


@pytest.mark.parametrize(
    ("lines", "count"), [((), 1), (("workers = 4",), 4), (("processes = 0",), 1)]
)
def test_how_many_workers(lines: tuple[str, ...], count: int) -> None:
    """By either name."""
    assert recycling.workers(read("--ini", "app.ini", app=ini(*lines))) == count


def test_both_sides_name_the_same() -> None:
    """The module can't import ours, so it says again what they have to agree on."""
    tree = ast.parse(IN_WORKER.read_text())
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert recycling.SIGNAL in constants
    assert recycling.WISH in constants


@pytest.mark.parametrize(
    ("wish", "ends"), [("{pid}\n", True), ("1{pid}", False), ("", False), (None, False)]
)
def test_only_the_one_that_is_meant_ends(
    wish: str | None, ends: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are asked; a signal that comes late finds another's pid."""
    registered: list[tuple[object, ...]] = []
    fake = ModuleType("uwsgi")
    vars(fake)["register_signal"] = lambda *wanted: registered.append(wanted)
    monkeypatch.setitem(sys.modules, "uwsgi", fake)
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: killed.append((pid, number)))
    if wish is not None:
        (tmp_path / "recycle").write_text(wish.format(pid=os.getpid()))
    scope: dict[str, object] = {"__file__": str(tmp_path / "recycle.py")}
    exec(compile(IN_WORKER.read_text(), "recycle.py", "exec"), scope)
    ((number, receivers, handler),) = registered
    assert (number, receivers) == (251, "active-workers")
    assert callable(handler)
    handler(number)
    assert killed == ([(os.getpid(), signal.SIGHUP)] if ends else [])


@pytest.mark.process
@pytest.mark.parametrize(
    "options",
    [(), ("--lazy-apps",), ("--enable-threads",), ("--lazy-apps", "--enable-threads")],
    ids=" ".join,
)
def test_all_of_them_under_load(options: tuple[str, ...], tmp_path: Path) -> None:
    """Everybody is replaced, one after the other; nobody outside notices."""
    with Recycled(tmp_path, *options) as one:
        one.wait_ready(2)
        before = one.pids
        with Driver(Load(f"{one.url}/", clients=6)) as load:
            load.wait_answered(50)
            one.recycle()
            tally = load.stop()
        assert not set(before.values()) & set(one.pids.values())
        assert len(one.pids) == 2
        assert (tally.lost, one.told("recycle-overdue")) == (0, []), one.log.read_text()


@pytest.mark.process
def test_an_answer_that_is_being_read_slowly(tmp_path: Path) -> None:
    """The worker goes when the last byte has been taken: a HUP from outside would cut it."""
    size = 8 << 20
    request = Request(f"/?bytes={size}", expect_bytes=size)
    reader = SlowReader(bytes_per_s=3 << 20)
    with Recycled(tmp_path, workers=1, min_ready=0) as one:
        one.wait_ready(1)
        slow = Load(f"{one.url}/", clients=1, requests=(request,), per_client=1, slow_reader=reader)
        with Driver(slow) as driver:
            driver.wait_in_flight(1)
            one.recycle(1)
            tally = driver.join(30)
        assert (tally.lost, len(tally.results)) == (0, 1)


@pytest.mark.process
def test_a_worker_that_answers_for_too_long(tmp_path: Path) -> None:
    """It is left alone until the second deadline, and named with what it serves."""
    with Recycled(tmp_path, deadline_s=2.0) as one:
        one.wait_ready(2)
        load = Load(f"{one.url}/slow?s=600", clients=1, per_client=1)
        with Driver(load) as driver:
            driver.wait_in_flight(1)
            one.recycle(one.wait_busy())
            assert driver.join(10).lost == 1
        first, second = one.told("recycle-overdue")
        assert (first["signal"], second["signal"]) == ("", "SIGKILL")
        assert first["running"] == second["running"] == ["GET /slow"]
