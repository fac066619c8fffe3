"""What looks showed over time: steps, few of them, and no maximum is lost."""

from __future__ import annotations

from supervisor.core.events import Asked
from supervisor.core.looks import Look
from supervisor.report.series import MOST, Series
from tests.report.endings import drained, out_of_time
from tests.report.lives import Life, busy


def look(queued: int = 0, in_request: int | None = 0, serving: int = 0) -> Look:
    """What the series tells of a look."""
    return Look(queued=queued, in_request=in_request, serving=serving)


def test_only_what_is_new() -> None:
    """A point holds until the next; the last one says how long."""
    series = Series()
    for at, queued in enumerate((3, 3, 3, 1, 1, 1)):
        series.add(10.0 + at, look(queued))
    assert series.points(10.0) == [[0.0, 3, 0, 0], [3.0, 1, 0, 0], [5.0, 1, 0, 0]]


def test_many_points_keep_their_maxima_and_the_end() -> None:
    """A peak of one moment among a hundred thousand is still there, where it was."""
    series = Series()
    for at in range(100_000):
        peak = at == 54_321
        series.add(at * 0.015, look(999 if peak else at % 7, None if at % 2 else at % 5, at % 3))
    series.add(1500.0, look())
    points = series.points(0.0)
    assert len(points) <= MOST + 1
    assert max(p[2] or 0 for p in points) == 4
    assert points[-1] == [1500.0, 0, 0, 0]
    (t,) = [p[0] for p in points if p[1] == 999]
    assert t is not None
    assert abs(t - 54_321 * 0.015) < 1500 / MOST * 4
    assert [p[0] for p in points] == sorted(p[0] or 0.0 for p in points)


def test_what_nobody_could_say_stays_unknown() -> None:
    """Unknown is not none, and known among unknown is known."""
    series = Series()
    series.add(1.0, look(1, None))
    assert series.points(0.0) == [[1.0, 1, None, 0]]


def test_nothing_before_the_end_began() -> None:
    """The report is about the end."""
    report = drained().report()
    assert [point[1:3] for point in report["series"]] == [[0, 2], [0, 0], [0, 0]]
    assert all(point[0] >= 0 for point in report["series"])


def test_the_moments() -> None:
    """What a picture marks; an echo is not marked again."""
    told = [(m["what"], m["name"]) for m in out_of_time().report()["moments"]]
    assert told[:2] == [("door-shut", "steered"), ("turning-away", None)]
    assert ("cut", "out-of-time") in told
    assert ("rung", "kill what is busy") in told
    life = Life().shut().look(busy("GET /a"))
    life.tell(Asked(15), after_s=0.1).tell(Asked(15), after_s=0.1)
    moments = life.end().report()["moments"]
    again = [m["t"] for m in moments if (m["what"], m["name"]) == ("asked-again", "SIGTERM")]
    assert len(again) == 1
