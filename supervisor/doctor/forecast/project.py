"""A whole Compose project: who is stopped after whom, and how long all of it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.core.record import Record
from supervisor.doctor.forecast.ending import ending, worst_s
from supervisor.doctor.services.service import COMPOSE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from supervisor.doctor.forecast.forecast import Forecast


class Project(Record):
    """`waves`: services that are stopped together; one is stopped when all that need it have ended.

    `least_s`  without requests; `most_s`: with requests that take for ever; None: nobody can tell
    """

    path: str
    waves: tuple[tuple[str, ...], ...]
    least_s: float | None
    most_s: float | None


def projects(found: Iterable[Forecast]) -> tuple[Project, ...]:
    """Return those of several services, by their files (docs.docker.com, Control startup order)."""
    files: dict[str, dict[str, Forecast]] = {}
    for one in found:
        if one.service.kind == COMPOSE:
            files.setdefault(one.service.place.path, {})[one.service.name] = one
    return tuple(_project(path, named) for path, named in files.items() if len(named) > 1)


def _project(path: str, named: dict[str, Forecast]) -> Project:
    wave = _waves(named)
    numbers = sorted(set(wave.values()))
    waves = tuple(tuple(name for name in named if wave[name] == at) for at in numbers)
    return Project(path, waves, _lasts(named, wave, _idle), _lasts(named, wave, worst_s))


def _idle(one: Forecast) -> float | None:
    found = ending(one, 0.0)
    return found.seconds if found else None


def _waves(named: dict[str, Forecast]) -> dict[str, int]:
    """Return in which wave each is stopped; a circle, which Compose refuses, ends somewhere."""
    wave = dict.fromkeys(named, 0)
    for _ in named:
        before = dict(wave)
        for name, one in named.items():
            for needed in one.service.depends:
                if needed in wave:
                    wave[needed] = min(max(wave[needed], wave[name] + 1), len(named))
        if wave == before:
            break
    return wave


def _lasts(
    named: dict[str, Forecast],
    wave: dict[str, int],
    seconds: Callable[[Forecast], float | None],
) -> float | None:
    """Add up along the longest way from one that nobody needs to one that needs nobody."""
    ends: dict[str, float] = {}
    begins = dict.fromkeys(named, 0.0)
    for name in sorted(named, key=lambda each: wave[each]):
        lasts = seconds(named[name])
        if lasts is None:
            return None
        ends[name] = begins[name] + lasts
        for needed in named[name].service.depends:
            if needed in begins:
                begins[needed] = max(begins[needed], ends[name])
    return max(ends.values(), default=None)
