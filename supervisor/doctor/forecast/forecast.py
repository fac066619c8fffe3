"""What a stop would do with the services of a tree: no process is started, nothing is run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.forecast.fate import UNKNOWN, Fate, unknown
from supervisor.doctor.forecast.path import Path
from supervisor.doctor.forecast.programs import Programs
from supervisor.doctor.forecast.step import Step
from supervisor.doctor.forecast.stop import Stop
from supervisor.doctor.scripts.ends import GRACE
from supervisor.doctor.services.service import IMAGE, KUBERNETES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from supervisor.doctor.finding import Place
    from supervisor.doctor.house.house import House
    from supervisor.doctor.platforms.supervising import Supervised
    from supervisor.doctor.services.service import Service


class Forecast(Record):
    """Of one service.

    `steps`     the signal's path, PID 1 first; each process stands below the one that started it
    `grace_s`   from the request to stop until SIGKILL; `prestop_s` of it pass before the signal,
                None if nobody can tell how many
    `programs`  of supervisord: its programs in the order in which they are stopped, group by group
    """

    service: Service
    steps: tuple[Step, ...]
    fate: Fate
    grace_s: float
    prestop_s: float | None = 0.0
    programs: tuple[tuple[Forecast, ...], ...] = ()

    @property
    def left_s(self) -> float | None:
        """Return how long after the signal it is killed."""
        if self.prestop_s is None:
            return None
        left = self.grace_s - self.prestop_s
        return left if left > 0 or self.service.kind != KUBERNETES else LEAST_S

    @property
    def unsure(self) -> tuple[str, ...]:
        """Return what isn't known, or was not measured."""
        found = list(self.fate.unsure)
        if self.prestop_s is None:
            found.append("nobody can tell how long the preStop hook takes")
        found += [
            f"{one.service.name}: {why}"
            for group in self.programs
            for one in group
            for why in one.unsure
        ]
        return tuple(dict.fromkeys(found))

    def moved(self, shown: Callable[[str], str]) -> Forecast:
        """Return it with paths as they are told: from where the command runs."""

        def there(place: Place) -> Place:
            return place.replace(path=shown(place.path))

        service, fate, hook = self.service, self.fate, self.service.prestop
        return self.replace(
            service=service.replace(
                name=shown(service.name) if service.kind == IMAGE else service.name,
                place=there(service.place),
                prestop=hook.replace(place=there(hook.place)) if hook else None,
            ),
            steps=tuple(one.replace(place=there(one.place)) for one in self.steps),
            fate=fate.replace(limit_place=there(fate.limit_place)) if fate.limit_place else fate,
            programs=tuple(tuple(one.moved(shown) for one in group) for group in self.programs),
        )


LEAST_S: Final = 2.0
"""What the kubelet leaves where a hook has used the whole grace period, or where it is 0."""


def forecasts(house: House) -> tuple[Forecast, ...]:
    """Return one for each service; supervisord's programs are in that of who runs it."""
    programs = Programs(house)
    supervised = {id(one.service): one for one in house.supervised if one.service}
    by_parent: dict[int, list[Service]] = {}
    for one in house.services:
        if one.parent is not None:
            by_parent.setdefault(id(one.parent), []).append(one)
    found = []
    for service in house.services:
        if service.parent is not None:
            continue
        below = supervised.get(id(service))
        children = by_parent.get(id(service), ())
        made = house.guard.one(
            "forecasting its stop", service.place, None, _whole, service, below, children, programs
        )
        if made is None:
            why = house.guard.skips[-1].why
            made = Forecast(service, (), unknown(why), service.grace)
        found.append(made)
    return tuple(found)


def _whole(
    service: Service, below: Supervised | None, children: Sequence[Service], programs: Programs
) -> Forecast:
    """Return that of a service; `below`: the supervisord that it is, with its `children`."""
    made = _forecast(service, programs)
    if below is None or not made.fate.told or made.fate.ends in (UNKNOWN, GRACE):
        return made
    groups = _programs(below, children, programs)
    return made.replace(programs=groups, steps=_naming(made.steps))


def _naming(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Say of supervisord, the last one, what it does."""
    note = "stops its programs, one group after another"
    return (*steps[:-1], steps[-1].replace(note=note))


def _forecast(service: Service, programs: Programs, *, group: bool = False) -> Forecast:
    chain, hook = service.chain, service.prestop
    before = None if hook is not None and service.kind == KUBERNETES else 0.0
    if hook is not None and before is None:
        before = hook.sleeps_s
    steps: tuple[Step, ...] = ()
    if chain is None:
        what = service.image_name or "its command"
        fate = unknown(f"nobody can tell what runs in it: {what} is not in the tree")
    else:
        stop = Stop(service.signal.removeprefix("SIG"), service.pid1, group)
        fate, steps = Path(programs, service, chain).way(stop)
    if service.oneshot:
        fate = fate.doubted("it is a job, and may have ended by itself")
    return Forecast(service, steps, fate, service.grace, before)


def _programs(
    below: Supervised, services: Iterable[Service], programs: Programs
) -> tuple[tuple[Forecast, ...], ...]:
    """Return the programs group by group: the highest priority is stopped first."""
    by_name = {one.name: one for one in services}
    groups: dict[str, list[Forecast]] = {}
    for one in sorted(below.programs, key=lambda each: -each.priority):
        service = by_name.get(one.name)
        if service is not None:
            made = _forecast(service, programs, group=one.flag("stopasgroup"))
            groups.setdefault(one.group, []).append(made)
    return tuple(map(tuple, groups.values()))
