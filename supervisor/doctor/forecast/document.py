"""Forecasts as a document; forecast.schema.json, beside the doctor's, describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from supervisor.doctor.document import place, skipped
from supervisor.doctor.forecast import sentences
from supervisor.doctor.forecast.ending import LONG_S, ending
from supervisor.doctor.forecast.project import Project, projects

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from supervisor.doctor.finding import Skip
    from supervisor.doctor.forecast.forecast import Forecast
    from supervisor.doctor.forecast.step import Step

SCHEMA: Final = 1


def data(found: Sequence[Forecast], skips: Iterable[Skip] = ()) -> dict[str, Any]:
    """Return all of them as values of JSON; what nobody can tell is null."""
    return {
        "event": "doctor-forecast",
        "schema": SCHEMA,
        "services": [_service(one) for one in found],
        "projects": [_project(one) for one in projects(found)],
        "skips": [skipped(one) for one in skips],
    }


def _service(forecast: Forecast) -> dict[str, Any]:
    """`idle` without requests, `busy` with one that never ends."""
    service, fate = forecast.service, forecast.fate
    limit = _seconds(fate.limit_s)
    return {
        "name": service.name,
        "kind": service.kind,
        **place(service.place),
        "asked_by": sentences.asker(forecast),
        "signal": service.signal,
        "grace_s": _seconds(forecast.grace_s),
        "prestop_s": _seconds(forecast.prestop_s),
        "left_s": _seconds(forecast.left_s),
        "processes": [_process(step) for step in forecast.steps],
        "ends": fate.ends or None,
        "why": fate.why,
        "requests": fate.request or None,
        "limit_s": limit,
        "limit_place": place(fate.limit_place) if fate.limit_place and limit else None,
        "idle": _ending(forecast, 0.0),
        "busy": _ending(forecast, LONG_S),
        "says": sentences.how(forecast),
        "lost": list(sentences.lost(forecast)),
        "unsure": list(forecast.unsure),
        "programs": [[_service(one) for one in group] for group in forecast.programs],
    }


def _process(step: Step) -> dict[str, Any]:
    return {
        "depth": step.depth,
        "title": step.title,
        **place(step.place),
        "does": step.note,
        "heard": step.heard,
        "aside": step.aside,
    }


def _ending(forecast: Forecast, needs_s: float) -> dict[str, Any]:
    end = ending(forecast, needs_s)
    return {
        "seconds": _seconds(end.seconds) if end else None,
        "exit_code": end.code if end else None,
    }


def _project(project: Project) -> dict[str, Any]:
    return {
        "path": project.path,
        "order": [list(wave) for wave in project.waves],
        "idle_s": _seconds(project.least_s),
        "busy_s": _seconds(project.most_s),
    }


def _seconds(value: float | None) -> float | None:
    """Return a number that JSON has, and null for what has no end."""
    return round(value, 3) if value is not None and 0 <= value < LONG_S else None
