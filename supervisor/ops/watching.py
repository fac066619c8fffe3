"""Follows containers until they are over: events wake it, and looks fill the time between."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, Final

from supervisor.errors import GracekeeperError
from supervisor.ops.case import LOG_HIDDEN, Case
from supervisor.ops.engine import Engine, GoneError
from supervisor.ops.gathering import LINES, ROOM_S, gather
from supervisor.ops.log import Line, lines
from supervisor.ops.recording import Recording

STOPPING_S: Final = 0.25  # between looks while a stop is under way
IDLE_S: Final = 2.0
SETTLE_S: Final = 1.0  # after an end: what follows it (stop, destroy, start) says what it was
PROJECT: Final = "com.docker.compose.project"

Progress = Callable[[Iterable[Recording], int], None]
Told = dict[str, Any] | GracekeeperError


class Watching:
    """The containers that were named, or those of a project as they come."""

    def __init__(self, engine: Engine, names: Iterable[str], project: str | None) -> None:
        """Look at all that there are; GoneError for a name that there is not."""
        self._engine = engine
        self._project = project
        self._news: queue.Queue[Told] = queue.Queue()
        self._shift = engine.now() - time.time()
        self._since = time.time() + self._shift
        self._due: dict[str, float] = {}  # when an end has settled, by container
        self._over: list[Case] = []
        self._looked: dict[str, float] = {}
        self._readers: dict[str, threading.Thread] = {}  # of the logs, by container
        self.recordings: dict[str, Recording] = {}
        for name in names:
            self._add(name)
        self._past = [one for one in self.recordings.values() if one.over]
        for name in engine.names(project) if project else ():
            self._add(name)  # one that ended before is no news, but for when none is left
        if not self.recordings:
            raise GoneError(
                f"cannot watch project {project}: it has no containers. `docker ps -a --filter"
                f" label={PROJECT}={project}` lists them."
            )

    def ends(self, progress: Progress) -> Iterator[Case]:
        """Yield each end with all that belongs to it, until no container can end any more."""
        self._start(self._follow)
        ended = all(one.over for one in self.recordings.values())
        for one in self.recordings.values() if ended else self._past:
            yield gather(self._engine, one.container.id)
        for one in self.recordings.values():
            if not one.over:
                one.look(self._now())
        while self._due or any(not one.over for one in self.recordings.values()):
            self._listen()
            self._look()
            progress(self.recordings.values(), self._now())
            yield from self._settled()

    def _listen(self) -> None:
        """Wait for news, and hear all of them before a look at what they led to."""
        with suppress(queue.Empty):
            self._hear(self._news.get(timeout=self._patience()))
            while True:
                self._hear(self._news.get_nowait())

    def _now(self) -> int:
        return int((time.time() + self._shift) * 1e9)

    def _patience(self) -> float:
        now = self._now()
        lively = (one.stopping(now) or one.young(now) for one in self.recordings.values())
        busy = self._due or any(lively)
        return STOPPING_S if busy else 1.0

    def _hear(self, told: Told) -> None:
        if isinstance(told, GracekeeperError):
            raise told
        name = told["Actor"]["ID"]
        if name not in self.recordings:
            if told["Action"] not in ("create", "start"):
                return
            self._add(name)
        one = self.recordings.get(name)
        if one is None:
            return
        if told["Action"] == "start" and self._due.pop(name, None):
            self._read_out(name)
            self._over.append(one.case)  # before the next life begins
        event = one.hear(told)
        if event.action == "start":
            self._follow_log(one)
        if event.action in ("start", "kill"):
            self._looked[name] = 0.0
        if event.action == "die" or name in self._due:
            self._due[name] = time.monotonic() + SETTLE_S

    def _look(self) -> None:
        """Look at those whose turn it is."""
        now = time.monotonic()
        for name, one in self.recordings.items():
            soon = one.stopping(self._now()) or one.young(self._now())
            if now - self._looked.get(name, 0.0) < (STOPPING_S if soon else IDLE_S):
                continue
            self._looked[name] = now
            one.look(self._now())
            if one.state.status == "created":
                one.ask()  # no event tells of a start that failed
                if one.over:
                    self._due[name] = now

    def _settled(self) -> Iterator[Case]:
        """Yield the ends after which nothing more has happened."""
        yield from self._over
        self._over.clear()
        now = time.monotonic()
        for name in [name for name, due in self._due.items() if due <= now]:
            del self._due[name]
            one = self.recordings[name]
            one.ask()
            self._read_out(name)
            yield one.case

    def _add(self, name: str) -> None:
        try:
            one = Recording(self._engine, self._engine.inspect(name))
        except GoneError:
            if self._project:
                return  # removed between two looks
            raise
        if one.container.id not in self.recordings:
            self.recordings[one.container.id] = one
            if one.state.started and not one.over:
                self._follow_log(one)

    def _follow_log(self, one: Recording) -> None:
        self._readers[one.container.id] = self._start(self._read, one, one.log, one.state.started)

    def _read_out(self, name: str) -> None:
        """Wait for the last lines of a life, which its log ends with."""
        if reader := self._readers.get(name):
            reader.join(SETTLE_S)

    def _start(self, what: Callable[..., None], *arguments: Any) -> threading.Thread:
        thread = threading.Thread(target=what, args=arguments, daemon=True)
        thread.start()
        return thread

    def _follow(self) -> None:
        """Pass the engine's events on, on a connection of its own."""
        wanted: dict[str, Any] = {"container": list(self.recordings)}
        if self._project:
            wanted = {"label": [f"{PROJECT}={self._project}"]}
        try:
            for event in Engine().events(self._since, **wanted):
                self._news.put(event)
            self._news.put(GracekeeperError("cannot watch on: the engine has ended. Start it."))
        except GracekeeperError as error:
            self._news.put(error)

    def _read(self, one: Recording, log: deque[Line], began: int) -> None:
        """Keep the last lines of one life."""
        rest = b""
        since = began / 1e9 - ROOM_S / 2  # its first lines may be older than what is called start
        try:
            for chunk in Engine().follow_log(one.container.id, LINES, since):
                whole, end, rest = (rest + chunk).rpartition(b"\n")
                log.extend(lines(whole + end))
        except GracekeeperError as error:
            one.hidden.append(f"{LOG_HIDDEN}: {error}")
        if rest:
            log.extend(lines(rest))
