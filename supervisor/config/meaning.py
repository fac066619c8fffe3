"""Meaning: what each key says may be right, and what all of them say together may not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from supervisor.config.declared import Declared
from supervisor.config.kinds import split_listen
from supervisor.config.located import Path
from supervisor.config.mistakes import Mistakes, near
from supervisor.config.shape import SERVICES
from supervisor.config.shaping import Values
from supervisor.core.budget import RESERVE_S
from supervisor.core.fleet import COMPLETED, READY

Services = dict[str, Values]
NOT_FOR_TASKS = {
    "listen": "it serves nobody",
    "ready": "it is completed, and never ready",
    "watch_file": "it runs once",
    "recycle": "it has no workers",
}


def check(
    top: Values, services: Services, declared: Mapping[str, object], mistakes: Mistakes
) -> None:
    """Note all contradictions; `declared` has every service's name, also of those left out."""
    if not mistakes.at(("grace",)):
        _budget((), top, _whole_s(top), mistakes)
    for name, service in services.items():
        _service(name, service, top, mistakes)
        _needs(name, services, declared, mistakes)
    _cycles(services, mistakes)
    _addresses(top, services, mistakes)


def condition(name: str, said: str | None, services: Services) -> str:
    """Return a need's condition; in the short form, what fits whom it names."""
    return said or (COMPLETED if services.get(name, {}).get("task") else READY)


def _budget(path: Path, values: Values, grace_s: float, mistakes: Mistakes) -> None:
    """Check that time is left for requests."""
    delay_s = values.get("drain_delay", 0.0)
    if grace_s <= delay_s + RESERVE_S:
        mistakes.add(
            (*path, "grace" if "grace" in values else "drain_delay"),
            f"cannot fit a drain delay of {delay_s:g} s and the reserve of {RESERVE_S:g} s into a"
            f" grace of {grace_s:g} s: no time is left for requests. Give more grace than"
            f" {delay_s + RESERVE_S:g} s, here and on the platform.",
        )


def _whole_s(top: Values) -> float:
    return float(top.get("grace", Declared.grace_s))


def _service(name: str, service: Values, top: Values, mistakes: Mistakes) -> None:
    path = (SERVICES, name)
    whole_s = _whole_s(top)
    grace_s = service.get("grace", whole_s)
    if mistakes.at(("grace",)) or mistakes.at((*path, "grace")):
        pass
    elif grace_s > whole_s:
        mistakes.add(
            (*path, "grace"),
            f"cannot give {name} {grace_s:g} s to stop: the container has {whole_s:g} s. Use less,"
            " or more for `grace` above all tables.",
        )
    elif "grace" in service or "drain_delay" in service:
        _budget(path, service, grace_s, mistakes)
    if service.get("restart_grace", RESERVE_S + 1) <= RESERVE_S:
        mistakes.add(
            (*path, "restart_grace"),
            f"cannot restart {name} with a grace of {service['restart_grace']:g} s: the reserve is"
            f" {RESERVE_S:g} s. Use e.g. 60.",
        )
    if service.get("task"):
        _task(name, service, mistakes)


def _task(name: str, task: Values, mistakes: Mistakes) -> None:
    path = (SERVICES, name)
    for key, why in NOT_FOR_TASKS.items():
        if key in task:
            told = f"cannot use `{key}` of {name}: as a task {why}. Leave one of both out."
            mistakes.add((*path, key), told)
    if task.get("restart") == "always":
        mistakes.add(
            (*path, "restart"),
            f"cannot start {name} always anew: it is a task, and would never be completed. Write"
            ' "on-failure", or leave `task` out.',
        )


def _needs(
    name: str, services: Services, declared: Mapping[str, object], mistakes: Mistakes
) -> None:
    for needed, said in services[name].get("after", {}).items():
        if mistakes.at((SERVICES, needed, "task")):
            continue
        if told := _need(name, needed, said, services, declared):
            mistakes.add(_place(name, needed, services), f"cannot start {name} {told}")


def _need(
    name: str, needed: str, said: str | None, services: Services, declared: Mapping[str, object]
) -> str:
    """Return what is wrong with one need, if anything is."""
    if needed not in declared:
        todo = near(needed, declared) or f"There are {', '.join(declared)}."
        return f"after {needed}: there is no such service. {todo}"
    if needed == name:
        return "after itself: it would wait for ever. Leave it out."
    if needed not in services:  # its mistake is told elsewhere
        return ""
    task = services[needed].get("task", False)
    if said == COMPLETED and not task:
        return (
            f"when {needed} is completed: {needed} is no task, and that never comes true. Write"
            f' "ready", or `task = true` for {needed}.'
        )
    if said == READY and task:
        return (
            f"when {needed} is ready: {needed} is a task, and never ready. Write"
            f' "completed", or leave `task` of {needed} out.'
        )
    return ""


def _place(name: str, needed: str, services: Services) -> Path:
    """Return where a need stands; in a list by its number."""
    path = (SERVICES, name, "after")
    as_item = (*path, list(services[name]["after"]).index(needed))
    in_list = services[name]["after"][needed] is None
    return as_item if in_list else (*path, needed)


def _cycles(services: Services, mistakes: Mistakes) -> None:
    """Note every cycle; each is told where its first service in the file waits."""
    graph = {
        name: [one for one in service.get("after", {}) if one in services and one != name]
        for name, service in services.items()
    }
    for cycle in _found(graph):
        first = min(cycle, key=list(services).index)
        start = cycle.index(first)
        row = [*cycle[start:], *cycle[:start]]
        places = [_place(a, b, services) for a, b in zip(row, [*row[1:], first], strict=True)]
        shown = " -> ".join(
            f"{name} (line {mistakes.line(place)})" for name, place in zip(row, places, strict=True)
        )
        told = (
            f"cannot start {first}: it waits for itself: {shown} -> {first}. Take one `after` out."
        )
        mistakes.add(places[0], told)


def _found(graph: dict[str, list[str]]) -> Iterator[list[str]]:
    """Yield cycles, each a list in which everybody waits for the next; one edge of each is cut."""
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            cycle = error.args[1][:0:-1]
            graph[cycle[0]].remove(cycle[1])
            yield cycle
        else:
            return


def _addresses(top: Values, services: Services, mistakes: Mistakes) -> None:
    """Note addresses that two would listen on."""
    owners = {top["health"]: "`health`"} if "health" in top else {}
    for name, service in services.items():
        for address in service.get("listen", ()):
            bare = split_listen(address)[1]
            if bare in owners:
                told = f"cannot listen on {bare} for {name}: {owners[bare]} has it. Choose another."
                mistakes.add((SERVICES, name, "listen"), told)
            owners.setdefault(bare, name)
