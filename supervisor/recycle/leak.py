"""How fast one worker grows: a robust line through samples of its life.

The slope is the median of the slopes between all pairs (Theil 1950, Sen 1968): up to 29 % of the
samples may be anything, a cache that fills or a large request, and it still holds.
"""

from __future__ import annotations

from supervisor.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

MOST: Final = 32  # samples of one life; then every other one goes, so they always span all of it
FEWEST: Final = 8
LEAST_REQUESTS: Final = 1000  # between the first and the last sample
WARM_UP: Final = 0.25  # of the requests so far: modules and caches are loaded then


class Life(Record):
    """One worker process and (requests, bytes) along its life."""

    worker: int
    pid: int
    points: tuple[tuple[int, int], ...] = ()


def longer(life: Life, requests: int, size: int) -> Life:
    """Add a sample; without a new request there is nothing to learn."""
    points = life.points
    if points and requests <= points[-1][0]:
        return life
    if len(points) >= MOST:
        points = points[::2]
    return life.replace(points=(*points, (requests, size)))


def slope(life: Life) -> float | None:
    """Return the growth in bytes per 1,000 requests; None while it is too early to tell."""
    if not life.points:
        return None
    warm = life.points[-1][0] * WARM_UP
    points = [point for point in life.points if point[0] >= warm]
    if len(points) < FEWEST or points[-1][0] - points[0][0] < LEAST_REQUESTS:
        return None
    slopes = sorted(
        (later[1] - earlier[1]) / (later[0] - earlier[0])
        for at, earlier in enumerate(points)
        for later in points[at + 1 :]
    )
    half = len(slopes) // 2
    middle = slopes[half] if len(slopes) % 2 else (slopes[half - 1] + slopes[half]) / 2
    return 1000 * middle
