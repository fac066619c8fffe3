"""Any other command: it hears the signals that we hear, and nothing else is known of it."""

from __future__ import annotations

from supervisor.core.policy import Rung

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

KILL = 9
TERM, INT = 15, 2
STOPS: Final = (TERM, INT)
LADDER: Final = (
    Rung("pass it on", passes=True),
    Rung("kill the tree", signal=KILL, target="tree"),
)
# All that can be held, but CHLD and glibc's own two: whether the command knows it is its business.
NOT_FORWARDED: Final = frozenset((4, 5, 6, 7, 8, 9, 11, 17, 19, 31, 32, 33))
FORWARDED: Final = tuple(number for number in range(1, 65) if number not in NOT_FORWARDED)
