"""hypercorn: takes listeners by number; several workers are told to end when nobody is inside.

Read in hypercorn 0.18.0 and measured. A worker that is told to end finishes its requests within
`--graceful-timeout`, by default 3 s, and closes idle connections (asyncio/run.py, worker_serve).
But as soon as the first worker has ended, the main process sends TERM to the others, which have
no handler for it: of two workers, one idle and one with a request, the request was lost (run.py,
run, after the loop). So only with a single worker is it left to finish by itself; otherwise
everybody is answered first. Idle connections end with `--keep-alive`, by default 5 s.
"""

from __future__ import annotations

from supervisor.servers.program import Contradiction, Handover, Listening, Program, Words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

CLEANING_S: Final = 0.5  # between giving up and our KILL, at least
DOORS = (("--bind", "b"), ("--insecure-bind", ""), ("--quic-bind", ""))


def hand(words: Words, doors: Sequence[Listening], budget_s: float, keeper: int) -> Handover:  # noqa: ARG001 - one shape for all
    """Hand listeners over by `--bind fd://N`; they go before those of a configuration file."""
    options = tuple(word for door in doors for word in ("--bind", f"fd://{door.fd}"))
    if words.value("--graceful-timeout") is None:
        options += ("--graceful-timeout", str(max(1, int(budget_s - CLEANING_S))))
    return Handover(options, finishes=_single(words))


def _single(words: Words) -> bool:
    """Tell whether there is one worker for sure; a configuration file may say another number."""
    workers = words.value("--workers", "w")
    if workers is None:
        return not words.argument("--config", "c")
    return workers.strip() in ("0", "1")


PROGRAM = Program(
    "hypercorn",
    hand,
    (
        *(
            Contradiction(
                option,
                "it would open a door that nobody guards",
                "Leave it out, and give its address to `--listen`",
                letter=letter,
            )
            for option, letter in DOORS
        ),
        Contradiction(
            "--reload", "workers would be ended with their requests", "Leave it out in production"
        ),
    ),
    several=True,
    flags="D",
    abbreviated=True,
)
