"""Asks a health path over and over, and remembers each answer with the moment it was asked for."""

from __future__ import annotations

import http.client
import threading
import time
from dataclasses import dataclass
from typing import Self

_PACE_S = 0.01
_TIMEOUT_S = 3.0


@dataclass(frozen=True)
class Look:
    """One question, and the status of its answer; None if there was none."""

    asked: float
    answered: float
    status: int | None


class Watch:
    """A background thread from `with` to its end."""

    def __init__(self, host: str, port: int, path: str) -> None:
        self._address = (host, port)
        self._path = path
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watch {path}", daemon=True)
        self.looks: list[Look] = []

    def __enter__(self) -> Self:
        """Start asking."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop asking."""
        self._over.set()
        self._thread.join(2 * _TIMEOUT_S)

    def statuses(self, since: float = 0.0, until: float = float("inf")) -> set[int]:
        """The different answers to questions that were asked and answered in this time."""
        return {
            look.status
            for look in self.looks
            if look.status is not None and since <= look.asked and look.answered <= until
        }

    def _run(self) -> None:
        while not self._over.wait(_PACE_S):
            asked = time.monotonic()
            status = self._ask()
            self.looks.append(Look(asked, time.monotonic(), status))

    def _ask(self) -> int | None:
        connection = http.client.HTTPConnection(*self._address, timeout=_TIMEOUT_S)
        try:
            connection.request("GET", self._path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
