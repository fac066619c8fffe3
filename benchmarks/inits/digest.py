"""One table, contenders as rows: what fits into a README. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.inits.table import (
    Column,
    Row,
    figure,
    known,
    latency,
    lines,
    lost,
    reaped,
    ruled,
    status,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def _memory(row: Row) -> str:
    words = (figure("anonymous_kib")(row), figure("rss_kib")(row))
    return ", ".join(words)


def _rest(row: Row) -> str:
    switches = row.figures.get("idle_switches_1")
    cpu_ns = row.figures.get("idle_cpu_ns_1")
    return "-" if switches is None else f"{switches}, {cpu_ns / 1e6:.1f} ms" if cpu_ns else "0, 0"


COLUMNS = (
    Column("start over direct exec, ms", figure("start_ms", 1)),
    Column("anonymous, RSS, KiB", _memory),
    Column("each further child, KiB", figure("further_kib", 1)),
    Column("idle: switches, CPU", _rest),
    Column("signal p50, us", latency("signal_p50_us")),
    Column("child's end to its end, ms", figure("stop_ms", 1)),
    Column("orphans reaped per s", reaped),
    Column("TERM lost amid orphans", lost("bursts_lost", "bursts")),
    Column("TERM lost ≥ 2 ms after exec", lost("early_lost", "early_sent")),
    Column("exit status right", status),
)


def digest(rows: Sequence[Row], versions: Mapping[str, Any], about: str) -> str:
    """The Markdown; rows that only have a part of the figures belong into the long page."""
    whole = [row for row in rows if row.why_not or row.figures.get("processes") is not None]
    initial = [row for row in whole if row.why_not or "start_ms" in row.figures] or whole
    return f"Measured with {known(versions)}; {about}.\n\n{ruled(lines(COLUMNS, initial))}\n"
