"""Orders: what succession decides is done to generations."""

from __future__ import annotations

import gc

from supervisor.core import succession
from supervisor.core.events import Asked, Booted, Shortened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from supervisor.core.succession import Order
    from supervisor.runtime.generation import Generation
    from supervisor.runtime.keeper import Keeper

HUP = 1


class Orders:
    """Performs them for one keeper."""

    def __init__(self, keeper: Keeper) -> None:
        """Know how each is done."""
        self._keeper = keeper
        self._hows: dict[type[Order], Callable[[int], None]] = {
            succession.Start: self._start,
            succession.HandOver: self._hand_over,
            succession.Dismiss: self._dismiss,
            succession.Shorten: self._shorten,
            succession.SettleIn: self._settle_in,
            succession.Forget: self._forget,
        }

    def perform(self, order: Order) -> None:
        """Do one; what it raises is the caller's to tell."""
        self._hows[type(order)](order.number)

    def _start(self, number: int) -> None:
        """Open the next generation's doors and start it; what is there knows its own from now."""
        keeper = self._keeper
        present = keeper.present
        keeper.last_lines = []
        present.meet()
        if why := present.step_aside():
            keeper.decided(succession.over(keeper.succession, number, why))
            return
        try:
            its = present.quarters.beside(keeper.plan, keeper.poller, number, keeper.outlets)
        except OSError as error:
            present.step_back()
            why = f"its listener can't be opened: {error.strerror or error}"
            keeper.decided(succession.over(keeper.succession, number, why))
            return
        following = keeper.generations[number] = keeper.generation(number, its)
        keeper.count_generations()
        if keeper.succession.gone:
            keeper.began()
        following.feed(Booted())

    def _hand_over(self, number: int) -> None:
        """Lead newcomers to the new generation, and tell the others to end."""
        following = self._keeper.generations[number]
        following.step_aside()
        self._keeper.began()
        for one in list(self._keeper.generations.values()):
            if one is not following:
                self._lead_on(one, following)

    def _lead_on(self, leaving: Generation, following: Generation) -> None:
        output = self._keeper.output
        for old, new in zip(leaving.doors, following.doors, strict=True):
            try:
                old.hand_over(new)
            except OSError as error:
                output.event("internal-error", action="hand over", why=repr(error))
        output.event("handed-over", after=leaving.number, generation=following.number)
        leaving.feed(Asked(HUP, via="restart", grace_s=self._keeper.plan.leave_s))

    def _dismiss(self, number: int) -> None:
        grace_s = self._keeper.grace_s  # and no drain delay: nobody has come
        self._keeper.generations[number].feed(Asked(HUP, via="restart", grace_s=grace_s))

    def _shorten(self, number: int) -> None:
        self._keeper.generations[number].feed(Shortened(self._keeper.grace_s))

    def _settle_in(self, number: int) -> None:
        present = self._keeper.generations[number]
        self._keeper.count_generations()
        present.settle_in()

    def _forget(self, number: int) -> None:
        """Close what a generation that is over had, and give names back if it never served."""
        keeper = self._keeper
        gone = keeper.generations.pop(number, None)
        if gone is None:
            return
        if gone.quarters.passage and keeper.succession.outcome == "failed":
            keeper.last_lines = gone.quarters.passage.last_lines
        gone.quarters.leave(keeper.plan)
        gone.children.let_go()
        keeper.count_generations()
        if number > keeper.succession.present:
            keeper.present.step_back()
        else:
            gone.belongings.remove()
        gc.collect()  # a generation is a circle; nothing else here makes any worth mentioning
