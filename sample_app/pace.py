"""Pacing: spread a body over a given time, in proportion to its bytes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """How long a body takes, and the clock it goes by."""

    seconds: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def spread(self, chunks: Iterable[bytes], total: int) -> Iterator[bytes]:
        """Yield the chunks, the byte at n of `total` not before that share of the time is over.

        The time starts now, not at the first chunk. The last byte leaves at `seconds`; a body
        of one chunk, or of none, is therefore held back entirely.
        """
        start = self.clock()

        def paced() -> Iterator[bytes]:
            sent = 0
            for chunk in chunks:
                sent += len(chunk)
                self._wait_until(start + self.seconds * sent / total)
                yield chunk
            self._wait_until(start + self.seconds)

        return paced()

    def _wait_until(self, moment: float) -> None:
        remaining = moment - self.clock()
        if remaining > 0:
            self.sleep(remaining)
