"""An HTTP load, closed or open loop, that tells answered, turned away, refused and lost apart.

    with Driver(Load("http://127.0.0.1:8000/slow", clients=8, until_refused=20)) as driver:
        driver.wait_in_flight(8)
        driver.mark("asked")
        server.terminate()
        tally = driver.join(timeout_s=30)
    assert tally.lost == 0, tally.lost_results()

Standard library only, so that it runs inside any container: `python -m supervisor.drill.load`.
"""

from __future__ import annotations

import argparse
import signal
import sys
from typing import TYPE_CHECKING

from supervisor.drill.driver import Driver
from supervisor.drill.tally import Fate, Result, Tally
from supervisor.drill.target import Target
from supervisor.drill.traffic import Load, Request, SlowReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supervisor.drill.tls import Trust

__all__ = [
    "Driver",
    "Fate",
    "Load",
    "Request",
    "Result",
    "SlowReader",
    "Tally",
    "Target",
    "main",
]

_EXIT_LOST = 1
_LOOK_S = 0.05  # how late the end of the load is noticed, at most


def main(argv: Sequence[str] | None = None) -> int:
    """Drive a load until it ends; print the tally; 1 if a request was lost, 2 for bad arguments.

    SIGUSR1 marks the moment "asked" and says so on stderr; SIGTERM and SIGINT end the load, and
    what is under way is still awaited.
    """
    parser = _parser()
    options = parser.parse_args(argv)
    try:
        load = _load_of(options)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    tally = _drive(Driver(load))
    print(tally.to_json(with_results=options.results) if options.json else _text(tally))
    return _EXIT_LOST if tally.lost else 0


def _drive(driver: Driver) -> Tally:
    """Wait for the end, and for signals: no handlers, so none can come at a bad moment."""
    wanted = {signal.SIGTERM, signal.SIGINT, signal.SIGUSR1}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
    try:
        driver.start()
        while not driver.ended:
            info = signal.sigtimedwait(wanted, _LOOK_S)
            if info is None:
                continue
            if info.si_signo == signal.SIGUSR1:
                driver.mark("asked")
                print("marked", file=sys.stderr, flush=True)  # whoever asked may go on
            else:
                driver.end()
        return driver.join()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _load_of(options: argparse.Namespace) -> Load:
    path = Target.parse(options.url).path
    request = Request(
        path,
        method=options.method,
        body=options.body.encode(),
        expect_bytes=options.expect_bytes,
        end_marker=options.end_marker.encode(),
    )
    more = (_another(text, options.method) for text in options.path)
    slow = options.slow_bytes_per_s
    return Load(
        options.url,
        clients=options.clients,
        rate=options.rate,
        keep_alive=options.keep_alive,
        requests=(request, *more),
        per_client=1 if options.once else None,
        until_refused=options.until_refused,
        max_s=options.max_seconds,
        deadline_s=options.deadline,
        connect_deadline_s=options.connect_deadline,
        slow_reader=SlowReader(bytes_per_s=slow) if slow else None,
        trust=_trust(options),
    )


def _trust(options: argparse.Namespace) -> Trust | None:
    if not (options.ca or options.insecure):
        return None
    from supervisor.drill.tls import Trust

    return Trust(options.ca, options.insecure)


def _another(text: str, method: str) -> Request:
    """`/path`, or `3:/path` for one that comes three times as often. Raises ValueError."""
    weight, colon, path = text.partition(":")
    if colon and weight.isascii() and weight.isdigit():
        return Request(path, method=method, weight=int(weight))
    return Request(text, method=method)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m supervisor.drill.load", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("--url", required=True, help="http(s)://host:port/path or unix:/run/app.sock[:/path]")
    add("--ca", default="", help="who certifies an https server, or its own certificate (PEM)")
    add("--insecure", action="store_true", help="trust any https server")
    add("--path", action="append", default=[], help="[WEIGHT:]/path, taken in turn")
    add("--clients", type=int, default=8, help="requests under way at once (8)")
    add("--rate", type=float, help="an open loop: so many requests are due a second")
    add("--once", action="store_true", help="each client sends one request, all at once")
    add("--keep-alive", action="store_true", help="reuse connections and never pause")
    add("--method", default="GET")
    add("--body", default="", help="request body")
    add("--expect-bytes", type=int, help="length of a complete body of the URL's path")
    add("--end-marker", default="", help="how a complete body of the URL's path ends")
    add("--slow-bytes-per-s", type=float, help="read slowly, through a small window")
    add("--until-refused", type=int, metavar="K", help="end after K refusals in a row")
    add("--max-seconds", type=float, default=30.0, help="send nothing new after that (30)")
    add("--deadline", type=float, default=30.0, help="seconds from accepted to complete (30)")
    add("--connect-deadline", type=float, default=5.0, help="seconds for the handshake (5)")
    add("--json", action="store_true", help="print the tally as one line of JSON")
    add("--results", action="store_true", help="with --json: each single result, too")
    return parser


def _text(tally: Tally) -> str:
    reasons = [f"  {count} x {reason}" for reason, count in tally.reasons().most_common()]
    counts = [f"{fate}: {tally.counts[fate]}" for fate in Fate]
    if tally.late or tally.unsent:
        counts.append(f"due while no client was free: {tally.late} (never sent: {tally.unsent})")
    return "\n".join([", ".join(counts), *reasons])


if __name__ == "__main__":
    sys.exit(main())
