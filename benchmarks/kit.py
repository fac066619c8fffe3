"""What the test kit costs a test, over plain testcontainers.

`make bench-kit`: the same server, started, waited for, stopped and removed, again and again: by a
GracefulContainer and `stop_gracefully`, and by a DockerContainer, `stop` and `wait`, in turn.
Nothing is loaded, so the difference is what the kit adds: it looks at the container before and
after, and finds out why it ended.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

RESULTS = Path(__file__).parent / "results"
MOST_S = 0.3
PORT, GRACE_S = 8000, 10
SERVER = """
import http.server, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
http.server.ThreadingHTTPServer(("", 8000), http.server.BaseHTTPRequestHandler).serve_forever()
"""
COMMAND = ["python3", "-c", SERVER]


def plain(image: str) -> float:
    """Seconds of a stop as it is written without the kit, of the whole test else."""
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import HttpWaitStrategy

    answers = HttpWaitStrategy(PORT).for_status_code_matching(lambda _: True)
    one = DockerContainer(image).with_command(COMMAND).with_exposed_ports(PORT)
    with one.waiting_for(answers.with_poll_interval(0.05)):
        asked = perf_counter()
        one.get_wrapped_container().stop(timeout=GRACE_S)
        assert one.get_wrapped_container().wait()["StatusCode"] == 143
        return perf_counter() - asked


def graceful(image: str) -> float:
    """Seconds of a stop with it."""
    from supervisor.testing import GracefulContainer

    one = GracefulContainer(image).with_command(COMMAND).with_exposed_ports(PORT)
    with one.with_ready("/"):
        asked = perf_counter()
        assert one.stop_gracefully(grace=GRACE_S).exit_code == 143
        return perf_counter() - asked


def measure(image: str, times: int) -> dict[str, Any]:
    """Medians of both, the first of each left out: it imports."""
    seconds: dict[str, list[tuple[float, float]]] = {"plain": [], "graceful": []}
    ways: dict[str, Callable[[str], float]] = {"plain": plain, "graceful": graceful}
    for _ in range(times + 1):
        for name, way in ways.items():
            began = perf_counter()
            stop = way(image)
            seconds[name].append((perf_counter() - began, stop))
    found: dict[str, Any] = {"image": image, "times": times}
    for name, each in seconds.items():
        found[f"{name}_test_s"], found[f"{name}_stop_s"] = (
            round(statistics.median(one), 3) for one in zip(*each[1:], strict=True)
        )
    found["overhead_s"] = round(found["graceful_test_s"] - found["plain_test_s"], 3)
    return found


def table(found: dict[str, Any]) -> str:
    """The results as Markdown."""
    rows = [
        f"| {title} | {found[f'{name}_test_s']:.2f} s | {found[f'{name}_stop_s']:.2f} s |"
        for name, title in (("plain", "testcontainers"), ("graceful", "the test kit"))
    ]
    return "\n".join(
        [
            f"Medians of {found['times']} tests each, one container of {found['image']} a test.",
            "",
            "| with | the whole test | its stop |",
            "| --- | --- | --- |",
            *rows,
            "",
            f"The kit adds {found['overhead_s']:.2f} s to a test.",
            "",
        ]
    )


def main() -> int:
    """Print and keep what was measured; 1 if it was too much."""
    parser = argparse.ArgumentParser(prog="make bench-kit", description=__doc__)
    parser.add_argument("--image", default="python:3.11-slim-bookworm", help="one with python3")
    parser.add_argument("--times", type=int, default=10, help="how many of each (10)")
    options = parser.parse_args()
    os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
    if Path("/.dockerenv").exists():
        os.environ.setdefault("TESTCONTAINERS_CONNECTION_MODE", "docker_host")
    found = measure(options.image, options.times)
    print(table(found))
    RESULTS.joinpath("kit.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    RESULTS.joinpath("kit.md").write_text(table(found), encoding="utf-8")
    return int(found["overhead_s"] > MOST_S)


if __name__ == "__main__":
    sys.exit(main())
