"""When the keeper itself fails: its service is still ended in order, within seconds."""

from __future__ import annotations

import select
from time import monotonic

from supervisor.runtime.reaping import reap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from supervisor.core.policy import Rung
    from supervisor.runtime.generation import Generation
    from supervisor.runtime.keeper import Keeper

TERM, KILL = 15, 9
SOFTWARE: Final = 70  # sysexits.h, EX_SOFTWARE
MOST_S: Final = 6.0
RUNG_S: Final = 2.0
LOOK_EVERY_MS: Final = 10


def end(keeper: Keeper) -> int:
    """Stop the service by its own ladder, then by force; return the exit code."""
    generations = list(keeper.generations.values())
    until = monotonic() + MOST_S
    for one in generations:
        one.children.ended = lambda _process: None  # nothing is decided any more
        if one.state.budget:
            until = min(until, one.state.budget.kill_at)
    for rung in keeper.plan.policy.ladder:
        if not rung.kills:
            for one in generations:
                _climb(one, rung)
            patience = RUNG_S if rung.patience_s is None else rung.patience_s
            _wait(generations, _main_is_gone, min(until, monotonic() + patience))
    for one in generations:
        one.children.alone = True  # nobody is spared any more
    for signal, patience in ((TERM, 0.2), (KILL, 0.5)):
        keeper.present.children.send_tree(signal)
        _wait(generations, lambda it: it.children.empty(), monotonic() + patience)
    asked = keeper.present.state.asked
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
