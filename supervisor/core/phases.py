"""The phases of a service's life, in order; a phase is left forwards only.

They are plain strings and not an Enum: importing `enum` costs PID 1 more than all phases together.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, Literal

    Phase = Literal[
        "starting", "serving", "delaying", "quiescing", "stopping", "reaping", "closing", "done"
    ]

STARTING: Final = "starting"  # spawned, or about to be; not ready yet
SERVING: Final = "serving"  # ready
DELAYING: Final = "delaying"  # asked to stop; serving on, so that balancers can look away
QUIESCING: Final = "quiescing"  # door shut to newcomers; what was accepted is being answered
STOPPING: Final = "stopping"  # on the ladder
REAPING: Final = "reaping"  # the service's main process is gone; its descendants may not be
CLOSING: Final = "closing"  # nobody is left; last answers leave, the door is taken off its hinges
DONE: Final = "done"

PHASES: Final[tuple[Phase, ...]] = (
    STARTING,
    SERVING,
    DELAYING,
    QUIESCING,
    STOPPING,
    REAPING,
    CLOSING,
    DONE,
)
