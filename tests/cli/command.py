"""The real command in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.runtime.kept import GRACEKEEPER

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]
COMMAND = GRACEKEEPER[0]
DEADLINE_S = 30


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """What the keeper logged."""
        lines = (line for line in self.out.splitlines() if line.startswith('{"event"'))
        return [json.loads(line) for line in lines]


def gracekeeper(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> Done:
    """Run `gracekeeper ARGUMENTS` in a folder, by default with its control socket in it."""
    return run(folder, COMMAND, *arguments, environment=environment)


def run(folder: Path, *command: str, environment: Mapping[str, str] | None = None) -> Done:
    """Run a command to its end; nothing of this process's own settings comes along."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**clean(folder), **(environment or {})},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def clean(folder: Path) -> dict[str, str]:
    """An environment without settings of ours, but with a control socket in a folder."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("GRACEKEEPER_", "UWSGI_"))}
    return {**own, "GRACEKEEPER_CONTROL": str(folder / "control.sock")}
