"""A service for fleets: says its name, serves until it is told to end, says when."""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path


def say(*words: object) -> None:
    """One write, one line."""
    os.write(1, (" ".join(str(word) for word in words) + "\n").encode())


def notify(text: str) -> None:
    """Say something to whoever started us, as sd_notify(3) does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.connect("\0" + os.environ["NOTIFY_SOCKET"][1:])
        sender.send(text.encode())


def main(name: str, *words: str) -> None:
    """Do what the words say, then wait for a signal."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGUSR1})
    say(name, "is up", Path.cwd(), os.getuid(), os.getgid(), os.environ.get("HUSH", ""))
    if "notify" in words:
        notify("STATUS=nearly\nREADY=1")
    if "daemon" in words and os.fork() == 0:
        os.setsid()
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        signal.pause()
    number = signal.sigwait({signal.SIGTERM, signal.SIGUSR1})
    say(name, "ends")
    sys.exit(7 if number == signal.SIGUSR1 else 0)


main(*sys.argv[1:])
