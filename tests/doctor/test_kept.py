"""What gracekeeper itself runs: it is stopped in its own way, and not judged by the signal."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from supervisor.doctor.house.house import house_of

ROOT = Path(__file__).parents[2]


def test_our_own_house_is_in_order() -> None:
    """What this repository runs has nothing that is worse than low."""
    command = [sys.executable, "-m", "supervisor", "doctor", ".", "--min-severity", "medium"]
    command += ["--fail-on", "medium"]
    end = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60)
    assert end.returncode == 0, end.stdout + end.stderr


def test_what_a_keeper_drives_is_not_judged_by_its_own_ways() -> None:
    """uWSGI always, others behind its front door; what it can't drive gets the signal as it is."""

    def chain(command: str) -> str:
        dockerfile = f"FROM debian:12\nCOPY u.ini /u.ini\nCMD {command}\n"
        house = house_of({"Dockerfile": dockerfile, "u.ini": "[uwsgi]\nmaster = true\n"})
        found = house.services[0].chain
        assert found is not None
        return f"{found.program} {len(house.uwsgis)}"

    run = '["gracekeeper", "run", "--listen", ":80", "--", '
    assert chain(f'{run}"uwsgi", "--ini", "/u.ini"]') == "gracekeeper 0"
    assert chain(f'{run}"nginx"]') == "gracekeeper 1"
    assert chain('["gracekeeper", "run", "--", "nginx"]') == "nginx 1"
    assert chain('["gracekeeper", "hold", "uwsgi", "--ini", "/u.ini"]') == "uwsgi 1"
    assert chain('["gracekeeper", "run", "--config", "/g.toml"]') == "gracekeeper 1"
