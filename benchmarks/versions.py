"""What was measured, on what: versions and sizes, never names or paths of the host."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import subprocess


def collect(path: str) -> dict[str, str | int | None]:
    """Versions of the programs that a run starts; None: not installed."""
    return {
        "gracekeeper": _distribution("gracekeeper"),
        "uwsgi": _program(path, "uwsgi", "--version"),
        "tini": _program(path, "tini", "--version"),
        "dumb-init": _program(path, "dumb-init", "--version"),
        "bash": _program(path, "bash", "--version"),
        "python": platform.python_version(),
        "kernel": platform.release().partition("-")[0],
        "cpus": os.cpu_count(),
    }


def _distribution(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _program(path: str, *command: str) -> str | None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=10, check=False, env={"PATH": path}
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
    return found[0] if found else None
