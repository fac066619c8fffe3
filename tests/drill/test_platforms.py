"""Which platforms a stop fits in."""

from __future__ import annotations

from supervisor.drill.platforms import PLATFORMS, forecast


def fits(seconds: float, *, killed: bool = False) -> dict[str, bool | None]:
    return {one.platform.name: one.fits for one in forecast(seconds, killed=killed)}


def test_a_stop_fits_where_it_is_shorter() -> None:
    found = fits(7.0)
    assert (found["Nomad"], found["Docker, Compose"], found["systemd"]) == (False, True, True)


def test_the_last_tenth_is_tight() -> None:
    tight = [one.platform.grace_s for one in forecast(9.5, killed=False) if one.tight]
    assert tight
    assert set(tight) == {10.0}


def test_one_that_was_killed_says_nothing_of_longer_ones() -> None:
    found = fits(10.06, killed=True)
    assert (found["Docker, Compose"], found["Kubernetes"]) == (False, None)


def test_they_are_sorted_and_named_once() -> None:
    assert list(PLATFORMS) == sorted(PLATFORMS, key=lambda one: one.grace_s)
    assert len({one.name for one in PLATFORMS}) == len(PLATFORMS)
