"""Hatchling's hook: compile the command, or ship a Python script in its place."""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NAME = "gracekeeper"
SCRIPT = "#!python\nfrom supervisor.__main__ import main\n\nmain()\n"  # installers complete line 1
FLAGS = ("-O2", "-Wall", "-Wextra", "-s")


class LauncherHook(BuildHookInterface[Any]):
    """Adds `gracekeeper` to the wheel's scripts; an editable one knows where its checkout is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile statically, else dynamically; without a compiler, say what is lost."""
        folder = Path(self.directory) / "launcher"
        folder.mkdir(parents=True, exist_ok=True)
        made = folder / NAME
        made.unlink(missing_ok=True)
        checkout = [f'-DCHECKOUT="{self.root}"'] if version == "editable" else []
        if self._compile(made, *checkout):
            build_data["pure_python"] = False
            platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data["tag"] = f"py3-none-{platform}"
        else:
            self.app.display_warning(
                "no C compiler: `gracekeeper` becomes a Python script, which as PID 1 misses what"
                " is sent in its first 15 ms"
            )
            made.write_text(SCRIPT, encoding="utf-8")
            made.chmod(made.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        build_data["shared_scripts"][str(made)] = NAME

    def _compile(self, made: Path, *more: str) -> bool:
        compiler = shlex.split(os.environ.get("CC", "cc"))
        if shutil.which(compiler[0]) is None:
            return False
        source = str(Path(self.root) / "launcher" / f"{NAME}.c")
        for linked in (("-static",), ()):  # without libc to load, it is deaf for a shorter time
            command = [*compiler, *FLAGS, *linked, *more, "-o", str(made), source]
            if subprocess.run(command, check=False, capture_output=True).returncode == 0:
                return True
        return False
