"""Whether a value is what an annotation says, all the way down: others wrote what it is made of."""

from __future__ import annotations

from types import UnionType
from typing import Any, ClassVar, Final, Union, get_args, get_origin, get_type_hints

from supervisor.core.record import Record

MOST: Final = 2**63  # the engine and the kernel count in 64 bits


def fits(value: Any, kind: Any) -> bool:
    """Tell whether a record's, or any other value is of this kind."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return True
    if origin is tuple:
        return isinstance(value, tuple) and all(fits(one, inner[0]) for one in value)
    if origin in (Union, UnionType):
        return any(fits(value, one) for one in inner)
    if origin is dict:
        return isinstance(value, dict) and all(fits(one, inner[1]) for one in value.values())
    if isinstance(kind, type) and issubclass(kind, Record):
        return isinstance(value, kind) and _fields_fit(value, kind)
    if kind in (int, float):
        numbers = (int, float) if kind is float else int
        number = isinstance(value, numbers) and not isinstance(value, bool)
        return number and -MOST < value < MOST  # which no NaN is, either
    if kind is str:  # half a surrogate pair can't be printed
        return isinstance(value, str) and value.encode(errors="ignore").decode() == value
    return isinstance(value, kind)


def _fields_fit(value: Record, kind: type[Record]) -> bool:
    kinds = get_type_hints(kind, localns={"ClassVar": ClassVar})
    return all(fits(inner, kinds[name]) for name, inner in value.as_dict().items())
