"""How PostgreSQL is stopped (postmaster.c, pmdie(); "Shutting Down the Server" in its manual).

TERM, "smart", only shuts the door: it waits for every session, idle ones too, for ever. INT,
"fast", rolls back what is open and writes a checkpoint: it has all the time there is, because what
follows costs a recovery. QUIT, "immediate", writes nothing.
"""

from __future__ import annotations

from supervisor.core.policy import Rung

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

HUP, INT, QUIT, KILL, TERM = 1, 2, 3, 9, 15
SHUT: Final = TERM
FORWARDED: Final = (HUP,)  # read the configuration again
IMMEDIATE: Final = Rung("immediate", signal=QUIT, patience_s=0.2)
EVERYBODY: Final = Rung("kill the tree", signal=KILL, target="tree")

LADDER: Final = (Rung("fast", signal=INT), IMMEDIATE, EVERYBODY)
OUT_OF_TIME: Final = (Rung("fast", signal=INT, patience_s=0.2), IMMEDIATE, EVERYBODY)
# Seeing whether anybody is inside takes three looks; no drain delay is shorter than that.
LEAST_QUIESCE_S: Final = 0.1
