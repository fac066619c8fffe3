"""A made-up server at work: it boots, takes requests, hears words, and ends."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from supervisor.core.looks import Look
from supervisor.testing.server import KILL, spelled
from supervisor.testing.traffic import ANSWERED, LOST

if TYPE_CHECKING:
    from collections.abc import Callable

    from supervisor.testing.clock import Clock
    from supervisor.testing.server import Server, Word
    from supervisor.testing.traffic import Traffic


class Process:
    """A made-up process: its pid, what it is, and which requests it holds."""

    def __init__(self, pid: int, name: str) -> None:
        """It lives and does nothing yet."""
        self.pid, self.name = pid, name
        self.alive, self.ready = True, False
        self.leaving = ""  # "drain" or "shut": on its way out
        self.inside: list[int] = []


class Service:
    """Plays a `Server` from its start on; `ended` hears of each process that ends."""

    def __init__(
        self,
        clock: Clock,
        server: Server,
        traffic: Traffic,
        say: Callable[[str], None],
        ended: Callable[[Process, int], None],
    ) -> None:
        """Nothing runs yet."""
        self._clock, self._server, self._traffic = clock, server, traffic
        self._say, self._ended = say, ended
        self._going = False  # main has nothing left to wait for
        self.processes: list[Process] = []

    @property
    def main(self) -> Process:
        """The process that was started."""
        return self.processes[0]

    @property
    def alive(self) -> list[Process]:
        """All that have not ended."""
        return [process for process in self.processes if process.alive]

    @property
    def workers(self) -> list[Process]:
        """Who was forked and has not ended."""
        return [process for process in self.processes[1:] if process.alive]

    def start(self, pid: int) -> None:
        """Run the main process, by this number, and its workers."""
        names = ("main", *(f"worker {n}" for n in range(1, self._server.workers + 1)))
        self.processes = [Process(pid + n, name) for n, name in enumerate(names)]
        self._clock.after(self._server.boots_s, self._boot)
        dies = partial(self.end, self.main, self._server.status)
        self._clock.after(self._server.dies_s, dies)

    def serve(self) -> None:
        """Take who waits, as far as there is room."""
        hands = self.workers if self._server.workers else self.alive
        for process in hands:
            # Who leaves has closed its listener; of its own it has taken out who waited.
            takes = not process.leaving or not self._traffic.ours
            while process.ready and takes and self._traffic.queue:
                if len(process.inside) >= self._server.at_once:
                    break
                self._take(process, self._traffic.queue.pop(0))

    def hear(self, process: Process, word: Word) -> None:
        """Let a process be told something."""
        if not process.alive:
            return
        meaning = self._server.meaning(word, worker=process is not self.main)
        self._say(f"{process.name} hears {spelled(word)}: {meaning}")
        if meaning == "cut":
            handled = word in self._server.manners.cuts or isinstance(word, str)
            if word != KILL and process is self.main and not self._server.orphans:
                for worker in self.workers:
                    if self._server.meaning(word, worker=True) == "cut":
                        self.end(worker, 0)
            self.end(process, 0 if handled or isinstance(word, str) else -word)
        elif meaning != "nothing":
            self._leave(process, meaning)

    def end(self, process: Process, status: int) -> None:
        """End a process; what it holds is lost."""
        if not process.alive:
            return
        process.alive = False
        self._say(f"{process.name} ends with {status}")
        for number in process.inside:
            self._traffic.settle(number, LOST)
        process.inside = []
        if not self.alive or (process is self.main and not self._server.workers):
            self._traffic.reset()
        self._ended(process, status)
        self._settle()

    def look(self) -> Look:
        """Look at it from outside."""
        alive, traffic = self.alive, self._traffic
        hands = self.workers if self._server.workers else alive
        running = sum(len(process.inside) for process in alive)
        took = traffic.answered_s
        return Look(
            ready=any(process.ready for process in hands),
            queued=len(traffic.queue),
            serving=running + (traffic.idle if alive else 0),
            in_request=running if self._server.counts else None,
            starting=sum(not process.ready for process in hands),
            requests=len(took) if self._server.counts else None,
            average_s=sum(took) / len(took) if took and self._server.counts else 0.0,
        )

    def _boot(self) -> None:
        if not self.main.alive or self.main.leaving:
            return
        for process in self.alive:
            process.ready = True
        self._traffic.listening = True
        self._say("it accepts")
        self.serve()

    def _take(self, process: Process, number: int) -> None:
        process.inside.append(number)
        self._say(f"{process.name} runs request {number}")
        takes_s = self._traffic.visits[number].takes_s
        self._clock.after(takes_s, lambda: self._answer(process, number))

    def _answer(self, process: Process, number: int) -> None:
        if number in process.inside:
            process.inside.remove(number)
            self._traffic.settle(number, ANSWERED)
            self.serve()
            self._settle()

    def _leave(self, process: Process, how: str) -> None:
        """Go: a main process with all of its workers, a worker alone."""
        process.leaving = process.leaving or how
        if process is self.main:
            self._traffic.listening = False
            for worker in self.workers:
                if not (self._server.deaf_workers or self._server.orphans):
                    worker.leaving = worker.leaving or how
        self._settle()

    def _settle(self) -> None:
        """End who leaves and has nothing left to wait for."""
        waiting = bool(self._traffic.queue) and not self._traffic.ours
        for worker in self.workers:
            idle = worker.leaving == "shut" and self._traffic.idle
            if worker.leaving and not (worker.inside or waiting or idle):
                self.end(worker, 0)
        main = self.main
        inside = main.inside or waiting or (main.leaving == "shut" and self._traffic.idle)
        with_workers = self.workers and not self._server.orphans
        if main.alive and main.leaving and not (inside or with_workers or self._going):
            self._going = True
            self._clock.after(self._server.ends_s, lambda: self.end(main, 0))
