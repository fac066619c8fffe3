"""The terminal shows the same: bars that fit, and letters where there are no colours."""

from __future__ import annotations

import pytest
from rich.console import Console

from supervisor.render.terminal import terminal, terminal_pair
from tests.render.samples import NAMES, document, sample


def printed(name: str, width: int = 100, **changes: object) -> str:
    """What comes out of a pipe."""
    console = Console(width=width, color_system=None, highlight=False)
    with console.capture() as captured:
        for part in terminal(sample(name, **changes), width):
            console.print(part)
    return captured.get()


def lane(text: str, label: str) -> str:
    """One line of the picture."""
    return next(x for x in text.splitlines() if x.lstrip().startswith(label)).partition("▕")[2]


def test_a_stop_that_lost_requests() -> None:
    """The cause, the remedy, who was killed when, what ran, what happened."""
    text = printed("lost")
    assert text.startswith("Went wrong. Time ran out: 2 requests still ran")
    assert "To do: Raise the grace period above 4 s" in text
    budget, phases = lane(text, "budget"), lane(text, "phases")
    assert budget.index("▒") < budget.index("│") < budget.index("▓") < budget.index("╱")
    assert phases.index("·") < phases.index("▒") < phases.index("▓")
    assert lane(text, "worker 1").index("K") == lane(text, "worker 2").index("K")
    assert lane(text, "uwsgi").index("I") < lane(text, "uwsgi").index("K")
    assert lane(text, "worker 1").endswith("killed KILL\n".rstrip())
    assert "K" not in lane(text, "worker 3")
    assert "at most 3" in lane(text, "in flight")
    assert "GET /reports/yearly       1  the grace period was over" in text
    assert "3.000  requests cut (out-of-time)" in text


def test_several_services() -> None:
    """Each has its lanes, its name in front of what happened, and its counts."""
    text = printed("fleet")
    assert lane(text, "app").count("▒") > 40
    assert "at most 2" in lane(text, "app: in flight")
    assert "beat: next rung: pass it on" in text
    assert "over, exit 0" in lane(text, "migrate")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [60, 80, 137])
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    """A bar that wraps is no bar."""
    text = printed(name, width)
    assert max(map(len, text.splitlines())) <= width
    lanes = [line for line in text.splitlines() if "▕" in line]
    assert len({line.index("▕") for line in lanes}) == 1
    rest = text.splitlines()[text.splitlines().index(lanes[-1]) + 1 :]
    legend = rest[: rest.index("")]
    assert all(line.startswith(" " * 20) for line in legend), legend
    assert ("still there" in text) == any("┅" in line for line in lanes)


def test_the_legend_has_what_there_is() -> None:
    """Nobody saw a process: then there is none to be explained."""
    assert "how is not known" not in printed("lost", processes=[])


def test_markup_is_shown_and_not_obeyed() -> None:
    """A URI in brackets is a URI."""
    requests = {**document("lost")["requests"], "lost_requests": ["GET /[bold red]x[/]"]}
    assert "GET /[bold red]x[/]" in printed("lost", requests=requests)


def test_before_and_after() -> None:
    """On one axis: the shorter one ends earlier."""
    console = Console(width=100, color_system=None, highlight=False)
    with console.capture() as captured:
        for part in terminal_pair(sample("lost"), sample("clean"), 100):
            console.print(part)
    text = captured.get()
    assert text.startswith("Better: 0 instead of 2 requests were lost; it ended in 1.3 s")
    before, after = text.split("After:")
    assert len(lane(before, "phases").split(" ")[0]) > len(lane(after, "phases").split(" ")[0])
