"""All that was found out about one container's end: data, from who looks to who decides."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from supervisor.core.record import Record
from supervisor.ops.containers import Container, State
from supervisor.ops.life import NS, Event, Life, lives

KEEPERS: Final = ("supervisor/__main__.py", "supervisor/runtime/boot.py", "-m supervisor")
# How `hidden` begins to say that nobody could read the log.
LOG_HIDDEN: Final = "the log is hidden"
REMOVED: Final = "the container was removed"


class Sighting(Record):
    """A process that was seen from outside, by its pid there; moments as in events.

    `before`: the kernel's answer to the stop signal, one of disposition.py's words, before it came;
    empty when nobody could see it. `state`: as it was last seen, and `since` when `until` when it
    was that whenever it was looked at; what a KILL makes of it in its last moment does not count.
    """

    pid: int
    ppid: int
    name: str
    argv: tuple[str, ...]
    first: int
    last: int
    state: str = "S"
    before: str = ""
    since: int = 0
    until: int = 0


class Foretold(Record):
    """What `gracekeeper inspect` would have said just before: why a stop would be slow."""

    why: str
    todo: str
    killed: bool


class Case(Record):
    """One container's end. `hidden`: what could not be seen, and by what that was hidden.

    `script`: of the shell script that it was started as, the lines with `exec` and the last one.
    `written`: when each line of `log` was, by the engine's clock; empty where nobody knows.
    """

    container: Container
    state: State
    events: tuple[Event, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    log: tuple[str, ...] = ()
    report: dict[str, Any] | None = None
    foretold: Foretold | None = None
    hidden: tuple[str, ...] = ()
    script: str = ""
    written: tuple[int, ...] = ()

    @property
    def life(self) -> Life:
        """Return the last life that is over, or the one that isn't."""
        found = lives(self.events)
        over = [life for life in found if life.died]
        return over[-1] if over else found[-1] if found else Life(self.state.started)

    @property
    def asked(self) -> Event | None:
        """Return the request to stop that this life's end answers."""
        return self.life.asked(self.container)

    @property
    def ends(self) -> int:
        """Return how many ends were seen."""
        return sum(bool(life.died) for life in lives(self.events))

    @property
    def vanished(self) -> bool:
        """Tell whether it was removed, and nobody knows of an end."""
        return self.state.status == "removed" and not self.life.died

    @property
    def code(self) -> int:
        """Return the exit code: the event's, because the container may run again or be gone."""
        died = self.life.died
        return self.state.code if died is None or died.code is None else died.code

    @property
    def program(self) -> str:
        """Return what PID 1 was started as, without its folder."""
        return self.container.argv[0].rpartition("/")[2] if self.container.argv else ""

    @property
    def present(self) -> tuple[Sighting, ...]:
        """Return who was there at the last looks: there may be seconds from these to the end."""
        latest = max((one.last for one in self.sightings), default=0)
        return tuple(one for one in self.sightings if latest - one.last < NS)

    @property
    def first(self) -> str:
        """Return what PID 1 was when it was seen, else `program`: a shell becomes another."""
        if not self.sightings or not self.sightings[0].argv:
            return self.program
        called = self.sightings[0].argv[0].split(" ")[0].rstrip(":").rpartition("/")[2]
        return called.lstrip("-") or self.program

    def log_since(self, moment: int) -> tuple[str, ...]:
        """Return what it wrote from a moment on, where it is known when that was."""
        told = zip(self.written, self.log, strict=True)
        return tuple(line for at, line in told if at >= moment)

    def mentions(self, *names: str) -> bool:
        """Tell whether its command line, or a process that was seen, is one of these programs."""
        words = [word for part in self.container.argv for word in part.split()]
        words += [word for one in self.sightings for word in (one.name, *one.argv[:3])]
        found = {word.rpartition("/")[2] for word in words}
        return any(word in names or word.split("_")[0] in names for word in found)

    @property
    def silent(self) -> bool | None:
        """Tell whether it said nothing, None where its log can't be read."""
        if any(map(str.strip, self.log)):
            return False
        return None if any(one.startswith((LOG_HIDDEN, REMOVED)) for one in self.hidden) else True

    @property
    def kept(self) -> bool:
        """Tell whether PID 1 is a gracekeeper, by its name or as Python was given it."""
        line = " ".join(self.container.argv)
        return self.mentions("gracekeeper") or any(one in line for one in KEEPERS)


def to_json(value: Any) -> Any:
    """Return records as JSON's own types."""
    if isinstance(value, Record):
        return {name: to_json(inner) for name, inner in value.as_dict().items()}
    return [to_json(one) for one in value] if isinstance(value, tuple) else value


def from_json(found: dict[str, Any]) -> Case:
    """Return what `to_json` made of a case; KeyError or TypeError for anything else."""
    container, foretold = found["container"], found["foretold"]
    sightings = ({**one, "argv": tuple(one["argv"])} for one in found["sightings"])
    return Case(
        container=Container(**{**container, "argv": tuple(container["argv"])}),
        state=State(**found["state"]),
        events=tuple(Event(**one) for one in found["events"]),
        sightings=tuple(Sighting(**one) for one in sightings),
        log=_texts(found["log"]),
        report=found["report"],
        foretold=Foretold(**foretold) if foretold else None,
        hidden=_texts(found["hidden"]),
        script=found.get("script", ""),
        written=_written(found),
    )


def _written(found: dict[str, Any]) -> tuple[int, ...]:
    """Return the times of the log's lines: of each, or of none."""
    written = tuple(found.get("written", ()))
    if len(written) not in (0, len(found["log"])):
        raise TypeError("its log has not as many lines as times")
    return written


def _texts(found: Iterable[Any]) -> tuple[str, ...]:
    return tuple(str(one) for one in found)
