"""The load benchmark's results as Markdown."""

from __future__ import annotations

from typing import Any


def table(found: dict[str, Any]) -> str:
    """One page: how fast, and in which words."""
    versions = found["versions"]
    lines = [
        f"One core each for nginx and the load, {versions['clients']} clients, Python "
        f"{versions['python']}, Linux {versions['kernel']}. A CPU second is one of the load's own.",
        "",
        "| load | way | requests/s | requests per CPU second | p50 | p99 | sent late |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
        *map(_speed, found["speeds"]),
        "",
        "What each says of a server that has done this, a connection each:",
        "",
        "| load | the server did | the load says | of a closed port it says |",
        "| --- | --- | --- | --- |",
        *map(_words, found["words"]),
        "",
    ]
    return "\n".join(lines)


def _speed(one: dict[str, Any]) -> str:
    more = ["", "", ""]
    if "p50_ms" in one:
        more = [f"{one['p50_ms']:.1f} ms", f"{one['p99_ms']:.1f} ms", str(one["late"])]
    cells = [one["tool"], one["way"], f"{one['per_s']:.0f}", f"{one['per_cpu_s']:.0f}", *more]
    return f"| {' | '.join(cells)} |"


def _words(one: dict[str, Any]) -> str:
    done = ", ".join(f"{count} {kind}" for kind, count in one["done"].items())
    return f"| {one['tool']} | {done} | {one['said']} | {one['refused']} |"
