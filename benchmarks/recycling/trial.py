"""One server, replaced again and again under load, inside namespaces of its own.

`unshare --net python -m benchmarks.recycling.trial` reads a Turnover as JSON from stdin, says on
stderr how far it is, and prints what it measured. How the server is started is benchmarks.trial's.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import trial as stopping
from benchmarks.recycling import notes, traces
from benchmarks.recycling.trigger import Trigger
from benchmarks.recycling.windows import Span, during, longest_gap, seen, shortly_after, steady
from benchmarks.trial import READY_DEADLINE_S, Trial, TrialError
from supervisor.drill.load import Driver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.drill.load import Tally

ROUND_DEADLINE_S = 30.0
WATCH_BROKEN_S = 2.5  # how long a server that tells no outcome may take to fall over
_JITTER_S = 0.2  # so that a round may begin at any moment of a request
SETTLE_S = 0.5  # after a round, before times count as steady again
WARM_UP = 2  # rounds after which nothing is allocated or imported for the first time
_LOOK_S = 0.01
_TOLD_S = 1.0  # for a command whose wish was not fulfilled, to say so
_APP = "from benchmarks.app.noted import application as application\n"
_BROKEN = "raise RuntimeError('no such setting: COLOUR')\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnover:
    """What to start and to load, what makes its workers fresh, and how often. Seconds."""

    name: str
    trial: Trial
    trigger: tuple[str, ...]
    workers: int
    rounds: int
    steady_s: float
    rest_s: float
    broken: bool
    most_s: float

    @property
    def decides_itself(self) -> bool:
        """Whether nobody can say when: it goes on by itself, also after the last round."""
        return self.trigger == ("itself",)


@dataclass(slots=True)
class Scene:
    """The server while it runs, and what has happened to it."""

    turnover: Turnover
    tmp: Path
    process: subprocess.Popen[bytes]
    pid: int
    notebook: notes.Notebook
    spans: list[Span] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    pss_kib: list[int | None] = field(default_factory=list)
    early: traces.Traces | None = None

    def alive(self) -> bool:
        """Whether PID 1 is still there."""
        return self.process.poll() is None

    def until(self, deadline_s: float) -> Iterator[None]:
        """Come back now and then, as long as there is time and a server."""
        end_at = time.monotonic() + deadline_s
        while time.monotonic() < end_at and self.alive():
            yield
            time.sleep(_LOOK_S)


def run(turnover: Turnover) -> dict[str, Any]:
    """Make all rounds; return what was measured, in seconds, requests and KiB."""
    stopping._bring_loopback_up()
    with tempfile.TemporaryDirectory(prefix="turnover-") as folder:
        tmp, trial = Path(folder), turnover.trial
        (tmp / "app.py").write_text(_APP, encoding="utf-8")
        with stopping._entrypoint(trial, folder) as (process, pid):
            load = trial.load(folder)
            stopping._await_ready(load.base, folder, process)
            scene = Scene(turnover, tmp, process, pid, notes.Notebook(tmp / "notes"))
            with Driver(load) as driver:
                try:
                    driver.wait_answered(2 * trial.clients, READY_DEADLINE_S)
                except TimeoutError as error:
                    raise TrialError(f"{error}; {stopping._log_tail(folder)}") from error
                since = time.monotonic()
                time.sleep(turnover.steady_s)
                ended = _all_rounds(scene)
                late = traces.take(pid, tmp) if scene.alive() else None
                tally = driver.stop()
            grown = traces.growth(scene.early, late) if scene.early and late else None
            return {**_measure(scene, tally, since), "ended": ended, "growth": grown}


def _all_rounds(scene: Scene) -> str:
    """Make the rounds; return how it ended before that, or nothing."""
    turnover = scene.turnover
    rounds, rest_s = (_itself, 0.0) if turnover.decides_itself else (_asked, turnover.rest_s)
    for number, outcome in enumerate(rounds(scene), 1):
        if outcome:
            scene.failed.append(outcome)
        told = outcome or f"{scene.spans[-1].seconds:.2f} s"
        _say(f"{turnover.name} {number}/{turnover.rounds}: {told}")
        if rest_s:
            time.sleep(stopping.jittered(rest_s, _JITTER_S))
        if not scene.alive():
            log = stopping._log_tail(str(scene.tmp))
            return f"PID 1 ended with {scene.process.returncode} in round {number}; {log}"
        scene.pss_kib.append(traces.pss_kib(scene.pid))
        if number == WARM_UP:
            scene.early = traces.take(scene.pid, scene.tmp)
    return ""


def _say(line: str) -> None:
    print(f"    {line}", file=sys.stderr, flush=True)


def _asked(scene: Scene) -> Iterator[str]:
    """Ask for fresh workers, again and again; yield what went wrong, or nothing."""
    turnover = scene.turnover
    app = scene.tmp / "app.py"
    end_at = time.monotonic() + turnover.most_s
    for number in range(turnover.rounds):
        if time.monotonic() > end_at:
            yield f"given up after {number} rounds: they took more than {turnover.most_s:g} s"
            return
        app.write_text(_BROKEN if turnover.broken else _APP, encoding="utf-8")
        noted, known = len(scene.notebook.read()), set(scene.notebook.pids)
        trigger = Trigger(turnover.trigger, scene.tmp, scene.pid, turnover.trial.path)
        begin = time.monotonic()
        try:
            trigger.pull()
        except OSError as error:
            scene.spans.append(Span(begin, time.monotonic()))
            yield f"cannot ask: {error}"
            continue
        if turnover.broken:
            yield _throw_away(scene, trigger, begin)
        else:
            yield _replace(scene, trigger, begin, noted, known)


def _replace(scene: Scene, trigger: Trigger, begin: float, noted: int, known: set[int]) -> str:
    """Wait until as many fresh workers as there should be have answered somebody."""
    for _ in scene.until(ROUND_DEADLINE_S):
        fresh = scene.notebook.read()[noted:]
        end = notes.served_at(fresh, known, scene.turnover.workers)
        if end is not None:
            scene.spans.append(Span(begin, end))
            return trigger.trouble(ROUND_DEADLINE_S, expected=0)
    scene.spans.append(Span(begin, time.monotonic()))
    told = trigger.trouble(_TOLD_S, expected=0)
    return (
        f"not {scene.turnover.workers} fresh workers within {ROUND_DEADLINE_S:g} s {told}".strip()
    )


def _throw_away(scene: Scene, trigger: Trigger, begin: float) -> str:
    """Wait until whoever was asked says that it can't be done, or for a while."""
    if trigger.tells:
        trouble = trigger.trouble(ROUND_DEADLINE_S, expected=1)
    else:
        trouble = ""
        for _ in scene.until(WATCH_BROKEN_S):
            pass
    scene.spans.append(Span(begin, time.monotonic()))
    return trouble


def _itself(scene: Scene) -> Iterator[str]:
    """Wait for one worker after the other that follows another, as the server decides."""
    for _ in scene.until(scene.turnover.most_s):
        before = len(scene.notebook.pids)
        noted = scene.notebook.read()
        if len(scene.notebook.pids) == before:
            continue
        found = notes.turnovers(noted)
        while len(scene.spans) < min(len(found), scene.turnover.rounds):
            scene.spans.append(found[len(scene.spans)])
            yield ""
        if len(scene.spans) == scene.turnover.rounds:
            return
    yield f"only {len(scene.spans)} workers were replaced within {scene.turnover.most_s:g} s"


def _measure(scene: Scene, tally: Tally, since: float) -> dict[str, Any]:
    if scene.turnover.decides_itself:  # what came after the last round was no calm, either
        scene.spans = notes.turnovers(scene.notebook.read())
    results, spans = tally.results, scene.spans
    calm = steady(results, spans, SETTLE_S, since)
    return {
        "rounds": len(spans),
        "failed": scene.failed,
        "all": seen(results),
        "during": seen(during(results, spans)),
        "shortly_after": seen(shortly_after(results, spans, SETTLE_S)),
        "steady": seen(calm),
        "reasons": dict(tally.reasons()),
        "pss_kib": scene.pss_kib,
        "took_s": [span.seconds for span in spans],
        "gap_s": [longest_gap(results, span) for span in spans],
        "each": [seen(during(results, [span])) for span in spans],
    }


def make(turnover: Turnover, timeout_s: float) -> dict[str, Any]:
    """Make the trial in a process and a network namespace of its own. Raises TrialError."""
    privilege = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    program = [sys.executable, "-m", "benchmarks.recycling.trial"]
    try:
        done = subprocess.run(
            ["unshare", *privilege, "--net", "--", *program],
            input=json.dumps(asdict(turnover)),
            stdout=subprocess.PIPE,
            text=True,
            cwd=turnover.trial.root,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TrialError(f"not done within {timeout_s:g} s") from error
    try:
        measured: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise TrialError(f"ended with {done.returncode} and told nothing") from error
    if "error" in measured:
        raise TrialError(measured["error"])
    return measured


def main() -> int:
    """Make the rounds that stdin describes."""
    data = json.load(sys.stdin)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # a FIFO's reader may be about to end
    turnover = Turnover(
        **{**data, "trial": Trial(**data["trial"]), "trigger": tuple(data["trigger"])}
    )
    try:
        print(json.dumps(run(turnover)))
    except TrialError as error:
        print(json.dumps({"error": str(error)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
