"""Puts what was drawn where it is wanted: on a terminal, into a pipe, into a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from supervisor.errors import UsageError

if TYPE_CHECKING:
    from rich.console import RenderableType

WIDTH: Final = 100  # where the output is no terminal


def show(parts: Callable[[int], Iterable[RenderableType]], *, plain: bool = False) -> None:
    """Print parts that were made for a width; without colours into a pipe, or if that is asked."""
    from rich.console import Console

    drawn = sys.stdout.isatty() and not plain
    console = Console(
        width=None if drawn else WIDTH, no_color=plain, highlight=False, legacy_windows=False
    )
    with console.capture() as captured:
        for part in parts(console.width):
            console.print(part)
    told = captured.get()
    if plain:
        told = click.unstyle(told)
    told = "".join(f"{line.rstrip()}\n" for line in told.splitlines())
    encoding = sys.stdout.encoding or "utf-8"
    click.echo(told.encode(encoding, "replace"), nl=False)  # bars that it has not become "?"


def write(out: str, text: str) -> None:
    """Write a file, or stdout for `-`; UsageError."""
    if out == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(out).write_text(text, encoding="utf-8")
    except OSError as error:
        raise unwritable(out, error) from None


def unwritable(out: str, error: OSError) -> UsageError:
    """Return the error for a file that can't be written."""
    return UsageError(
        f"cannot write {out}: {error.strerror}. Name a file in a folder that can be written to."
    )
