"""The way of a stop signal, process by process, from the first one to the program that serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands.role import SERVER
from supervisor.doctor.commands.wrapping import base
from supervisor.doctor.forecast.fate import KILLED, Fate, unknown
from supervisor.doctor.forecast.step import Step
from supervisor.doctor.knowledge.servers import CUT, KEPT
from supervisor.doctor.knowledge.wrappers import (
    CHANGES,
    EXECS,
    FORWARDS,
    GROUP,
    KILLS,
    SWALLOWS,
    WRAPPERS,
)
from supervisor.doctor.scripts.ends import DRAINS, GRACE, NOW, Outcome
from supervisor.doctor.scripts.outcome import outcome_of
from supervisor.doctor.scripts.shellfacts import BACKGROUND
from supervisor.doctor.services.program import INIT, SHELL, UNKNOWN, Chain, Link
from supervisor.doctor.services.service import SYSTEMD

if TYPE_CHECKING:
    from supervisor.doctor.forecast.programs import Programs
    from supervisor.doctor.forecast.stop import Stop
    from supervisor.doctor.services.service import Service

KILLS_AFTER_S: Final = 2.0
SHELL_SCRIPTS: Final = ("xvfb-run",)
LONGEST_TITLE: Final = 44
NODE: Final = ("npm", "yarn", "pnpm")


class Path:
    """That of one service."""

    def __init__(self, programs: Programs, service: Service, chain: Chain) -> None:
        """Remember what runs."""
        self._programs, self._service = programs, service
        self._links = chain.links

    def way(self, stop: Stop) -> tuple[Fate, tuple[Step, ...]]:
        """Return what becomes of the service, and each process on the way."""
        if self._service.platform.all:
            return self._everybody(stop)
        return self._at(0, stop)

    def _at(self, number: int, stop: Stop) -> tuple[Fate, tuple[Step, ...]]:
        link = self._links[number]
        if number == len(self._links) - 1:
            fate = self._programs.fate(self._service, link, stop)
            return fate, (_step(link, stop, fate.why, heard=None if not fate.ends else True),)
        if link.facts is not None and link.does != UNKNOWN:
            return self._shell(number, link, stop)
        ways = {
            EXECS: self._gone,
            FORWARDS: self._forwards,
            GROUP: self._forwards,
            SWALLOWS: self._swallows,
            KILLS: self._kills,
            CHANGES: self._changes,
        }
        return ways.get(link.does, self._stranger)(number, link, stop)

    def _gone(self, number: int, _link: Link, stop: Stop) -> tuple[Fate, tuple[Step, ...]]:
        """It has become the next one."""
        return self._at(number + 1, stop)

    def _stranger(self, number: int, link: Link, stop: Stop) -> tuple[Fate, tuple[Step, ...]]:
        if link.facts is not None and link.kind == SHELL:
            image = self._service.image_name or "its image"
            where = "the host" if self._service.kind == SYSTEMD else image
            why = f"nobody knows which shell `{link.name}` of {where} is, nor if it execs"
        elif link.facts is not None:
            why = f"the trap of {link.name} is not understood"
        else:
            why = f"{link.name or 'what is started'} is not in the tree, or not understood"
        step = _step(link, stop, "what it does with it is not known", heard=None)
        return unknown(why), (step, *self._rest(number, stop, None))

    def _forwards(self, number: int, link: Link, stop: Stop) -> tuple[Fate, tuple[Step, ...]]:
        group = link.does == GROUP
        whom = "to everybody below" if group else "on"
        fate, steps = self._at(number + 1, stop.below(group=group or stop.group))
        step = _step(link, stop, f"passes {stop.name} {whom}")
        wrapper = WRAPPERS.get(link.name)
        if wrapper is not None and not wrapper.measured and link.kind != INIT:
            fate = fate.doubted(f"`{link.name}` was not measured")
        return fate, (step, *steps)

    def _swallows(self, number: int, link: Link, stop: Stop) -> tuple[Fate, tuple[Step, ...]]:
        wrapper = WRAPPERS.get(link.name)
        unsure = f"`{link.name}` was not measured" if wrapper and not wrapper.measured else ""
        if stop.pid1:
            note = f"does not pass {stop.name} on"
            fate = Fate(GRACE, KILLED, KEPT, note, told=False)
        else:
            note = f"ends at {stop.name} and tells nobody"
            fate = Fate(NOW, 128 + 15 if stop.signal == "TERM" else None, CUT, note, told=False)
            if link.name not in SHELL_SCRIPTS:
                unsure = unsure or f"`{link.name}` was measured as PID 1 only"
        return fate.doubted(unsure), (_step(link, stop, note), *self._rest(number, stop, False))

    def _kills(self, number: int, link: Link, stop: Stop) -> tuple[Fate, tuple[Step, ...]]:
        """su, runuser and script: SIGTERM, two seconds in any case, SIGKILL; nothing else."""
        if stop.signal != "TERM":
            note = f"blocks {stop.name}"
            fate = Fate(GRACE, KILLED, KEPT, note, told=False)
            return fate, (_step(link, stop, note), *self._rest(number, stop, False))
        below, steps = self._at(number + 1, stop.below())
        note = f"passes SIGTERM on, and kills after {KILLS_AFTER_S:g} s"
        code = WRAPPERS[link.name].code
        cut = below.ends == NOW and below.told
        fate = Fate(
            NOW if cut else DRAINS,
            code,
            below.request if below.ends in (DRAINS, GRACE) or cut else KEPT,
            f"{link.name} {note}",
            told=below.told,
            least_s=KILLS_AFTER_S,
            limit_s=KILLS_AFTER_S,
            limit_place=link.place,
            unsure=below.unsure,
        )
        if below.ends == "":
            fate = fate.replace(request=KEPT)
        return fate, (_step(link, stop, note), *steps)

    def _changes(self, number: int, link: Link, stop: Stop) -> tuple[Fate, tuple[Step, ...]]:
        wrapper = WRAPPERS[link.name]
        if stop.signal != "TERM" or not wrapper.sends:
            why = f"nobody has measured what `{link.name}` does at {stop.name}"
            step = _step(link, stop, "what it does with it is not known", heard=None)
            return unknown(why), (step, *self._rest(number, stop, None))
        fate, steps = self._at(number + 1, stop.below(signal=wrapper.sends))
        note = f"sends SIG{wrapper.sends} to its child"
        if link.name in NODE:
            note = "passes SIGTERM to its shell"
            fate = fate.replace(code=wrapper.code if fate.ends == NOW else None)
        else:
            fate = fate.replace(code=KILLED if fate.ends == GRACE else None)
        if not wrapper.measured:
            fate = fate.doubted(f"`{link.name}` was not measured")
        return fate, (_step(link, stop, note), *steps)

    def _shell(self, number: int, link: Link, stop: Stop) -> tuple[Fate, tuple[Step, ...]]:
        facts = link.facts
        assert facts is not None  # noqa: S101 - asked for before
        below = self._links[number + 1]
        outcome = outcome_of(
            facts,
            link.shell,
            run=below.run,
            pid1=stop.pid1,
            all_told=stop.group,
            signal=stop.signal,
        )
        if link.does == EXECS:
            if outcome.ends == GRACE and outcome.finished is False and _ignores(link, stop):
                note = f"ignores {stop.name}, and what it becomes inherits that"
                fate = Fate(GRACE, KILLED, KEPT, note, told=False)
                rest = self._rest(number, stop.replace(depth=stop.depth - 1), False)
                return fate, tuple(one.replace(note=note) for one in rest[:1])
            return self._gone(number, link, stop)
        if outcome.finished is None:
            why = f"{link.name} is not understood: {outcome.why}"
            return unknown(why), (_step(link, stop, outcome.why), *self._rest(number, stop, None))
        asides = _asides(link, stop, below)
        if outcome.ends == DRAINS:
            return self._drains(number, link, stop, outcome, asides)
        note = _shell_note(link, stop, outcome)
        request = KEPT if outcome.ends == GRACE else CUT
        fate = Fate(outcome.ends, outcome.code, request, note, told=bool(outcome.sends))
        rest = self._rest(number, stop, heard=bool(outcome.sends))
        return fate, (_step(link, stop, note), *rest, *asides)

    def _drains(
        self, number: int, link: Link, stop: Stop, outcome: Outcome, asides: tuple[Step, ...]
    ) -> tuple[Fate, tuple[Step, ...]]:
        """Its trap tells the one below and waits for it."""
        below = stop.below(signal=outcome.sends or stop.signal)
        fate, steps = self._at(number + 1, below)
        trap = link.facts.term_trap if link.facts else None
        slept = trap.handler.sleeps_s if trap and trap.handler else 0.0
        code = fate.code if outcome.own_code or fate.ends in (GRACE, "") else outcome.code
        fate = fate.replace(code=code, least_s=fate.least_s + slept)
        note = f"its trap passes {below.name} on and waits" if trap else outcome.why
        return fate, (_step(link, stop, note), *steps, *asides)

    def _rest(self, number: int, stop: Stop, heard: bool | None) -> tuple[Step, ...]:
        """Return those below one that does not tell them."""
        found, depth = [], stop.depth
        for link in self._links[number + 1 :]:
            if link.stays:
                depth += 1
                said = {True: "gets a signal, and is cut", False: "never hears of it", None: ""}
                found.append(Step(depth, title(link), link.place, said[heard], heard))
        return tuple(found)

    def _everybody(self, stop: Stop) -> tuple[Fate, tuple[Step, ...]]:
        """Every process gets the signal from the platform."""
        fate, _ = self._at(len(self._links) - 1, stop.replace(group=True))
        steps, depth = [], 0
        for link in self._links:
            if link.stays:
                note = fate.why if link is self._links[-1] else f"gets {stop.name}, as all do"
                steps.append(Step(depth, title(link), link.place, note))
                depth += 1
        return fate, tuple(steps)


def _ignores(link: Link, stop: Stop) -> bool:
    traps = link.facts.traps if link.facts else ()
    return any(one.ignores and one.on(stop.signal) for one in traps)


def _shell_note(link: Link, stop: Stop, outcome: Outcome) -> str:
    """Say what a shell does that doesn't see it through."""
    if link.facts is not None and link.facts.traps:
        return outcome.why
    if outcome.ends == GRACE:
        return f"does not pass {stop.name} on"
    return f"ends at {stop.name} and tells nobody"


def _asides(link: Link, stop: Stop, below: Link) -> tuple[Step, ...]:
    """Return the other servers that a script has put in the background."""
    return tuple(
        Step(stop.depth + 1, _words(run.argv), run.place, "runs beside it", None, aside=True)
        for run in (link.facts.runs if link.facts else ())
        if run.how == BACKGROUND and run.role == SERVER and run is not below.run
    )


def _step(link: Link, stop: Stop, note: str, heard: bool | None = True) -> Step:
    return Step(stop.depth, title(link), link.place, note, heard)


def title(link: Link) -> str:
    """Return what a process is called: a shell by its kind, a program by its first words."""
    if link.kind == SHELL:
        kind = f" ({link.shell})" if link.shell and link.shell != link.name else ""
        return f"{link.name} -c{kind}"
    if link.facts is not None:
        return f"{link.name} ({link.shell})"
    if link.kind == INIT:
        return link.name
    return _words(link.argv) or link.name or "?"


def _words(argv: tuple[str, ...]) -> str:
    text = " ".join((base(argv[0]), *argv[1:])) if argv else ""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_TITLE else f"{text[: LONGEST_TITLE - 1]}…"
