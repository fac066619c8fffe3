"""What a shell does at a signal that it traps.

A trap runs between two commands. In `wait` that is at once, and `wait` returns 128 + n; while a
command runs in the foreground it is when that has ended, and nobody tells it to. dash and busybox
sit in sigsuspend(2) for `wait`, and in wait4(2) for a command; bash is always in wait4(2), but
what it started with `&` ignores INT and QUIT.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from supervisor.core.signalnames import name as signal_name
from supervisor.core.signalnames import number as signal_number
from supervisor.ops.disposition import DIES, disposition
from supervisor.ops.ending import BY_SIGNAL, INSTANT_S, Ending, last, never
from supervisor.ops.process import Process, Tree
from supervisor.ops.shellscript import Script, Simple, parse

RECURSES_S, SEGV = 0.15, 11
ONE = re.compile(r"\$(!|\w+|\{\w+\})|%\d+|\d+")  # one child, by its variable or job
TERM = 15
EndOf = Callable[[Process, int], Ending]


def ending(process: Process, number: int, tree: Tree, end_of: EndOf, *, all_told: bool) -> Ending:
    """Return how a shell that catches a signal would end; `all_told`: its group got it, too."""
    if process.text is None:
        why = f"a shell that traps {signal_name(number)}"
        return Ending(INSTANT_S, BY_SIGNAL + number, why, unsure="its script can't be read")
    script = parse(process.text)
    return _Shell(process, number, tree, end_of, script, all_told=all_told).ending()


class _Shell:
    """One shell, from the signal to its end."""

    def __init__(
        self,
        process: Process,
        number: int,
        tree: Tree,
        end_of: EndOf,
        script: Script,
        *,
        all_told: bool,
    ) -> None:
        self.process, self.number, self.end_of, self.script = process, number, end_of, script
        self.children = tree.children(process)
        self.signal = number if all_told else 0  # what its children have been told
        self.after_s, self.give_or_take_s = INSTANT_S, 0.0
        self.status = BY_SIGNAL + number  # $?
        self.reset = False
        self.unsure, self.timed = "", True
        self.left: tuple[int, ...] = ()  # whom those that it waited for have left behind
        self.why: list[str] = []

    def ending(self) -> Ending:
        """Walk through what it would do."""
        handler = self.script.handler(self.number)
        if handler is None:
            return self._without_handler()
        running = self._running()
        if running is not None:
            blocked = self._finish(running)
            if blocked is not None:
                return blocked
        else:
            self.why.append("its trap runs at once, because it is in `wait`")
        before = self.status  # what $? is again behind the trap
        if (found := self._run(handler)) is not None:
            return found
        self.status = before
        return self._go_on(running)

    def _without_handler(self) -> Ending:
        """bash catches what would end it when it has an EXIT trap; it still ends."""
        done = self.script.handler(0)
        if done is None:
            self.unsure = "its script shows no trap for it"
            return self._over(BY_SIGNAL + self.number)
        self.why.append("its EXIT trap runs, and it ends at once")
        return self._run(done) or self._over(BY_SIGNAL + self.number)

    def _running(self) -> Process | None:
        """Return the command in the foreground; None in `wait`."""
        if self.process.wchan.startswith(("sigsuspend", "do_sigsuspend")):
            return None
        front = [child for child in self.children if not self._is_background(child)]
        return front[-1] if front else None

    def _is_background(self, child: Process) -> bool:
        if child.in_background:
            return True
        started = [one for one in self.script.commands if _is(one, child)]
        return bool(started) and all(one.behind == "&" for one in started)

    def _finish(self, running: Process) -> Ending | None:
        """Wait for the command in the foreground; an ending when that never ends."""
        name = running.program
        if self.signal:
            found = self.end_of(running, self.signal)
        else:
            found = _by_itself(running, repeats=self._repeats(running))
        if found.after_s is None:
            self.why.append(f"its trap has to wait for `{name}`, which nobody told")
            return never("; ".join(self.why))
        self._ended(found, self.after_s + found.after_s)
        self.children = tuple(child for child in self.children if child is not running)
        self.status = found.status
        self.why.append(f"its trap runs when `{name}` has ended")
        return None

    def _repeats(self, running: Process) -> bool:
        return any(one.loops for one in self.script.commands if _is(one, running))

    def _run(self, commands: tuple[Simple, ...]) -> Ending | None:
        """Do what a trap says; an ending when it leaves or hangs."""
        for one in commands:
            if one.name == "trap":
                self.reset = True
            elif one.name == "kill":
                if (found := self._kill(one)) is not None:
                    return found
            elif (found := self._plain(one)) is not None:
                return found
        return None

    def _kill(self, one: Simple) -> Ending | None:
        if "-0" in one.words:
            return None
        number, rest = _signal_of(one)
        if "0" in rest and not self.reset and number == self.number:
            self.why.append("`kill 0` in it signals itself, again and again")
            return Ending(RECURSES_S, BY_SIGNAL + SEGV, "; ".join(self.why))
        self._doubt(one, rest)
        self.signal = number
        return None

    def _doubt(self, one: Simple, whom: Sequence[str]) -> None:
        """Doubt what is said of one child where there are several."""
        if len(self.children) > 1 and len(whom) == 1 and ONE.fullmatch(whom[0]):
            self.unsure = f"which of its children `{' '.join(one.words)}` means"

    def _plain(self, one: Simple) -> Ending | None:
        if one.name == "exit":
            return self._exit(one)
        if one.name == "wait":
            return self._wait(one)
        if one.name == "sleep" and one.words[1:]:
            self.after_s += _seconds(one.words[1])
        return None

    def _exit(self, one: Simple) -> Ending:
        said = one.words[1] if one.words[1:] else "$?"
        if said.isdigit():
            status = int(said) % 256
            self.why.append(f"`exit {said}`")
            return self._over(status)
        return self._over(self.status)

    def _wait(self, one: Simple) -> Ending | None:
        """Wait for the children, once they were told; an ending when they go on."""
        ends = [self.end_of(child, self.signal) for child in self.children] if self.signal else []
        longest = last(ends)
        self._doubt(one, one.words[1:])
        if longest is None and self.children:
            self.why.append("it waits for children that nobody told")
            return never("; ".join(self.why))
        if longest is not None:
            if longest.after_s is None:
                self.why.append(f"it waits for `{self.children[-1].program}`: {longest.why}")
                return longest.replace(why="; ".join(self.why))
            self._ended(longest, max(self.after_s, longest.after_s))
            self.left += tuple(pid for one in ends for pid in one.left)
            self.status = longest.status if len(one.words) > 1 else 0
            self.children = ()
            if self.status and self._errexit() and one.behind != "||" and not one.loops:
                self.why.append(f"`wait` returns {self.status}, and `set -e` leaves")
                return self._over(self.status)
        return None

    def _ended(self, found: Ending, after_s: float) -> None:
        """Take over what is known, and what is not, of whom it waited for."""
        self.after_s = after_s
        self.give_or_take_s += found.give_or_take_s
        self.unsure = self.unsure or found.unsure
        self.timed = self.timed and found.timed

    def _go_on(self, running: Process | None) -> Ending:
        """Go on behind the command that was interrupted, to the end of the script."""
        commands = self.script.commands
        at = self._interrupted(running)
        if at is None:
            return self._over(self.status)
        current = commands[at]
        if running is None and self._errexit() and current.behind != "||":
            self.why.append(f"`wait` returns {self.status}, and `set -e` leaves")
            return self._over(self.status)
        if current.endless:
            self.why.append("its loop goes on")
            return never("; ".join(self.why))
        if running is None and current.loops and (found := self._wait(current)) is not None:
            return found
        for one in commands[at + 1 :]:
            again = current.loops and one.loops and one.name == "wait"
            if again or one.inner or one.name in ("trap", "kill"):
                continue
            if (found := self._plain(one)) is not None:
                return found
            if one.name != "wait" and not one.loops:
                self.status = 0
        cut = [child.program for child in self._cut()]
        if cut and running is None:
            self.why.append(
                f"`wait` returns {self.status} and the script ends; {', '.join(cut)} is cut"
            )
        return self._over(self.status)

    def _interrupted(self, running: Process | None) -> int | None:
        for at, one in enumerate(self.script.commands):
            if one.name == "wait" and not one.inner if running is None else _is(one, running):
                return at
        return None

    def _errexit(self) -> bool:
        shell_options = [word for word in self.process.argv[1:2] if word.startswith("-")]
        sets = [one.words[1] for one in self.script.commands if one.name == "set" and one.words[1:]]
        found = [w for w in (*shell_options, *sets) if w[0] == "-" and "e" in w and w != "--"]
        return bool(found)

    def _over(self, status: int) -> Ending:
        why = "; ".join(self.why) or "a shell that traps it"
        left = (*self.left, *(child.pid for child in self._cut()))
        found = Ending(self.after_s, status, why, self.give_or_take_s, self.unsure)
        return found.replace(left=left, timed=self.timed)

    def _cut(self) -> list[Process]:
        """Return who is still there at its end; what a signal kills is not."""
        return [
            child
            for child in self.children
            if not self.signal or disposition(child, self.signal) != DIES
        ]


def _is(one: Simple, child: Process) -> bool:
    """Tell whether a command is what a child runs."""
    words = [word for word in one.words if "=" not in word and word != "exec"]
    names = {child.program, child.name, *(a.rpartition("/")[2] for a in child.argv[:2])}
    return bool(words) and words[0].rpartition("/")[2] in names


def _by_itself(process: Process, *, repeats: bool) -> Ending:
    """Return when a command ends that nobody tells: of `sleep N` that is known."""
    if process.program != "sleep" or len(process.argv) < 2:
        return never("it is not told")
    length = _seconds(process.argv[1])
    if repeats:  # it will be another one by then
        return Ending(length / 2, 0, "sleep", length / 2)
    return Ending(max(0.0, length - process.age_s), 0, "sleep")


def _seconds(word: str) -> float:
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    number = word.rstrip("smhd")
    try:
        return float(number) * units.get(word[-1:], 1)
    except ValueError:
        return float("inf") if word.startswith("inf") else 0.0


def _signal_of(one: Simple) -> tuple[int, list[str]]:
    """Return the signal that `kill` sends, and to whom."""
    words = list(one.words[1:])
    if words[:1] == ["-s"] and words[1:]:
        return signal_number(words[1]) or TERM, words[2:]
    if words and words[0].startswith("-") and words[0] != "--":
        return signal_number(words[0][1:]) or TERM, words[1:]
    return TERM, words
