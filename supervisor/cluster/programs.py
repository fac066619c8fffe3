"""PostgreSQL's programs: found beside each other, run without a shell, ended when we are."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import IO, Any, Self

from supervisor.cluster.interruption import Interruption
from supervisor.errors import CommandError, GracekeeperError

VERSIONED = re.compile(r"/postgresql/(\d+)/bin/")
PATIENCE_S = 3.0  # for a program that was told to end
LOOK_EVERY_S = 0.02


def executable() -> Path:
    """Return the server's program; CommandError."""
    found = shutil.which("postgres")
    if found is None:
        raise CommandError(
            "cannot find postgres: it is not in PATH. Install it, or add its directory, e.g."
            " /usr/lib/postgresql/15/bin.",
            127,
        )
    return Path(os.path.realpath(found))


def major(program: Path) -> str | None:
    """Return the version that a program's path tells, as Debian names it; None elsewhere."""
    found = VERSIONED.search(str(program))
    return found[1] if found else None


class Programs:
    """Runs programs, one or two at a time; ends what still runs when it is left."""

    def __init__(self, interruption: Interruption, lock: int) -> None:
        """Know where they are. Whoever is started holds `lock`, too."""
        self._folder = executable().parent  # psql in PATH may be a wrapper that asks other files
        self._interruption, self._lock = interruption, lock
        self._running: list[tuple[subprocess.Popen[bytes], signal.Signals]] = []

    def start(
        self,
        name: str,
        *arguments: str,
        environment: dict[str, str] | None = None,
        pass_fds: tuple[int, ...] = (),
        end_by: signal.Signals = signal.SIGTERM,
        **streams: Any,
    ) -> subprocess.Popen[bytes]:
        """Start a program; nothing of ours that begins with PG or POSTGRES_ confuses it."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "POSTGRES_"))}
        try:
            child = subprocess.Popen(
                [str(self._folder / name), *arguments],
                env={**inherited, **(environment or {})},
                pass_fds=(self._lock, *pass_fds),
                **{"stdin": subprocess.DEVNULL, **streams},
            )
        except OSError as error:
            raise CommandError(
                f"cannot run {self._folder / name}: {error.strerror}. Install it beside postgres.",
                127,
            ) from None
        self._running.append((child, end_by))
        return child

    def finish(self, child: subprocess.Popen[bytes], doing: str) -> None:
        """Wait for its end; GracekeeperError if that is no good one."""
        with self._interruption.possible():
            code = child.wait()
        self._running = [one for one in self._running if one[0] is not child]
        if code:
            told = f"ended with {code}" if code > 0 else f"was ended by signal {-code}"
            raise GracekeeperError(
                f"cannot {doing}: {Path(str(child.args[0])).name} {told}. Its own lines above say"  # type: ignore[index]
                " why; nothing of the new cluster was kept."
            )

    def feed(self, child: subprocess.Popen[bytes], source: IO[bytes]) -> None:
        """Give a program all there is to read; it may end before that."""
        assert child.stdin is not None  # noqa: S101 - it was started with a pipe
        with self._interruption.possible():
            try:
                shutil.copyfileobj(source, child.stdin)
                child.stdin.close()
            except BrokenPipeError:
                pass

    def pause(self) -> None:
        """Wait a moment before looking again."""
        with self._interruption.possible():
            time.sleep(LOOK_EVERY_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for child, how in reversed(self._running):
            child.send_signal(how)
        for child, _how in reversed(self._running):
            try:
                child.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
