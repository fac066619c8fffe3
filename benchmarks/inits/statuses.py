"""Every exit status a command can have, and what PID 1 makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.inits import figures
from benchmarks.inits.contenders import Contender
from benchmarks.inits.rounds import Session, start_s
from benchmarks.inits.staged import Staged, StageError

if TYPE_CHECKING:
    from collections.abc import Sequence

# CHLD, CONT, STOP, TSTP, TTIN, TTOU, URG, WINCH: by default they end nobody.
HARMLESS = {17, 18, 19, 20, 21, 22, 23, 28}
MISSING, FORBIDDEN = "/nonexistent/command", "/etc/passwd"
Case = tuple[str, int]


def cases(*, quick: bool) -> list[Case]:
    """What is tried: ("exit", 0) ... ("signal", 1) ... ("missing", 127), ("forbidden", 126)."""
    exits = (0, 1, 2, 7, 42, 126, 127, 128, 143, 255) if quick else range(256)
    signals = (1, 2, 6, 9, 11, 13, 15, 34, 64) if quick else range(1, 65)
    fatal = [("signal", number) for number in signals if number not in HARMLESS]
    return [*(("exit", code) for code in exits), *fatal, ("missing", 127), ("forbidden", 126)]


def wanted(case: Case) -> int:
    """The shell's rule."""
    kind, number = case
    return 128 + number if kind == "signal" else number


def told(case: Sequence[Any]) -> str:
    """A case in words."""
    kind, number = case
    return {"missing": "not found", "forbidden": "not executable"}.get(kind, f"{kind} {number}")


def expected_s(contenders: Sequence[Contender], *, quick: bool) -> float:
    """For the time left."""
    asked = [it for it in contenders if it.ends_with_child]
    return len(cases(quick=quick)) * sum(start_s(it) + 0.05 for it in asked)


def measure(session: Session) -> dict[str, dict[str, Any]]:
    """Of those that end when their command does."""
    tried = cases(quick=session.options.quick)

    def one(contender: Contender, number: int) -> dict[str, Any]:
        case = tried[number]
        odd = {"missing": [MISSING], "forbidden": [FORBIDDEN]}.get(case[0])
        mode = (case[0], str(case[1]))
        with Staged(session.tools, contender, mode, command=odd) as staged:
            ending = staged.ended()
        if ending is None:
            raise StageError(f"PID 1 does not end after {case}")
        # Killed by a signal: what a container's runtime would say.
        code = ending.code if ending.code >= 0 else 128 - ending.code
        return {"case": list(case), "code": code, "right": code == wanted(case)}

    asked = [it for it in session.contenders if it.ends_with_child]
    found = session.interleave(
        "exit status", asked, lambda _: len(tried), lambda it: start_s(it) + 0.05, one
    )
    return {
        name: figures.noted(
            it,
            status_total=len(it.samples) + len(it.failed),
            status_right=sum(one["right"] for one in it.samples),
            status_wrong=[
                f"{told(one['case'])}: {one['code']}" for one in it.samples if not one["right"]
            ],
        )
        for name, it in found.items()
    }
