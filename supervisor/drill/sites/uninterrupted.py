"""Lets Ctrl-C and TERM wait while something is being made that nobody could take away yet."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold them back; they come when it is over. Python handles them in its main thread alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {one: signal.getsignal(one) for one in SIGNALS}
    # A handler that Python did not install could not be put back.
    held = [one for one, handler in before.items() if handler is not None]
    for one in held:
        signal.signal(one, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for one in held:
            signal.signal(one, before[one])
        for number in dict.fromkeys(came):
            signal.raise_signal(number)
