"""The JSON Schema and the reader are made from one table, and agree; so do the pages."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from supervisor.config.file import read
from tests.config.samples import GOOD, MISSHAPEN
from tests.rules.sources import ROOT, shown

SCHEMA = json.loads((ROOT / "supervisor/config/schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
EXAMPLE = ROOT / "docs/gracekeeper.toml"
PAGE = (ROOT / "docs/reference/config.md").read_text()
SHIPPED = sorted(ROOT.glob("docker/**/gracekeeper.toml"))


def refused(text: str) -> bool:
    """Whether the schema refuses a file."""
    data: Any = tomllib.loads(text)
    for service in data.get("services", {}).values() if "1979" in text else ():
        service.update({k: {} for k, v in service.items() if isinstance(v, date)})  # no JSON
    return not VALIDATOR.is_valid(data)


def test_it_is_up_to_date() -> None:
    """And the reference as well."""
    made = runpy.run_path(str(ROOT / "docs/config.py"))["made"]()
    assert {shown(p): p.read_text() == text for p, text in made.items()} == {
        "docs/reference/config.md": True, "supervisor/config/schema.json": True,
    }, "run: python docs/config.py --write"  # fmt: skip
    Draft202012Validator.check_schema(SCHEMA)


def test_what_is_right() -> None:
    """The sample, the documented example and those of the images."""
    for text in (GOOD, *(path.read_text() for path in (EXAMPLE, *SHIPPED))):
        assert not list(VALIDATOR.iter_errors(tomllib.loads(text)))
    for path in (EXAMPLE, *SHIPPED):
        assert read(str(path), {}).services


@pytest.mark.parametrize("text", [text for text, _told in MISSHAPEN], ids=lambda one: one[:60])
def test_what_is_wrong(text: str) -> None:
    """What the reader refuses by its shape, the schema refuses, too."""
    assert refused(text)


@pytest.mark.process
def test_the_example_of_the_page(tmp_path: Path) -> None:
    """Run as it stands, it prints what the page says."""
    example = re.search(r"<!-- run -->\n```sh\n(.*?)```", PAGE, re.DOTALL)
    printed = re.search(r"<!-- printed -->\n```text\n(.*?)```", PAGE, re.DOTALL)
    assert example
    assert printed
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    done = subprocess.run(
        ["/bin/sh", "-ec", example[1]],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout == printed[1]
