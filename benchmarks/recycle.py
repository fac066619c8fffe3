"""What clients notice when workers are replaced under load: `python -m benchmarks.recycle`.

Each row is one server in network and PID namespaces of its own (root, or user namespaces), as in
`benchmarks.stop`: only loopback is used, and what we compare really is PID 1. Its workers are
replaced again and again, with steady times between, so both 99th percentiles are of the same run.
Writes benchmarks/results/recycle.json, recycle.md and, a line for each way, recycle-short.md.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import itertools
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import versions
from benchmarks.choices import all_of, numbers, some_of
from benchmarks.entrypoints import ROOT
from benchmarks.recycling import leak, table
from benchmarks.recycling.contenders import CONTENDERS, MODES, RESTART, Contender, load
from benchmarks.recycling.digest import digest
from benchmarks.recycling.trial import ROUND_DEADLINE_S, Turnover, make
from benchmarks.scenarios import HTTP_ROUTER, Shape
from benchmarks.trial import Trial, TrialError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SLACK_S = 120.0  # to start and to end, and for what was under way when time was up
_MOST_RATIO = 1.5  # of the 99th percentiles, during a restart to steady


@dataclass(slots=True)
class Cell:
    """One row to be: a way of getting fresh workers, one server, and what came out of it."""

    contender: Contender
    shape: Shape
    path: str
    broken: bool
    measured: dict[str, Any] | None = None
    failed: str = ""
    about: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        shape, contender = self.shape, self.contender
        scene = shape.scenario.title
        self.about = {
            "contender": contender.name,
            "title": contender.title,
            "kind": contender.kind,
            "itself": contender.decides_itself,
            "server": f"{shape.mode}, {shape.workers} worker{'s' * (shape.workers > 1)}",
            "mode": shape.mode,
            "workers": shape.workers,
            "broken": self.broken,
            "scene": f"{scene}; into an application that does not load" if self.broken else scene,
            "command": " ".join(contender.command(shape)).replace("{root}/", ""),
            "cannot": contender.cannot(broken=self.broken),
            "missing": contender.missing(self.path),
        }

    @property
    def name(self) -> str:
        """For the progress."""
        return f"{self.contender.name} / {self.about['server']}{' / broken' * self.broken}"

    def measure(self, options: argparse.Namespace) -> str:
        """Make the trial, keep what it says, and say it in a line."""
        turnover = self._turnover(options)
        try:
            self.measured = make(turnover, turnover.most_s + options.steady + _SLACK_S)
        except TrialError as error:
            self.failed = str(error)
            return f"failed: {error}"
        return ", ".join(word for word in table.cells_of(self.row())[2:] if word)

    def _turnover(self, options: argparse.Namespace) -> Turnover:
        shape = self.shape
        rounds = options.broken_rounds if self.broken else options.rounds
        return Turnover(
            name=self.name,
            trial=Trial(
                command=self.contender.command(shape),
                ini="",
                url=shape.url,
                root=str(ROOT),
                path=self.path,
                clients=shape.clients,
                per_client=None,
                keep_alive=False,
                slow_bytes_per_s=None,
                expect_bytes=None,
                answered=0,
                pause_s=0.0,
                grace_s=ROUND_DEADLINE_S,
            ),
            trigger=self.contender.trigger,
            workers=shape.workers,
            rounds=rounds,
            steady_s=options.steady,
            rest_s=options.rest,
            broken=self.broken,
            most_s=options.most,
        )

    def row(self) -> table.Row:
        """The sums."""
        return table.row(self.about, self.measured, self.failed)


def main(argv: Sequence[str] | None = None) -> int:
    """Run, show and write; 1 if a row failed or `--prove` is disproved."""
    options = _parser().parse_args(argv)
    path = f"{Path(sys.executable).parent}:{_SYSTEM_PATH}"
    cells = _cells(options, path)
    leaks: list[dict[str, Any]] = []
    try:
        _run_all(cells, options, leaks)
    except KeyboardInterrupt:
        print("interrupted: what follows is what was measured until then", file=sys.stderr)
    rows = [cell.row() for cell in cells]
    known = {**versions.collect(path), "gunicorn": _version("gunicorn")}
    print(f"\n{table.terminal(rows, leaks)}\n")
    _write(options.output, rows, leaks, known)
    disproved = [one for one in rows if one["contender"] in options.prove and not _is_proven(one)]
    for one in disproved:
        print(f"disproved: {one['title']}, {one['server']}")
    return 1 if disproved or any(one["failed"] for one in (*rows, *leaks)) else 0


def _cells(options: argparse.Namespace, path: str) -> list[Cell]:
    """All rows: the broken ones last, and those of a server together."""
    kinds = [*[False] * (options.rounds > 0), *[True] * (options.broken_rounds > 0)]
    found = []
    for broken, workers, mode in itertools.product(kinds, options.workers, options.mode):
        for name in options.only:
            contender = CONTENDERS[name]
            scenario = load(options.route, leak_bytes=contender.leak_bytes)
            shape = Shape(scenario=scenario, mode=mode, workers=workers)
            if mode in contender.modes and not (broken and mode == HTTP_ROUTER):
                found.append(Cell(contender, shape, path, broken))
    return found


def _run_all(cells: list[Cell], options: argparse.Namespace, leaks: list[dict[str, Any]]) -> None:
    """Measure the rows, and those that leak: these first, they take longest."""
    schedule = [cell for cell in cells if not cell.about["cannot"] and not cell.about["missing"]]
    begin = time.monotonic()
    with ThreadPoolExecutor(options.jobs) as pool:
        leaking = pool.map(_leak(options), leak.LEAKERS if options.leak_seconds else ())
        try:
            lines = pool.map(lambda cell: cell.measure(options), schedule)
            for number, (cell, line) in enumerate(zip(schedule, lines, strict=True), 1):
                left_s = (time.monotonic() - begin) / number * (len(schedule) - number)
                place = f"[{number}/{len(schedule)}, {left_s / 60:.0f} min left]"
                print(f"{place} {cell.name}: {line}", file=sys.stderr, flush=True)
            leaks += leaking
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _leak(options: argparse.Namespace) -> Callable[[leak.Leaker], dict[str, Any]]:
    return lambda leaker: leak.measure(leaker, options.leak_image, options.leak_seconds)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _is_proven(one: table.Row) -> bool:
    """Nobody lost, refused or turned away in any round, and hardly a delay at a restart."""
    if one["cannot"]:
        return True
    measured = one["measured"]
    if not measured or measured["failed"] or measured["ended"]:
        return False
    is_slow = one["kind"] == RESTART and not one["broken"] and (one["ratio"] or 0) > _MOST_RATIO
    bad = sum(measured["all"][name] for name in ("lost", "refused", "turned_away", "errors"))
    return not bad and not is_slow


def _write(
    folder: Path, rows: list[table.Row], leaks: list[dict[str, Any]], known: dict[str, Any]
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"versions": known, "rows": rows, "leaks": leaks}, indent=1) + "\n"
    (folder / "recycle.json").write_text(text, encoding="utf-8")
    (folder / "recycle.md").write_text(table.markdown(rows, known, leaks), encoding="utf-8")
    (folder / "recycle-short.md").write_text(digest(rows, known, leaks), encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recycle", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    rows, modes = some_of(CONTENDERS), some_of(MODES)
    add("--rounds", type=int, default=20, help="replacements of each row (20; 0: none)")
    add("--broken-rounds", type=int, default=20, help="restarts into a broken app (20; 0: none)")
    add("--only", type=rows, default=tuple(CONTENDERS), metavar="A,B", help=all_of(CONTENDERS))
    add("--mode", type=modes, default=MODES, metavar="A,B", help=all_of(MODES))
    add("--workers", type=numbers, default=(1, 4), metavar="1,4", help="processes (1,4)")
    add("--route", type=float, default=0.05, metavar="S", help="seconds of a request (0.05)")
    add("--steady", type=float, default=5.0, metavar="S", help="seconds before the first (5)")
    add("--rest", type=float, default=1.5, metavar="S", help="and between two (1.5)")
    add("--jobs", type=int, default=1, help="rows measured at the same time (1)")
    add("--most", type=float, default=600.0, metavar="S", help="seconds of a row's rounds (600)")
    add("--leak-seconds", type=float, default=0.0, metavar="S", help="leak so long (0: not at all)")
    add("--leak-image", default="gracekeeper/sample-app:latest", help="made by `make image`")
    add(
        "--prove",
        type=rows,
        default=(),
        metavar="A,B",
        help="fail unless these lose nobody, and slow nobody down by half",
    )
    add("--output", type=Path, default=ROOT / "benchmarks" / "results", help="folder for results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
