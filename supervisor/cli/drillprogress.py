"""Shows how far a drill is, on a terminal alone."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, Self

from supervisor.drill.trial import AFTERWARDS, ENDING, ORDERED, WARMING_UP

if TYPE_CHECKING:
    from supervisor.drill.trial import Progress as Far

GRACE_S: Final = 10.0
COMING: Final = "bringing it up"
WORDS: Final = {
    WARMING_UP: "under load",
    ORDERED: "{action} under load",
    AFTERWARDS: "until all are answered again",
    ENDING: "awaiting what is under way",
}


class Bar:
    """A line with a bar for what is going on, and the counts so far; nothing into a pipe."""

    def __init__(self, action: str, at: float | int, grace_s: float | None, times: int) -> None:
        """`at`: when the action comes, in seconds (float) or answers (int)."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        self._action, self._at, self._times = action, at, times
        self._grace_s = grace_s or GRACE_S
        self._number, self._since = 0, 0.0
        self._part = ""
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[counts]}"),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
            transient=True,
        )
        self._task = self._bar.add_task("", total=None, counts="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def begin(self) -> None:
        """Begin the next trial."""
        self._number += 1
        self._part = ""
        self._bar.reset(self._task, total=None, description=self._told(COMING), counts="")

    def tell(self, far: Far) -> None:
        """Show how far a trial is; called from another thread."""
        if far.part != self._part:
            self._part, self._since = far.part, far.seconds
        done: float
        total: float | None
        if far.part == WARMING_UP:
            done, total = (far.seconds, self._at)
            if isinstance(self._at, int):
                done = far.answered
        elif far.part == ORDERED:
            done, total = far.seconds - self._since, self._grace_s
        else:
            done, total = 0, None
        self._bar.update(
            self._task,
            total=total,
            completed=done,
            description=self._told(WORDS[far.part].format(action=self._action)),
            counts=f"{far.answered} answered, {far.lost} lost, {far.turned_away} turned away,"
            f" {far.refused} refused",
        )

    def _told(self, words: str) -> str:
        return f"{self._number}/{self._times} {words}" if self._times > 1 else words
