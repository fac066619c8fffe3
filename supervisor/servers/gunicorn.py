"""gunicorn: takes listeners by number, finishes what its workers have accepted.

Read in gunicorn 27.0.1 and measured with sync and gthread workers. At TERM the arbiter closes its
listeners and passes TERM on; each worker ends after its request (arbiter.py, stop; workers/sync.py,
run_for_one). A gthread worker answers kept-alive connections for up to 2 s more, with
`Connection: close` (workers/gthread.py, STOP_KEEPALIVE_LINGER). After `--graceful-timeout` workers
are killed, so it gets all the time there is; ours on the command line wins over a configuration
file. So does `--bind`. What a file can still spoil is `daemon`, `reload` and `reuse_port`.
"""

from __future__ import annotations

from math import ceil

from supervisor.servers.program import Contradiction, Handover, Listening, Program, Words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

HUP, USR1, TTIN, TTOU = 1, 10, 21, 22


def hand(words: Words, doors: Sequence[Listening], budget_s: float, keeper: int) -> Handover:
    """Hand listeners over by `--bind fd://N`, or as a re-executed gunicorn gets its own.

    An arbiter removes the path of a unix socket when it ends, though by then another may listen
    there: the keeper's answers, or the next generation. It doesn't do so while it takes its parent
    for an older arbiter, which GUNICORN_PID makes it do (arbiter.py, stop and start, reexec). All
    that changes otherwise is that a pidfile's name ends in `.2`. LISTEN_FDS would do too, but
    LISTEN_PID must be its own pid (systemd.py), which is not known before it runs.
    """
    options: tuple[str, ...] = ()
    if words.value("--graceful-timeout") is None:
        options = ("--graceful-timeout", str(ceil(budget_s)))
    numbers = [str(door.fd) for door in doors]
    environment: tuple[tuple[str, str], ...] = ()
    if any(door.address.family == "unix" for door in doors):
        environment = (("GUNICORN_FD", ",".join(numbers)), ("GUNICORN_PID", str(keeper)))
    else:
        options = (*(word for number in numbers for word in ("--bind", f"fd://{number}")), *options)
    return Handover(options, environment, forward=(HUP, USR1, TTIN, TTOU))


PROGRAM = Program(
    "gunicorn",
    hand,
    (
        Contradiction(
            "--bind",
            "it would open a door that nobody guards",
            "Leave it out, and give its address to `--listen`",
            letter="b",
        ),
        Contradiction(
            "--daemon", "nobody could wait for it", "Leave it out, and it stays here", letter="D"
        ),
        Contradiction(
            "--reload", "workers would be ended with their requests", "Leave it out in production"
        ),
        Contradiction(
            "--reuse-port",
            "each worker would bind a listener of its own instead",
            "Leave it out; the workers share ours",
        ),
    ),
    other_names=("gunicorn3",),
    several=True,
    flags="DR",
    abbreviated=True,
    more_arguments="GUNICORN_CMD_ARGS",
)
