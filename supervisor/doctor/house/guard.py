"""The last guard: a part that fails is a skip that names file and reason, never a traceback.

What fails is a bug of ours, so nothing may rely on this: tests build houses whose guard is off, and
fuzzing takes any such skip for a failure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

from supervisor.doctor.finding import Place, Skip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_T = TypeVar("_T")
_P = ParamSpec("_P")
LONGEST: Final = 200  # characters of a reason: files have a say in it


class Guard:
    """Has parts made; `skips`: those that failed. One that is not `on` lets everything through."""

    def __init__(self, *, on: bool = True) -> None:
        """Nothing has failed yet."""
        self.on = on
        self.skips: list[Skip] = []

    def each(
        self,
        what: str,
        place: Place,
        make: Callable[_P, Iterable[_T]],
        *given: _P.args,
        **named: _P.kwargs,
    ) -> list[_T]:
        """Return all that is made, or what was made before it failed."""
        found: list[_T] = []
        try:
            found.extend(make(*given, **named))  # which keeps what comes before a failure
        except Exception as error:
            if not self.on:
                raise
            self.skips.append(failure(what, place, error))
        return found

    def one(
        self,
        what: str,
        place: Place,
        otherwise: _T,
        make: Callable[_P, _T],
        *given: _P.args,
        **named: _P.kwargs,
    ) -> _T:
        """Return what is made, or something else in its place."""
        made = self.each(what, place, lambda: [make(*given, **named)])
        return made[0] if made else otherwise


def failure(what: str, place: Place, error: Exception) -> Skip:
    """Say what failed, and why, in one line."""
    why = " ".join(f"{type(error).__name__}: {error}".split())
    cut = f"{why[:LONGEST]}..." if len(why) > LONGEST else why
    return Skip(place, f"{what} failed: {cut}")
