"""What is foretold of real containers is what `docker stop` then comes to."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack

import docker
import pytest
from docker.models.containers import Container

from supervisor.ops.forecast import Forecast
from supervisor.ops.inspection import Wish, of_container
from tests.ops.stage import End, begun, stopped
from tests.ops.staged import ALL, GRACE_S, Staged

pytestmark = pytest.mark.docker
AT_ONCE = 8
TOLERANCE_S = 0.5
Foretold = tuple[Forecast, End]


@pytest.fixture(scope="module")
def ends(engine: docker.DockerClient, staged_image: str) -> Iterator[dict[str, Future[Foretold]]]:
    """All of them: what was foretold, and what came.

    Several at once; starting and removing them is work for the engine that would delay stops. Other
    work on this machine delays an end, too, and never hastens one: who is late is stopped again,
    alone.
    """
    with ExitStack() as running, ThreadPoolExecutor(AT_ONCE) as threads:

        def start(one: Staged) -> Container:
            return running.enter_context(begun(engine, staged_image, one))

        started = [threads.submit(start, one) for one in ALL]
        wait(started)
        found = {
            one.name: threads.submit(_stop, each) for one, each in zip(ALL, started, strict=True)
        }
        wait(found.values())
        for one in ALL:
            if _late(found[one.name]):
                again = threads.submit(start, one)
                found[one.name] = threads.submit(_stop, again)
                wait((found[one.name],))
        yield found


def _stop(started: Future[Container]) -> Foretold:
    container = started.result()
    found = of_container(container.id or "", Wish(grace_s=GRACE_S))
    return found.forecast, stopped(container)


def _late(done: Future[Foretold]) -> bool:
    if done.exception():
        return False
    foretold, end = done.result()
    return end.seconds > foretold.seconds + _tolerance(foretold)


def _tolerance(foretold: Forecast) -> float:
    return max(TOLERANCE_S, foretold.give_or_take_s)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_it_ends_as_foretold(one: Staged, ends: dict[str, Future[Foretold]]) -> None:
    """The code to the letter, the time to half a second or what it said; nothing is a guess."""
    foretold, end = ends[one.name].result()
    assert end.code == one.code
    assert foretold.code == end.code, foretold.sentence
    assert abs(foretold.seconds - end.seconds) <= _tolerance(foretold), foretold.sentence
    assert foretold.unsure == ""
