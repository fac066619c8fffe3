"""Ten thousand requests, one by one: what the load counted is what the server's log says it did."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from supervisor.drill.load import Driver, Fate, Load, Request, Result
from tests.drill import faulty

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]
CLIENTS = 50
SERVED, REFUSED = 4_750, 250  # of each kind of connection
SEED = 7
DEADLINE_S = 30.0


class Server:
    """The faulty server's process: it is told by lines, and answers by lines."""

    def __init__(self, stdin: IO[str], stdout: IO[str]) -> None:
        self._stdin, self._stdout = stdin, stdout
        self.url = f"http://127.0.0.1:{int(stdout.readline())}"

    def tell(self, line: str) -> None:
        print(line, file=self._stdin, flush=True)

    def hear(self) -> str:
        return self._stdout.readline().strip()


@contextlib.contextmanager
def faulty_server(*, keep_alive: bool) -> Iterator[Server]:
    mode = ["keep-alive"] if keep_alive else []
    command = [sys.executable, "-m", "tests.drill.faulty", str(SERVED), str(SEED), *mode]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as process:
        try:
            assert process.stdin
            assert process.stdout
            yield Server(process.stdin, process.stdout)
        finally:
            process.kill()


def aimed(load: Load, url: str, numbers: range, kinds: list[str]) -> Load:
    body = bytes(faulty.BIG)
    early = {n for n, kind in enumerate(kinds) if kind == "answered early"}
    requests = (
        Request(f"/{n}", method="POST", body=body) if n in early else Request(f"/{n}")
        for n in numbers
    )
    per_client = len(numbers) // load.clients
    return replace(load, requests=tuple(requests), per_client=per_client).at(url)


def disagreement(result: Result, kind: str | None, size: int) -> str:
    """Why this result is not what the server did; empty: it is."""
    if kind is None:
        good = result.fate is Fate.REFUSED
    elif kind.startswith("lost"):
        place = kind.removeprefix("lost ").replace(" unread", "").replace("chunks", "body")
        good = result.fate is Fate.LOST and place.split()[0] in result.reason
        if "body" in kind:
            good = good and f"in body after {size} of {size + 1} bytes" in result.reason
        elif "reset" not in kind and "deadline" not in kind:
            good = good and place in result.reason
    elif kind == "turned-away":
        good = result.fate is Fate.TURNED_AWAY
    else:
        good = (result.fate, result.body_bytes) == (Fate.ANSWERED, size)
    return "" if good else f"{kind} ({size} bytes) was counted as {result}"


@pytest.mark.parametrize("keep_alive", [False, True], ids=["a connection each", "keep-alive"])
def test_every_count_agrees_with_the_servers_log(*, keep_alive: bool) -> None:
    kinds = faulty.plan(SERVED, SEED, keep_alive=keep_alive)
    # An open loop deals the requests out once; at this rate nobody ever waits for a turn.
    load = Load(
        "/", clients=CLIENTS, rate=1e9, keep_alive=keep_alive, deadline_s=2, turned_away_pause_s=0
    )
    with faulty_server(keep_alive=keep_alive) as server:
        served = aimed(load, server.url, range(SERVED), kinds)
        driver = Driver(served).start()
        assert server.hear() == "held"
        driver.mark("asked")
        driver.end()
        server.tell("release")
        results = list(driver.join(DEADLINE_S).results)
        server.tell("shut")
        assert server.hear() == "shut"
        shut = aimed(load, server.url, range(SERVED, SERVED + REFUSED), kinds)
        results += Driver(shut).start().join(DEADLINE_S).results
        server.tell("log")
        truth = json.loads(server.hear())
    assert truth["failures"] == []
    log = {number: (kind, size) for number, kind, size in truth["log"]}
    assert len(log) == len(truth["log"]) == SERVED, "a request came twice, or not at all"
    assert sorted(int(r.path[1:]) for r in results) == list(range(SERVED + REFUSED))
    wrong = [disagreement(r, *log.get(int(r.path[1:]), (None, 0))) for r in results]
    assert not [why for why in wrong if why]
    done = Counter(kind for kind, _ in log.values())
    assert set(done) >= {*faulty.KINDS, faulty.LATE, *([faulty.CLOSED] if keep_alive else [])}
