"""A process on the way of a stop signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.core.record import Record

if TYPE_CHECKING:
    from supervisor.doctor.finding import Place


class Step(Record):
    """One process of the signal's path.

    `depth`  0 is the first; `aside`: it runs beside the path; `heard`: it gets a signal, None if
             nobody can tell
    """

    depth: int
    title: str
    place: Place
    note: str
    heard: bool | None = True
    aside: bool = False
