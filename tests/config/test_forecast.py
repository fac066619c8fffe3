"""What a file would do, step by step."""

from __future__ import annotations

from supervisor.config.declared import Declared, DeclaredService
from supervisor.config.forecast import starts, stops
from supervisor.core.fleet import Need

DB = DeclaredService("db", "f:1", ("db",))
CACHE = DeclaredService("cache", "f:2", ("cache",), grace_s=5.0)
MIGRATE = DeclaredService("migrate", "f:3", ("m",), task=True, after=(Need("db"),))
APP = DeclaredService(
    "app", "f:4", ("app",), after=(Need("migrate", "completed"), Need("db"), Need("cache"))
)
WHOLE = Declared("f", (APP, MIGRATE, DB, CACHE), grace_s=20.0, drain_delay_s=3.0)


def test_who_starts_when() -> None:
    """In parallel what does not depend on each other, whatever the order of the file."""
    assert starts(WHOLE) == [["db", "cache"], ["migrate"], ["app"]]


def test_who_stops_when() -> None:
    """The other way round, after the drain delay, a task never, all within the budget."""
    found = stops(WHOLE)
    assert [one.name for one in found] == ["app", "db", "cache"]
    assert found[0].asked_s == 3.0
    assert all(3.0 <= one.asked_s < one.over_s <= 20.0 for one in found)
    assert found[2].over_s - found[2].asked_s <= 5.0


def test_three_hundred_in_a_row() -> None:
    """Nothing recurses, and nothing is forgotten."""
    needs = [(), *((Need(f"{number}"),) for number in range(299))]
    row = (DeclaredService(f"{n}", "f:1", ("x",), after=need) for n, need in enumerate(needs))
    whole = Declared("f", tuple(row), grace_s=30.0)
    assert len(starts(whole)) == len(stops(whole)) == 300
