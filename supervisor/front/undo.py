"""What has to be unmade if we do not become the keeper; contextlib would cost PID 1 3 ms."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Undo:
    """As contextlib.ExitStack's callbacks: run in reverse order when the block is left."""

    def __init__(self) -> None:
        """Nothing was made yet."""
        self._steps: list[Callable[[], object]] = []

    def later(self, step: Callable[[], object]) -> None:
        """Remember how to unmake something."""
        self._steps.append(step)

    def close(self) -> None:
        """Unmake all of it."""
        while self._steps:
            self._steps.pop()()

    def __enter__(self) -> Undo:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
