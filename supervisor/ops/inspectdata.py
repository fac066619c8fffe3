"""An inspection as JSON's own types, as inspect.schema.json describes it; secrets are masked."""

from __future__ import annotations

from typing import Any, Final

from supervisor.core.signalnames import RTMAX
from supervisor.core.signalnames import name as signal_name
from supervisor.ops.disposition import disposition
from supervisor.ops.ending import Ending
from supervisor.ops.inspection import Inspection
from supervisor.ops.masking import masked
from supervisor.ops.process import Process, has
from supervisor.ops.programs import title
from supervisor.ops.reach import reach
from supervisor.ops.reaction import reaction
from supervisor.ops.scene import Scene

SCHEMA: Final = 1


def data(found: Inspection) -> dict[str, Any]:
    """Return everything that was found."""
    scene = found.scene
    told = reach(scene)
    return {
        "schema": SCHEMA,
        "container": _container(found),
        "stop": {"signal": signal_name(scene.signal), "grace_s": scene.grace_s},
        "forecast": _forecast(found),
        "processes": [
            {**_process(one, scene), "depth": depth, "told": told[one.pid]}
            for depth, one in scene.tree.walk()
        ],
        "listeners": _records(found.listeners),
        "memory": found.memory.as_dict() if found.memory else None,
        "hidden": list(found.hidden),
    }


def _container(found: Inspection) -> dict[str, Any] | None:
    what = found.container
    if what is None:
        return None
    return {"id": what.id, "name": what.name, "image": what.image, "init": what.init}


def _forecast(found: Inspection) -> dict[str, Any]:
    one = found.forecast
    return {
        "seconds": one.seconds,
        "give_or_take_s": one.give_or_take_s,
        "exit_code": one.code,
        "killed": one.killed,
        "sure": not one.unsure,
        "sentence": one.sentence,
        "why": one.why,
        "needs": one.unsure,
        "todo": one.todo,
        "cut": list(one.cut),
    }


def _process(one: Process, scene: Scene) -> dict[str, Any]:
    return {
        "pid": one.pid,
        "inner_pid": one.inner or None,
        "ppid": one.ppid,
        "name": one.name,
        "program": title(one),
        "argv": list(masked(one.argv)),
        "uid": one.uid,
        "state": one.state,
        "wchan": one.wchan,
        "threads": one.threads,
        "age_s": round(one.age_s, 1),
        "signal": disposition(one, scene.signal),
        "ending": _ending(reaction(scene, one, scene.signal)),
        "signals": {
            "pending": _names(one.pending),
            "blocked": _names(one.blocked),
            "ignored": _names(one.ignored),
            "caught": _names(one.caught),
            "waited": None if one.waited is None else _names(one.waited),
        },
    }


def _ending(one: Ending) -> dict[str, Any]:
    return {
        "after_s": None if one.after_s is None else round(one.after_s, 3),
        "exit_code": None if one.after_s is None else one.status,
        "why": one.why,
        "needs": one.unsure,
    }


def _names(mask: int) -> list[str]:
    return [signal_name(number) for number in range(1, RTMAX + 1) if has(mask, number)]


def _records(found: tuple[Any, ...] | None) -> list[dict[str, Any]] | None:
    if found is None:
        return None
    rows = [one.as_dict() for one in found]
    return [{**row, "holders": _list(row["holders"])} for row in rows]


def _list(found: tuple[int, ...] | None) -> list[int] | None:
    return None if found is None else list(found)
