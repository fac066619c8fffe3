"""Records: what dataclasses would do, without their price."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from supervisor.core.events import Asked, Booted, Tick
from supervisor.core.record import Record


class Point(Record):
    """A place."""

    x: int
    y: int = 0
    _hidden: ClassVar[int] = 5


class Named(Point):
    """A place with a name."""

    name: str = "home"


def test_fields_come_by_position_or_name_with_defaults() -> None:
    """Those of the parent first; names with an underscore are none."""
    assert Named(1, 2, "a") == Named(name="a", x=1, y=2)
    assert Named(1) == Named(1, 0, "home")
    assert Named(3).as_dict() == {"x": 3, "y": 0, "name": "home"}


@pytest.mark.parametrize(
    "args, kwargs", [((), {}), ((1, 2, 3), {}), ((1,), {"x": 1}), ((1,), {"z": 1})]
)
def test_what_is_missing_unknown_or_twice_is_refused(
    args: tuple[int, ...], kwargs: dict[str, Any]
) -> None:
    """A typing mistake is found where it is made."""
    with pytest.raises(TypeError, match="Point"):
        Point(*args, **kwargs)


def test_a_record_is_frozen() -> None:
    """Facts do not change; a copy may differ."""
    point = Point(1, 2)
    with pytest.raises(AttributeError, match="frozen"):
        point.x = 5  # type: ignore[misc]
    with pytest.raises(AttributeError, match="frozen"):
        del point.x
    assert (point.replace(y=7), point) == (Point(1, 7), Point(1, 2))


def test_records_are_equal_by_type_and_fields() -> None:
    """A default that is given is the same as one that is not."""
    assert Point(1) == Point(1, 0) != Point(1, 1)
    assert hash(Point(1)) == hash(Point(1, 0))
    assert Point(1) != Named(1)
    assert Point(1) != (1, 0)
    assert Tick() == Tick() != Booted()
    assert len({Tick(), Tick(), Booted()}) == 2


def test_a_record_shows_the_call_that_makes_it() -> None:
    """In a journal and in a failing test."""
    shown = "Asked(signal=15, pid=1, uid=-1, via='signal', grace_s=0.0, delays=False)"
    assert repr(Asked(15, 1)) == shown
    assert eval(shown) == Asked(15, 1)


def test_a_copy_has_the_same_fields_and_no_others() -> None:
    """What is changed is checked as at the beginning."""
    assert Point(1, 2).replace(y=5) == Point(1, 5)
    with pytest.raises(TypeError, match="has no field 'z'"):
        Point(1, 2).replace(z=3)
