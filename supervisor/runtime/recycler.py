"""Performs what supervisor.recycle decides: measures workers when it is time, and lets them go."""

from __future__ import annotations

import os
from time import monotonic, time

from supervisor.core.signalnames import name
from supervisor.recycle import state as recycling
from supervisor.recycle.decide import decide
from supervisor.recycle.decisions import Blind, Decision, Escalate, Recycle, Recycled, Unready
from supervisor.recycle.policy import RESTART, RecyclePolicy
from supervisor.recycle.sample import Sample, WorkerSample
from supervisor.runtime import memory
from supervisor.runtime.cgroup import Cgroup
from supervisor.runtime.process import moment_of, parent_and_birth
from supervisor.servers.uwsgi.recycling import WISH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from supervisor.config.plan import Plan
    from supervisor.runtime.output import Output
    from supervisor.runtime.poller import Poller
    from supervisor.runtime.process import Process
    from supervisor.servers.uwsgi.stats import Worker

REMEMBERED: Final = 5  # recycles, for the status
SOON_S: Final = 0.05  # a master that was woken has started the successor by then
HELD_OFF_S: Final = 1.0  # a start is over sooner than a limit is looked at again


class Recycler:
    """One service's workers; never a timer while nothing is watched and nobody is wished away."""

    def __init__(
        self,
        poller: Poller,
        output: Output,
        plan: Plan,
        *,
        look: Callable[[Callable[[object], None]], None],
        workers: Callable[[], tuple[Worker, ...]],
        generation: Callable[[], int],
        held_off: Callable[[], str],
        wake_master: Callable[[], object],
        hold: Callable[[int], Process | None],
        restart: Callable[[str], str],
    ) -> None:
        """Watch if the plan says so.

        `look` calls back when `workers` are fresh; `held_off` says why nobody may go now, or
        nothing; `hold` finds a worker's process; `restart` replaces the whole service and returns
        why it can't.
        """
        self._poller, self._output = poller, output
        self._known, self._policy = plan.recycle is not None, plan.recycle or RecyclePolicy()
        self._directory = plan.run_dir or ""
        self._look_at_workers, self._workers, self._generation = look, workers, generation
        self._held_off, self._wake_master, self._hold = held_off, wake_master, hold
        self._restart = restart
        self.state = recycling.initial(self._policy, monotonic())
        self._cgroup = Cgroup() if self._policy.watches_cgroup else None
        self._served: dict[tuple[int, int], tuple[int, int, int]] = {}
        self._born: dict[int, float] = {}
        self._watched = -1  # our copy of the pidfd of the worker that goes
        self._estimated = False
        self._last: list[dict[str, Any]] = []
        self._arm()

    def wish(self, worker_id: int | None) -> str:
        """Have one worker replaced, or all, one after the other; return why not, or nothing.

        Call it after a fresh look: a wish is for the very process that has the number now.
        """
        found = [one for one in self._workers() if worker_id in (None, one.id)]
        numbers = ", ".join(str(one.id) for one in self._workers())
        if not self._known:
            return "cannot recycle: the workers of this server are not known. Use a restart."
        if why := self._held_off():
            return f"cannot recycle: {why}. Try again when it is serving."
        if not found:
            who = "any worker" if worker_id is None else f"worker {worker_id}"
            return f"cannot recycle {who}: there is {numbers or 'none'}. Use one of these numbers."
        if why := self._policy.impossible(len(self._workers())):
            least = len(self._workers()) - 1
            return f"cannot recycle: {why}. Start more, or say `--recycle-min-ready {least}`."
        samples = tuple(WorkerSample(one.id, one.pid, one.accepting) for one in found)
        self.state = recycling.wish(self.state, samples, monotonic())
        self._arm()
        return ""

    def status(self) -> dict[str, Any]:
        """Return what is watched, what goes on and what was done; times in seconds."""
        policy, flight, due = self._policy, self.state.flight, recycling.next_at(self.state)
        off = RecyclePolicy().as_dict()
        return {
            "mechanism": policy.mechanism if self._known else None,
            "limits": {k: v for k, v in policy.as_dict().items() if v != off[k]},
            "held_off": self._held_off(),
            "next_look_s": None if due == recycling.NEVER else round(max(due - monotonic(), 0), 3),
            "going": {"worker": flight.worker, "pid": flight.pid, "why": flight.why}
            if flight
            else None,
            "wished": [worker for worker, _pid in self.state.wishes],
            "blind": list(self.state.blind),
            "last": list(self._last),
        }

    def _arm(self) -> None:
        due = recycling.next_at(self.state)
        if due == recycling.NEVER:
            self._poller.cancel(self)
        else:
            self._poller.at(self, due, self._look)

    def _look(self) -> None:
        if self._held_off() and not self.state.flight:  # a stop has better use for the time
            later = monotonic() + min(self._policy.every_s, HELD_OFF_S)
            self.state = self.state.replace(look_at=later)
            self._arm()
        else:
            self._look_at_workers(self._seen)

    def _seen(self, _look: object) -> None:
        now = monotonic()
        self.state, decisions = decide(self.state, self._sample(now), now)
        for decision in decisions:
            self._perform(decision)
        self._arm()

    def _sample(self, now: float) -> Sample:
        workers, generation = self._workers(), self._generation()
        self._served = {key: seen for key, seen in self._served.items() if key[0] == generation}
        self._born = {one.pid: self._born.get(one.pid) or _birth(one.pid) for one in workers}
        return Sample(
            tuple(self._worker(generation, one, now) for one in workers),
            generation,
            self._cgroup.sample() if self._cgroup else None,
            self._held_off(),
        )

    def _worker(self, generation: int, worker: Worker, now: float) -> WorkerSample:
        size = memory.measure(worker.pid) if self._policy.watches_memory else None
        if size and not size.exact and not self._estimated:
            self._estimated = True
            why = "a worker's pages may not be seen (CAP_SYS_PTRACE): its memory is estimated"
            self._output.event("recycle-estimates", pid=worker.pid, why=why)
        return WorkerSample(
            worker.id,
            worker.pid,
            worker.accepting,
            worker.busy,
            self._own_requests(generation, worker),
            now - self._born[worker.pid],
            size.pss if size else None,
            size.uss if size else None,
            worker.running,
        )

    def _own_requests(self, generation: int, worker: Worker) -> int:
        """Return a process's requests: uWSGI's counter is that of all who had its number."""
        key = (generation, worker.id)
        pid, before, last = self._served.get(key, (worker.pid, 0, 0))
        if pid != worker.pid:
            before = last
        self._served[key] = (worker.pid, before, worker.requests)
        return worker.requests - before

    def _perform(self, decision: Decision) -> None:
        if isinstance(decision, Recycle):
            self._recycle(decision)
        elif isinstance(decision, Escalate):
            self._escalate(decision)
        elif isinstance(decision, Recycled):
            facts = decision.replace(took_s=round(decision.took_s, 3)).as_dict()
            self._output.event("recycled", **facts)
            self._last = [*self._last, {"time": round(time(), 3), **facts}][-REMEMBERED:]
            self._unwatch()
        elif isinstance(decision, Unready):
            waited = round(decision.waited_s, 3)
            facts = {"worker": decision.worker, "pid": decision.pid, "waited_s": waited}
            self._output.event("recycle-unready", **facts)
        elif isinstance(decision, Blind):
            self._output.event("recycle-blind", why=decision.why)

    def _recycle(self, decision: Recycle) -> None:
        self._output.event("recycle", **decision.as_dict())
        restarts = self._policy.mechanism == RESTART
        trouble = self._restart(decision.why) if restarts else self._ask(decision.pid)
        if trouble:
            self._output.event("recycle-failed", worker=decision.worker, why=trouble)
            self.state = recycling.withdrawn(self.state, monotonic())

    def _ask(self, pid: int) -> str:
        """Let a worker know that it is wished away; return why that is impossible, or nothing."""
        process = self._hold(pid)
        if process is None:
            return "it has ended already"
        try:
            write_wish(f"{self._directory}/{WISH}", pid)
            if process.pidfd >= 0:
                self._unwatch()
                self._watched = os.dup(process.pidfd)  # the other one has a watch of its own
                self._poller.watch(self._watched, self._gone)
        except OSError as error:
            return f"the wish can't be written: {error.strerror or error}"
        return ""

    def _gone(self) -> None:
        """Have the successor started at once: the master looks only every second."""
        self._unwatch()
        self._wake_master()
        if self.state.flight:
            self.state = self.state.replace(look_at=monotonic() + SOON_S)
            self._arm()

    def _unwatch(self) -> None:
        if self._watched >= 0:
            self._poller.forget(self._watched)
            os.close(self._watched)
            self._watched = -1

    def _escalate(self, decision: Escalate) -> None:
        process = self._hold(decision.pid) if decision.signal else None
        sent = process is not None and process.send(decision.signal)
        self._output.event(
            "recycle-overdue",
            worker=decision.worker,
            pid=decision.pid,
            waited_s=round(decision.waited_s, 3),
            signal=name(decision.signal) if sent else "",
            running=list(decision.running),
        )


def write_wish(path: str, pid: int) -> None:
    """Write a worker's pid where its master looks for changes; OSError.

    The file is replaced, never written to: the folder is the service's, and a link that somebody
    has put there must not lead us elsewhere. uWSGI compares whole seconds (core/utils.c,
    uwsgi_check_touches), so each wish is at least one younger than the one before.
    """
    try:
        before = os.lstat(path).st_mtime
    except OSError:
        before = 0.0
    new = f"{path}.new"
    try:
        os.unlink(new)
    except OSError:
        pass
    fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        os.fchmod(fd, 0o644)  # whatever the umask: it is read by another user
        os.write(fd, b"%d\n" % pid)
        moment = max(int(time()), int(before) + 1)
        os.utime(fd, (moment, moment))
    finally:
        os.close(fd)
    os.rename(new, path)


def _birth(pid: int) -> float:
    return moment_of(parent_and_birth(pid)[1])
