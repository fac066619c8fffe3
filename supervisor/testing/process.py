"""A plain process that can be stopped gracefully, and tells how that went."""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import TYPE_CHECKING, Self

from supervisor.drill.site import READY_WITHIN_S
from supervisor.drill.sites.process import ProcessSite
from supervisor.errors import GracekeeperError
from supervisor.testing.subject import Graceful

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from supervisor.drill.site import Site
    from supervisor.drill.tls import Trust


class GracefulProcess(Graceful):
    """`with GracefulProcess(["gunicorn", "app:app"], url="http://127.0.0.1:8000") as p: ...`.

    Entering it returns when `ready` answers there, with any status but 502, 503 and 504; leaving it
    kills what is left of the process and of its children. `env` is added to this process' own.
    `trust` is for an https `url`, and for the loads that are sent there.
    """

    def __init__(
        self,
        command: Sequence[str | os.PathLike[str]],
        *,
        url: str,
        ready: str = "/",
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        trust: Trust | None = None,
        ready_within_s: float = READY_WITHIN_S,
    ) -> None:
        self.trust = trust
        self._site = ProcessSite(
            [os.fspath(word) for word in command],
            url,
            path=ready,
            variables=env,
            folder=None if cwd is None else os.fspath(cwd),
            trust=trust,
            ready_within_s=ready_within_s,
        )

    def __enter__(self) -> Self:
        self._site.up()
        return self

    def __exit__(self, *_: object) -> None:
        self._site.down()

    @property
    def pid(self) -> int:
        """Its process id; 0 when it has ended."""
        return self._site.pid

    @property
    def log(self) -> tuple[str, ...]:
        """Its last lines, stdout and stderr together."""
        return self._site.log()

    def site(self, port: int | None, *, loaded: bool) -> AbstractContextManager[Site]:  # noqa: ARG002 - it has one place to ask, and was asked there
        """Return it as a drill sees it; GracekeeperError when it has ended: it starts but once."""
        if not self._site.pid:
            raise GracekeeperError(
                f"cannot drill {self._site.name}: it does not run any more. Enter a new context."
            )
        return nullcontext(self._site)
