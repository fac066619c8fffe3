"""How a process would end: after how long, with which code, and why."""

from __future__ import annotations

from supervisor.core.record import Record

INSTANT_S = 0.05  # of anything that only has to be scheduled
BY_SIGNAL = 128


class Ending(Record):
    """`after_s`: None when it goes on. `give_or_take_s`: what chance adds or takes away.

    `unsure`: what one would have to know to be sure; empty when it is. `timed`: `after_s` is more
    than a guess. `who` ends last, or never, at `signal`; `left`: whom it does not wait for.
    """

    after_s: float | None
    status: int
    why: str
    give_or_take_s: float = 0.0
    unsure: str = ""
    timed: bool = True
    who: int = 0
    signal: int = 0
    left: tuple[int, ...] = ()

    def told(self, why: str) -> Ending:
        """Return the same with what led to it said first."""
        return self.replace(why=f"{why}; {self.why}")

    def later(self, seconds: float) -> Ending:
        """Return the same, later."""
        return self if self.after_s is None else self.replace(after_s=self.after_s + seconds)


def never(why: str, unsure: str = "") -> Ending:
    """Return that it goes on."""
    return Ending(None, 0, why, unsure=unsure)


def last(endings: list[Ending]) -> Ending | None:
    """Return the one that is waited for longest."""
    if not endings:
        return None
    return max(endings, key=lambda one: float("inf") if one.after_s is None else one.after_s)
