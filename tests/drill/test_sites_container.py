"""Real containers as sites: each right code, cause and count; nothing is left behind."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import docker
import pytest
from testcontainers.core.labels import create_labels

from supervisor.drill.outcome import End
from supervisor.drill.site import Order
from supervisor.drill.sites.container import ContainerSite, Making
from supervisor.drill.sites.hands import Hands
from supervisor.drill.sites.vigil import Vigil
from supervisor.drill.story import story
from supervisor.drill.traffic import Load
from supervisor.drill.trial import trial
from supervisor.errors import GracekeeperError, UsageError
from supervisor.ops.engine import Engine, GoneError
from tests.ops.staged import KEEPER

pytestmark = pytest.mark.docker

PYTHON = "python:3.11-slim-bookworm"
SERVES = ("python3", "-u", "-m", "http.server", "8000")
PORT = 8000
APP = """
import time
def application(environ, start):
    if environ["PATH_INFO"] == "/slow":
        time.sleep(0.2)
    start("200 OK", [("Content-Length", "1")])
    return [b"x"]
"""
UWSGI = "uwsgi --plugin python3 --http-socket :8000 --wsgi-file /tmp/a.py -p 2 --master"
KEPT = ("sh", "-c", f"printf '%s' \"$APP\" > /tmp/a.py; exec {' '.join(KEEPER)} -- {UWSGI}")
TELLS = """
import http.server, os, signal, time
def tell(*_):
    print(f"TERM at {time.monotonic()}", flush=True)
    os._exit(0)
signal.signal(signal.SIGTERM, tell)
http.server.test(http.server.SimpleHTTPRequestHandler, http.server.ThreadingHTTPServer)
"""
LATE_S = 0.8
CLIENTS = 4
SLOW = Load("/slow", clients=CLIENTS)


@contextmanager
def brought_up(image: str, command: tuple[str, ...], **options: Any) -> Iterator[ContainerSite]:
    """A site of an image, which is down at the end."""
    labels = create_labels(image, {})
    variables = options.pop("variables", {})
    making = Making(command, variables, {"labels": labels, **options})
    site = ContainerSite(image, making=making, port=PORT)
    try:
        yield site
    finally:
        site.down()


@pytest.fixture(scope="module")
def kept(staged_image: str) -> Iterator[ContainerSite]:
    """uWSGI behind a keeper."""
    options: dict[str, Any] = {"tmpfs": {"/tmp": ""}, "variables": {"APP": APP}}
    with brought_up(staged_image, KEPT, **options) as site:
        yield site


@pytest.mark.usefixtures("engine")
def test_a_pid_1_that_hears_nothing() -> None:
    with brought_up(PYTHON, SERVES) as site:
        found = trial(site, Order("stop", grace_s=1), Load("/", clients=2))
    assert (found.exit_code, found.end.killed, found.clean) == (137, True, False), story(found)
    assert found.end.cause is not None
    assert found.end.cause.id == "signal-dropped"
    # A busy engine tells of the kill when the end has come: then no time is left for the second.
    assert [one.name for one in found.end.phases] in (["stopping"], ["stopping", "reaping"])
    assert 1.0 <= found.seconds < 3
    assert '"GET / HTTP/1.1" 200' in found.end.log[-1]


@pytest.mark.usefixtures("engine")
def test_it_was_asked_when_the_signal_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its engine knows, however long the way to it was; and so for the end."""
    stop, end = Hands.stop, Vigil.end

    def late(hands: Hands, name: str, grace_s: int) -> None:
        threading.Event().wait(LATE_S)
        stop(hands, name, grace_s)

    def later(vigil: Vigil, **given: Any) -> End:
        threading.Event().wait(LATE_S)
        return end(vigil, **given)

    monkeypatch.setattr(Hands, "stop", late)
    monkeypatch.setattr(Vigil, "end", later)
    with brought_up(PYTHON, ("python3", "-u", "-c", TELLS)) as site:
        found = trial(site, Order(), Load("/", clients=2))
    came = next(float(one[8:]) for one in found.end.log if one.startswith("TERM at "))
    marks = found.tally.marks
    assert -0.05 <= came - marks["asked"] < LATE_S
    assert 0 < marks["over"] - came < LATE_S
    assert found.seconds == pytest.approx(marks["over"] - marks["asked"], abs=0.01)


@pytest.mark.usefixtures("engine")
def test_it_ended_when_it_did_not_when_that_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy engine's event comes later than the end, and phases and cause go by the end."""
    events = Engine.events

    def late(engine: Engine, *given: Any, **more: Any) -> Iterator[dict[str, Any]]:
        for one in events(engine, *given, **more):
            shift_s = LATE_S if one["Action"] == "die" else 0.0
            yield {**one, "timeNano": one["timeNano"] + int(shift_s * 1e9)}

    monkeypatch.setattr(Engine, "events", late)
    with brought_up(PYTHON, ("python3", "-u", "-c", TELLS)) as site:
        found = trial(site, Order())
    assert found.seconds < LATE_S
    assert found.end.phases[-1].end_s == pytest.approx(found.seconds, abs=0.05)


def test_a_running_one_stays_and_is_started_again_when_asked(engine: docker.DockerClient) -> None:
    labels = create_labels(PYTHON, {})
    one = engine.containers.run(PYTHON, list(SERVES), detach=True, init=True, labels=labels)
    site = ContainerSite(str(one.name), port=PORT, restore=True)
    try:
        found = trial(site, Order("stop", grace_s=5))
        assert (found.exit_code, found.end.killed, found.loaded) == (143, False, False)
        assert found.end.cause is not None
        assert found.end.cause.id == "no-handler"
        one.reload()
        assert one.status == "exited"
        # A half of a second is no whole one, so it is stopped by hand; HUP is not its own signal.
        found = trial(site, Order("stop", signal=1, grace_s=0.5), Load("/", clients=2))
        assert (found.exit_code, found.signal, found.grace_s) == (129, 1, 0.5)
        site.down()
        one.reload()
        assert one.status == "running"
    finally:
        one.remove(force=True)


def test_one_that_did_not_run_is_left_so(engine: docker.DockerClient) -> None:
    """It is started for the drill, and runs after a restart."""
    labels = create_labels(PYTHON, {})
    one = engine.containers.create(PYTHON, list(SERVES), init=True, labels=labels)
    site = ContainerSite(str(one.name), port=PORT, restore=True)
    try:
        trial(site, Order("restart", grace_s=5))
        one.reload()
        assert one.status == "running"
        site.down()
        one.reload()
        assert (one.status, one.attrs["State"]["ExitCode"]) == ("exited", 143)
    finally:
        one.remove(force=True)


def test_the_keeper_s_own_phases(kept: ContainerSite) -> None:
    found = trial(kept, Order("stop"), SLOW)
    assert (found.exit_code, found.lost, found.clean) == (143, 0, True), story(found)
    assert found.tally.in_flight("asked").answered == CLIENTS
    assert "quiescing" in [one.name for one in found.end.phases]
    assert found.end.report is not None
    assert found.end.report["requests"]["lost"] == 0


def test_a_restart_and_a_recycling_within(kept: ContainerSite) -> None:
    for action, event in (("restart", "restart"), ("recycle", "recycled")):
        found = trial(kept, Order(action), SLOW)
        assert (found.exit_code, found.lost, found.refused) == (None, 0, 0), story(found)
        assert found.end.wrong == ""
        assert any(f'"event": "{event}"' in line for line in found.end.log)
        assert found.tally.after("over").answered >= CLIENTS


def test_a_kill_in_a_phase(kept: ContainerSite) -> None:
    found = trial(kept, Order("kill", phase="quiescing"), SLOW)
    assert (found.exit_code, found.end.wrong, found.end.cause) == (137, "", None), story(found)
    inside = found.tally.in_flight("asked")
    assert inside.lost > 0  # a busy machine kills late, and some were answered by then
    assert inside.lost + inside.answered == CLIENTS
    kept.up()
    late = kept.take(Order("kill", phase="delaying"))  # which it never enters without a delay
    assert late.wrong == "it ended before its phase delaying could be cut"


def test_who_interrupts_its_making_leaves_no_container(
    engine: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C when the engine has made it, and nobody has its number yet."""
    made: list[str] = []

    def interrupted(*words: Any) -> str:
        made.append(make(*words))
        signal.raise_signal(signal.SIGINT)
        return made[0]

    with brought_up(PYTHON, SERVES) as site:
        make = site._hands.make
        monkeypatch.setattr(site._hands, "make", interrupted)
        with pytest.raises(KeyboardInterrupt):
            site.up()
    with pytest.raises(docker.errors.NotFound):
        engine.containers.get(made[0])


def test_who_interrupts_its_stop_does_not_wait_for_it(engine: docker.DockerClient) -> None:
    """It is on its way out anyway: the removal ends it."""
    with brought_up(PYTHON, SERVES) as site:
        site.up()
        name = site.id
        killing = threading.Timer(0.5, signal.raise_signal, (signal.SIGINT,))
        killing.start()
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            site.take(Order(grace_s=30.0))
        killing.join()
    assert time.monotonic() - began < 10
    with pytest.raises(docker.errors.NotFound):
        engine.containers.get(name)


def test_what_can_not_be_done(engine: docker.DockerClient) -> None:
    with pytest.raises(GoneError):
        ContainerSite("no-container-of-this-name")
    ends = ("python3", "-c", "raise SystemExit('no app')")
    told = "ended with 1; it said last: no app"
    with brought_up(PYTHON, ends) as site, pytest.raises(GracekeeperError, match=told):
        site.up()
    with brought_up(PYTHON, SERVES) as site:
        site.up()
        engine.containers.get(site.id).kill()
        engine.containers.get(site.id).wait()
        with pytest.raises(
            GracekeeperError, match=rf"cannot stop {PYTHON}: {PYTHON} ended with 137; it"
        ):
            site.take(Order())
        with pytest.raises(GracekeeperError, match=f"cannot signal {PYTHON}: .*not running") as why:
            site._hands.signal(site.id, 1)
        assert site.id not in str(why.value)
        site.up()
        engine.containers.get(site.id).pause()
        for act in (site.up, lambda: site.take(Order())):
            with pytest.raises(GracekeeperError, match=r"it is paused\. `docker unpause"):
                act()
        engine.containers.get(site.id).unpause()
        with pytest.raises(UsageError, match=f"cannot recycle {PYTHON}: which signal"):
            site.take(Order("recycle"))
        with pytest.raises(UsageError, match="only gracekeeper tells that"):
            site.take(Order("kill", phase="quiescing"))
