"""What people write about recycling, and what uWSGI finds in its directory."""

from __future__ import annotations

import ast
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from supervisor.cli.run import run
from supervisor.config.plan import Plan, decode, encode
from supervisor.core.policy import Policy
from supervisor.errors import UsageError
from supervisor.front import prepare, recycling
from supervisor.front.options import Options
from supervisor.front.recycling import RecycleOptions, for_uwsgi, seconds, size
from supervisor.recycle.policy import BETWEEN, RESTART, RecyclePolicy
from tests.servers.surroundings import ini, read

MIB = 1 << 20


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("90", 90.0), ("0", 0.0), ("1.5", 1.5), ("90s", 90.0), ("30m", 1800.0), ("1h30m", 5400.0),
        ("2d", 172800.0), ("250ms", 0.25), ("1m500ms", 60.5),
    ],
)  # fmt: skip
def test_durations(text: str, found: float) -> None:
    """As people write them."""
    assert seconds(text, "--x") == pytest.approx(found)


@pytest.mark.parametrize(
    "text",
    ["", "m", "5x", "-5", "5m x", "1h30", "five", "1,5s", "inf", "5%", "1H", " 5s", "1h 30m"],
)
def test_no_durations(text: str) -> None:
    """And what nobody can know the meaning of: 1h30 are 30 of what?"""
    with pytest.raises(UsageError, match=r"as a duration \(--x\). Write e.g. 90s, 30m or 1h30m"):
        seconds(text, "--x")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("300000", 300000), ("256MiB", 256 * MIB), ("256M", 256 * MIB), ("256mb", 256 * MIB),
        ("1.5g", 1536 * MIB), ("10 k", 10240), ("100b", 100), ("1TiB", 1 << 40),
    ],
)  # fmt: skip
def test_sizes(text: str, found: int) -> None:
    """Powers of 1,024, as in a container's limit."""
    assert size(text, "--x") == found


@pytest.mark.parametrize("text", ["", "MiB", "-1", "1Z", "80%", "1 2", "0x10"])
def test_no_sizes(text: str) -> None:
    """The option is named."""
    with pytest.raises(UsageError, match=r"as a size \(--x\). Write e.g. 256MiB or 1.5g"):
        size(text, "--x")


def test_nothing_is_on_by_default() -> None:
    """Defaults hold back; none of them ends anybody's life."""
    policy = RecycleOptions().policy()
    assert not policy.watches
    assert policy == RecyclePolicy()


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ({"memory": "256MiB"}, {"memory_bytes": 256 * MIB}),
        ({"memory": "30%", "memory_as": "uss"}, {"memory_share": 0.3, "measure": "uss"}),
        ({"headroom": "10%"}, {"headroom_share": 0.1}),
        ({"headroom": "64m"}, {"headroom_bytes": 64 * MIB}),
        ({"pressure": "12.5%"}, {"pressure": 12.5}),
        ({"age": "10m"}, {"age_s": 600.0, "jitter_s": 60.0}),
        ({"age": "10m", "jitter": "50%"}, {"age_s": 600.0, "jitter_s": 300.0}),
        ({"age": "10m", "jitter": "1m"}, {"age_s": 600.0, "jitter_s": 60.0}),
        ({"age": "10m", "jitter": "0%"}, {"age_s": 600.0}),
        ({"age": "10m", "jitter": "0"}, {"age_s": 600.0}),
        ({"requests": 5000}, {"requests": 5000}),
        ({"leak": "2MiB"}, {"leak_bytes": 2 * MIB}),
        ({"min_ready": 3, "per_hour": 5}, {"min_ready": 3, "per_hour": 5}),
        ({"cool_down": "0", "deadline": "5m"}, {"cool_down_s": 0.0, "deadline_s": 300.0}),
    ],
)
def test_each_option(written: dict[str, Any], found: dict[str, Any]) -> None:
    """What was written is what is decided by, also after the way into the keeper."""
    policy = RecycleOptions(**written).policy()
    assert policy == RecyclePolicy(**found)
    plan = Plan(("a",), "/a", Policy(grace_s=1.0), recycle=policy)
    assert decode(encode(plan)).recycle == policy


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"memory": "much"}, r"'much' as a size \(--recycle-memory\)"),
        ({"memory": "0"}, r"a limit of 0 \(--recycle-memory\)"),
        ({"memory": "0%"}, r"'0%' as a share \(--recycle-memory\). Write e.g. 80%"),
        ({"headroom": "101%"}, r"'101%' as a share \(--recycle-headroom\)"),
        ({"pressure": "high"}, r"'high' as a share \(--recycle-pressure\)"),
        ({"age": "old"}, r"'old' as a duration \(--recycle-age\)"),
        ({"age": "0s"}, r"cannot use 0 \(--recycle-age\)"),
        ({"age": "1m", "jitter": "60s"}, r"up to 60s off an age of 1m \(--recycle-jitter\)"),
        ({"jitter": "-5%"}, r"'-5%' as a share \(--recycle-jitter\)"),
        ({"leak": "0"}, r"cannot use 0 \(--recycle-leak\)"),
        ({"requests": 0}, r"cannot use 0 \(--recycle-requests\): it is too little. Use 1 or more"),
        ({"min_ready": -1}, r"cannot use -1 \(--recycle-min-ready\)"),
        ({"per_hour": 0}, r"cannot use 0 \(--recycle-per-hour\)"),
        ({"cool_down": "-1"}, r"--recycle-cool-down"),
        ({"deadline": "0s"}, r"0 s \(--recycle-deadline\): every worker would be killed at once"),
    ],
)
def test_what_means_nothing(written: dict[str, Any], message: str) -> None:
    """Each says what and where, and what to write instead."""
    with pytest.raises(UsageError, match=message):
        RecycleOptions(**written).policy()


APP = ("master = true", "wsgi-file = app.py")


@pytest.mark.parametrize(
    ("lines", "written", "no_restart", "message"),
    [
        (APP, {"age": "1h"}, "", "the only worker would go, and 1 must stay ready"),
        ((*APP, "workers = 2"), {"age": "1h"}, "", None),
        ((*APP, "workers = 2"), {"age": "1h", "min_ready": 2}, "", "one of 2 workers would go"),
        (APP, {"age": "1h", "min_ready": 0}, "", None),
        (APP, {}, "", None),
        ((*APP, "threads = 4"), {"age": "1h"}, "", None),
        ((*APP, "threads = 4"), {}, "no door", None),
        ((*APP, "threads = 4"), {"age": "1h"}, "no door", r"can't be restarted .* either: no door"),
    ],
)
def test_contradictions(
    lines: tuple[str, ...], written: dict[str, Any], no_restart: str, message: str | None
) -> None:
    """Told before anything starts; by hand there is nothing to be told yet."""
    settings = read("--ini", "app.ini", app=ini(*lines))
    options = RecycleOptions(**written)
    if message is None:
        policy = for_uwsgi(options, settings, "/run/x", no_restart)
        assert policy.mechanism == (RESTART if "threads = 4" in lines else BETWEEN)
        return
    with pytest.raises(UsageError, match=message):
        for_uwsgi(options, settings, "/run/x", no_restart)


def test_a_server_whose_workers_nobody_knows() -> None:
    """A limit that nobody watches is refused, all of them by name."""
    RecycleOptions(jitter="5%").refuse_for("sleep")
    with pytest.raises(UsageError, match="Leave --recycle-age and --recycle-requests out"):
        RecycleOptions(age="1h", requests=5).refuse_for("sleep")


def test_the_furniture(tmp_path: Path) -> None:
    """Three files that whoever uWSGI becomes can read; the wish is empty."""
    umask = os.umask(0o077)
    try:
        options = recycling.furnish(str(tmp_path))
    finally:
        os.umask(umask)
    assert options == ("--ini", f"{tmp_path}/recycle.ini")
    assert {path.name for path in tmp_path.iterdir()} == {"recycle", "recycle.ini", "recycle.py"}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o644}
    assert (tmp_path / "recycle").read_bytes() == b""
    assert f"touch-signal = {tmp_path}/recycle 251" in (tmp_path / "recycle.ini").read_text()
    module = ast.parse((tmp_path / "recycle.py").read_text())
    names = {a.name for n in ast.walk(module) if isinstance(n, ast.Import) for a in n.names}
    assert names == {"os", "signal", "uwsgi"}  # and so nothing that the app's Python may not have


def test_options_and_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was said on the command line or in the environment arrives."""
    kept: list[Options] = []
    monkeypatch.setattr(prepare, "keep", kept.append)
    monkeypatch.setenv("GRACEKEEPER_RECYCLE_COOL_DOWN", "5s")
    words = ["--recycle-memory", "30%", "--recycle-requests", "9", "--", "uwsgi"]
    done = CliRunner().invoke(run, words)
    assert done.exit_code == 0, done.output
    assert kept[0].recycle == RecycleOptions(memory="30%", requests=9, cool_down="5s")
    assert not [note for note in kept[0].notes if "RECYCLE" in note]
