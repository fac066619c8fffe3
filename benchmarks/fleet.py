"""Several services in one place, ours and others': `python -m benchmarks.fleet`.

Three servers that wait for each other, 200 services with and without an order, and a million lines
of each of two services. Processes of this machine; rounds are interleaved, so that its good and bad
minutes are shared out. Makes its own installations in .run/ first. Writes
benchmarks/results/fleet.json and fleet.md.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import versions
from benchmarks.choices import some_of
from benchmarks.entrypoints import ROOT
from benchmarks.fleets import chain, crowd, figures, lines, table
from benchmarks.fleets.contenders import CONTENDERS
from benchmarks.fleets.running import RunError
from benchmarks.inits import installed
from benchmarks.inits.rounds import Progress, show

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.inits.installed import Installed

MEASURES = ("chain", "crowd", "lines")
SERVICES = 200
_TELL = {  # s6 does not tell its version, its package does
    "postgres": ("postgres", "--version"),
    "nginx": ("nginx", "-v"),
    "s6": ("dpkg-query", "--show", "--showformat=${Version}", "s6"),
}
_CHAIN_S, _CROWD_S, _LINES_S = 3.0, 2.5, 6.0  # guesses, for the time left


@dataclass(slots=True)
class Session:
    """What was measured until now."""

    tools: Installed
    names: Sequence[str]
    options: argparse.Namespace
    progress: Progress
    chained: list[dict[str, Any]] = field(default_factory=list)
    crowds: figures.Crowd = field(default_factory=dict)
    rows: dict[lines.Case, figures.Samples] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def expected_s(self) -> float:
        """How long all will take."""
        of = self.options
        each = {
            "chain": of.repeat * _CHAIN_S,
            "crowd": of.repeat * len(self.crowd_cells()) * _CROWD_S,
            "lines": of.line_rounds * len(self.line_cases()) * _LINES_S * of.lines / 1e6,
        }
        return float(sum(each[name] for name in of.measure))

    def crowd_cells(self) -> list[tuple[str, str]]:
        """Shapes, each with who can be told it."""
        return [
            (shape, name)
            for shape in crowd.SHAPES
            for name in self.names
            if crowd.offered(CONTENDERS[name], shape)
        ]

    def line_cases(self) -> list[lines.Case]:
        """Rows of the last measurement."""
        return lines.cases(self.names)

    def attempt(self, what: str, expected_s: float, one: Callable[[Path], None]) -> None:
        """Do one thing in a folder of its own; what goes wrong is told on the page."""
        with tempfile.TemporaryDirectory(prefix="bench-fleet-", ignore_cleanup_errors=True) as name:
            try:
                one(Path(name))
            except (RunError, OSError) as error:
                self.failed.append(f"{what}: {error}")
                show(self.failed[-1])
        self.progress.step(what, expected_s)

    def measure(self) -> None:
        """All that was asked for."""
        each = {"chain": self._chain, "crowd": self._crowd, "lines": self._lines}
        for name in self.options.measure:
            each[name]()

    def _chain(self) -> None:
        for number in range(self.options.repeat):
            what = f"three servers, round {number + 1} of {self.options.repeat}"
            self.attempt(what, _CHAIN_S, self._chain_round)

    def _chain_round(self, folder: Path) -> None:
        site = chain.Site(folder, self.tools)
        direct = {name: site.directly(name) for name in chain.SERVERS}
        alone = {name: site.run([name]) for name in chain.SERVERS}
        fleet = site.run(chain.SERVERS)
        self.chained.append({"direct": direct, "alone": alone, "fleet": fleet})

    def _crowd(self) -> None:
        order = random.Random(1)
        cells = self.crowd_cells()
        for _ in range(self.options.repeat):
            for shape, name in order.sample(cells, len(cells)):
                self.attempt(f"{shape}, {name}", _CROWD_S, self._crowd_round(shape, name))

    def _crowd_round(self, shape: str, name: str) -> Callable[[Path], None]:
        def one(folder: Path) -> None:
            sample = crowd.measure(CONTENDERS[name], shape, self.tools, folder, SERVICES)
            self.crowds.setdefault(shape, {}).setdefault(name, []).append(sample)

        return one

    def _lines(self) -> None:
        order = random.Random(1)
        some = self.line_cases()
        for _ in range(self.options.line_rounds):
            for case in order.sample(some, len(some)):
                cost_s = _LINES_S * self.options.lines / 1e6
                self.attempt(f"{case.title}, {case.way}", cost_s, self._lines_round(case))

    def _lines_round(self, case: lines.Case) -> Callable[[Path], None]:
        def one(folder: Path) -> None:
            sample = lines.measure(case, self.tools, folder, self.options.lines)
            self.rows.setdefault(case, []).append(sample)

        return one

    def page(self) -> tuple[list[figures.Must], table.Tables]:
        """The sums, in the order of the contenders."""
        chained = figures.chain(self.chained) if self.chained else None
        crowds: dict[str, dict[str, figures.Figures]] = {}
        for shape, name in self.crowd_cells():
            if samples := self.crowds.get(shape, {}).get(name):
                crowds.setdefault(shape, {})[name] = figures.crowd(samples)
        rows: dict[str, list[figures.Figures]] = {}
        for case in self.line_cases():
            if samples := self.rows.get(case):
                about = {**case._asdict(), "title": case.title}
                rows.setdefault(lines.WAYS[case.way], []).append(
                    {**about, **figures.lines(samples)}
                )
        musts = figures.musts(chained, crowds, [row for some in rows.values() for row in some])
        return musts, table.tables(musts, chained, crowds, rows)


def main(argv: Sequence[str] | None = None) -> int:
    """Install, measure, show and write; 1 for a failure, or a must missed with `--prove`."""
    options = _options(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and end what was started
    with tempfile.TemporaryDirectory(prefix="bench-fleet-") as scratch:
        try:
            tools = installed.install(Path(scratch), options.source.resolve())
        except installed.SetUpError as error:
            show(f"set-up failed: {error}")
            return 2
        absent = {name: CONTENDERS[name].missing(tools) for name in options.only}
        names = [name for name in options.only if not absent[name]]
        absent["three servers"] = chain.missing()
        if absent["three servers"]:
            options.measure = [name for name in options.measure if name != "chain"]
        session = Session(tools, names, options, Progress(0.0, show))
        session.progress.expected_s = session.expected_s()
        try:
            session.measure()
        except KeyboardInterrupt:
            show("interrupted: what follows is what was measured until then")
        known = _versions(tools)
    musts, page = session.page()
    print(f"\n{table.terminal(page)}\n")
    notes = [*(f"{name}: {why}" for name, why in absent.items() if why), *session.failed]
    for line in notes:
        print(f"not measured: {line}")
    _write(options, session, page, known, notes)
    unproved = options.prove and not all(must.reached for must in musts)
    return 1 if session.failed or unproved else 0


def _write(
    options: argparse.Namespace,
    session: Session,
    page: table.Tables,
    known: dict[str, Any],
    notes: Sequence[str],
) -> None:
    about = (
        f"{options.repeat} starts and stops of each, {options.line_rounds} runs of"
        f" {figures.number(options.lines)} lines a service"
    )
    told = {
        "versions": known,
        "chain": session.chained,
        "crowd": session.crowds,
        "lines": [{**case._asdict(), "samples": it} for case, it in session.rows.items()],
        "not measured": notes,
    }
    options.output.mkdir(parents=True, exist_ok=True)
    text = json.dumps(told, indent=1) + "\n"
    (options.output / "fleet.json").write_text(text, encoding="utf-8")
    text = table.markdown(page, known, about, notes)
    (options.output / "fleet.md").write_text(text, encoding="utf-8")


def _versions(tools: Installed) -> dict[str, Any]:
    wanted = ("gracekeeper", "uwsgi", "python", "kernel", "cpus")
    path = f"{installed.own_bin()}:{installed.SYSTEM_PATH}"
    known = {name: value for name, value in versions.collect(path).items() if name in wanted}
    peers = {name: installed.pinned(name) for name in ("supervisor", "circus")}
    told = {name: _told(command, f"{path}:{chain.PLACE}") for name, command in _TELL.items()}
    return {**known, **peers, **told}


def _told(command: Sequence[str], path: str) -> str | None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=10, check=False, env={"PATH": path}
        )
    except OSError:
        return None
    found = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
    return found[0] if found else None


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("--quick", action="store_true", help="for a look: fewer rounds and lines")
    add("--only", type=some_of(CONTENDERS), default=tuple(CONTENDERS), metavar="A,B")
    add("--measure", type=some_of(MEASURES), default=MEASURES, metavar="A,B")
    add("--repeat", type=int, help="starts and stops of each (10; quick: 2)")
    add("--lines", type=int, help="that each service writes (1000000; quick: 100000)")
    add("--line-rounds", type=int, help="runs of each row (3; quick: 1)")
    add("--prove", action="store_true", help="fail unless all musts are reached")
    add("--source", type=Path, default=ROOT, help="the checkout to install (this one)")
    add("--output", type=Path, default=ROOT / "benchmarks" / "results", help="folder for results")
    options = parser.parse_args(argv)
    whole = {"repeat": (10, 2), "lines": (1_000_000, 100_000), "line_rounds": (3, 1)}
    for name, amounts in whole.items():
        if getattr(options, name) is None:
            setattr(options, name, amounts[options.quick])
    return options


if __name__ == "__main__":
    sys.exit(main())
