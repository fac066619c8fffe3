"""The journal: every (time, event, actions); the report and replays are made from it.

Looks are many and mostly tell nothing new. Of a run of looks that changed nothing the first and the
last are kept: `step` decides the same without those between. What is left is bounded, too.
"""

from __future__ import annotations

from supervisor.core.actions import TakeLook
from supervisor.core.events import Looked, Reaped, Signalled, Tick

TYPE_CHECKING = False
if TYPE_CHECKING:
    from supervisor.core.actions import Action
    from supervisor.core.events import Event
    from supervisor.core.state import State

    Entry = tuple[float, Event, tuple[Action, ...]]

MOST = 4096
ASKED = (TakeLook(),)


class Journal:
    """What happened, in order; `dropped` entries of the middle were too many."""

    def __init__(self) -> None:
        """Nothing happened yet."""
        self.entries: list[Entry] = []
        self.dropped = 0
        self._repeats = 0  # the length at which the last two entries are a look without news

    def add(
        self, now: float, event: Event, actions: tuple[Action, ...], before: State, after: State
    ) -> None:
        """Write down what `step` made of an event, and the states around it."""
        entries, entry = self.entries, (now, event, actions)
        tick = isinstance(event, Tick) and actions == ASKED and self._asked(-1)
        look = isinstance(event, Looked) and not actions and self._asked(-1)
        same = (tick or look) and _standing(before) == _standing(after)
        if same and tick:
            entries[-1] = entry  # the server has not answered the earlier one
            return
        if same and isinstance(event, Looked):
            if self._repeats == len(entries) - 1 and self._no_news(event, before):
                del entries[-3:-1]
            self._append(entry)
            self._repeats = len(entries)
            return
        self._append(entry)

    def _asked(self, at: int) -> bool:
        if not self.entries:
            return False
        _now, event, actions = self.entries[at]
        return isinstance(event, Tick) and actions == ASKED

    def _no_news(self, event: Looked, before: State) -> bool:
        """Compare with the look before; the report tells of looks only once the end has begun."""
        earlier = self.entries[-2][1]
        return before.budget is None or (isinstance(earlier, Looked) and earlier.look == event.look)

    def _append(self, entry: Entry) -> None:
        if len(self.entries) >= MOST:
            self._make_room()
            self._repeats = 0
        self.entries.append(entry)

    def _make_room(self) -> None:
        """Drop from the middle what matters least: a look that asked for nothing, or an orphan."""
        entries = self.entries
        for at in range(MOST // 2, len(entries) - 1):
            _now, event, actions = entries[at]
            if isinstance(event, (Reaped, Signalled)) and not actions:
                width = 1
            elif self._asked(at) and isinstance(entries[at + 1][1], Looked):
                width = 1 if entries[at + 1][2] else 2
            else:
                continue
            del entries[at : at + width]
            self.dropped += width
            return
        del entries[MOST // 2]
        self.dropped += 1


def _standing(state: State) -> dict[str, object]:
    """Return a state but for when it looks next, and whether it does."""
    fields = state.as_dict()
    del fields["next_look"], fields["looking"]
    return fields
