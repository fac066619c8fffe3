"""Is everything that was answered 201 in the database, once? `python -m benchmarks.ledger`.

The sample app on real containers, docker/compose.yaml: nginx, uWSGI, PostgreSQL. Clerks create
numbered thoughts through nginx, in its network namespace, while something happens to the app or to
the database, again and again. Then the ledger of what they were told is compared with the table.
Images are built first; --tag names others. Writes benchmarks/results/ledger.json and ledger.md.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from benchmarks.entrypoints import ROOT
from benchmarks.ledgers.stack import GRACEKEEPER, Stack, StackError

CLERK = ROOT / "benchmarks/ledgers/clerk.py"
CLERKS = 8
MORE = 60  # thoughts between two happenings
WITHIN_S = 90.0


def stop_app(stack: Stack) -> None:
    """Stop and start the app: nginx answers 502 meanwhile, and nobody inside is cut."""
    stack.compose("stop", "app")
    _must(stack.state("app")["ExitCode"], 143, "the app's exit code")
    stack.compose("start", "app")


def restart_app(stack: Stack) -> None:
    """The next generation, without a gap."""
    stack.inside("app", GRACEKEEPER, "restart")


def recycle_app(stack: Stack) -> None:
    """Fresh workers, one after the other."""
    stack.inside("app", GRACEKEEPER, "recycle")


def stop_db(stack: Stack) -> None:
    """Stop and start the database, which has to be shut down cleanly."""
    stack.compose("stop", "db")
    _must(stack.state("db")["ExitCode"], 143, "the database's exit code")
    _must(stack.cluster_state(), "shut down", "the cluster's state")
    stack.compose("start", "db")


@dataclass(frozen=True)
class Happening:
    """Something that happens to the stack; `noticed`: clerks may then be told other than 201."""

    name: str
    make: Callable[[Stack], None]
    noticed: bool


HAPPENINGS = (
    Happening("the app is stopped and started", stop_app, noticed=True),
    Happening("the app is restarted", restart_app, noticed=False),
    Happening("the app's workers are recycled", recycle_app, noticed=False),
    Happening("the database is stopped and started", stop_db, noticed=True),
)


class Clerks:
    """The clerks in a container of their own, in nginx' network namespace."""

    def __init__(self, stack: Stack, image: str) -> None:
        options = (
            *("--network", f"container:{stack.container('nginx')}"),
            *("--entrypoint", "/opt/venv/bin/python3"),
            "--no-healthcheck",
        )
        words = ("-I", "-c", CLERK.read_text(), "http://127.0.0.1:8080", str(CLERKS))
        self._process = subprocess.Popen(
            ("docker", "run", "--rm", "-i", *options, image, *words),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._entered = 0

    def __enter__(self) -> Self:
        """They work already."""
        return self

    def __exit__(self, *_: object) -> None:
        """End them, whatever has happened."""
        assert self._process.stdin
        assert self._process.stdout
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait(WITHIN_S)
        self._reader.join(WITHIN_S)
        self._process.stdout.close()

    def wait_for_more(self, thoughts: int = MORE) -> None:
        """Return when so many more were answered 201."""
        until, wanted = time.monotonic() + WITHIN_S, self._entered + thoughts
        while self._entered < wanted:
            try:
                self._entered = int(self._lines.get(timeout=max(0.0, until - time.monotonic())))
            except queue.Empty:
                raise StackError(f"no {thoughts} more thoughts within {WITHIN_S:g} s") from None

    def drain(self) -> None:
        """Forget what was answered up to now, so that `wait_for_more` means from now on."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._entered = int(self._lines.get_nowait())

    def ledger(self) -> dict[str, Any]:
        """End them; return what they were told."""
        self.__exit__()
        lines = []
        with contextlib.suppress(queue.Empty):
            while True:
                lines.append(self._lines.get_nowait())
        whole: dict[str, Any] = json.loads(lines[-1])
        return whole

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._lines.put(line)


def differences(ledger: dict[str, Any], rows: list[tuple[int, str]]) -> list[str]:
    """Compare what clerks were told with the table: nothing missing, nothing twice."""
    mine = [(number, thought) for number, thought in rows if thought.startswith(ledger["run"])]
    ids = {thought: number for number, thought in mine}
    found = [
        f"{thought}: told {number}, found {ids.get(thought)}"
        for thought, number in ledger["ids"].items()
        if ids.get(thought) != number
    ]
    counts = Counter(thought for _, thought in mine)
    found += [f"{thought}: {count} times" for thought, count in counts.items() if count > 1]
    known = {*ledger["ids"], *ledger["open"]}
    return found + [f"{thought}: nobody sent it" for thought in counts if thought not in known]


def measure(
    stack: Stack, image: str, happenings: Sequence[Happening], rounds: int
) -> dict[str, Any]:
    """Let them happen so often, one after the other, while clerks work, and compare."""
    begin, cut_before = time.monotonic(), stack.cut()
    name = ", ".join(one.name for one in happenings)
    with Clerks(stack, image) as clerks:
        clerks.wait_for_more()
        for number in range(rounds):
            for one in happenings:
                one.make(stack)
                clerks.drain()
                clerks.wait_for_more()
            print(f"  {name}: {number + 1} of {rounds}", file=sys.stderr)
        ledger = clerks.ledger()
    seen: dict[str, int] = ledger["seen"]
    others = sum(seen.values()) - seen.get("201", 0) - seen.get("201 replayed", 0)
    return {
        "name": name,
        "rounds": rounds,
        "created": len(ledger["ids"]),
        "seen": dict(sorted(seen.items())),
        "reasons": ledger["reasons"],
        "lost": seen.get("lost", 0) + stack.cut() - cut_before,
        "open": len(ledger["open"]),
        "differences": differences(ledger, stack.rows()),
        "noticed": 0 if any(one.noticed for one in happenings) else others,
        "seconds": round(time.monotonic() - begin, 1),
    }


def bad(result: dict[str, Any]) -> bool:
    """Tell whether a result must not be."""
    return bool(result["differences"] or result["lost"] or result["noticed"])


@contextlib.contextmanager
def stacked(tag: str, *, build: bool) -> Iterator[Stack]:
    """Bring a stack up, of images that are built first if they are to."""
    with (
        tempfile.TemporaryDirectory(prefix="gracekeeper-ledger-") as folder,
        Stack(f"ledger-{os.getpid()}", tag, Path(folder)) as stack,
    ):
        if build:
            stack.compose("build")
        stack.up()
        yield stack


def main(words: list[str] | None = None) -> int:
    """Measure every happening; 1 if anything was lost or differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--rounds", type=int, default=20, help="of each (20)")
    parser.add_argument("--only", type=int, nargs="*", help="numbers of happenings, from 0")
    parser.add_argument("--tag", default="", help="of images that are there; default: build")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks/results")
    options = parser.parse_args(words)
    wanted = [HAPPENINGS[number] for number in options.only or range(len(HAPPENINGS))]
    tag = options.tag or "ledger"
    results = []
    try:
        with stacked(tag, build=not options.tag) as stack:
            for one in wanted:
                results += [measure(stack, f"gracekeeper/sample-app:{tag}", [one], options.rounds)]
                show(results[-1])
    except StackError as error:
        print(f"cannot measure: {error}", file=sys.stderr)
        return 2
    (options.output / "ledger.json").write_text(json.dumps(results, indent=2) + "\n")
    (options.output / "ledger.md").write_text(table(results))
    return 1 if any(bad(result) for result in results) else 0


def table(results: list[dict[str, Any]]) -> str:
    """The results in Markdown."""
    lines = [
        f"{CLERKS} clerks; each thought is sent until it is told 201, with one key.",
        "",
        "| what happens | times | created | ledger differences | lost | other answers meanwhile |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for one in results:
        others = {name: n for name, n in one["seen"].items() if not name.startswith("201")}
        told = ", ".join(f"{n} x {name}" for name, n in others.items()) or "none"
        counts = (one["rounds"], one["created"], len(one["differences"]), one["lost"])
        lines.append(f"| {one['name']} | {' | '.join(map(str, counts))} | {told} |")
    return "\n".join(lines) + "\n"


def show(result: dict[str, Any]) -> None:
    """Print one result."""
    seen = ", ".join(f"{name}: {count}" for name, count in result["seen"].items())
    print(
        f"{result['name']}, {result['rounds']} times in {result['seconds']} s:"
        f" {result['created']} created, {len(result['differences'])} differences,"
        f" {result['lost']} lost ({seen})"
    )
    for line in (*result["differences"][:5], *result["reasons"]):
        print(f"  {line}")


def _must(found: object, wanted: object, what: str) -> None:
    if found != wanted:
        raise StackError(f"{what} is {found!r}, not {wanted!r}")


if __name__ == "__main__":
    sys.exit(main())
