"""Tells a person why something ended: the answer first, then what it rests on."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Final

import click

from supervisor.render.fields import harmless

WIDEST, NARROWEST = 100, 60
INDENT: Final = 11
BAR: Final = 40


def text(answer: dict[str, Any]) -> str:
    """Return an answer in words."""
    return harmless_lines(_lines(answer))


def tell(told: str) -> None:
    """Print lines for a person; names, command lines and URIs in them are others' choice."""
    click.echo(harmless_lines(told.split("\n")))


def harmless_lines(lines: Iterable[str]) -> str:
    """Join lines, each without what a terminal would obey."""
    return "\n".join(harmless(line) for line in lines)


def _lines(answer: dict[str, Any]) -> Iterator[str]:
    cause, name, code = answer["cause"], answer["subject"]["name"], answer["code"]
    if cause is None:
        yield from _table(answer)
        return
    yield name if code is None else f"{name} ended with {code}"
    yield from _row("why", cause["sentence"])
    yield from _row("do", cause["fix"])
    yield from _row("how sure", f"{cause['confidence']} ({cause['id']})")
    yield from _rows("seen", cause["facts"])
    yield from _rows("hidden", answer["hidden"])
    yield from _phases(answer["report"])


def _table(answer: dict[str, Any]) -> Iterator[str]:
    head = f"{answer['code']} can mean, and the number alone does not say which:"
    yield from _wrapped(head, "", "")
    for one in answer["meanings"]:
        yield from _wrapped(one["meaning"], "  - ", "    ")
        yield from _wrapped(f"to tell: {one['tell']}", "    ", "    ")
    last = "A container's end is decided from evidence: `gracekeeper explain CONTAINER`."
    yield from _wrapped(last, "", "")


def _phases(report: dict[str, Any] | None) -> Iterator[str]:
    """Draw the phases of a stop as bars of one scale."""
    if not report or not report["seconds"] or report["signal"] is None:
        return
    own = [one for one in report["phases"] if one["end"] > 0]
    for at, one in enumerate(own):
        start, end = max(0.0, one["start"]), one["end"]
        left = round(BAR * start / report["seconds"])
        width = max(1, round(BAR * (end - start) / report["seconds"]))
        bar = f"{' ' * left}{_block() * width}".ljust(BAR)
        head = "phases" if at == 0 else ""
        yield f"  {head:<{INDENT - 2}}{one['name']:<10}{bar} {start:.2f} to {end:.2f} s"


def _block() -> str:
    """Return a bar's character, as far as the output has it."""
    encoding = (sys.stdout.encoding or "ascii").lower()
    return "█" if "utf" in encoding else "#"


def _rows(head: str, told: Iterable[str]) -> Iterator[str]:
    for at, one in enumerate(told):
        yield from _row(head if at == 0 else "", one)


def _row(head: str, told: str) -> Iterator[str]:
    if told:
        yield from _wrapped(told, f"  {head:<{INDENT - 2}}", " " * INDENT)


def _wrapped(told: str, first: str, then: str) -> list[str]:
    return click.wrap_text(harmless(told), width(), first, then).splitlines()


def width() -> int:
    """Return how wide lines may be: as the terminal is, if they are told to one."""
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDEST
    return min(max(columns, NARROWEST), WIDEST)
