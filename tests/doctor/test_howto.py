"""docs/how-to/doctor.md: its examples are run, and what it shows is what they print."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.rules.sources import ROOT

PAGE = (ROOT / "docs/how-to/doctor.md").read_text(encoding="utf-8")
RUN = re.compile(r"<!-- run: exit (\d) -->\n```sh\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)
PART = re.compile(r"<!-- part of: (.*?) -->\n```json\n(.*?)```", re.DOTALL)
BIN = Path(sys.executable).parent


def run(script: str, folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        ["/bin/sh", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.process
def test_an_example_prints_what_the_page_shows(tmp_path: Path) -> None:
    [(code, script, told)] = RUN.findall(PAGE)
    assert run(script, tmp_path) == (int(code), f"{told}\n")
    [(command, part)] = PART.findall(PAGE)
    _, printed = run(command, tmp_path)
    assert has(json.loads(printed), json.loads(part))


def has(whole: Any, part: Any) -> bool:
    """Tell whether a document has a part: keys may be missing from that, and nothing else."""
    if isinstance(part, dict):
        return all(key in whole and has(whole[key], value) for key, value in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(has, whole, part))
    return bool(whole == part)
