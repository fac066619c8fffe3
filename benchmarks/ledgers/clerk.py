"""Clerks: clients that create numbered thoughts, and note what was answered to which.

    python3 clerk.py URL CLERKS

Each clerk sends one thought until it is told 201, with the same Idempotency-Key whatever happens
meanwhile, then the next. Every so many 201s their number goes to stdout, as a line; when stdin
ends, thoughts that are under way are finished, and the last line is the ledger, as JSON. Standard
library only and one file, so that it runs in any container.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import threading
import time
from collections import Counter
from urllib.parse import urlsplit

TELL_EVERY = 10
PAUSE_S = 0.03  # before the same thought is sent again
TIMEOUT_S = 30.0
FINISH_S = 30.0  # for what is under way when the end has come


class Ledger:
    """What all clerks have seen: ids by thought, and how often each thing happened."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        self.open: list[str] = []
        self.seen: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.over = threading.Event()
        self._lock = threading.Lock()

    def note(self, outcome: str, reason: str = "") -> None:
        """Count what became of one request."""
        with self._lock:
            self.seen[outcome] += 1
            if reason:
                self.reasons[reason] += 1

    def enter(self, thought: str, number: int) -> None:
        """Keep the id that a thought was told to have."""
        with self._lock:
            self.ids[thought] = number
            if len(self.ids) % TELL_EVERY == 0:
                print(len(self.ids), flush=True)

    def leave(self, thought: str) -> None:
        """Keep that a thought was never answered with 201: it may be there, or not."""
        with self._lock:
            self.open.append(thought)


def work(host: str, port: int, name: str, ledger: Ledger) -> None:
    """Be one clerk."""
    number = 0
    while not ledger.over.is_set():
        number += 1
        thought = f"{name}-{number}"
        give_up = float("inf")
        while time.monotonic() < give_up:
            told = create(host, port, thought, ledger)
            if told is not None:
                ledger.enter(thought, told)
                break
            if ledger.over.is_set() and give_up == float("inf"):
                give_up = time.monotonic() + FINISH_S
            time.sleep(PAUSE_S)
        else:
            ledger.leave(thought)


def create(host: str, port: int, thought: str, ledger: Ledger) -> int | None:
    """Send the request once; the thought's id if it was answered 201, however often it was sent."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.connect()
    except OSError as error:
        ledger.note("refused", f"refused: {type(error).__name__}")
        return None
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": thought,
        "Connection": "close",
    }
    try:
        connection.request("POST", "/api/thoughts", json.dumps({"text": thought}), headers)
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException) as error:
        ledger.note("lost", f"lost: {error!r}")
        return None
    finally:
        connection.close()
    replayed = response.headers.get("Idempotency-Replayed") == "true"
    ledger.note(f"{response.status}{' replayed' * replayed}")
    if response.status != 201:
        return None
    found: int = json.loads(body)["id"]
    return found


def main(url: str, clerks: int) -> None:
    """Work until stdin ends, then print the ledger."""
    parts = urlsplit(url)
    ledger = Ledger()
    run = f"{os.getpid()}-{time.time_ns()}"
    hosts = [
        threading.Thread(
            target=work, args=(parts.hostname, parts.port, f"{run}-{number}", ledger), daemon=True
        )
        for number in range(clerks)
    ]
    for one in hosts:
        one.start()
    sys.stdin.read()
    ledger.over.set()
    for one in hosts:
        one.join(FINISH_S + TIMEOUT_S)
    whole = {
        "run": run,
        "ids": ledger.ids,
        "open": ledger.open,
        "seen": ledger.seen,
        "reasons": ledger.reasons,
    }
    print(json.dumps(whole), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
