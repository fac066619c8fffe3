"""Scripts and lines of shells that stand between a platform and a program, one by one."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.commands.daemon import bare
from supervisor.doctor.commands.role import ARGS, SERVER, UNKNOWN, role
from supervisor.doctor.commands.wrapping import base, program_of
from supervisor.doctor.finding import HIGH, INFO, LOW, MEDIUM, SEVERITIES, Place
from supervisor.doctor.house.waiting import cut
from supervisor.doctor.knowledge import shells
from supervisor.doctor.knowledge.wrappers import FORWARDS, GROUP, KILLS, SWALLOWS
from supervisor.doctor.reading.shellnodes import Loop
from supervisor.doctor.scripts.shellfacts import BACKGROUND, EXEC, Run, ShellFacts
from supervisor.doctor.scripts.shellwalk import facts_of
from supervisor.doctor.services.program import INIT, SCRIPT, Chain, Link, given

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.reading.shellnodes import Script
    from supervisor.doctor.services.service import Service

LONGEST: Final = 40
LOOSE: Final = "nobody runs it"
ENTRY: Final = re.compile(
    r"(?:^|[._-])(?:entry(?:point)?|start(?:up|-?server)?|run(?:-?server)?|init|boot(?:strap)?|launch|serve"
    r"|cmd|command|docker|gunicorn|uwsgi|uvicorn|celery|flower|web|server|worker)(?:$|[._-])"
)
ENTRYPOINT: Final = re.compile(r"entrypoint")
FOR_MACHINES: Final = (  # nobody starts these at a desk: who does is what a container is there for
    *("gunicorn", "uwsgi", "hypercorn", "daphne", "celery", "nginx", "supervisord", "php-fpm"),
    *("uvicorn", "waitress-serve", "granian", "apache2-foreground", "httpd-foreground"),
)
ASIDE: Final = re.compile(
    r"(?:^|[/._-])(?:tests?|examples?|docs?|dev|development|local|debug|ci|samples?|devcontainer)"
    r"(?:$|[/._-])"
)


class Standing(Record):
    """One of them.

    `service`  None: nobody in the tree runs this script, but it is named like an entrypoint
    `pid1`     the kernel keeps from it what it doesn't handle
    `above`    the first process over it that has to do with signals: FORWARDS, GROUP, SWALLOWS...
    `place`    who runs it; a loose one's first line
    """

    facts: ShellFacts
    shell: str
    place: Place
    service: Service | None = None
    link: Link | None = None
    chain: Chain | None = None
    pid1: bool = True
    above: str = ""

    @property
    def grace(self) -> float:
        """Return the grace period in seconds."""
        return self.service.grace if self.service else 10.0

    @property
    def all_told(self) -> bool:
        """Tell whether everybody below an init gets the signal."""
        return self.above == GROUP

    @property
    def by(self) -> tuple[str, ...]:
        """Return the fact of who runs it."""
        return (f"{self.place}: runs this script",) if self.service else ()

    @property
    def handles(self) -> bool:
        """Tell whether a trap is, or may be, for SIGTERM: `trap stop $SIGNALS`; exec drops it."""
        if self.facts.gives_way:
            return False
        given = any("$" in name for trap in self.facts.traps for name in trap.signals)
        return given or self.facts.term_trap is not None

    def severity(self, most: str) -> str:
        """Lower a severity where the script is used in a way that nobody can tell, or in tests."""
        path = self.facts.script.body[0].place.path if self.facts.script.body else ""
        aside = bool(ASIDE.search(path.lower()) or ASIDE.search(self.place.path.lower()))
        if self.service is None and not aside:
            return {HIGH: MEDIUM, MEDIUM: LOW}.get(most, INFO)
        return max(most, LOW, key=SEVERITIES.index) if aside else most

    def kept(self, name: str) -> str:
        """Say what a shell costs that stays in front of a program and has no trap."""
        signal = self.service.signal if self.service else "SIGTERM"
        if self.pid1:
            return (
                f"The shell stays as PID 1 and does not pass {signal} on to `{name}`: the stop"
                f" lasts {cut(self.grace)}."
            )
        if self.above == GROUP:
            return f"The shell ends at {signal} at once, and its end cuts `{name}` below it."
        if self.above in (SWALLOWS, KILLS):
            return f"The shell stays between, and nobody passes {signal} on to `{name}`."
        return f"The shell ends at {signal} at once, and `{name}` is never told: its work is cut."

    def perhaps(self, name: str) -> str:
        """Say the same of a shell that may become the program."""
        said = self.kept(name)
        return f"Unless it becomes the program, {said[0].lower()}{said[1:]}"

    def words(self, run: Run) -> tuple[str, ...]:
        """Return a command's words; "$@" is what the script is given, where that is known."""
        if self.link is None or self.link.kind != SCRIPT or not self.link.argv[1:]:
            return run.argv
        return given(run.argv, self.link.argv[1:])

    def named(self, run: Run) -> str:
        """Return how a finding calls a command: by the program behind "$@" and `gosu x`."""
        words = bare(self.words(run))
        name = words[0] if role(words) == ARGS else program_of(words)[0]
        return called(name) or named(run)

    def children(self) -> tuple[Run, ...]:
        """Return what runs in the background and is what the script is there for."""
        behind = [run for run in self.facts.runs if run.how == BACKGROUND]
        known = [run for run in behind if run.role in (SERVER, ARGS)]
        front = [run for run in self.facts.mains if run.how != BACKGROUND]
        if known or any(run.role != UNKNOWN or run.how == EXEC for run in front):
            return tuple(known)
        stays = self.facts.waits or self.watches
        return tuple(run for run in behind if run.role == UNKNOWN) if stays else ()

    @property
    def watches(self) -> bool:
        """Tell whether the script ends with a loop, in which it looks after its children."""
        last = self.facts.script.body[-1:]
        return any(isinstance(one, Loop) and one.kind in ("while", "until") for one in last)


def standings(house: House, *, loose: bool = True, every: str = "") -> Iterator[Standing]:
    """Return those that a stop signal meets one by one; jobs and process groups are left out.

    `loose`: scripts, too, that nothing runs; `every`: whatever they are called, if they have it.
    """
    used: set[str] = set()
    called: set[str] = set()
    for use in house.uses:
        source = use.link.source
        if source is not None:
            used.add(source.path)
        service, chain, facts = use.service, use.service.chain, use.link.facts
        if facts is None or chain is None or service.oneshot or service.platform.all:
            continue
        called |= {base(word) for _, argv in facts.ending for word in argv[:2]}
        over = [one for one in chain.links[: use.at] if one.stays]
        yield Standing(
            facts,
            use.link.shell,
            use.link.place,
            service,
            use.link,
            chain,
            pid1=service.pid1 and not over,
            above=_above(over, service),
        )
    if loose:
        yield from _loose(house, used, called, every)


def _above(over: list[Link], service: Service) -> str:
    if not over:
        return "" if service.pid1 else FORWARDS
    blocking = [one.does for one in over if one.does in (SWALLOWS, KILLS)]
    if blocking:
        return blocking[0]
    inits = [one.does for one in over if one.kind == INIT]
    return inits[0] if inits else over[-1].does


def _loose(house: House, used: set[str], steps: set[str], every: str) -> Iterator[Standing]:
    """Return scripts that are named like an entrypoint, and that nothing in the tree runs.

    `steps`: the names of what other scripts call on their way.
    """
    by_name = ENTRYPOINT if house.images else ENTRY  # a Dockerfile says what is run
    for source in house.of_kind("shell"):
        name = base(source.path).lower()
        likely = by_name.search(name) or any(one in source.text for one in FOR_MACHINES)
        fits = every in source.text if every else likely
        if (
            source.path in used
            or base(source.path) in steps
            or not fits
            or ASIDE.search(source.path.lower())
        ):
            continue
        script = house.files.script(source.path)
        if script is None:
            continue
        facts = _facts(script, house)
        if not every and not by_name.search(name) and not _serves(facts, name, house):
            continue
        program = script.shebang.split()[-1] if script.shebang else "sh"
        shell = shells.of_name(program, shells.UNKNOWN)
        yield Standing(facts, shell, source.place(1))


def _facts(script: Script, house: House) -> ShellFacts:
    """Look through a script that nobody runs, once for all rules."""
    memory, key = house.files.facts, (id(script), LOOSE)
    folder = posixpath.dirname(script.body[0].place.path) if script.body else ""

    def sourced(path: str) -> Script | None:
        name = base(path)
        beside = house.files.get(posixpath.join(folder, name)) if "$" not in name else None
        return house.files.script(beside.path) if beside else None

    if key not in memory:
        memory[key] = facts_of(script, sourced)
    return memory[key]


def _serves(facts: ShellFacts, name: str, house: House) -> bool:
    """Tell whether a script starts what only containers do; where there are images, in one."""
    if house.images and name not in house.mentioned:
        return False
    return any(program_of(run.argv)[0] in FOR_MACHINES for run in facts.mains)


def named(run: Run) -> str:
    """Return how a finding calls a command: by its program's name, or as it is written."""
    return called(run.argv[0])


def called(word: str) -> str:
    """Return a program's name for a sentence: one short line, whatever is in the file."""
    name = base(word) or word
    if not name.isprintable():
        name = "".join(one if one.isprintable() else " " for one in name).strip()
    return name if len(name) <= LONGEST else f"{name[:LONGEST]}..."
