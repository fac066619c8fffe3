"""What looks showed over time: few points, and none of the maxima is lost."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from supervisor.core.looks import Look

    Seen = tuple[int, int | None, int]  # queued, in_request, serving
    Point = tuple[float, int, int | None, int]

MOST: Final = 120  # 3 KiB of a log line, which engines split at 16


class Series:
    """Steps: a point holds until the next; points that are too many give way to their maximum."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._points: list[Point] = []
        self._last: Point | None = None  # the newest, which no maximum may hide
        self._width = 0.0  # points that are closer to each other become one
        self._seen: Seen | None = None

    def add(self, now: float, look: Look) -> None:
        """Note a look if it shows anything new."""
        seen = (look.queued, look.in_request, look.serving)
        self._last = (now, *seen)
        if seen == self._seen:
            return
        self._seen = seen
        self._put(self._last)
        if len(self._points) >= MOST:
            self._thin()

    def points(self, origin: float) -> list[list[float | None]]:
        """Return the points, at most MOST, in seconds after `origin`."""
        last = [self._last] if self._last and self._last != self._points[-1] else []
        return [[round(point[0] - origin, 3), *point[1:]] for point in [*self._points, *last]]

    def _put(self, point: Point) -> None:
        points = self._points
        if not points or point[0] - points[-1][0] >= self._width:
            points.append(point)
        elif not _within(point, points[-1]):
            points[-1] = _most(points[-1], point)

    def _thin(self) -> None:
        points, self._points = self._points, []
        self._width = (points[-1][0] - points[0][0]) * 2 / MOST
        for point in points:
            self._put(point)


def _within(point: Point, most: Point) -> bool:
    """Tell whether a point adds nothing to a maximum; most do, and cost no tuple then."""
    return (
        point[1] <= most[1]
        and point[3] <= most[3]
        and (point[2] is None or (most[2] is not None and point[2] <= most[2]))
    )


def _most(one: Point, other: Point) -> Point:
    """Return the most of two points, at the time of the first."""
    known = [point[2] for point in (one, other) if point[2] is not None]
    most = max(known) if known else None
    return (one[0], max(one[1], other[1]), most, max(one[3], other[3]))
