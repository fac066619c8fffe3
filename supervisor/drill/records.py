"""Many results in little room: 56 bytes each, and nothing that the garbage collector must walk."""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self, overload

from supervisor.drill.result import Fate, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# t_due, t_start, t_connected, t_end, body_bytes, client, path, reason, status, fate, flags
_ROW = struct.Struct("=ddddqIIIHBB")
_ACCEPTED_TO_END = struct.Struct("=16xdd24x")
_DUE_TO_END = struct.Struct("=dd8xd24x")
_STATUS = struct.Struct("=52xH2x")
_FATE_AT = _ROW.size - 2
_FLAGS_AT = _ROW.size - 1
_FATES = tuple(Fate)
_CODES = {fate: code for code, fate in enumerate(_FATES)}
_REUSED, _LATE = 1, 2
_NONE = math.nan


class Records(Sequence[Result]):
    """Results in order of their end. One thread appends; others take a `copy`."""

    def __init__(self, results: Iterable[Result] = ()) -> None:
        self._rows = bytearray()
        self._names: list[str] = []  # paths and reasons, each once
        self._places: dict[str, int] = {}
        for result in results:
            self.append(result)

    def append(self, result: Result) -> None:
        """Add one; about a microsecond."""
        connected, due = result.t_connected, result.t_due
        self._rows += _ROW.pack(
            _NONE if due is None else due,
            result.t_start,
            _NONE if connected is None else connected,
            result.t_end,
            result.body_bytes,
            result.client,
            self._place(result.path),
            self._place(result.reason),
            result.status or 0,
            _CODES[result.fate],
            _REUSED * result.reused + _LATE * result.late,
        )

    def copy(self) -> Self:
        """All so far; it does not change any more."""
        return self._with(bytearray(self._rows))

    def __len__(self) -> int:
        return len(self._rows) // _ROW.size

    @overload
    def __getitem__(self, index: int) -> Result: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Result]: ...
    def __getitem__(self, index: int | slice) -> Result | Sequence[Result]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        at = range(len(self))[index] * _ROW.size
        return self._result(_ROW.unpack_from(self._rows, at))

    def __iter__(self) -> Iterator[Result]:
        return map(self._result, _ROW.iter_unpack(self._rows))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(bytes(self._rows))

    def __repr__(self) -> str:
        return repr(list(self))

    def counts(self) -> Counter[Fate]:
        """How many results each fate has."""
        codes = Counter(self._rows[_FATE_AT :: _ROW.size])
        return Counter({_FATES[code]: count for code, count in codes.items()})

    def late(self) -> int:
        """How many were due while no client was free."""
        return sum(1 for flags in self._rows[_FLAGS_AT :: _ROW.size] if flags & _LATE)

    def statuses(self) -> Counter[int]:
        """How often each HTTP status came; 0: none."""
        return Counter(status for (status,) in _STATUS.iter_unpack(self._rows))

    def last_end(self) -> float | None:
        """When the last of them ended, in monotonic seconds."""
        return max((end for _, end in _ACCEPTED_TO_END.iter_unpack(self._rows)), default=None)

    def seconds(self) -> list[float]:
        """How long each took, shortest first."""
        times = _DUE_TO_END.iter_unpack(self._rows)
        return sorted(end - (start if math.isnan(due) else due) for due, start, end in times)

    def of(self, fate: Fate) -> Self:
        """Those that have this fate."""
        fates = self._rows[_FATE_AT :: _ROW.size]
        code = _CODES[fate]
        return self._pick(at for at, other in enumerate(fates) if other == code)

    def where(self, keep: Callable[[float, float], bool]) -> Self:
        """Those that `keep(t_connected, t_end)` wants; t_connected is NaN for a refusal."""
        spans = _ACCEPTED_TO_END.iter_unpack(self._rows)
        return self._pick(at for at, span in enumerate(spans) if keep(*span))

    def _pick(self, places: Iterable[int]) -> Self:
        size, rows = _ROW.size, self._rows
        picked = bytearray()
        for at in places:
            picked += rows[at * size : (at + 1) * size]
        return self._with(picked)

    def _with(self, rows: bytearray) -> Self:
        other = type(self)()
        other._rows, other._names, other._places = rows, self._names, self._places
        return other

    def _place(self, name: str) -> int:
        place = self._places.get(name)
        if place is None:
            place = self._places[name] = len(self._names)
            self._names.append(name)
        return place

    def _result(self, row: tuple[Any, ...]) -> Result:
        due, start, connected, end, size, client, path, reason, status, code, flags = row
        return Result(
            fate=_FATES[code],
            status=status or None,
            reason=self._names[reason],
            path=self._names[path],
            client=client,
            t_start=start,
            t_connected=None if math.isnan(connected) else connected,
            t_end=end,
            body_bytes=size,
            reused=bool(flags & _REUSED),
            t_due=None if math.isnan(due) else due,
            late=bool(flags & _LATE),
        )
