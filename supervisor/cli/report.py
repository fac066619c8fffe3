"""`gracekeeper report`: how a stop went, drawn."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from supervisor.cli.documents import Document, document_of
from supervisor.errors import UsageError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from supervisor.render.model import Shutdown

WIDTH: Final = 100  # where the output is no terminal
FAILS: Final[dict[str, Callable[[Shutdown], bool]]] = {
    "lost": lambda one: bool(one.requests.lost),
    "killed": lambda one: bool(one.killed),
    "unknown": lambda one: one.requests.lost is None,
}


def _kinds(_context: click.Context, _option: click.Parameter, value: str | None) -> list[str]:
    """Take a list of what --fail-on knows."""
    words = [word.strip() for word in value.split(",")] if value else []
    for word in words:
        if word not in FAILS:
            raise click.BadParameter(f"{word!r} is none of {', '.join(FAILS)}")
    return words


@click.command()
@click.argument("target", metavar="FILE|CONTAINER|-", required=False)
@click.option("--html", metavar="OUT", help="Write one page that needs nothing else.")
@click.option("--svg", metavar="OUT", help="Write the picture alone.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--text", is_flag=True, help="Print it without colours, as into a pipe.")
@click.option("--compare", nargs=2, metavar="A B", help="A before and an after, side by side.")
@click.option(
    "--fail-on",
    callback=_kinds,
    metavar="WHAT",
    help="Exit with 1 if it went so: lost, killed, unknown, or some of them (lost,killed).",
)
def report(
    target: str | None,
    html: str | None,
    svg: str | None,
    as_json: bool,
    text: bool,
    compare: tuple[str, str] | None,
    fail_on: list[str],
) -> None:
    """Draw how a stop went: why, what was lost, who was killed when.

    FILE is a --report file or any log with the report's line in it; the last one counts. `-` is
    stdin: `docker logs NAME | gracekeeper report -`. A CONTAINER that has ended need not have had
    gracekeeper in it: then the engine's events are drawn. OUT may be `-` for stdout.

    \b
    Exit codes:
      0    there is a report, and here it is
      1    --fail-on says so; of --compare, the second one counts. No such container, or no engine
      2    bad input: no report was found, or it can't be read

    A report is described by supervisor/report/schema.json, and what --compare adds to two of them
    by supervisor/render/compare.schema.json.
    """
    from supervisor.render.model import read

    _check(target, compare, html, svg)
    documents = [document_of(one) for one in (compare or (target or "-",))]
    shutdowns = [read(one.value, one.where) for one in documents]
    for out, render in ((html, _html), (svg, _svg)):
        if out:
            _write(out, render(shutdowns))
    if as_json:
        click.echo(json.dumps(_data(documents, shutdowns), indent=2))
    elif not html and not svg:
        _print(shutdowns, plain=text)
    sys.exit(int(any(FAILS[word](shutdowns[-1]) for word in fail_on)))


def _check(
    target: str | None, compare: tuple[str, str] | None, html: str | None, svg: str | None
) -> None:
    """Refuse what can't be meant."""
    why = ""
    if compare and target:
        why = f"--compare names both reports, and {target} is a third"
    elif not compare and not target:
        why = "none is named"
    elif html == svg == "-":
        why = "--html and --svg both want stdout"
    elif compare == ("-", "-"):
        why = "stdin is one report, and two are compared"
    if why:
        raise UsageError(f"cannot make a report: {why}. Read `gracekeeper report --help`.")


def _html(shutdowns: list[Shutdown]) -> str:
    from supervisor.render import html

    return html.html_pair(*shutdowns) if len(shutdowns) > 1 else html.html(*shutdowns)


def _svg(shutdowns: list[Shutdown]) -> str:
    from supervisor.render import compare, svg

    return compare.svg_pair(*shutdowns) if len(shutdowns) > 1 else svg.svg(*shutdowns)


def _data(documents: list[Document], shutdowns: list[Shutdown]) -> Any:
    """Return the report as it was written; of two, what has changed, and both."""
    if len(documents) == 1:
        return documents[0].value
    from supervisor.render.compare import difference

    before, after = documents
    return {**difference(*shutdowns), "before": before.value, "after": after.value}


def _print(shutdowns: list[Shutdown], *, plain: bool) -> None:
    from rich.console import Console

    from supervisor.render.terminal import terminal, terminal_pair

    drawn = sys.stdout.isatty() and not plain
    console = Console(
        width=None if drawn else WIDTH, no_color=plain, highlight=False, legacy_windows=False
    )
    parts: Iterable[RenderableType]
    if len(shutdowns) > 1:
        parts = terminal_pair(shutdowns[0], shutdowns[1], console.width)
    else:
        parts = terminal(shutdowns[0], console.width)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    told = captured.get()
    if plain:
        told = click.unstyle(told)
    told = "".join(f"{line.rstrip()}\n" for line in told.splitlines())
    encoding = sys.stdout.encoding or "utf-8"
    click.echo(told.encode(encoding, "replace"), nl=False)  # bars that it has not become "?"


def _write(out: str, text: str) -> None:
    if out == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(out).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot write {out}: {error.strerror}. Name a file in a folder that can be written to."
        ) from None
