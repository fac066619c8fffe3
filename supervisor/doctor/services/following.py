"""Follows a command line from PID 1 down, link by link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands import lines
from supervisor.doctor.commands.role import is_shell
from supervisor.doctor.commands.wrapping import base, is_init, peel
from supervisor.doctor.knowledge.shells import ASH, MAYBE, YES
from supervisor.doctor.knowledge.wrappers import CHANGES, EXECS, FORWARDS, KEEPS
from supervisor.doctor.reading.shellnodes import Function, walk
from supervisor.doctor.scripts.shellfacts import EXEC, FOREGROUND, Run
from supervisor.doctor.services.program import (
    FIRST,
    HANDLES,
    INIT,
    SCRIPT,
    SHELL,
    UNKNOWN,
    WRAPPER,
    Around,
    Chain,
    Link,
    facts_for,
    given,
    main_run,
    plain,
    script_does,
)

if TYPE_CHECKING:
    from supervisor.doctor.commands.command import Command
    from supervisor.doctor.finding import Place
    from supervisor.doctor.reading.shellnodes import Script
    from supervisor.doctor.reading.source import Source

LONGEST: Final = 24
VALUED: Final = ("-o", "+o", "-O", "+O", "--rcfile", "--init-file")
NODE_RUNNERS: Final = ("npm", "yarn", "pnpm")


def follow(
    argv: tuple[str, ...],
    place: Place,
    around: Around,
    *,
    init: bool = False,
    cmd: Command | None = None,
    located: dict[str, Place] | None = None,
) -> Chain:
    """Return the chain of a command.

    `cmd`: the part of it that an entrypoint gets, for its place; `located`: where words are.
    """
    walk = _Walk(around, cmd, located or {})
    if init:
        walk.links.append(Link(INIT, "docker-init", ("docker-init",), place, FIRST, FORWARDS))
    how = FOREGROUND if init else FIRST
    left: _Step | None = _Step(argv, place, how, None)
    while left is not None:
        left = walk.step(left)
        if len(walk.links) > LONGEST:
            walk.links.append(Link(UNKNOWN, "", (), place, FOREGROUND, UNKNOWN))
            break
    return Chain(tuple(walk.links))


class _Step:
    """What comes next."""

    def __init__(self, argv: tuple[str, ...], place: Place, how: str, run: Run | None) -> None:
        self.argv, self.place, self.how, self.run = argv, place, how, run


class _Walk:
    def __init__(self, around: Around, cmd: Command | None, located: dict[str, Place]) -> None:
        self.around, self.cmd, self.located = around, cmd, located
        self.links: list[Link] = []
        self.seen: set[tuple[str, tuple[str, ...]]] = set()

    def step(self, at: _Step) -> _Step | None:
        """Add one link; return what it starts."""
        argv = at.argv
        if not argv:
            return self._unknown(at)
        if self.cmd is not None and argv == self.cmd.argv:
            at.place = self.cmd.place
        if is_shell(argv):
            return self._shell(at)
        if base(argv[0]) in NODE_RUNNERS:
            return self._npm(at)
        peeled = peel(argv, self.around.env)
        if peeled is not None and peeled.does == KEEPS:
            self.links.append(plain(argv, at.place, at.how, at.run, self.around))
            return None
        if peeled is not None:
            if peeled.name == "su" and self.around.sh == ASH:
                peeled = peeled.replace(does=EXECS)  # busybox's becomes its shell
            kind = INIT if is_init(peeled.name) else WRAPPER
            self._add(at, kind, peeled.name, peeled.does)
            how = EXEC if peeled.does == EXECS else FOREGROUND
            if peeled.line:
                return _Step(("/bin/sh", "-c", peeled.line), at.place, how, None)
            return _Step(peeled.inner, at.place, how, None)
        source = None if "$" in argv[0] else self._script_file(argv[0])
        if source is not None:
            return self._script(at, source, argv[0], argv[1:], _interpreter(source) or "sh")
        name = base(argv[0])
        if argv[1:] and self.around.entry(argv[0]):
            self._add(at, WRAPPER, name, EXECS)
            return _Step(argv[1:], at.place, EXEC, None)
        if name.endswith((".sh", ".bash")) or "entrypoint" in name:
            return self._unknown(at, name)
        self.links.append(plain(argv, at.place, at.how, at.run, self.around))
        return None

    def _add(self, at: _Step, kind: str, name: str, does: str) -> None:
        self.links.append(Link(kind, name, at.argv, at.place, at.how, does, run=at.run))

    def _unknown(self, at: _Step, name: str = "") -> _Step | None:
        self._add(at, UNKNOWN, name, UNKNOWN)
        return None

    def _script_file(self, path: str) -> Source | None:
        """Return a shell script of the tree."""
        plausible = "/" in path or path.endswith(".sh") or "entrypoint" in path
        source = self.around.file(path) if plausible or "." not in path else None
        if source is None:
            return None
        if path.endswith((".sh", ".bash")) or _interpreter(source):
            return source if _interpreter(source) is not None else None
        return None

    def _shell(self, at: _Step) -> _Step | None:
        argv = at.argv[1:] if base(at.argv[0]) == "busybox" else at.argv
        words = list(argv[1:])
        while words and words[0][:1] in ("-", "+") and len(words[0]) > 1:
            word = words.pop(0)
            if word == "--":
                break
            if "c" in word[1:] and word[:1] == "-" and not word.startswith("--"):
                while words and words[0].startswith("-"):
                    words.pop(0)
                return self._line(at, words, argv[0])
            if word in VALUED and words:
                words.pop(0)
        if not words or words[0].startswith("$"):
            if words:
                return self._unknown(at)
            self.links.append(plain(at.argv, at.place, at.how, at.run, self.around))
            return None
        source = self.around.file(words[0])
        if source is None:
            name = base(words[0])
            self._add(at, SCRIPT, name, UNKNOWN)
            return self._unknown(at)
        return self._script(at, source, words[0], tuple(words[1:]), base(argv[0]))

    def _line(self, at: _Step, words: list[str], program: str) -> _Step | None:
        """`sh -c LINE NAME ARGS`."""
        text, args = (words[0], tuple(words[2:])) if words else ("", ())
        script = self.around.line(text, self.located.get(text, at.place))
        shell = self.around.shell_of(program)
        if script is None:
            self._add(at, SHELL, base(program), UNKNOWN)
            return self._unknown(at)
        facts = facts_for(script, self.around)
        run = main_run(facts, args)
        does = script_does(facts, run)
        if does not in (EXECS, UNKNOWN, HANDLES) and _ends_with(script, run):
            turned = lines.becomes(script, text, shell)
            does = EXECS if turned == YES else UNKNOWN if turned == MAYBE else does
        self.links.append(
            Link(SHELL, base(program), at.argv, at.place, at.how, does, shell, facts, at.run)
        )
        return self._inside(at, run, args, does)

    def _script(
        self, at: _Step, source: Source, path: str, args: tuple[str, ...], program: str
    ) -> _Step | None:
        key = (source.path, args)
        script = self.around.script(source) if key not in self.seen else None
        self.seen.add(key)
        shell = self.around.shell_of(program)
        name = base(path)
        if script is None:
            self._add(at, SCRIPT, name, UNKNOWN)
            return self._unknown(at)
        facts = facts_for(script, self.around)
        run = main_run(facts, args)
        does = script_does(facts, run)
        place = at.place
        self.links.append(
            Link(SCRIPT, name, at.argv, place, at.how, does, shell, facts, at.run, source)
        )
        return self._inside(at, run, args, does)

    def _inside(self, at: _Step, run: Run | None, args: tuple[str, ...], does: str) -> _Step | None:
        if run is None:
            return self._unknown(at)
        how = EXEC if does == EXECS else run.how
        return _Step(given(run.argv, args), run.place, how, run)

    def _npm(self, at: _Step) -> _Step | None:
        """`npm start` and `npm run NAME` give a line of package.json to a shell."""
        words = [word for word in at.argv[1:] if not word.startswith("-")]
        name = words[0] if words else "start"
        if name in ("run", "run-script") and words[1:]:
            name = words[1]
        found = self.around.npm(name)
        self._add(at, WRAPPER, base(at.argv[0]), CHANGES)
        if found is None:
            return self._unknown(at)
        return _Step(("/bin/sh", "-c", found[0]), found[1], FOREGROUND, None)


def _ends_with(script: Script, run: Run | None) -> bool:
    """Tell whether a line's last statement runs it: `app; echo over` ends with another one."""
    body = [one for one in script.body if not isinstance(one, Function)]
    return run is None or any(one is run.statement for one in walk(body[-1:]))


def _interpreter(source: Source) -> str | None:
    """Return the shell of a script's first line; empty without one, None for another program."""
    first = source.line(1) if not source.text.startswith("\n") else source.text.lstrip("\n")
    first = first.partition("\n")[0]
    if not first.startswith("#!"):
        return "" if source.path.endswith((".sh", ".bash")) else None
    words = first[2:].split()
    names = [base(w) for w in words if not w.startswith("-")]
    name = names[1] if names[:1] == ["env"] and names[1:] else names[0] if names else ""
    return name if is_shell((name,)) else None
