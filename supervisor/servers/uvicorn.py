"""uvicorn: takes one listener by number, finishes the requests that it has read.

Read in uvicorn 0.54.0 and measured with one worker and several. At TERM it closes its listeners
and every connection on which no request runs; the others end with their response (server.py,
shutdown; protocols/http/h11_impl.py, shutdown). By default it waits without bound, so that
connections that never end, websockets for example, would be killed with everything else. Told to
give up a little earlier it cancels them, and the app's lifespan can end as it should.
"""

from __future__ import annotations

from supervisor.servers.program import Contradiction, Handover, Listening, Program, Words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

HUP, TTIN, TTOU = 1, 21, 22
CLEANING_S: Final = 0.5  # between giving up and our KILL, at least
PREFIX = "UVICORN_"


def hand(words: Words, doors: Sequence[Listening], budget_s: float, keeper: int) -> Handover:  # noqa: ARG001 - one shape for all
    """Hand the listener over by `--fd N`; it goes before host, port and uds of the environment."""
    options: tuple[str, ...] = ("--fd", str(doors[0].fd))
    if words.value("--timeout-graceful-shutdown") is None:
        options += ("--timeout-graceful-shutdown", str(max(1, int(budget_s - CLEANING_S))))
    # A single uvicorn knows no other signals; they would end or stop it.
    several = (words.value("--workers") or "1").strip() not in ("0", "1")
    return Handover(options, forward=(HUP, TTIN, TTOU) if several else ())


def _door(option: str) -> Contradiction:
    return Contradiction(
        option,
        "the address is given twice",
        "Leave it out; `--listen` says where",
    )


PROGRAM = Program(
    "uvicorn",
    hand,
    (
        *(_door(option) for option in ("--host", "--port", "--uds", "--fd")),
        Contradiction(
            "--reload",
            "workers would be ended with their requests",
            "Leave it out in production",
            variable=True,
        ),
    ),
    prefix=PREFIX,
)
