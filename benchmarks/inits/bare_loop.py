"""The least that CPython can do as PID 1: `python -I -S -E bare_loop.py COMMAND [ARG ...]`.

Built-in modules only, so nothing is read from disk but this file. It blocks all signals, starts
the command, forwards what comes, reaps whoever ends, and exits as its child did (128 + N).
"""

import _signal  # type: ignore[import-not-found]  # typeshed only knows its wrapper
import posix
import sys

# These are for the loop itself, or tell of an error in it.
OWN = {17, 18, 19, 20, 21, 22, 28}


def main(command: list[str]) -> None:
    """Run it until the child has ended."""
    everything = _signal.valid_signals()
    _signal.pthread_sigmask(_signal.SIG_BLOCK, everything)
    # CPython ignores these two; the child shall not.
    child = posix.posix_spawn(
        command[0], command, posix.environ, setsigmask=(), setsigdef=(_signal.SIGPIPE, 25)
    )
    while True:
        number = _signal.sigwaitinfo(everything).si_signo
        if number == _signal.SIGCHLD:
            code = reap(child)
            if code is not None:
                posix._exit(code)
        elif number not in OWN:
            posix.kill(child, number)


def reap(child: int) -> int | None:
    """Collect all zombies; the child's code, if it was one of them."""
    code = None
    while True:
        try:
            pid, status = posix.waitpid(-1, posix.WNOHANG)
        except ChildProcessError:
            return code
        if not pid:
            return code
        if pid == child:
            code = posix.waitstatus_to_exitcode(status)
            code = code if code >= 0 else 128 - code


main(sys.argv[1:])
