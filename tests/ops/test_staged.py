"""What is foretold of real containers is what `docker stop` then comes to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import docker
import pytest

from supervisor.ops.forecast import Forecast
from supervisor.ops.inspection import Wish, of_container
from tests.ops.stage import End, begun, stopped
from tests.ops.staged import ALL, GRACE_S, Staged

pytestmark = pytest.mark.docker
AT_ONCE = 8
TOLERANCE_S = 0.5


@pytest.fixture(scope="module")
def ends(
    engine: docker.DockerClient, staged_image: str
) -> dict[str, tuple[Forecast, End] | Exception]:
    """All of them, several at once: what was foretold, and what came."""

    def stage(one: Staged) -> tuple[Forecast, End] | Exception:
        try:
            with begun(engine, staged_image, one) as container:
                found = of_container(container.id or "", Wish(grace_s=GRACE_S))
                return found.forecast, stopped(container)
        except (Exception, AssertionError) as error:  # told by its own test
            return error

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return dict(zip((one.name for one in ALL), threads.map(stage, ALL), strict=True))


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_it_ends_as_foretold(
    one: Staged, ends: dict[str, tuple[Forecast, End] | Exception]
) -> None:
    """The code to the letter, and the time to half a second; nothing of it is a guess."""
    found = ends[one.name]
    if isinstance(found, BaseException):
        raise found
    foretold, end = found
    assert end.code == one.code
    assert foretold.code == end.code, foretold.sentence
    assert abs(foretold.seconds - end.seconds) <= TOLERANCE_S, foretold.sentence
    assert foretold.unsure == ""
