"""When the keeper itself fails: its service is still ended in order, within seconds."""

from __future__ import annotations

import select
from time import monotonic

from supervisor.runtime.keeper import Keeper
from supervisor.runtime.reaping import reap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from supervisor.core.policy import Rung
    from supervisor.runtime.fleet import Fleet
    from supervisor.runtime.generation import Generation

TERM, KILL = 15, 9
SOFTWARE: Final = 70  # sysexits.h, EX_SOFTWARE
MOST_S: Final = 6.0
RUNG_S: Final = 2.0
LOOK_EVERY_MS: Final = 10


def end(kept: Keeper | Fleet) -> int:
    """Stop every service by its own ladder, then by force; return the exit code."""
    keepers = [kept] if isinstance(kept, Keeper) else list(kept.keepers.values())
    generations = [one for keeper in keepers for one in keeper.generations.values()]
    until = monotonic() + MOST_S
    for one in generations:
        one.children.ended = lambda _process: None  # nothing is decided any more
        if one.state.budget:
            until = min(until, one.state.budget.kill_at)
    for number in range(max((len(one.plan.policy.ladder) for one in generations), default=0)):
        patience = 0.0
        for one in generations:
            rungs = one.plan.policy.ladder[number : number + 1]
            if rungs and not rungs[0].kills:
                _climb(one, rungs[0])
                patience_s = rungs[0].patience_s
                patience = max(patience, RUNG_S if patience_s is None else patience_s)
        _wait(generations, _main_is_gone, min(until, monotonic() + patience))
    for one in generations[:1]:
        one.children.alone = True  # nobody is spared any more
    for signal, patience in ((TERM, 0.2), (KILL, 0.5)):
        for one in generations[:1]:
            one.children.send_tree(signal)
        _wait(generations, lambda it: it.children.empty(), monotonic() + patience)
    asked = next((one.state.asked for one in generations if one.state.asked), None)
    return 128 + asked.signal if asked else SOFTWARE


def _climb(one: Generation, rung: Rung) -> None:
    main = one.children.main
    if rung.command and one.fifo:
        one.fifo.write(rung.command)
    elif rung.target == "tree":
        one.children.send_tree(rung.signal)
    elif main and rung.target == "main":
        main.send(rung.signal or TERM)


def _wait(
    generations: list[Generation], reached: Callable[[Generation], bool], until: float
) -> None:
    """Reap until it is so, looking often: there is no loop any more that could tell."""
    while monotonic() < until:
        ended, _more = reap([it for one in generations for it in one.children.unreaped()])
        for pid, status in ended:
            for one in generations:
                one.children.take(pid, status)
        if all(reached(one) for one in generations):
            return
        select.poll().poll(LOOK_EVERY_MS)


def _main_is_gone(one: Generation) -> bool:
    main = one.children.main
    return main is None or main.status is not None
