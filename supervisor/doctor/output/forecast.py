"""Forecasts on a terminal: each process on its branch, how it ends, and what is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from supervisor.doctor.forecast import sentences as said
from supervisor.doctor.forecast.project import Project, projects
from supervisor.render.fields import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from supervisor.doctor.forecast.forecast import Forecast
    from supervisor.doctor.forecast.step import Step

WIDEST_TITLE, WIDEST_PLACE = 50, 32
GOOD, BAD, DOUBT = "green", "bold red", "yellow"
STYLES: Final = {True: "", False: "red", None: "yellow"}


def told(found: Sequence[Forecast]) -> Iterator[Text]:
    """Yield the lines of all of them, and then those of whole projects."""
    for one in found:
        yield from _one(one)
        yield Text()
    for project in projects(found):
        yield from _project(project)
        yield Text()
    if not found:
        yield Text("No service was found: there is nothing to stop.")


def _one(forecast: Forecast) -> Iterator[Text]:
    service = forecast.service
    head = Text(harmless(service.name), style="bold")
    if str(service.place) != f"{service.name}:1":
        head.append(f" ({harmless(str(service.place))})", style="not bold dim")
    head.append(f"  {said.asked(forecast)}", style="not bold")
    yield head
    if first := said.before(forecast):
        yield Text(f"  {harmless(first)}")
    rows = list(_rows(forecast))
    wide = min(max((len(lead) for lead, _, _ in rows), default=0), WIDEST_TITLE)
    far = min(max((len(str(step.place)) for _, _, step in rows), default=0), WIDEST_PLACE)
    for lead, note, step in rows:
        line = Text(f"  {harmless(lead):<{wide}}  ")
        line.append(f"{harmless(str(step.place)):<{far}}  ", style="dim")
        line.append(harmless(note), style=STYLES[step.heard])
        yield line
    style = GOOD if said.kept(forecast) else BAD if forecast.fate.ends else DOUBT
    yield Text("→ ", style=style).append(harmless(said.how(forecast)))
    for sentence in said.lost(forecast):
        yield Text(f"  {harmless(sentence)}")
    for why in forecast.unsure[0 if forecast.fate.ends and forecast.prestop_s is not None else 1 :]:
        yield Text(f"? unsure: {harmless(why)}", style=DOUBT)


def _rows(forecast: Forecast) -> Iterator[tuple[str, str, Step]]:
    """Return each process with its branch of the tree, and what it does."""
    steps = [(step, step.title, step.note) for step in forecast.steps]
    depth = max((step.depth for step in forecast.steps if not step.aside), default=0)
    for group in forecast.programs:
        for one in group:
            first = True
            for step in one.steps:
                moved = step.replace(depth=step.depth + depth + 1)
                title = f"{one.service.name}: {step.title}" if first else step.title
                asked = f"{one.service.signal}, {one.grace_s:g} s: " if first else ""
                steps.append((moved, title, f"{asked}{step.note}"))
                first = False
    for at, (step, title, note) in enumerate(steps):
        below = [one.depth for one, _, _ in steps[at + 1 :]]
        yield _branch(step.depth, below) + title, note, step


def _branch(depth: int, below: list[int]) -> str:
    """Draw what stands before a process: PID 1 is 1, all others hang on the one above."""
    if depth == 0:
        return "1 "
    lines = ["  "]
    for level in range(1, depth + 1):
        until = next((at for at, one in enumerate(below) if one < level), len(below))
        more = level in below[:until]
        if level == depth:
            lines.append("├ " if more else "└ ")
        else:
            lines.append("│ " if more else "  ")
    return "".join(lines)[2:] if depth else ""


def _project(project: Project) -> Iterator[Text]:
    head = Text(f"docker compose stop ({harmless(project.path)})", style="bold")
    yield head
    order = ", then ".join(" and ".join(map(harmless, wave)) for wave in project.waves)
    yield Text(f"  {order}")
    if project.least_s is None or project.most_s is None:
        yield Text("→ unknown how long, because that of a service is unknown", style=DOUBT)
    elif project.least_s == project.most_s:
        yield Text(f"→ all have ended after {project.most_s:g} s")
    else:
        yield Text(f"→ all have ended after {project.least_s:g} to {project.most_s:g} s")
