"""What entrypoints lose when they are stopped under load: `python -m benchmarks.stop`.

Each stop runs in network and PID namespaces of its own (root, or user namespaces), so that only
loopback is used and the entrypoint really is PID 1. The stops of all rows are interleaved: what
disturbs the machine disturbs all alike. Writes benchmarks/results/stop.json and stop.md.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import summary, versions
from benchmarks.choices import all_of, numbers, some_of
from benchmarks.entrypoints import DEFAULT, ENTRYPOINTS, ROOT, Entrypoint
from benchmarks.scenarios import HTTP_ROUTER, HTTP_SOCKET, MODES, SCENARIOS, Shape
from benchmarks.trial import Trial, TrialError, jittered, make

if TYPE_CHECKING:
    from collections.abc import Sequence

_SLACK_S = 120.0  # to start, to become ready and to come to saturation, at most
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PROVEN_EXIT = 143


@dataclass(slots=True)
class Cell:
    """One row to be: an entrypoint in front of one server, and what its stops have shown."""

    entrypoint: Entrypoint
    shape: Shape
    grace_s: float
    path: str
    stops: list[dict[str, Any]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def missing(self) -> str:
        """What is not installed; empty: nothing."""
        return self.entrypoint.missing(self.path)

    @property
    def name(self) -> str:
        """For the progress."""
        return f"{self.entrypoint.name} / {self.shape.scenario.name} / {self.server}"

    @property
    def server(self) -> str:
        """How uWSGI listens, and how wide it is."""
        shape = self.shape
        words = [shape.mode, f"{shape.workers} worker{'s' * (shape.workers > 1)}"]
        return ", ".join([*words, *([f"{shape.threads} threads"] * (shape.threads > 1))])

    def trial(self) -> Trial:
        """The next stop, at a random moment of a request."""
        shape, scenario = self.shape, self.shape.scenario
        return Trial(
            command=self.entrypoint.command(shape, self.grace_s),
            ini=shape.ini(),
            url=shape.url,
            root=str(ROOT),
            path=self.path,
            clients=shape.clients,
            per_client=scenario.per_client,
            keep_alive=scenario.keep_alive,
            slow_bytes_per_s=scenario.slow_bytes_per_s,
            expect_bytes=scenario.expect_bytes,
            answered=scenario.answered,
            pause_s=jittered(scenario.pause_s, scenario.jitter_s),
            grace_s=self.grace_s,
        )

    def stop_once(self) -> str:
        """Make one trial, keep its result, and say it in a line."""
        try:
            stop = make(self.trial(), self.grace_s + _SLACK_S)
        except TrialError as error:
            self.failed.append(str(error))
            return f"failed: {error}"
        self.stops.append(stop)
        in_flight, after = stop["in_flight"], stop["after"]
        return (
            f"{stop['stop_s']:5.2f} s, exit {stop['exit_code']}, "
            f"lost {in_flight['lost']} of {in_flight['accepted']} in flight, "
            f"{after['lost']} of {after['accepted']} accepted later"
        )

    def row(self) -> summary.Row:
        """The sums."""
        command = self.entrypoint.command(self.shape, self.grace_s)
        about = {
            "entrypoint": self.entrypoint.name,
            "title": self.entrypoint.title,
            "scenario": self.shape.scenario.name,
            "scenario_title": self.shape.scenario.title,
            "server": self.server,
            "mode": self.shape.mode,
            "workers": self.shape.workers,
            "threads": self.shape.threads,
            "clients": self.shape.clients,
            "grace_s": self.grace_s,
            "command": " ".join(command).replace("{root}/", "").replace("{tmp}", "/tmp"),
            "missing": self.missing,
        }
        return summary.summarize(about, self.stops, self.failed)


def main(argv: Sequence[str] | None = None) -> int:
    """Run, show and write; 1 if a stop failed or `--prove` is disproved."""
    options = _parser().parse_args(argv)
    path = f"{Path(sys.executable).parent}:{_SYSTEM_PATH}"
    cells = _cells(options, path)
    try:
        _run_all(cells, options.stops, options.jobs)
    except KeyboardInterrupt:
        print("interrupted: what follows is what was measured until then")
    rows = [cell.row() for cell in cells]
    known = versions.collect(path)
    print(f"\n{summary.terminal(rows)}\n")
    _write(options.output, rows, known)
    disproved = [row for row in rows if row["entrypoint"] in options.prove and not _is_proven(row)]
    for row in disproved:
        print(f"disproved: {row['title']}, {row['server']}, {row['scenario']}: {row['reasons']}")
    return 1 if disproved or any(row["failed"] for row in rows) else 0


def _cells(options: argparse.Namespace, path: str) -> list[Cell]:
    shapes = itertools.product(options.scenario, options.mode, options.workers, options.threads)
    return [
        Cell(ENTRYPOINTS[name], shape, shape.scenario.grace_s or options.grace, path)
        for scenario, mode, workers, threads in shapes
        for shape in [
            Shape(scenario=SCENARIOS[scenario], mode=mode, workers=workers, threads=threads)
        ]
        for name in options.entrypoints
    ]


def _run_all(cells: list[Cell], stops: int, jobs: int) -> None:
    """Each round stops every row once. A row that has failed twice is not tried again."""
    schedule = [cell for _ in range(stops) for cell in cells if not cell.missing]
    begin = time.monotonic()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            lines = pool.map(_stop_unless_hopeless, schedule)
            for number, (cell, line) in enumerate(zip(schedule, lines, strict=True), 1):
                left_s = (time.monotonic() - begin) / number * (len(schedule) - number)
                print(f"[{number}/{len(schedule)}, {left_s / 60:.0f} min left] {cell.name}: {line}")
                sys.stdout.flush()
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _stop_unless_hopeless(cell: Cell) -> str:
    return "skipped, it has failed twice" if len(cell.failed) > 1 else cell.stop_once()


def _is_proven(row: summary.Row) -> bool:
    is_measured = bool(row["stops"]) and not row["failed"]
    return is_measured and not row["lost"] and set(row["exit_codes"]) == {str(_PROVEN_EXIT)}


def _write(folder: Path, rows: list[summary.Row], known: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    document = {"versions": known, "rows": rows}
    text = json.dumps(document, indent=1) + "\n"
    (folder / "stop.json").write_text(text, encoding="utf-8")
    (folder / "stop.md").write_text(summary.markdown(rows, known), encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stop", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("--stops", type=int, default=20, help="stops of each row (20)")
    add(
        "--entrypoints",
        type=some_of(ENTRYPOINTS),
        default=DEFAULT,
        metavar="A,B",
        help=all_of(ENTRYPOINTS),
    )
    add(
        "--scenario",
        type=some_of(SCENARIOS),
        default=("saturation",),
        metavar="A,B",
        help=all_of(SCENARIOS),
    )
    add(
        "--mode",
        type=some_of(MODES),
        default=(HTTP_SOCKET, HTTP_ROUTER),
        metavar="A,B",
        help=all_of(MODES),
    )
    add("--workers", type=numbers, default=(2,), metavar="1,2,4", help="uWSGI processes (2)")
    add("--threads", type=numbers, default=(1,), metavar="1,2", help="threads of each worker (1)")
    add("--grace", type=float, default=10.0, help="seconds from SIGTERM to SIGKILL (10)")
    add("--jobs", type=int, default=1, help="stops made at the same time (1)")
    add(
        "--prove",
        type=some_of(ENTRYPOINTS),
        default=(),
        metavar="A,B",
        help="fail unless these lose nothing and exit with 143",
    )
    add(
        "--output",
        type=Path,
        default=ROOT / "benchmarks" / "results",
        help="folder for the results",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
