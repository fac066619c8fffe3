"""An app that leaks a mebibyte a request, in a container with a limit of 256 MiB."""

from __future__ import annotations

from typing import Any

import pytest

from tests.images.loader import Loader
from tests.images.sample import APP_PORT, Sample

pytestmark = pytest.mark.docker

LIMITED: dict[str, Any] = {"mem_limit": "256m", "memswap_limit": "256m"}
LIMIT_MIB = 256
INSIDE = f"http://127.0.0.1:{APP_PORT}/"
RECYCLED = '"event": "recycled"'
RECYCLINGS = 10  # by then three times the limit has leaked
KILLED = "killed by signal 9"  # uWSGI of a worker; what the kernel sends when memory is out


def test_workers_are_recycled_before_the_kernel_kills_one(app_image: str) -> None:
    """Nobody is lost, nobody is killed, and several times the limit was leaked."""
    sample = Sample(app_image, ini="leaking.ini", **LIMITED).env(
        GRACEKEEPER_RECYCLE_HEADROOM="128MiB",
        GRACEKEEPER_RECYCLE_COOL_DOWN="0s",
        GRACEKEEPER_RECYCLE_PER_HOUR="10000",
    )
    with sample, Loader(app_image, sample.id, INSIDE, clients=4) as loader:
        sample.wait_for_line(RECYCLED, RECYCLINGS, within_s=60)
        loader.end()
        tally = loader.tally()
        killed = sample.killed_for_memory()
        ending = sample.end()
    assert tally.answered == len(tally.results), f"{tally.counts}\n{ending.told_log()}"
    assert tally.answered > 3 * LIMIT_MIB
    assert killed == 0, ending.told_log()
    assert KILLED not in ending.log
    assert ending.code == 143, ending.told_log()


def test_without_them_the_kernel_kills(app_image: str) -> None:
    """The control: the same app, the same limit, the same load."""
    bare = ["/opt/venv/bin/uwsgi", "--ini"]
    with (
        Sample(
            app_image, ini="leaking.ini", ready=(APP_PORT, "/"), entrypoint=bare, **LIMITED
        ) as sample,
        Loader(app_image, sample.id, INSIDE, clients=4) as loader,
    ):
        sample.wait_for_line(KILLED)
        loader.end()
        assert loader.tally().lost > 0
        assert sample.killed_for_memory() > 0
