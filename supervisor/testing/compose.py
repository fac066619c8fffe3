"""A service of a Compose project that can be stopped gracefully, and tells how that went."""

from __future__ import annotations

import os
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Final, Self

from supervisor.drill.site import READY_WITHIN_S
from supervisor.drill.sites.compose import ComposeSite
from supervisor.testing.subject import Graceful

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from supervisor.drill.site import Site

_NUMBERS: Final = count(1)


class GracefulCompose(Graceful):
    """`with GracefulCompose("compose.yaml", "web") as web: web.stop_gracefully()`.

    Entering it brings the service up, with what it depends on, in a project of its own, and returns
    when `ready` answers at its port, with any status but 502, 503 and 504. Leaving it removes what
    was brought up, but for named volumes. A `project` that is named may be there already.
    """

    def __init__(
        self,
        files: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        service: str,
        *,
        project: str = "",
        port: int | None = None,
        ready: str = "/",
        ready_within_s: float = READY_WITHIN_S,
    ) -> None:
        each = [files] if isinstance(files, str | os.PathLike) else files
        self._files = [os.fspath(one) for one in each]
        self._project = project or f"graceful-{os.getpid()}-{next(_NUMBERS)}"
        self._service, self._port, self._ready = service, port, ready
        self._ready_within_s = ready_within_s
        self._whole = self._seen_at(port, restore=True)

    def __enter__(self) -> Self:
        try:
            self._whole.up()
        except BaseException:
            self._whole.down()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._whole.down()

    @property
    def project(self) -> str:
        """What `docker compose -p` takes."""
        return self._project

    @contextmanager
    def site(self, port: int | None, *, loaded: bool) -> Iterator[Site]:  # noqa: ARG002 - it serves anyway
        """Yield it as a drill sees it."""
        site = self._seen_at(port or self._port, restore=False)
        try:
            yield site
        finally:
            site.down()

    def _seen_at(self, port: int | None, *, restore: bool) -> ComposeSite:
        return ComposeSite(
            self._service,
            files=self._files,
            project=self._project,
            port=port,
            path=self._ready,
            restore=restore,
            ready_within_s=self._ready_within_s,
        )
