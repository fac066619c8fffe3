"""What being PID 1 costs, ours and seven others': `python -m benchmarks.init`.

Every contender is PID 1 of a PID namespace of its own (root, or user namespaces; no Docker) and
runs the same child in C. Measurements are interleaved, so ratios of medians of one run can be
trusted where times can not. Makes its own installations in .run/ first. Writes
benchmarks/results/pid1.json, pid1.md and, one table for the README, pid1-short.md.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import versions
from benchmarks.choices import all_of, some_of
from benchmarks.entrypoints import ROOT
from benchmarks.inits import (
    figures,
    installed,
    musts,
    reaping,
    resting,
    signalling,
    starting,
    statuses,
    table,
)
from benchmarks.inits.contenders import CONTENDERS, OURS_UWSGI
from benchmarks.inits.digest import digest
from benchmarks.inits.rounds import Options, Progress, Session, show

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.inits.figures import Figures

Measured = dict[str, dict[str, "Figures"]]

MEASURES: dict[str, Callable[[Session], dict[str, Figures]]] = {
    "start": starting.measure,
    "memory": resting.measure_memory,
    "idle": resting.measure_idle,
    "latency": signalling.measure_latency,
    "stop": signalling.measure_stop,
    "orphans": reaping.measure_reaping,
    "bursts": reaping.measure_bursts,
    "early": signalling.measure_early,
    "status": statuses.measure,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Install, measure, show and write; 1 if `--prove` and a must is missed or not known."""
    options = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and take down what is on stage
    with tempfile.TemporaryDirectory(prefix="bench-pid1-") as scratch:
        try:
            tools = installed.install(Path(scratch), options.source.resolve())
        except installed.SetUpError as error:
            show(f"set-up failed: {error}")
            return 2
        missing = {name: CONTENDERS[name].missing(tools) for name in options.only}
        present = [CONTENDERS[name] for name in options.only if not missing[name]]
        amount = _amount(options)
        session = Session(tools, present, amount, Progress(0.0, show))
        session.progress.expected_s = sum(expected(session)[name] for name in options.measure)
        measured = _measure(session, options.measure)
        known = _versions(tools)
    found = figures.flat(measured)
    rows = _rows(options.only, missing, found)
    about = _about(amount)
    failed = [
        f"{measure}, {name}: {line.splitlines()[0]}"
        for measure, each in measured.items()
        for name, figure in each.items()
        for line in figure.get("failed", ())
    ]
    print(f"\n{table.terminal(rows, found)}\n")
    pages = {
        "pid1.json": json.dumps(
            {
                "versions": known,
                "options": asdict(amount),
                "missing": missing,
                "figures": found,
                "musts": [must.cells() for must in musts.musts(found)],
                "measured": measured,
            },
            indent=1,
        )
        + "\n",
        "pid1.md": table.markdown(rows, found, known, about, failed),
        "pid1-short.md": digest(rows, known, about),
    }
    options.output.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (options.output / name).write_text(text, encoding="utf-8")
    unproved = [must for must in musts.musts(found) if not must.reached and not must.is_stretch]
    return 1 if options.prove and unproved else 0


def expected(session: Session) -> dict[str, float]:
    """Seconds that each measurement will take, for the time left."""
    some, of = session.contenders, session.options
    return {
        "start": starting.expected_s(some, of.repeat),
        "memory": resting.expected_memory_s(some, of.settle_s),
        "idle": resting.expected_idle_s(some, of.settle_s, of.idle_s),
        "latency": signalling.expected_latency_s(some, of.signals),
        "stop": signalling.expected_stop_s(some, of.repeat),
        "orphans": reaping.expected_reap_s(some, of.repeat, of.orphans),
        "bursts": reaping.expected_bursts_s(session),
        "early": signalling.expected_early_s(some, quick=of.quick),
        "status": statuses.expected_s(some, quick=of.quick),
    }


def _measure(session: Session, names: Sequence[str]) -> Measured:
    """One after the other; what is there when somebody presses Ctrl-C is shown."""
    measured: Measured = {}
    try:
        for name in names:
            measured[name] = MEASURES[name](session)
            show(f"{name}: done, {session.progress.left()}")
    except KeyboardInterrupt:
        show("interrupted: what follows is what was measured until then")
    return measured


def _rows(
    names: Sequence[str], missing: dict[str, str], found: dict[str, Figures]
) -> list[table.Row]:
    rows = [
        table.Row(it.title, found.get(name, {}), missing[name], it.forwards, it.ends_with_child)
        for name in names
        for it in [CONTENDERS[name]]
    ]
    uwsgi = found.get(OURS_UWSGI)
    if uwsgi:
        rows.append(table.Row("gracekeeper: uWSGI, front door, health", uwsgi))
    return rows


def _about(of: Options) -> str:
    return (
        f"{of.repeat} starts and stops of each, {of.orphans} orphans, {of.idle_s:g} s at rest, "
        f"{of.signals} signals; TERM amid {of.bursts} bursts of {of.orphans} orphans for "
        f"gracekeeper, {min(of.peer_bursts, of.bursts)} of {of.peer_orphans} for the others"
        + ("; a quick look" if of.quick else "")
    )


def _versions(tools: installed.Installed) -> dict[str, Any]:
    """Of everything that was started; s6 does not tell its own, its package does."""
    path = f"{installed.bin_of(tools.folder, 'gracekeeper')}:{installed.own_bin()}"
    known: dict[str, Any] = versions.collect(f"{path}:{installed.SYSTEM_PATH}")
    del known["bash"]
    for name in ("catatonit", "s6"):
        known[name] = _package(name)
    return {**known, **{name: installed.pinned(name) for name in installed.PEERS}}


def _package(name: str) -> str | None:
    command = ["dpkg-query", "--show", "--showformat=${Version}", name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return None
    return done.stdout.partition("-")[0] or None


def _amount(options: argparse.Namespace) -> Options:
    quick = options.quick

    def chosen(name: str, usual: Any, fast: Any) -> Any:
        given = getattr(options, name)
        return given if given is not None else fast if quick else usual

    return Options(
        repeat=chosen("repeat", 30, 5),
        bursts=chosen("bursts", 200, 5),
        peer_bursts=chosen("peer_bursts", 10, 2),
        orphans=chosen("orphans", 20000, 2000),
        peer_orphans=chosen("peer_orphans", 1000, 500),
        idle_s=chosen("idle_seconds", 10.0, 2.0),
        settle_s=1.0 if quick else 2.0,
        signals=chosen("signals", 1000, 100),
        quick=quick,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.init", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    rows, measures = some_of(CONTENDERS), some_of(MEASURES)
    add("--only", type=rows, default=tuple(CONTENDERS), metavar="A,B", help=all_of(CONTENDERS))
    add("--measure", type=measures, default=tuple(MEASURES), metavar="A,B", help=all_of(MEASURES))
    add("--quick", action="store_true", help="a look in a few minutes; not enough to say yes")
    add("--repeat", type=int, help="starts and stops of each (30; quick: 5)")
    add("--signals", type=int, help="of which the latency is taken (1000; quick: 100)")
    add("--idle-seconds", type=float, help="at rest (10; quick: 2)")
    add("--orphans", type=int, help="to be reaped (20000; quick: 2000)")
    add("--bursts", type=int, help="of so many, with a TERM, for gracekeeper (200; quick: 5)")
    add("--peer-bursts", type=int, help="and for the others (10; quick: 2)")
    add("--peer-orphans", type=int, help="in each of these (1000; quick: 500)")
    add("--prove", action="store_true", help="fail unless all musts are reached")
    add("--source", type=Path, default=ROOT, help="the checkout to install (this one)")
    add("--output", type=Path, default=ROOT / "benchmarks" / "results", help="folder for results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
