"""Why real containers ended: told by who watched them, and afterwards from what is left."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import tarfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import docker
import pytest
from docker.errors import APIError, NotFound
from docker.models.containers import Container
from testcontainers.core.labels import create_labels

from supervisor.ops.case import to_json
from supervisor.ops.engine import Engine
from supervisor.ops.explanation import of_case
from supervisor.ops.gathering import gather
from supervisor.ops.watching import Watching
from tests.ops.endings import ALL, FILES, PORT, Ending
from tests.ops.stage import wait_until

pytestmark = pytest.mark.docker
AT_ONCE = 12
# Told by how soon they end, which a crowd would put off.
ALONE = ("shell cuts", "shell cuts, 0", "init, no handler")
GRACE_S = 5  # looks a second apart have to tell what is steady, and a busy machine takes its time
CLIENT = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:{port}{path}')"
KEEP = os.environ.get("KEEP_CASES")  # a folder: what was seen becomes tests/ops/cases


class Told(NamedTuple):
    """What was said of one end: while it happened, and afterwards."""

    watched: dict[str, Any]
    explained: dict[str, Any]


def status(container: Container) -> str:
    """How it is now."""
    container.reload()
    return str(container.status)


def over(container: Container) -> None:
    wait_until(lambda: status(container) in ("exited", "created", "dead"), "its end")


def stop(container: Container) -> None:
    container.stop(timeout=GRACE_S)


def freeze(container: Container) -> None:
    os.kill(container.attrs["State"]["Pid"], signal.SIGSTOP)
    stop(container)


def back_off(container: Container) -> None:
    # The fourth wait is 1.6 s: long enough to be hit.
    wait_until(lambda: restarts(container) >= 4 and status(container) == "restarting", "a wait")
    stop(container)


def loop(container: Container) -> None:
    wait_until(lambda: restarts(container) >= 3, "restarts")


def restarts(container: Container) -> int:
    container.reload()
    return int(container.attrs["RestartCount"])


WAYS: dict[str, Callable[[Container], object]] = {
    "stop": stop,
    "stop at once": lambda container: container.stop(timeout=0),
    "kill": lambda container: container.kill(),
    "remove": lambda container: container.remove(force=True),
    "host": lambda container: os.kill(container.attrs["State"]["Pid"], signal.SIGKILL),
    "exec": lambda container: container.exec_run(["bash", "-c", "kill 1"]),
    "freeze": freeze,
    "back-off": back_off,
    "loop": loop,
    "wait": over,
}


def seen_since(watching: Watching, container: Container, moment: int) -> bool:
    """Tell whether its processes were looked at after a moment."""
    case = watching.recordings[container.id or ""].case
    return any(one.last > moment for one in case.sightings)


@contextlib.contextmanager
def created(engine: docker.DockerClient, image: str, one: Ending) -> Iterator[Container]:
    """Make a container with the programs that it may run."""
    options: dict[str, Any] = {"network_mode": "none", **one.options}
    container = engine.containers.create(
        image, list(one.command), labels=create_labels(image, {}), **options
    )
    files = io.BytesIO()
    with tarfile.open(fileobj=files, mode="w") as archive:
        for name, text in FILES.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    container.put_archive("/srv", files.getvalue())
    try:
        yield container
    finally:
        with contextlib.suppress(NotFound):
            container.remove(force=True, v=True)


def end(container: Container, one: Ending, watching: Watching) -> dict[str, Any]:
    """Start it, end it in its way, and explain that afterwards."""
    with contextlib.suppress(APIError):  # some can't be started
        container.start()
    if one.log:
        wait_until(lambda: one.log.encode() in container.logs(), f"{one.name} to be ready")
    ready = time.time_ns()
    if one.path:
        client = CLIENT.format(port=PORT, path=one.path)
        container.exec_run(["python3", "-c", client], detach=True)
        wait_until(lambda: b"busy now" in container.logs(), f"{one.name} to be busy")
    container.reload()
    if one.how not in ("wait", "loop", "back-off"):
        wait_until(lambda: seen_since(watching, container, ready), f"{one.name} to be seen")
    WAYS[one.how](container)
    if one.how not in ("remove", "loop"):
        over(container)
    asker = Engine()
    try:
        return of_case(gather(asker, container.id or ""))
    finally:
        asker.close()
        if one.how == "loop":
            container.update(restart_policy={"Name": "no"})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def told(engine: docker.DockerClient, staged_image: str) -> dict[str, Told | BaseException]:
    """All of them, several at once, watched from their start."""
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(AT_ONCE) as threads:
        make = lambda one: stack.enter_context(created(engine, staged_image, one))  # noqa: E731
        containers = list(threads.map(make, ALL))
        watching = Watching(Engine(), [one.id or "" for one in containers], None)
        watched: dict[str, dict[str, Any]] = {}

        def follow() -> None:
            for case in watching.ends(lambda _recordings, _now: None):
                watched[case.container.id] = of_case(case)

        follower = stack.enter_context(ThreadPoolExecutor(1)).submit(follow)

        def stage(pair: tuple[Container, Ending]) -> dict[str, Any] | BaseException:
            try:
                return end(*pair, watching)
            except (Exception, AssertionError) as error:  # told by its own test
                with contextlib.suppress(APIError):  # the follower waits for its end
                    pair[0].remove(force=True)
                return error

        pairs = list(zip(containers, ALL, strict=True))
        crowd = [pair for pair in pairs if pair[1].name not in ALONE]
        explained = list(zip(crowd, threads.map(stage, crowd), strict=True))
        explained += [(pair, stage(pair)) for pair in pairs if pair not in crowd]
        follower.result(30)
        return {
            one.name: found
            if isinstance(found, BaseException)
            else Told(watched.get(container.id or "", {}), found)
            for (container, one), found in explained
        }


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_its_cause_is_named(one: Ending, told: dict[str, Told | BaseException]) -> None:
    """The same by both, where what tells causes apart is left."""
    found = told[one.name]
    if isinstance(found, BaseException):
        raise found
    if KEEP:
        for kind, answer in zip(("watched", "explained"), found, strict=True):
            file = Path(KEEP) / f"{one.name.replace(' ', '-').replace(',', '')}.{kind}.json"
            file.write_text(json.dumps(to_json(answer.get("case")), indent=1))
    watched, explained = found.watched, found.explained
    assert watched, "nobody saw its end"
    assert (watched["cause"]["id"], watched["code"]) == (one.cause, one.code), watched["cause"]
    expected = one.after or one.cause
    assert (explained["cause"]["id"], explained["code"]) == (expected, one.code), explained
