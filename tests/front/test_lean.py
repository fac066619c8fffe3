"""What is read without click is what click would have read; the rest is left to it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.cli.run import run
from supervisor.front import lean, prepare
from supervisor.front.options import Options
from supervisor.front.recycling import RecycleOptions
from supervisor.front.table import CONFIG, OPTIONS

WORDS = (
    "--grace",
    "--grace=7",
    "5",
    "2e1",
    "1m30s",
    "500ms",
    "9x",
    "5s5",
    "x",
    "",
    "--",
    "-",
    "true",
    "-x",
    "--hurry",
    "--help",
)
MORE = ("--no-hurry", "--hurry=1", "--late", "hold", "--late=never", "--listen", ":80", "http=:81")
NAMES = ("--health", "--report=", "--exit-code", "zero", "--rewrite=TERM:QUIT", "--gra", "--nope")
VALUES = ("", "5", "5s", "1h0.5m", "s", "hold", "child", ":80 :81", "TERM:3", "yes", "0", "/a/b")


class _Kept(Exception):  # noqa: N818 - it carries the options out
    """The options that click has read."""


def by_click(
    arguments: list[str], environment: Mapping[str, str], patch: pytest.MonkeyPatch
) -> Options | None:
    """What click makes of it; None for a mistake or a question."""

    def keep(options: Options) -> None:
        raise _Kept(options)

    for name in [name for name in os.environ if name.startswith("GRACEKEEPER_")]:
        patch.delenv(name)
    for name, value in environment.items():
        patch.setenv(name, value)
    patch.setattr(prepare, "keep", keep)
    try:
        run.main(arguments, prog_name="gracekeeper run", standalone_mode=False)
    except _Kept as kept:
        options: Options = kept.args[0]
        return options
    except click.ClickException:
        return None
    return None


@given(
    st.lists(st.sampled_from(WORDS + MORE + NAMES), max_size=7),
    st.dictionaries(st.sampled_from([one.variable for one in OPTIONS]), st.sampled_from(VALUES)),
)
def test_as_click_reads_it(arguments: list[str], environment: dict[str, str]) -> None:
    """Never another thing; at most nothing."""
    quick = lean.read(arguments, environment)
    if quick is None:
        return
    with pytest.MonkeyPatch.context() as patch:
        slow = by_click(arguments, environment, patch)
    assert slow is not None
    assert slow.recycle == RecycleOptions()
    assert quick == slow.replace(recycle=None, notes=())


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("true", {}),
        ("-- true", {}),
        ("--grace 30 --no-hurry -- true", {"grace_s": 30.0, "hurry": False}),
        ("--grace 1m30s --drain-delay 500ms true", {"grace_s": 90.0, "drain_delay_s": 0.5}),
        ("--listen :80 --listen=uwsgi=:81 true", {"listen": (("", ":80"), ("uwsgi", ":81"))}),
        ("--log-format none --control none true", {"log_format": "none", "control": "none"}),
    ],
)
def test_what_is_plain(line: str, fields: dict[str, Any]) -> None:
    """It is read at once: the whole point."""
    assert lean.read(line.split(), {"PATH": "/bin"}) == Options(("true",), **fields)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "--",
        "--help",
        "--grace",
        "--grace x true",
        "--grace 5s5 true",
        "--recycle-age 1h true",
        "--gra 3 true",
    ],
)
def test_what_is_not(line: str) -> None:
    """Questions, mistakes, and what few people write."""
    assert lean.read(line.split(), {}) is None


def test_the_command_line_wins() -> None:
    """Over the environment, as a whole: listeners are not added up."""
    environment = {"GRACEKEEPER_LISTEN": ":1 :2", "GRACEKEEPER_GRACE": "3"}
    options = lean.read(["--listen", ":4", "--grace", "5", "true"], environment)
    assert options == Options(("true",), listen=(("", ":4"),), grace_s=5.0)


def test_a_strange_variable_is_not_plain() -> None:
    """The rich half warns of it."""
    assert lean.read(["true"], {"GRACEKEEPER_NONSENSE": "1"}) is None


def test_every_option_is_a_field() -> None:
    """The table and Options agree."""
    options = [option for option in OPTIONS if option.name != CONFIG]  # of several services
    assert {option.target for option in options} <= set(Options._fields)
    for option in options:
        default = getattr(Options, option.target)
        assert option.default is None or option.default == default
