"""Frozen records that cost PID 1 nothing.

`dataclasses` would be the ordinary choice. Importing it costs 15 ms and 2.9 MiB of anonymous
memory, because it pulls in `re` and `inspect`; this costs neither and type checkers see the same
thing, through PEP 681.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Self, dataclass_transform
else:

    def dataclass_transform(**_options):  # noqa: D103 - typing's, for type checkers only
        return lambda cls: cls


@dataclass_transform(frozen_default=True, eq_default=True)
class Record:
    """An immutable value with named, annotated fields; a class attribute is a field's default."""

    _fields: ClassVar[tuple[str, ...]] = ()
    _names: ClassVar[frozenset[str]] = frozenset()  # the same, to be looked up
    _needed: ClassVar[frozenset[str]] = frozenset()  # those without a default

    def __init_subclass__(cls) -> None:
        """Collect the annotated fields, those of the parents first."""
        own = (name for name in cls.__annotations__ if not name.startswith("_"))
        cls._fields = tuple(dict.fromkeys((*cls._fields, *own)))
        cls._names = frozenset(cls._fields)
        cls._needed = frozenset(name for name in cls._fields if not hasattr(cls, name))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Set every field once; TypeError for one that is missing, unknown or given twice."""
        values = self.__dict__  # what is not in it is the class's: a default
        if args:
            if len(args) > len(self._fields):
                raise TypeError(f"{type(self).__name__} takes {self._fields}")
            values.update(zip(self._fields, args, strict=False))
            if not kwargs.keys().isdisjoint(values):
                raise TypeError(f"{type(self).__name__} takes {self._fields}, each once")
        values.update(kwargs)
        if not kwargs.keys() <= self._names:
            self._refuse(kwargs)
        if not self._needed <= values.keys():
            missing = sorted(self._needed - values.keys())
            raise TypeError(f"{type(self).__name__} needs {', '.join(map(repr, missing))}")

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: a record is a fact, and facts do not change."""
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __delattr__(self, name: str) -> None:
        """Refuse, too."""
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        """Compare by type and fields."""
        if self is other:
            return True
        if type(self) is not type(other) or not isinstance(other, Record):
            return False
        return self.as_dict() == other.as_dict()

    def __hash__(self) -> int:
        """Hash by type and fields, so that searches can remember what they saw."""
        return hash((type(self), *(getattr(self, name) for name in self._fields)))

    def __repr__(self) -> str:
        """Show the record as the call that makes it."""
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({shown})"

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name, defaults included; nested records stay records."""
        return {name: getattr(self, name) for name in self._fields}

    def _refuse(self, given: dict[str, Any]) -> None:
        name = next(name for name in given if name not in self._names)
        raise TypeError(f"{type(self).__name__} has no field {name!r}")

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed; TypeError for one that it hasn't."""
        if not changes.keys() <= self._names:
            self._refuse(changes)
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy.__dict__.update(changes)
        return copy
