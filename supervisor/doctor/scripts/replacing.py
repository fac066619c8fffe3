"""Whether `exec` can stand before a command of a script, and what it would drop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from supervisor.doctor.scripts.shellfacts import Run, ShellFacts, Trap

NO_FILES: Final = frozenset(  # POSIX.1-2024 XCU 2.4, 2.9.1 and 2.15, and bash(1): no file is run
    (
        *(".", ":", "source", "eval", "command", "builtin", "exec", "exit", "return", "break"),
        *("continue", "export", "readonly", "local", "declare", "typeset", "let", "set", "unset"),
        *("shift", "shopt", "times", "trap", "cd", "pushd", "popd", "dirs", "read", "mapfile"),
        *("readarray", "wait", "fg", "bg", "jobs", "disown", "suspend", "umask", "ulimit", "alias"),
        *("unalias", "bind", "caller", "compgen", "complete", "enable", "fc", "getopts", "hash"),
        *("help", "history", "logout", "type", "time", "coproc", "function", "select", "!", "{"),
        *("}", "if", "then", "elif", "else", "fi", "case", "esac", "for", "while", "until", "do"),
        *("done", "in", "[[", "(("),
    )
)


def is_file(run: Run, facts: ShellFacts) -> bool:
    """Tell whether a command is run from a file: `exec` finds no builtin and no function."""
    name = run.statement.name
    scripts = (facts.script, *facts.sourced.values())
    return name not in NO_FILES and not any(name in one.functions for one in scripts)


def dropped(facts: ShellFacts) -> Trap | None:
    """Return the first trap with a handler: `exec` forgets it."""
    return next((trap for trap in facts.traps if trap.handler is not None), None)


def replaceable(run: Run, facts: ShellFacts) -> bool:
    """Tell whether `exec` before a command changes nothing but who gets the signals."""
    return not run.statement.assignments and is_file(run, facts) and dropped(facts) is None


def way(run: Run, facts: ShellFacts, fix: str) -> str:
    """Return a fix's sentence; it names the trap or the word that `exec` does not go with."""
    if not is_file(run, facts):
        return (
            f"`exec` cannot run `{run.statement.name}`, which is the shell's own:"
            " write `exec` before the program itself."
        )
    trap = dropped(facts)
    if trap is None:
        return fix
    what = trap.signals[0] if trap.signals else "a signal"
    return (
        f"`exec` would drop the trap for {what} ({trap.place}): trap TERM as well, start the"
        " command with `&`, pass the signal on, and `wait`."
    )
