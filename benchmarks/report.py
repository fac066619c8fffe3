"""How long a report takes, and how much memory, from a journal of a million events.

`make bench-report`: a stop that went on for hours, looked at every 15 ms, with requests and
connections that come and go, workers that are reaped and signals that arrive. The journal is made
first and kept whole; then it is walked, and the report is built, written as JSON, read again and
drawn as a page, a picture and for a terminal. Memory is this process's peak, the journal included.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
from io import StringIO
from time import perf_counter
from typing import TYPE_CHECKING, Any

from rich.console import Console

from supervisor.core.events import (
    Asked,
    Booted,
    DoorClosed,
    DoorShut,
    Emptied,
    Event,
    Exited,
    Looked,
    Reaped,
    Signalled,
    Spawned,
    Tick,
)
from supervisor.core.looks import LOOK_EVERY_S, Look
from supervisor.core.policy import Policy
from supervisor.render.html import html
from supervisor.render.model import read
from supervisor.render.svg import svg
from supervisor.render.terminal import terminal
from supervisor.report.build import build
from supervisor.report.walk import walk
from supervisor.servers.uwsgi import ladder

if TYPE_CHECKING:
    from supervisor.report.walk import Entry

MOST_S, MOST_MIB = 5.0, 200
LEAST = 1000  # events; beginning and end are a few of them
RUNNING = tuple(f"GET /reports/{number}" for number in range(40))
WALL = 1_700_000_000.0


def journal(events: int, seed: int = 1) -> tuple[Policy, list[Entry]]:
    """A stop with this many events: looks that mostly tell something new, and what disturbs."""
    chance = random.Random(seed)
    policy = Policy(
        grace_s=events * LOOK_EVERY_S,
        looks=True,
        ladder=ladder.DRAINED,
        unready_ladder=ladder.NEVER_READY,
        forced_ladder=ladder.OUT_OF_TIME,
    )
    looks = [
        Looked(
            Look(
                ready=True,
                queued=chance.randrange(100),
                serving=running + chance.randrange(8),
                in_request=running,
                requests=number,
                running=RUNNING[:running],
            )
        )
        for number in range(2000)
        for running in [chance.randrange(1, 40)]
    ]
    others: list[Event] = [Signalled(28), Reaped(99, "worker", 0), Reaped(98, "sh", -15)]
    quiet = Looked(Look(ready=True, in_request=0, requests=2000))
    now, tick = 1000.0, Tick()
    entries: list[Entry] = []
    begin = (Booted(), Spawned(7), Tick(), quiet, Asked(15), DoorShut("steered"))
    end = (Exited(7, 0), Emptied(), DoorClosed(3))

    def tell(event: Event, after_s: float = 0.0) -> None:
        nonlocal now
        now += after_s
        entries.append((now, event, ()))

    for first in begin:
        tell(first)
    while len(entries) < events - 12:
        tell(tick, LOOK_EVERY_S)
        tell(looks[chance.randrange(len(looks))], 0.001)
        if chance.random() < 0.02:
            tell(chance.choice(others), 0.001)
    for _ in range(3):
        tell(tick, LOOK_EVERY_S)
        tell(quiet, 0.001)
    for last in end:
        tell(last, 0.1)
    return policy, entries


def measure(events: int) -> dict[str, Any]:
    """Seconds of each part, and the peak of memory in MiB."""
    policy, entries = journal(events)
    made = _peak_mib()
    marks = [perf_counter()]
    found = walk(policy, entries)
    marks.append(perf_counter())
    told = build(
        found, 143, processes=[], sender="", signal="SIGTERM", ended=entries[-1][0], wall=WALL
    )
    one = read(json.loads(json.dumps(told)), "the benchmark")
    marks.append(perf_counter())
    size = len(html(one)) + len(svg(one))
    console = Console(file=StringIO(), width=100)
    for part in terminal(one, console.width):
        console.print(part)
    marks.append(perf_counter())
    names = ("walk_s", "build_s", "draw_s")
    return {
        "events": len(entries),
        "phase": found.state.phase,
        **{name: marks[at + 1] - marks[at] for at, name in enumerate(names)},
        "seconds": marks[-1] - marks[0],
        "journal_mib": made,
        "peak_mib": _peak_mib(),
        "characters": size,
    }


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    """Print what was measured; 1 if it took too long or too much."""
    parser = argparse.ArgumentParser(prog="make bench-report", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="how many (1000000)")
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args()
    if options.events < LEAST:
        parser.error(f"cannot make so short a journal: at least {LEAST} events are needed")
    found = measure(options.events)
    if options.json:
        print(json.dumps(found))
    else:
        print(
            "{events} events: walked in {walk_s:.2f} s, built in {build_s:.2f} s, drawn in"
            " {draw_s:.2f} s; at most {peak_mib:.0f} MiB, of which {journal_mib:.0f} were there"
            " with the journal".format(**found)
        )
    good = found["phase"] == "done" and found["seconds"] <= MOST_S
    return int(not good or found["peak_mib"] > MOST_MIB)


if __name__ == "__main__":
    sys.exit(main())
