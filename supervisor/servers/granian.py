"""granian: takes no listener; each worker binds its own, with SO_REUSEPORT, and we join them.

Read in granian 2.8.7 and measured, ASGI and WSGI, with one worker and two. There is no option for
a descriptor; on Linux every worker makes a listener from host and port (server/common.py,
_init_shared_socket). At TERM a worker closes idle connections and finishes its requests without
bound, unless `--workers-kill-timeout` says otherwise. A unix socket is bound by the main process,
which removes its path when it has ended, whoever listens there by then.
"""

from __future__ import annotations

from supervisor.servers.program import Contradiction, Handover, Listening, Program, Words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

ALL = {"inet": "0.0.0.0", "inet6": "::"}  # noqa: S104 - what was asked for


def hand(words: Words, doors: Sequence[Listening], budget_s: float, keeper: int) -> Handover:  # noqa: ARG001 - one shape for all
    """Name the address; it goes before host and port of the environment."""
    address = doors[0].address
    if address.family == "unix":
        options: tuple[str, ...] = ("--uds", address.path)
        if words.value("--uds-permissions") is None:
            options += ("--uds-permissions", "666")
        return Handover(options)
    return Handover(("--host", address.host or ALL[address.family], "--port", str(address.port)))


PROGRAM = Program(
    "granian",
    hand,
    (
        *(
            Contradiction(
                option, "the address is given twice", "Leave it out; `--listen` says where"
            )
            for option in ("--host", "--port")
        ),
        Contradiction(
            "--uds",
            "the address is given twice",
            "Leave it out; `--listen` says where",
            variable=True,
        ),
        Contradiction(
            "--reload",
            "workers would be ended with their requests",
            "Leave it out in production",
            variable=True,
        ),
    ),
    binds=True,
    prefix="GRANIAN_",
)
